//! Checkpoints: a projection's state with the place in the log up to which it goes, in one file.
//!
//! A checkpoint is a convenience and never a source: whatever is wrong with one, the log gives the state again. So a
//! checkpoint that is damaged, of another version, of another store or ahead of the log is not repaired and not read any
//! further; it is rebuilt.

mod directory;
pub(crate) mod format;
mod memory;

pub use directory::DirectoryCheckpoints;
pub use memory::MemoryCheckpoints;

use ledger_core::record::Position;

/// Why a checkpoint is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Its bytes do not fit their checksums, or do not decode.
    #[error("the checkpoint is damaged: {0}")]
    Damaged(String),
    /// It is no checkpoint, or of a form that this program does not read.
    #[error("the file is no checkpoint of this form")]
    OtherFormat,
    /// It is of another projection or version.
    #[error("the checkpoint is of `{name}` version {version}")]
    OtherProjection {
        /// The name in it.
        name: String,
        /// The version in it.
        version: u32,
    },
    /// It was built from another store.
    #[error("the checkpoint was built from another store ({0})")]
    OtherStore(String),
    /// The log ends before it: the log was restored from a backup.
    #[error("the checkpoint stands at position {checkpoint}, after the end of the log")]
    AheadOfLog {
        /// Where it stands.
        checkpoint: Position,
        /// Where the log ends.
        head: Option<Position>,
    },
    /// The log has another event where it stands: the log was restored from a backup and written further.
    #[error("the log has another event at position {position} than the checkpoint was built from")]
    OtherHistory {
        /// Where it stands.
        position: Position,
    },
}

/// Why checkpoints cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the checkpoint {what} cannot be {verb}: {source}")]
pub struct CheckpointError {
    /// The file or directory.
    pub what: String,
    /// What was tried.
    pub verb: &'static str,
    /// What the system says.
    #[source]
    pub source: std::io::Error,
}

/// Keeps one checkpoint for each projection and version.
pub trait CheckpointStore: Send + Sync {
    /// The bytes of a checkpoint, if there is one.
    ///
    /// # Errors
    /// The storage cannot be read.
    fn load(&self, name: &str, version: u32) -> Result<Option<Vec<u8>>, CheckpointError>;

    /// Replaces a checkpoint, whole or not at all, and removes those of the projection's lower versions.
    ///
    /// # Errors
    /// The storage cannot be written; the checkpoint that was there before is still there.
    fn save(&self, name: &str, version: u32, bytes: &[u8]) -> Result<(), CheckpointError>;

    /// The size of a checkpoint in bytes, if there is one.
    ///
    /// # Errors
    /// The storage cannot be read.
    fn size(&self, name: &str, version: u32) -> Result<Option<u64>, CheckpointError>;
}
