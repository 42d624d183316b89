//! The manifest: what is in a backup, with the hash of every file.

use super::{BackupError, FILES, MANIFEST, SEGMENTS};
use crate::store::files::{replace, sync_dir};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use uuid::Uuid;

/// What the manifest says of its format.
const FORMAT: &str = "iledger-backup 1";
/// No manifest of ours is longer: some 100,000 segments.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A file of blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The position of the first event.
    pub first: u64,
    /// How many events.
    pub events: u64,
    /// The length of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// It never changes again.
    pub full: bool,
}

impl Segment {
    /// The position after the last event.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.events)
    }

    /// The path of the file in the backup.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new(SEGMENTS).join(format!("{:020}-{}.seg", self.first, self.events))
    }
}

/// A file that stands beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Its path below the ledger's directory, with `/`.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal digits.
    pub sha256: String,
}

impl BackupFile {
    /// The path of its content in the backup: it goes by the hash, so that a newer one does not overwrite it.
    #[must_use]
    pub fn stored(&self) -> PathBuf {
        Path::new(FILES).join(&self.sha256)
    }
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    /// The id of the store.
    pub store: Uuid,
    /// How many events.
    pub events: u64,
    /// The segments, in the order of the log, without a gap.
    pub segments: Vec<Segment>,
    /// What stands beside the log.
    pub files: Vec<BackupFile>,
}

impl Manifest {
    pub(super) fn new(store: Uuid, segments: Vec<Segment>, files: Vec<BackupFile>) -> Self {
        let events = segments.last().map_or(0, Segment::end);
        Self { format: FORMAT.to_owned(), store, events, segments, files }
    }

    /// Reads the manifest of a backup; `None` if there is none. The files that it names are not looked at.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] if it is none of ours or does not hold together, [`BackupError::Unavailable`].
    pub fn read(backup: &Path) -> Result<Option<Self>, BackupError> {
        let path = backup.join(MANIFEST);
        let mut text = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::io(&path, &error)),
        }
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| BackupError::damaged(&path, error.to_string()))?;
        manifest.check().map_err(|what| BackupError::damaged(&path, what))?;
        Ok(Some(manifest))
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("its format is `{}`; this program knows `{FORMAT}`", self.format));
        }
        let mut next = 0;
        for segment in &self.segments {
            if segment.first != next || segment.events == 0 {
                return Err(format!("its segments do not follow each other: one begins at {}", segment.first));
            }
            next = segment.end();
        }
        if next != self.events {
            return Err(format!("it says {} events, its segments have {next}", self.events));
        }
        // What is restored goes below the place that was named, and nowhere else.
        let outside = |file: &&BackupFile| {
            let mut parts = Path::new(&file.path).components();
            let hash = file.sha256.len() == 64 && file.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            file.path.is_empty() || !hash || !parts.all(|part| matches!(part, Component::Normal(_)))
        };
        match self.files.iter().find(outside) {
            Some(file) => Err(format!("it names a file outside of the ledger: `{}`", file.path)),
            None => Ok(()),
        }
    }

    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let path = backup.join(MANIFEST);
        let failed = |error: &io::Error| BackupError::io(&path, error);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| failed(&error.into()))?;
        text.push(b'\n');
        replace(&path, &text).map_err(|error| failed(&error))?;
        sync_dir(backup).map_err(|error| failed(&error))
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads a file that the manifest names, and checks its length and hash.
pub(super) fn read_checked(path: &Path, bytes: u64, sha: &str) -> Result<Vec<u8>, BackupError> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::damaged(path, "it is missing"));
        }
        Err(error) => return Err(BackupError::io(path, &error)),
    };
    if content.len() as u64 != bytes {
        let what = format!("it has {} bytes, the manifest says {bytes}", content.len());
        return Err(BackupError::damaged(path, what));
    }
    if sha256(&content) == sha {
        Ok(content)
    } else {
        Err(BackupError::damaged(path, "its SHA-256 is not the manifest's"))
    }
}
