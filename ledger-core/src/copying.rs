//! Copies a ledger from one store to another, event by event in log order.
//!
//! A copy that was broken off goes on where it ended: what the target has must be how the source begins. At the end the target is
//! read again and compared with the source event by event, and the root over both is computed.

use crate::evidence::{EvidenceError, Frontier, NodeHash, leaves};
use crate::record::canonical::Canonical;
use crate::record::{NewRecord, Record};
use crate::store::{Append, AppendError, EventReader, EventStore, ExpectedVersion, ReadError};
use crate::stream::{Position, StreamName, Version};
use std::collections::VecDeque;

/// Events that are read at once.
const PAGE: usize = 4_096;

/// Events of one stream that follow each other are stored by one append, up to so many and so many bytes.
const APPEND: usize = 64;
const APPEND_BYTES: usize = 256 * 1024;

/// What a copy did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The events that both have.
    pub events: u64,
    /// How many of them the target had before.
    pub before: u64,
    /// The root over the events, the same for both.
    pub root: NodeHash,
}

/// Why a ledger was not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// A store cannot be read.
    #[error("{which} store: {error}")]
    Read {
        /// `source` or `target`.
        which: &'static str,
        /// Why.
        error: ReadError,
    },
    /// The target cannot be written.
    #[error("target store: {0}")]
    Append(AppendError),
    /// The target is no copy of the source, nor the beginning of one.
    #[error(
        "event {ordinal} of the target is not that of the source (target: {target}; source: {origin}): \
             a copy needs a target of its own, empty or begun from the same source"
    )]
    Differs {
        /// The first ordinal that differs.
        ordinal: u64,
        /// What the target has there.
        target: String,
        /// What the source has there.
        origin: String,
    },
    /// An event has no leaf.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The caller broke it off.
    #[error("broken off: run it again to go on")]
    Interrupted,
}

/// The events of a store in order, up to its end as it was at the beginning.
struct Events<'a> {
    which: &'static str,
    store: &'a dyn EventReader,
    after: Option<Position>,
    page: VecDeque<Record>,
    end: Option<Position>,
}

impl<'a> Events<'a> {
    async fn new(which: &'static str, store: &'a dyn EventReader) -> Result<Self, CopyError> {
        let end = store.head().await.map_err(|error| CopyError::Read { which, error })?;
        Ok(Self { which, store, after: None, page: VecDeque::new(), end })
    }

    async fn next(&mut self) -> Result<Option<Record>, CopyError> {
        if self.page.is_empty() && self.after < self.end {
            let read = self.store.read_all(self.after, PAGE).await;
            self.page = read.map_err(|error| CopyError::Read { which: self.which, error })?.into();
        }
        let next = self.page.pop_front().filter(|record| Some(record.position) <= self.end);
        if let Some(record) = &next {
            self.after = Some(record.position);
        }
        Ok(next)
    }
}

fn same(one: &Record, other: &Record) -> bool {
    one.stream == other.stream
        && one.version == other.version
        && one.envelope == other.envelope
        && one.body == other.body
}

fn describe(record: Option<&Record>) -> String {
    let Some(record) = record else { return "nothing".to_owned() };
    format!("stream `{}`, version {}, id {}", record.stream, record.version, record.envelope.id)
}

fn differs(ordinal: u64, target: Option<&Record>, origin: Option<&Record>) -> CopyError {
    CopyError::Differs { ordinal, target: describe(target), origin: describe(origin) }
}

/// Copies what `target` does not have yet. `progress` is told how many events are copied or compared, and ends the copy by
/// answering no.
///
/// # Errors
/// [`CopyError`]. What was copied until then stays, and a new copy goes on from there.
pub async fn copy(
    source: &dyn EventStore,
    target: &dyn EventStore,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Copied, CopyError> {
    let mut origin = Events::new("source", &source).await?;
    let before = compare_beginning(&mut origin, target, &mut progress).await?;
    let mut done = before;
    let mut batch = Vec::new();
    loop {
        let next = origin.next().await?;
        let at_end = next.is_none();
        batch.extend(next);
        if batch.len() >= PAGE || at_end {
            let count = batch.len() as u64;
            for result in target.append_many(appends(std::mem::take(&mut batch))).await {
                result.map_err(CopyError::Append)?;
            }
            done = done.saturating_add(count);
            if !progress(done) {
                return Err(CopyError::Interrupted);
            }
        }
        if at_end {
            break;
        }
    }
    let (events, root) = compare_whole(source, target, origin.end).await?;
    Ok(Copied { events, before, root })
}

/// What the target has must be how the source begins; the source is then where the target ends.
async fn compare_beginning(
    origin: &mut Events<'_>,
    target: &dyn EventStore,
    progress: &mut impl FnMut(u64) -> bool,
) -> Result<u64, CopyError> {
    let mut copied = Events::new("target", &target).await?;
    let mut count: u64 = 0;
    while let Some(record) = copied.next().await? {
        let from = origin.next().await?;
        if !from.as_ref().is_some_and(|from| same(from, &record)) {
            return Err(differs(count, Some(&record), from.as_ref()));
        }
        count = count.saturating_add(1);
        if count.is_multiple_of(PAGE as u64) && !progress(count) {
            return Err(CopyError::Interrupted);
        }
    }
    Ok(count)
}

async fn compare_whole(
    source: &dyn EventStore,
    target: &dyn EventStore,
    end: Option<Position>,
) -> Result<(u64, NodeHash), CopyError> {
    let (mut origin, mut copied) = (Events::new("source", &source).await?, Events::new("target", &target).await?);
    // what the source got meanwhile is for the next copy
    origin.end = end;
    let (mut canonical, mut frontier) = (Canonical::new(), Frontier::new());
    loop {
        match (copied.next().await?, origin.next().await?) {
            (Some(record), Some(from)) if same(&record, &from) => {
                frontier.push(leaves::leaf_hash(&record, &mut canonical)?);
            }
            (None, None) => return Ok((frontier.size(), frontier.root())),
            (record, from) => return Err(differs(frontier.size(), record.as_ref(), from.as_ref())),
        }
    }
}

/// Appends that store the records in their order.
fn appends(records: Vec<Record>) -> Vec<Append> {
    let mut appends: Vec<Append> = Vec::new();
    let (mut bytes, mut last): (usize, Option<(StreamName, Version)>) = (0, None);
    for record in records {
        let size = record.body.len();
        let follows =
            last.as_ref().is_some_and(|(stream, version)| *stream == record.stream && version.next() == record.version);
        last = Some((record.stream.clone(), record.version));
        let event = NewRecord { envelope: record.envelope, body: record.body };
        match appends.last_mut() {
            Some(append) if follows && append.events.len() < APPEND && bytes.saturating_add(size) <= APPEND_BYTES => {
                bytes = bytes.saturating_add(size);
                append.events.push(event);
            }
            _ => {
                bytes = size;
                let expected = match record.version.0.checked_sub(1) {
                    Some(before) => ExpectedVersion::Exact(Version(before)),
                    None => ExpectedVersion::NoStream,
                };
                appends.push(Append { stream: record.stream, expected, events: vec![event] });
            }
        }
    }
    appends
}
