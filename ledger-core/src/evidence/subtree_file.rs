//! The kept roots of spans: a file beside the log, so that a digest of a large log does not hash all of it. It saves time and is
//! no evidence: `verify` hashes every event and compares.
//!
//! Layout: `iledger-subtrees 1\n`, the store's id (16 bytes), then for each span 32 bytes of root and the CRC-32 (big-endian) of
//! the span's number (8 bytes, big-endian) and the root. A record that is cut off or has a wrong checksum ends the file: it and
//! what follows is hashed again.

use super::leaves::leaf_hashes;
use super::{EvidenceError, Frontier, NodeHash, SPAN};
use crate::store::EventReader;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const MAGIC: &[u8] = b"iledger-subtrees 1\n";
const HEAD: usize = 19 + 16;
const RECORD: usize = 32 + 4;

/// The kept roots of spans.
#[derive(Debug)]
pub struct SubtreeFile {
    path: PathBuf,
    file: File,
    roots: Vec<NodeHash>,
}

fn checksum(span: u64, root: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&span.to_be_bytes());
    hasher.update(root);
    hasher.finalize().to_be_bytes()
}

impl SubtreeFile {
    /// Opens the file of a store, and makes it if it is not there. A file of another store is begun anew.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(path: &Path, store_id: Uuid) -> Result<Self, EvidenceError> {
        let failed = |error: std::io::Error| file_error(path, &error);
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(store_id.as_bytes());
        let roots = match bytes.strip_prefix(head.as_slice()) {
            Some(records) => read_roots(records),
            None => {
                file.set_len(0).map_err(failed)?;
                file.rewind().map_err(failed)?;
                file.write_all(&head).map_err(failed)?;
                Vec::new()
            }
        };
        Ok(Self { path: path.to_path_buf(), file, roots })
    }

    /// The roots.
    #[must_use]
    pub fn roots(&self) -> &[NodeHash] {
        &self.roots
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends roots, and syncs.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn append(&mut self, roots: &[NodeHash]) -> Result<(), EvidenceError> {
        let known = self.roots.len();
        let mut bytes = Vec::with_capacity(roots.len().saturating_mul(RECORD));
        for (span, root) in (known as u64..).zip(roots) {
            bytes.extend_from_slice(&root.0);
            bytes.extend_from_slice(&checksum(span, &root.0));
        }
        // over what a broken-off append or a damaged record left
        let end = HEAD.saturating_add(known.saturating_mul(RECORD)) as u64;
        let written = self.file.set_len(end).and_then(|()| {
            self.file.seek(SeekFrom::Start(end))?;
            self.file.write_all(&bytes)?;
            self.file.sync_all()
        });
        written.map_err(|error| file_error(&self.path, &error))?;
        self.roots.extend_from_slice(roots);
        Ok(())
    }

    /// Hashes the last kept span anew and compares.
    ///
    /// # Errors
    /// The log says something else, or cannot be read.
    pub(super) async fn check_last(&self, store: &dyn EventReader, size: u64) -> Result<(), EvidenceError> {
        let Some(kept) = self.roots.last() else { return Ok(()) };
        let end = (self.roots.len() as u64).saturating_mul(SPAN);
        let start = end.saturating_sub(SPAN);
        let disagrees = || EvidenceError::Disagrees { path: self.path.clone(), events: start..=end.saturating_sub(1) };
        if size < end {
            return Err(disagrees());
        }
        let mut frontier = Frontier::new();
        leaf_hashes(store, start..end).await?.into_iter().for_each(|leaf| frontier.push(leaf));
        if frontier.root() == *kept { Ok(()) } else { Err(disagrees()) }
    }
}

fn read_roots(records: &[u8]) -> Vec<NodeHash> {
    let mut roots = Vec::with_capacity(records.len().checked_div(RECORD).unwrap_or_default());
    for (span, record) in (0_u64..).zip(records.chunks_exact(RECORD)) {
        let Some((root, check)) = record.split_first_chunk::<32>() else { break };
        if *check != checksum(span, root) {
            break;
        }
        roots.push(NodeHash(*root));
    }
    roots
}

fn file_error(path: &Path, error: &std::io::Error) -> EvidenceError {
    EvidenceError::File { path: path.to_path_buf(), reason: error.to_string() }
}
