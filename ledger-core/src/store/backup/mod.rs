//! Backups: the blocks of a log in segment files beside a manifest with their hashes.
//!
//! ```text
//! BACKUP/manifest.json
//! BACKUP/segments/00000000000000000000-50048.seg      first event, number of events
//! BACKUP/files/<SHA-256>                              what stands beside the log
//! ```
//!
//! A segment is the line `iledger-segment 1`, then blocks as the store has them, each with its length (4 bytes, big-endian)
//! before it. A segment that is full never changes, so the next backup into the same directory writes new ones only; the last one,
//! which holds what is newest, is written anew. The manifest is replaced last, by a rename, after everything that it names is on the
//! disk: until then the old one is in force, and all that it names is still there.

mod manifest;
mod read;
mod segment;
#[cfg(test)]
mod tests;
mod write;

pub use manifest::{BackupFile, Manifest, Segment};
pub use read::{name, restore, verify};
pub use write::{Backup, Written};

use super::ReadError;
use super::error::OpenError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup was not made, or not restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// There is no manifest.
    #[error("there is no backup at `{}`: `{MANIFEST}` is missing", .0.display())]
    Missing(PathBuf),
    /// There are other things at the place.
    #[error("`{}` is not empty and no backup: a backup needs a directory of its own", .0.display())]
    NotABackup(PathBuf),
    /// The backup is that of another store.
    #[error("the backup `{}` is of the store {found}, not of {wanted}", .path.display())]
    OtherStore {
        /// The backup.
        path: PathBuf,
        /// The id of the store in it.
        found: String,
        /// The id of the store that was to be backed up.
        wanted: String,
    },
    /// The log has fewer events than its backup, or others.
    #[error("the log is not the one in the backup `{}`: {why}; it is left as it is", .path.display())]
    Diverged {
        /// The backup.
        path: PathBuf,
        /// In what.
        why: String,
    },
    /// What is in the backup does not hold together.
    #[error("the backup is damaged: `{}`: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A backup is restored only where nothing is.
    #[error("`{}` is not empty: a backup is restored into a place of its own", .0.display())]
    Exists(PathBuf),
    /// The disk.
    #[error("`{}`: {why}", .path.display())]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The log that is backed up.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store that is restored.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The caller said to stop. Nothing has changed.
    #[error("stopped")]
    Stopped,
}

const MANIFEST: &str = "manifest.json";
const SEGMENTS: &str = "segments";
const FILES: &str = "files";

impl BackupError {
    fn io(path: &Path, error: &io::Error) -> Self {
        Self::Unavailable { path: path.to_path_buf(), why: error.to_string() }
    }

    fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), what: what.into() }
    }
}
