//! Making a backup, or adding to one.

use super::manifest::{read_checked, sha256};
use super::segment::Draft;
use super::{BackupError, BackupFile, FILES, Manifest, SEGMENTS, Segment};
use crate::store::block_store::BlockStore;
use crate::store::error::Fault;
use crate::store::files::{replace, sync_dir};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A segment is full with the block that brings it to this many events (in the tests sooner).
const FULL: u64 = if cfg!(test) { 5_000 } else { 50_000 };
/// Or this many bytes.
const FULL_BYTES: usize = 64 * 1024 * 1024;

/// What is backed up, and where to.
#[derive(Debug)]
pub struct Backup<'a> {
    /// The log.
    pub store: &'a BlockStore,
    /// Files beside it: the path in the backup, with `/`, and the content.
    pub files: Vec<(String, Vec<u8>)>,
    /// The directory of the backup.
    pub to: &'a Path,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What is in the backup now.
    pub manifest: Manifest,
    /// Segments that were there and intact.
    pub kept: u64,
    /// Segments that were written.
    pub written: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Segments that were damaged in the backup and are written anew.
    pub repaired: Vec<PathBuf>,
}

/// What the backup had before.
struct Before {
    kept: Vec<Segment>,
    damaged: Vec<Segment>,
}

impl Backup<'_> {
    /// Writes what the backup lacks. `progress` is told how many events are backed up, and says whether to go on.
    ///
    /// # Errors
    /// [`BackupError`]; the backup is then what it was before.
    pub fn run(self, mut progress: impl FnMut(u64) -> bool) -> Result<Written, BackupError> {
        let before = self.before()?;
        let old = Manifest::read(self.to)?.into_iter().flat_map(|manifest| names(&manifest).collect::<Vec<_>>());
        let mut segments: Vec<Segment> = Vec::new();
        let mut done = Written {
            manifest: Manifest::new(self.store.id(), vec![], vec![]),
            kept: 0,
            written: 0,
            bytes: 0,
            repaired: Vec::new(),
        };
        let mut next = 0;
        let end = self.store.end();
        if !self.dry_run {
            make_dir(&self.to.join(SEGMENTS))?;
            make_dir(&self.to.join(FILES))?;
        }
        while next < end {
            if !progress(next) {
                return Err(BackupError::Stopped);
            }
            if let Some(kept) = before.kept.iter().find(|segment| segment.first == next && segment.full) {
                next = kept.end();
                segments.push(kept.clone());
                done.kept = done.kept.saturating_add(1);
                continue;
            }
            let (draft, full) = self.draft(next)?;
            let sha256 = sha256(&draft.content);
            let bytes = draft.content.len() as u64;
            let segment = Segment { first: next, events: draft.events(), bytes, sha256, full };
            next = draft.end;
            if before.kept.contains(&segment) {
                done.kept = done.kept.saturating_add(1);
            } else {
                let path = self.to.join(segment.path());
                if !self.dry_run {
                    replace(&path, &draft.content).map_err(|error| BackupError::io(&path, &error))?;
                }
                done.written = done.written.saturating_add(1);
                done.bytes = done.bytes.saturating_add(bytes);
                if before.damaged.iter().any(|damaged| damaged.first == segment.first) {
                    done.repaired.push(path);
                }
            }
            segments.push(segment);
        }
        let files = self.beside()?;
        done.manifest = Manifest::new(self.store.id(), segments, files);
        if !self.dry_run {
            for dir in [self.to.join(SEGMENTS), self.to.join(FILES)] {
                sync_dir(&dir).map_err(|error| BackupError::io(&dir, &error))?;
            }
            done.manifest.write(self.to)?;
            let named: BTreeSet<PathBuf> = names(&done.manifest).collect();
            for path in old.filter(|path| !named.contains(path)) {
                // The new manifest does not name it; that it stays would cost space, and nothing else.
                let _ = fs::remove_file(self.to.join(path));
            }
        }
        progress(next);
        Ok(done)
    }

    /// What the backup holds already, and that it is one of this log.
    fn before(&self) -> Result<Before, BackupError> {
        let mut before = Before { kept: Vec::new(), damaged: Vec::new() };
        let Some(manifest) = Manifest::read(self.to)? else {
            return match fs::read_dir(self.to).map(Iterator::count) {
                Ok(1..) => Err(BackupError::NotABackup(self.to.to_path_buf())),
                Ok(0) => Ok(before),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(before),
                Err(error) => Err(BackupError::io(self.to, &error)),
            };
        };
        let diverged = |why: String| BackupError::Diverged { path: self.to.to_path_buf(), why };
        if manifest.store != self.store.id() {
            let (found, wanted) = (manifest.store.to_string(), self.store.id().to_string());
            return Err(BackupError::OtherStore { path: self.to.to_path_buf(), found, wanted });
        }
        let end = self.store.end();
        if manifest.events > end {
            return Err(diverged(format!("the backup has {} events, the log {end}", manifest.events)));
        }
        for segment in manifest.segments {
            match read_checked(&self.to.join(segment.path()), segment.bytes, &segment.sha256) {
                Ok(_) => before.kept.push(segment),
                Err(BackupError::Damaged { .. }) => before.damaged.push(segment),
                Err(other) => return Err(other),
            }
        }
        // That the log goes on from its backup shows in the newest segment that is full; `verify` proves it of all events.
        if let Some(last) = before.kept.iter().rev().find(|segment| segment.full) {
            let (draft, _) = self.draft(last.first)?;
            if sha256(&draft.content) != last.sha256 {
                let end = last.end().saturating_sub(1);
                return Err(diverged(format!("the events {} to {end} are others", last.first)));
            }
        }
        Ok(before)
    }

    /// The segment from an event on, and whether it is full.
    fn draft(&self, first: u64) -> Result<(Draft, bool), BackupError> {
        let mut draft = Draft::new(first);
        let mut full = false;
        let read = self.store.blocks(first, &mut |block| {
            draft.push(&block)?;
            full = block.sealed && (draft.events() >= FULL || draft.content.len() >= FULL_BYTES);
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        read.map_err(|fault: Fault| BackupError::Read(fault.into()))?;
        Ok((draft, full))
    }

    fn beside(&self) -> Result<Vec<BackupFile>, BackupError> {
        let mut files = Vec::with_capacity(self.files.len());
        for (name, content) in &self.files {
            let file = BackupFile { path: name.clone(), bytes: content.len() as u64, sha256: sha256(content) };
            let path = self.to.join(file.stored());
            if !self.dry_run {
                replace(&path, content).map_err(|error| BackupError::io(&path, &error))?;
            }
            files.push(file);
        }
        Ok(files)
    }
}

/// The files that a manifest names.
fn names(manifest: &Manifest) -> impl Iterator<Item = PathBuf> {
    let segments = manifest.segments.iter().map(Segment::path);
    segments.chain(manifest.files.iter().map(BackupFile::stored))
}

fn make_dir(path: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(path).map_err(|error| BackupError::io(path, &error))
}
