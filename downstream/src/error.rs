//! Why downstream data cannot be made.

use ledger_core::money::Overflow;
use ledger_core::record::{Position, Record, StreamName, Version};
use ledger_core::store::ReadError;
use projections::engine::ApplyError;
use projections::general_ledger::BooksError;
use std::path::{Path, PathBuf};

/// Why downstream data cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event cannot be turned into rows.
    #[error(
        "the event at position {position} (stream `{stream}`, version {version}) cannot be turned into rows: {reason}"
    )]
    Event {
        /// Its place in the log.
        position: Position,
        /// Its stream.
        stream: StreamName,
        /// Its place in the stream.
        version: Version,
        /// Why.
        reason: ApplyError,
    },
    /// The books cannot be made.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// A sum leaves the range of amounts, or a position that of SQL's integers.
    #[error("a number leaves its range: {0}")]
    Range(#[from] Overflow),
    /// A file or directory cannot be used.
    #[error("`{}` cannot be {verb}: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried.
        verb: &'static str,
        /// What the system says.
        reason: String,
    },
    /// Output that is no file cannot be written.
    #[error(transparent)]
    Output(#[from] std::io::Error),
    /// The directory of an export holds something else.
    #[error("`{}` {holds}: name another directory, or empty it", .path.display())]
    Occupied {
        /// Which.
        path: PathBuf,
        /// What is in it.
        holds: String,
    },
    /// A file's encoder says no.
    #[error("a file cannot be encoded: {0}")]
    Encode(String),
    /// The database says no.
    #[error("the database `{database}`: {reason}")]
    Database {
        /// Which.
        database: String,
        /// Why.
        reason: String,
    },
    /// The database holds something else.
    #[error("the read model in `{database}` {holds}; build it anew with --rebuild, or name another database")]
    Mismatch {
        /// Which.
        database: String,
        /// What it holds.
        holds: String,
    },
    /// Another run wrote to the database at the same time.
    #[error(
        "another run wrote to the read model in `{0}` at the same time; nothing of this one was kept: run it again"
    )]
    Conflict(String),
    /// This program was built without it.
    #[error("this program was built without {0}")]
    NotBuilt(&'static str),
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    pub(crate) fn event(record: &Record, reason: impl Into<ApplyError>) -> Self {
        let (position, stream, version) = (record.position, record.stream.clone(), record.version);
        Self::Event { position, stream, version, reason: reason.into() }
    }

    pub(crate) fn file(path: &Path, verb: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::File { path, verb, reason: error.to_string() }
    }
}

/// A position, version or count as SQL and files hold it.
pub(crate) fn whole(number: u64) -> Result<i64, Overflow> {
    i64::try_from(number).map_err(|_| Overflow)
}
