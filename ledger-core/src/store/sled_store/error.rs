//! What can go wrong with the store itself.

use super::bytes::Damage;
use crate::store::{AppendError, ReadError};
use std::io;
use std::path::{Path, PathBuf};

/// Why a store could not be opened or created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at the path.
    #[error("there is no store at `{}`: create one, or check the path", .0.display())]
    Missing(PathBuf),
    /// The path is a file, or a directory with other things in it.
    #[error("`{}` is not a store: {why}", .path.display())]
    NotAStore {
        /// The path.
        path: PathBuf,
        /// What was found instead.
        why: String,
    },
    /// A store, or anything else, is there already.
    #[error("`{}` is not empty: a new store needs a path of its own", .0.display())]
    Exists(PathBuf),
    /// Another process, or another handle in this one, has the store open.
    #[error("the store `{}` is open in another process: close it there first", .0.display())]
    InUse(PathBuf),
    /// The user may not write there; a store cannot be opened for reading alone.
    #[error("the store `{}` cannot be written: {why}", .path.display())]
    NotWritable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The store was written by a version of the program that this one does not know.
    #[error("the store `{}` has the format `{found}`; this program knows `{known}`", .path.display())]
    UnknownFormat {
        /// The path.
        path: PathBuf,
        /// What the store says.
        found: String,
        /// What this program writes.
        known: &'static str,
    },
    /// What is stored does not hold together.
    #[error("the store `{}` is damaged: {what}", .path.display())]
    Damaged {
        /// The path.
        path: PathBuf,
        /// What, and where.
        what: String,
    },
    /// The system failed in another way.
    #[error("the store `{}` cannot be opened: {why}", .path.display())]
    Unavailable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

/// Why an operation on an open store failed, before it is known who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The disk or the engine.
    Failed(String),
    /// The content.
    Damaged(Damage),
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Corruption { .. } => Self::Damaged(Damage::new(error.to_string())),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(text) | Self::Damaged(Damage(text)) => f.write_str(text),
        }
    }
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failed(text) => Self::Unavailable(text),
            Fault::Damaged(Damage(text)) => Self::Corrupt(text),
        }
    }
}

impl From<Fault> for AppendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failed(text) => Self::Unavailable(text),
            Fault::Damaged(Damage(text)) => Self::Corrupt(text),
        }
    }
}

impl OpenError {
    pub(super) fn from_io(path: &Path, error: &io::Error) -> Self {
        let (path, why) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path, why },
            io::ErrorKind::NotADirectory => Self::NotAStore { path, why: "a part of the path is a file".into() },
            io::ErrorKind::NotFound => Self::Missing(path),
            // The text is that of the pinned version of sled, which hides the kind of this one.
            _ if why.contains("could not acquire lock") => Self::InUse(path),
            _ => Self::Unavailable { path, why },
        }
    }

    pub(super) fn from_sled(path: &Path, error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::from_io(path, &error),
            sled::Error::Unsupported(why) => Self::NotAStore { path: path.to_path_buf(), why },
            other => Self::from_fault(path, other.into()),
        }
    }

    pub(super) fn from_fault(path: &Path, fault: Fault) -> Self {
        let path = path.to_path_buf();
        match fault {
            Fault::Failed(why) => Self::Unavailable { path, why },
            Fault::Damaged(Damage(what)) => Self::Damaged { path, what },
        }
    }
}
