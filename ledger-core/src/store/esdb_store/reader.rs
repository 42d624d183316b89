//! Reading streams and the log.
//!
//! Nothing here subscribes: a subscription of this client whose stream of answers ends without an error asks for the next event
//! for ever, without yielding, so that no timeout can end it. What follows the log reads on from where it stands, at once while
//! there is more and after growing pauses when there is not.

use super::heads::Heads;
use super::supervisor::{Supervisor, in_time};
use super::trouble::Trouble;
use super::wire;
use crate::record::{Position, Record, StreamName, Version};
use crate::store::ReadError;
use eventstore::{
    Position as ServerPosition, ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition,
};
use std::time::Duration;
use tokio::sync::watch;

/// The most events that are asked for at once.
const PAGE: usize = 4_096;

/// Events that are asked for when the last event of ours is looked for from the end.
const LAST_PAGE: usize = 64;

const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

pub(super) struct Reader {
    pub(super) supervisor: Supervisor,
    /// What stands before our streams' names.
    pub(super) prefix: String,
    pub(super) heads: Heads,
    /// The last position that this handle has seen.
    pub(super) seen: watch::Sender<Option<Position>>,
}

/// A part of the log as the server holds it.
struct Raw {
    /// The events of ours.
    records: Vec<Record>,
    /// The position of the last event, of whomever.
    last: Option<ServerPosition>,
    /// There were fewer than were asked for.
    at_end: bool,
}

impl Reader {
    pub(super) fn new(supervisor: Supervisor, prefix: String) -> Self {
        Self { supervisor, prefix, heads: Heads::default(), seen: watch::Sender::new(None) }
    }

    /// The server's name of a stream.
    pub(super) fn server_name(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// An event at this position was seen.
    pub(super) fn saw(&self, position: Position) {
        self.seen.send_if_modified(|seen| {
            let new = *seen < Some(position);
            if new {
                *seen = Some(position);
            }
            new
        });
    }

    pub(super) async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let mut records: Vec<Record> = Vec::new();
        while records.len() < limit {
            let next = records.last().map_or(from, |last| last.version.next());
            let count = limit.saturating_sub(records.len()).min(PAGE);
            let asked = self.heads.now();
            let page = self.stream_page(stream, next, count).await?;
            let done = page.len() < count;
            records.extend(page);
            if done {
                let last = records.last().map(|last| last.version);
                if last.is_some() || from == Version(0) {
                    self.heads.learn(stream, last, asked);
                }
                break;
            }
        }
        Ok(records)
    }

    async fn stream_page(&self, stream: &StreamName, from: Version, count: usize) -> Result<Vec<Record>, ReadError> {
        let mut options = ReadStreamOptions::default().position(StreamPosition::Position(from.0)).forwards();
        options = options.max_count(count);
        let events = self.stream_events(stream, options).await?;
        let mut records = Vec::with_capacity(events.len());
        let mut expected = from;
        for event in events {
            let record = wire::decode(&event, &self.prefix)?;
            if record.version != expected {
                return Err(ReadError::Corrupt(format!(
                    "stream `{stream}`: version {expected} is missing, {} follows: events were removed",
                    record.version
                )));
            }
            expected = expected.next();
            records.push(record);
        }
        Ok(records)
    }

    /// The last version of a stream.
    pub(super) async fn last_version(&self, stream: &StreamName) -> Result<Option<Version>, ReadError> {
        let asked = self.heads.now();
        let options = ReadStreamOptions::default().position(StreamPosition::End).backwards().max_count(1);
        let events = self.stream_events(stream, options).await?;
        let last = events.first().map(|event| Version(event.revision));
        self.heads.learn(stream, last, asked);
        Ok(last)
    }

    /// The events of a stream; none if there is no such stream.
    async fn stream_events(
        &self,
        stream: &StreamName,
        options: ReadStreamOptions,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let name = self.server_name(stream);
        let options = match &self.supervisor.address.credentials {
            Some(credentials) => options.authenticated(credentials.clone()),
            None => options,
        };
        let read = self.supervisor.attempt(|client| {
            let (name, options) = (name.clone(), options.clone());
            async move { collect(in_time(client.read_stream(name, &options)).await?).await }
        });
        match read.await {
            Err(Trouble::Missing) => Ok(Vec::new()),
            Err(Trouble::Deleted) => Err(ReadError::Corrupt(format!("stream `{stream}` was deleted"))),
            done => Ok(done?),
        }
    }

    pub(super) async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        // the server takes no position that is beyond its end
        if let Some(after) = after
            && *self.seen.borrow() < Some(after)
            && self.head().await? < Some(after)
        {
            return Ok(Vec::new());
        }
        let mut from = after.map(|Position(at)| ServerPosition { commit: at, prepare: at });
        loop {
            let raw = self.log_page(from, after, limit.clamp(1, PAGE.saturating_sub(1)).saturating_add(1)).await?;
            if let Some(last) = raw.records.last() {
                self.saw(last.position);
            }
            if raw.at_end || !raw.records.is_empty() {
                return Ok(raw.records);
            }
            from = raw.last;
        }
    }

    /// Events from a position on (inclusive), without those of ours up to `after`.
    async fn log_page(
        &self,
        from: Option<ServerPosition>,
        after: Option<Position>,
        count: usize,
    ) -> Result<Raw, ReadError> {
        let options = match from {
            Some(from) => ReadAllOptions::default().position(StreamPosition::Position(from)).forwards(),
            None => ReadAllOptions::default().position(StreamPosition::Start),
        };
        let events = self.log_events(options.max_count(count)).await?;
        let last = events.last().map(|event| event.position);
        let at_end = events.len() < count;
        let mut records = Vec::with_capacity(events.len());
        for event in events.iter().filter(|event| self.is_ours(event)) {
            if after.is_none_or(|after| event.position.commit > after.0) {
                records.push(wire::decode(event, &self.prefix)?);
            }
        }
        Ok(Raw { records, last, at_end })
    }

    fn is_ours(&self, event: &RecordedEvent) -> bool {
        event.stream_id.starts_with(&self.prefix)
    }

    async fn log_events(&self, options: ReadAllOptions) -> Result<Vec<RecordedEvent>, ReadError> {
        let options = match &self.supervisor.address.credentials {
            Some(credentials) => options.authenticated(credentials.clone()),
            None => options,
        };
        let read = self.supervisor.attempt(|client| {
            let options = options.clone();
            async move { collect(in_time(client.read_all(&options)).await?).await }
        });
        Ok(read.await?)
    }

    pub(super) async fn head(&self) -> Result<Option<Position>, ReadError> {
        let known = *self.seen.borrow();
        let mut options = ReadAllOptions::default().position(StreamPosition::End);
        let mut count = LAST_PAGE;
        loop {
            let events = self.log_events(options.max_count(count)).await?;
            if let Some(event) = events.iter().find(|event| self.is_ours(event)) {
                let head = Position(event.position.commit);
                self.saw(head);
                return Ok(Some(head));
            }
            let oldest = events.last().map(|event| event.position);
            match oldest {
                // what was seen before is still the last
                Some(oldest) if events.len() >= count && known.is_none_or(|known| known.0 < oldest.commit) => {
                    options = ReadAllOptions::default().position(StreamPosition::Position(oldest)).backwards();
                    count = PAGE;
                }
                _ => return Ok(known),
            }
        }
    }

    pub(super) async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        let mut seen = self.seen.subscribe();
        let mut from = after.map(|Position(at)| ServerPosition { commit: at, prepare: at });
        let mut pause = SHORTEST_PAUSE;
        loop {
            if *seen.borrow_and_update() > after {
                return Ok(());
            }
            let raw = self.log_page(from, after, LAST_PAGE).await?;
            if !raw.records.is_empty() {
                return Ok(());
            }
            from = raw.last.or(from);
            if raw.at_end {
                // what this handle appends wakes it at once
                if let Ok(Err(_)) = tokio::time::timeout(pause, seen.changed()).await {
                    return Err(ReadError::Unavailable("the store was closed".into()));
                }
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// All events of a read; between two, no longer than an answer may take.
async fn collect(mut read: ReadStream) -> Result<Vec<RecordedEvent>, Trouble> {
    let mut events = Vec::new();
    while let Some(resolved) = in_time(read.next()).await? {
        // links are not resolved, so each has its event
        events.extend(resolved.event);
    }
    Ok(events)
}
