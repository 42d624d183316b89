//! The contract of a store, the same for memory, sled and a cluster.

use crate::record::{NewRecord, Position, Record, StreamName, Version};
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

/// The most bytes (bodies and envelopes) that one append may hold, in every store.
pub const MAX_APPEND_BYTES: usize = 1024 * 1024;

/// What the writer believes of the stream. There is no "any": a ledger that does not know what it builds on must read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// The stream does not exist.
    NoStream,
    /// The last event of the stream has this version.
    Exact(Version),
}

/// The events of one command for one stream; stored whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The stream.
    pub stream: StreamName,
    /// What the writer believes of it.
    pub expected: ExpectedVersion,
    /// At least one event.
    pub events: Vec<NewRecord>,
}

/// What an append that succeeded did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The version of the first event.
    pub first: Version,
    /// The version of the last event.
    pub last: Version,
    /// The position of the last event.
    pub position: Position,
    /// The same ids with the same expectation were stored before; this is that first result.
    pub already: bool,
}

/// Why an append did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote first. Read again, decide again.
    #[error("stream `{stream}` is at version {actual:?}, not {expected:?}: read it again and decide again")]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What the writer believed.
        expected: ExpectedVersion,
        /// The stream's last version.
        actual: Option<Version>,
    },
    /// An id that is stored at that place already came with other bytes, or one append has the id twice.
    #[error("event id {id} stands in stream `{stream}` already with other content: a new event needs a new id")]
    IdReused {
        /// The stream.
        stream: StreamName,
        /// The id.
        id: Uuid,
    },
    /// More than [`MAX_APPEND_BYTES`]. Split the command.
    #[error("the append to `{stream}` has {bytes} bytes; the limit is {limit}", limit = MAX_APPEND_BYTES)]
    TooLarge {
        /// The stream.
        stream: StreamName,
        /// Its size.
        bytes: usize,
    },
    /// No events.
    #[error("an append to `{0}` without events")]
    Empty(StreamName),
    /// The store cannot be written now; nothing was stored. Try again later.
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    /// The answer got lost. Send the same ids with the same expectation again.
    #[error("the store did not say whether it stored the append: {0}; the same append can be sent again")]
    UnknownOutcome(String),
    /// What is stored does not hold together.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

/// Why a read did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store cannot be read now.
    #[error("the store cannot be read: {0}")]
    Unavailable(String),
    /// What is stored does not hold together; the text names the place.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

/// Reads the log. A reader never sees what is not durable.
#[async_trait]
pub trait EventReader: Send + Sync {
    /// Up to `limit` events of a stream from version `from` on (inclusive), in order; empty if there are none.
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError>;

    /// Up to about `limit` events of the whole log after position `after` (exclusive; `None` is the start), in order; empty at
    /// the end. A store may return more than `limit`, to the end of what it had to decode anyway, but at least one if there is one.
    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError>;

    /// The position of the last durable event; `None` if the log is empty.
    async fn head(&self) -> Result<Option<Position>, ReadError>;

    /// Waits until the log has events after `after` (`None`: any event): catch-up is [`EventReader::read_all`] until it is empty,
    /// live is this call between two of them.
    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError>;
}

/// Appends to the log. An `Ok` means that the events are on disk.
///
/// A resend is recognised where the expectation does not hold any more: the stored events that follow it are compared with
/// those sent, place by place, ids and bytes. Where the expectation holds, the ids are not looked for in the rest of the stream
/// (no engine could afford it, and the ledger looks for the idempotency key before it decides): a writer that did not get an
/// answer sends the same append again, with the same expectation.
#[async_trait]
pub trait EventAppender: Send + Sync {
    /// Appends the events of one command to one stream, whole or not at all.
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let lost = || AppendError::UnknownOutcome("the writer gave no answer".into());
        self.append_many(vec![append]).await.pop().unwrap_or_else(|| Err(lost()))
    }

    /// Appends many commands, atomic per item, one result per item in the same order, synced together.
    /// Items for one stream are applied in order.
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>>;
}

/// Both.
pub trait EventStore: EventReader + EventAppender {}
impl<S: EventReader + EventAppender + ?Sized> EventStore for S {}

#[async_trait]
impl<S: EventReader + ?Sized> EventReader for &S {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        (**self).read_stream(stream, from, limit).await
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        (**self).read_all(after, limit).await
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        (**self).head().await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        (**self).wait_after(after).await
    }
}

#[async_trait]
impl<S: EventReader + ?Sized> EventReader for Arc<S> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        (**self).read_stream(stream, from, limit).await
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        (**self).read_all(after, limit).await
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        (**self).head().await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        (**self).wait_after(after).await
    }
}

#[async_trait]
impl<S: EventAppender + ?Sized> EventAppender for Arc<S> {
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        (**self).append_many(appends).await
    }
}
