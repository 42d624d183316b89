//! The log in memory: the reference that every other store is compared with.

use super::admission::{self, Admission};
use super::{Append, AppendError, Appended, EventAppender, EventReader, ReadError};
use crate::record::{Position, Record, StreamName, Version};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;

/// A store that forgets everything when it is dropped: for tests, and as the definition of what a store does.
#[derive(Debug)]
pub struct MemoryStore {
    log: RwLock<Log>,
    head: watch::Sender<Option<Position>>,
}

#[derive(Debug, Default)]
struct Log {
    records: Vec<Record>,
    /// Indices into `records`; the place in the list is the version.
    streams: HashMap<StreamName, Vec<usize>>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self { log: RwLock::default(), head: watch::Sender::new(None) }
    }

    /// A panic elsewhere cannot leave the log half changed: what is pushed is pushed last.
    fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        let results = appends.into_iter().map(|append| log.append(append)).collect();
        let head = log.records.last().map(|record| record.position);
        self.head.send_if_modified(|known| std::mem::replace(known, head) != head);
        results
    }
}

impl Log {
    fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        admission::check_shape(&append)?;
        let last = self.records_of(&append.stream).last().map(|record| record.version);
        match admission::admit(append.expected, last) {
            Admission::Fresh(first) => Ok(self.push(append, first)),
            Admission::Ahead => Err(admission::conflict(&append.stream, append.expected, last)),
            Admission::PerhapsResent(from) => {
                let stored: Vec<&Record> = self
                    .records_of(&append.stream)
                    .filter(|record| record.version >= from)
                    .take(append.events.len())
                    .collect();
                admission::resent(&append, &stored, last)
            }
        }
    }

    fn push(&mut self, append: Append, first: Version) -> Appended {
        let places = self.streams.entry(append.stream.clone()).or_default();
        let mut version = first;
        let mut done = Appended { first, last: first, position: Position(0), already: false };
        for event in append.events {
            let position = Position(self.records.len() as u64);
            done = Appended { last: version, position, ..done };
            places.push(self.records.len());
            self.records.push(Record {
                position,
                stream: append.stream.clone(),
                version,
                envelope: event.envelope,
                body: event.body,
            });
            version = version.next();
        }
        done
    }

    fn records_of(&self, stream: &StreamName) -> impl DoubleEndedIterator<Item = &Record> {
        self.streams.get(stream).into_iter().flatten().filter_map(|place| self.records.get(*place))
    }
}

#[async_trait]
impl EventReader for MemoryStore {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        Ok(self.log().records_of(stream).filter(|record| record.version >= from).take(limit).cloned().collect())
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        let log = self.log();
        let start = after.map_or(0, |after| after.0.saturating_add(1));
        let rest = usize::try_from(start).ok().and_then(|start| log.records.get(start..)).unwrap_or_default();
        Ok(rest.iter().take(limit.max(1)).cloned().collect())
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        Ok(*self.head.borrow())
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        let mut head = self.head.subscribe();
        let waited = head.wait_for(|head| *head > after).await;
        waited.map(|_| ()).map_err(|_| ReadError::Unavailable("the store was closed".into()))
    }
}

#[async_trait]
impl EventAppender for MemoryStore {
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        self.apply(appends)
    }
}
