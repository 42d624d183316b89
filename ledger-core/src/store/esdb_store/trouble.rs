//! What the client's errors mean for the ledger.

use crate::store::{AppendError, ReadError};
use eventstore::Error;

/// Why an operation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection or the node failed: another client may succeed. Of an append, nothing is known.
    Again(String),
    /// Another node leads; the client goes there by itself after a read or a single append.
    NotLeader,
    /// The stream is at another revision.
    WrongRevision,
    /// The append is larger than the server takes.
    TooLarge,
    /// There is no such stream.
    Missing,
    /// The stream was deleted, which nobody but an operator can have done.
    Deleted,
    /// The server says no, and will again.
    Refused(String),
    /// What is stored is not what was written.
    Damaged(String),
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        match error {
            Error::WrongExpectedVersion { .. } => Self::WrongRevision,
            Error::NotLeaderException(_) => Self::NotLeader,
            Error::ResourceNotFound => Self::Missing,
            Error::ResourceDeleted => Self::Deleted,
            Error::AccessDenied => Self::Refused("access denied: check `user` and its password".into()),
            Error::UnsupportedFeature => Self::Refused("the server is too old: 21.6 or later is needed".into()),
            // in a batch, the answer to one append; the texts are the server's (`Status.cs`)
            Error::Grpc { code, message } => match message.as_str() {
                "WrongExpectedVersion" => Self::WrongRevision,
                "StreamDeleted" => Self::Deleted,
                "AccessDenied" => Self::Refused("access denied: check `user` and its password".into()),
                text if text.starts_with("MaximumAppendSizeExceeded") || text.starts_with("Maximum Append Size") => {
                    Self::TooLarge
                }
                text if format!("{code:?}") == "InvalidArgument" => Self::Refused(text.to_owned()),
                text => Self::Again(text.to_owned()),
            },
            other => Self::Again(other.to_string()),
        }
    }
}

impl From<Trouble> for ReadError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Damaged(text) => Self::Corrupt(text),
            Trouble::Deleted => Self::Corrupt("a stream of the ledger was deleted".into()),
            Trouble::Again(text) | Trouble::Refused(text) => Self::Unavailable(text),
            Trouble::NotLeader => Self::Unavailable("no leader was found".into()),
            Trouble::WrongRevision | Trouble::TooLarge | Trouble::Missing => {
                Self::Unavailable("the server gave an answer that belongs to another request".into())
            }
        }
    }
}

/// What failed reading means for an append whose outcome it was to find out.
pub(super) fn unknown(error: ReadError) -> AppendError {
    match error {
        ReadError::Unavailable(text) => AppendError::UnknownOutcome(text),
        ReadError::Corrupt(text) => AppendError::Corrupt(text),
    }
}
