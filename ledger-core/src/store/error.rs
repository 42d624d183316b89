//! What can go wrong with the store itself.

use super::engine::EngineKind;
use super::{AppendError, ReadError};
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
    /// Another engine than the one that was asked for keeps the store.
    #[error("the store `{}` is kept by {found}, not by {wanted}: leave the engine away to open it", .path.display())]
    OtherEngine {
        /// The path.
        path: PathBuf,
        /// What keeps it.
        found: EngineKind,
        /// What was asked for.
        wanted: EngineKind,
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

/// What is stored does not hold together; the text says what and, once it is known, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage(pub String);

impl Damage {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// Says where it was found.
    pub(super) fn at(self, place: impl std::fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
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
            _ => Self::Unavailable { path, why },
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
