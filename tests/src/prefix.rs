//! A log of which a reader sees less: only its beginning, or only so many reads.

use async_trait::async_trait;
use ledger_core::record::{Position, Record, StreamName, Version};
use ledger_core::store::{EventReader, ReadError};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The beginning of a log, or all of it in small pieces until the store goes away.
pub struct Prefix<'a> {
    log: &'a dyn EventReader,
    until: Position,
    piece: usize,
    reads: AtomicUsize,
}

impl<'a> Prefix<'a> {
    /// The log up to a position.
    #[must_use]
    pub const fn new(log: &'a dyn EventReader, until: u64) -> Self {
        Self { log, until: Position(until), piece: usize::MAX, reads: AtomicUsize::new(usize::MAX) }
    }

    /// The whole log, two events at a time; the store goes away after so many reads.
    #[must_use]
    pub const fn breaking(log: &'a dyn EventReader, reads: usize) -> Self {
        Self { log, until: Position(u64::MAX), piece: 2, reads: AtomicUsize::new(reads) }
    }
}

#[async_trait]
impl EventReader for Prefix<'_> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        let mut records = self.log.read_stream(stream, from, limit).await?;
        records.retain(|record| record.position <= self.until);
        Ok(records)
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        if self.reads.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(ReadError::Unavailable("the store went away".to_owned()));
        }
        let mut records = self.log.read_all(after, limit.min(self.piece)).await?;
        records.retain(|record| record.position <= self.until);
        Ok(records)
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        Ok(self.log.head().await?.map(|head| head.min(self.until)))
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        self.log.wait_after(after).await
    }
}
