//! The log as it was known at an instant.

use super::{CaughtUp, EngineError, Pass, Projection, State, catch_up};
use async_trait::async_trait;
use ledger_core::calendar::Timestamp;
use ledger_core::record::{Position, Record, StreamName, Version};
use ledger_core::store::{EventReader, ReadError};

/// A log without the events that were recorded after an instant. Since no event of a stream is recorded before the one
/// ahead of it, that is a prefix of every stream; streams are not ordered against one another, so the log is read to its
/// end.
pub struct KnownAt<'a> {
    log: &'a dyn EventReader,
    instant: Timestamp,
}

impl<'a> KnownAt<'a> {
    /// What `log` held at `instant`, events recorded at that very instant included.
    #[must_use]
    pub const fn new(log: &'a dyn EventReader, instant: Timestamp) -> Self {
        Self { log, instant }
    }

    fn retain(&self, records: &mut Vec<Record>) {
        records.retain(|record| record.envelope.recorded_at <= self.instant);
    }
}

#[async_trait]
impl EventReader for KnownAt<'_> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        let mut records = self.log.read_stream(stream, from, limit).await?;
        self.retain(&mut records);
        Ok(records)
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        let mut after = after;
        loop {
            let mut records = self.log.read_all(after, limit).await?;
            let Some(last) = records.last() else { return Ok(records) };
            after = Some(last.position);
            self.retain(&mut records);
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }

    /// The end of the whole log: what was known may end before it.
    async fn head(&self) -> Result<Option<Position>, ReadError> {
        self.log.head().await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        self.log.wait_after(after).await
    }
}

/// One projection, folded from nothing over what was known at an instant. Nothing is stored.
///
/// # Errors
/// The log cannot be read. An event that cannot be applied is no error: the report names it, and the state is the one
/// before it.
pub async fn fold_known_at<P: Projection>(
    log: &dyn EventReader,
    instant: Timestamp,
) -> Result<(State<P>, CaughtUp), EngineError> {
    let known = KnownAt::new(log, instant);
    let pass = Pass::over(&known, "");
    let mut state = State::<P>::default();
    let mut report = catch_up(&pass, &mut [&mut state]).await?;
    let nothing = CaughtUp {
        name: P::NAME,
        version: P::VERSION,
        from: None,
        to: None,
        events: 0,
        distrusted: None,
        stopped: None,
    };
    Ok((state, report.pop().unwrap_or(nothing)))
}
