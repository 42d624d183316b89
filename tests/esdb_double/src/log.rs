//! The log in memory, and the rules of an append.

use std::collections::HashMap;
use std::sync::Arc;
use tonic::codegen::Bytes;
use uuid::Uuid;

/// The position of the first event; the log of a real server begins with other things, too.
const FIRST: u64 = 1_013;

/// What the log holds besides what is sent: about as much as a record's head on a real server.
const HEAD: u64 = 137;

/// After how many appends the server writes an event of its own.
const OWN: u64 = 50;

/// An event to store.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// Its id.
    pub id: Uuid,
    /// `type`, `content-type`.
    pub metadata: HashMap<String, String>,
    /// The user's metadata.
    pub custom: Bytes,
    /// The payload.
    pub data: Bytes,
}

/// A stored event.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its stream.
    pub stream: Arc<str>,
    /// Its place in the stream.
    pub revision: u64,
    /// Its offset in the log.
    pub position: u64,
    /// The event.
    pub event: Proposed,
}

impl Stored {
    /// Its type.
    pub fn kind(&self) -> &str {
        self.event.metadata.get("type").map_or("", String::as_str)
    }
}

/// What the writer expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// No such stream.
    NoStream,
    /// Any event.
    StreamExists,
    /// This last revision.
    Exact(u64),
}

/// Why an append is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The stream's last revision.
    WrongExpectedVersion(Option<u64>),
    /// It is larger than the limit.
    TooLarge,
    /// The stream was deleted for ever.
    Deleted,
    /// A name that begins with `$`.
    Reserved,
}

/// What an append did: the last revision and the position of the last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The last revision.
    pub revision: u64,
    /// The last event's position.
    pub position: u64,
}

/// The log of the cluster.
#[derive(Debug)]
pub struct Log {
    /// In log order.
    pub events: Vec<Arc<Stored>>,
    streams: HashMap<Arc<str>, Vec<Arc<Stored>>>,
    deleted: Vec<Arc<str>>,
    next: u64,
    appends: u64,
    max_append: usize,
}

impl Log {
    /// An empty log.
    pub fn new(max_append: usize) -> Self {
        let mut log =
            Self { events: vec![], streams: HashMap::new(), deleted: vec![], next: FIRST, appends: 0, max_append };
        log.own();
        log
    }

    /// An event of the server's own.
    fn own(&mut self) {
        let metadata = [("type", "$statsCollected"), ("content-type", "application/json")];
        let event = Proposed {
            id: Uuid::from_u128(u128::from(self.next)),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            custom: Bytes::new(),
            data: Bytes::from_static(b"{}"),
        };
        self.push(&Arc::from("$stats-127.0.0.1:2113"), event);
    }

    fn push(&mut self, stream: &Arc<str>, event: Proposed) -> Done {
        let length = (event.data.len() + event.custom.len() + stream.len()) as u64 + HEAD;
        let in_stream = self.streams.entry(stream.clone()).or_default();
        let revision = in_stream.last().map_or(0, |last| last.revision + 1);
        let stored = Arc::new(Stored { stream: stream.clone(), revision, position: self.next, event });
        in_stream.push(stored.clone());
        self.events.push(stored);
        let position = self.next;
        self.next += length;
        Done { revision, position }
    }

    /// The events of a stream; `None` if it does not exist.
    pub fn stream(&self, name: &str) -> Option<&[Arc<Stored>]> {
        self.streams.get(name).map(Vec::as_slice).filter(|events| !events.is_empty())
    }

    /// Whether the stream was deleted for ever.
    pub fn is_deleted(&self, name: &str) -> bool {
        self.deleted.iter().any(|deleted| &**deleted == name)
    }

    /// The index of the first event at or after a position.
    pub fn index(&self, position: u64) -> usize {
        self.events.partition_point(|event| event.position < position)
    }

    /// Removes an event as a scavenge would after its stream was truncated: from the log and from the stream.
    pub fn scavenge(&mut self, stream: &str, revision: u64) {
        self.events.retain(|event| &*event.stream != stream || event.revision != revision);
        if let Some(events) = self.streams.get_mut(stream) {
            events.retain(|event| event.revision != revision);
        }
    }

    /// Deletes a stream for ever: its events are gone and nothing can be appended.
    pub fn tombstone(&mut self, stream: &str) {
        self.deleted.push(Arc::from(stream));
        self.events.retain(|event| &*event.stream != stream);
        self.streams.remove(stream);
    }

    /// Appends, or answers an append that was stored before.
    pub fn append(&mut self, stream: &str, expected: Expected, events: Vec<Proposed>) -> Result<Done, Refusal> {
        if stream.starts_with('$') {
            return Err(Refusal::Reserved);
        }
        if self.is_deleted(stream) {
            return Err(Refusal::Deleted);
        }
        let size = |event: &Proposed| {
            event.data.len() + event.custom.len() + 2 * event.metadata.get("type").map_or(0, String::len)
        };
        if events.iter().map(size).sum::<usize>() > self.max_append {
            return Err(Refusal::TooLarge);
        }
        let stored = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let last = stored.last().map(|event| event.revision);
        let wrong = Err(Refusal::WrongExpectedVersion(last));
        let from = match (expected, last) {
            (Expected::NoStream, None) | (Expected::Any, _) | (Expected::StreamExists, Some(_)) => None,
            (Expected::Exact(expected), Some(last)) if expected == last => None,
            (Expected::Exact(expected), Some(last)) if expected < last => Some(expected + 1),
            (Expected::NoStream, Some(_)) => Some(0),
            (Expected::StreamExists | Expected::Exact(_), _) => return wrong,
        };
        if let Some(from) = from {
            // stored at exactly these revisions before: the first answer
            let same = (from..).zip(&events).map(|(revision, event)| {
                let old = stored.iter().find(|old| old.revision == revision)?;
                (old.event.id == event.id).then_some(Done { revision, position: old.position })
            });
            let same: Option<Vec<_>> = same.collect();
            return same.and_then(|same| same.last().copied()).map_or(wrong, Ok);
        }
        let name = self.streams.get_key_value(stream).map_or_else(|| Arc::from(stream), |(name, _)| name.clone());
        let mut done = Done { revision: last.unwrap_or(0), position: 0 };
        for event in events {
            done = self.push(&name, event);
        }
        self.appends += 1;
        if self.appends.is_multiple_of(OWN) {
            self.own();
        }
        Ok(done)
    }
}
