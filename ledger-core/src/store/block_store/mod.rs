//! The embedded store: blocks in an engine (sled or redb).
//!
//! # Layout
//!
//! An event's position is its gap-free ordinal from 0. Numbers in keys are big-endian, so that keys sort as the log does.
//!
//! | space | key | value |
//! |---|---|---|
//! | log | `b` + first ordinal | a *block*: up to 64 events (about 12 KiB), compressed together |
//! | log | `f` + first ordinal | the *summary* of an index run: its streams' 32-bit hash prefixes, sorted |
//! | log | `i` + first ordinal | an *index run*: stream hash → versions and ordinals, for some thousand events |
//! | head | `n` + slot | a block of the newest events, until there are enough of them for one of full size |
//! | head | `format`, `store` | `iledger-log 2`; the store's random id |
//!
//! Every value of the first four kinds is: format byte, CRC-32 of the rest, first ordinal (8 bytes), count of events (4 bytes),
//! content. A block's content is described in `frame/wire_2.rs`. A run's content is, per stream in the order of the hashes: 12 bytes
//! of SHA-256 of the name, version of the first event, number of events, and the distances of their ordinals, the last three as
//! varints. All of it is verified whenever it is read; damage is an error that names the first ordinal of what is damaged.
//!
//! # Writing
//!
//! One thread writes. It takes all appends that wait, decides each against the stream's last version in memory, writes them,
//! syncs once, shows them to readers, and answers. Blocks, run and summary go into one atomic batch of up to 10,000 events, cut
//! only between appends. A few events are no block of full size: they go to a slot of the tail, and with the event that fills it
//! all of the tail's events become a block. The slots need not be emptied: the log has passed them, which is how they are known
//! to be old. In the same way a run of less than 4,096 events is merged with what follows, so that small appends do not leave
//! many small runs behind.
//!
//! # Why so
//!
//! sled copies a whole leaf of its tree, up to 16 values, whenever it tidies it up, and reads a whole leaf to get at one value;
//! and what is then larger than 128 KiB it keeps in a file of its own, unlinked before its successor is durable. Blocks of this size
//! keep leaves with events below that in the ordinary case, so that events are in the one file that sled appends to, and one
//! event costs one small block. The tail is in a space of its own for the same reason: what is written at every append must
//! not have neighbours. One entry per event would cost more than everything else together; a run costs about ten bytes per event
//! and one value per some thousand of them.
//!
//! # Durability
//!
//! An append is answered after the engine has synced it. The file `acknowledged` counts the events: either engine takes a bad
//! byte in its newest write for an interrupted one, sled one anywhere in its file, and goes on from there without a word. A log that
//! is shorter than what was acknowledged is not opened (see `watermark.rs`).
//!
//! # Threads
//!
//! Appending waits for the writer without blocking the caller's thread. Reading does not: it is a few microseconds per event from
//! the engine's cache or the system's, less than handing it to another thread would cost; read pages of some thousand events.

mod blocks;
mod bytes;
mod check;
mod core;
mod frame;
mod hash;
mod heads;
mod keys;
mod open;
mod run;
mod tail;
mod watermark;
mod writer;

#[cfg(test)]
mod tests;

pub use check::{Finding, Report};

pub(super) use blocks::{Block, Restorer, VisitBlock};
pub(super) use bytes::Cursor;

use self::core::Core;
use super::engine::EngineKind;
use super::error::{Fault, OpenError};
use super::{Append, AppendError, Appended, EventAppender, EventReader, ReadError, files};
use crate::record::{Position, Record, StreamName, Version};
use async_trait::async_trait;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use uuid::Uuid;
use writer::{Job, Results, Writer};

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOptions {
    /// The engine that must be found, or is made. Unless told otherwise: the one whose files are there, sled for a new store.
    pub engine: Option<EngineKind>,
    /// How many bytes of its tree the engine keeps in memory (sled counts low). 64 MiB unless told otherwise: the system
    /// caches the file.
    pub cache_bytes: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { engine: None, cache_bytes: 64 * 1024 * 1024 }
    }
}

impl OpenOptions {
    /// With this engine.
    #[must_use]
    pub fn of(engine: EngineKind) -> Self {
        Self { engine: Some(engine), ..Self::default() }
    }
}

/// What a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Events.
    pub events: u64,
    /// Streams.
    pub streams: u64,
    /// Index runs: each holds 4,096 events or more, except the last.
    pub runs: u64,
    /// Events that do not fill a block yet.
    pub tail: u64,
    /// The length of all files.
    pub disk_bytes: u64,
}

/// The log in a directory of this machine. One process can have it open.
#[derive(Debug)]
pub struct BlockStore {
    core: Arc<Core>,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl BlockStore {
    /// Opens a store. Takes the lock of the directory, and milliseconds: the events are not read.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub fn open(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, OpenError> {
        let path = path.as_ref();
        open::open(path, options).and_then(|parts| Self::start(path, parts))
    }

    /// Makes a new, empty store in a directory that does not exist or is empty.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub fn create(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, OpenError> {
        let path = path.as_ref();
        open::create(path, options, Uuid::new_v4()).and_then(|parts| Self::start(path, parts))
    }

    /// Reads everything that a store holds and says what of it is intact; the store is not changed. `scratch` is where a copy of it
    /// is made and deleted. `progress` is told how many events were read, and says whether to go on; if not, there is no report.
    ///
    /// # Errors
    /// [`OpenError`], if there is no store, or if it is in use or cannot be copied. Damage is in the report.
    pub fn check(
        path: impl AsRef<Path>,
        scratch: impl AsRef<Path>,
        mut progress: impl FnMut(u64) -> bool,
    ) -> Result<Option<Report>, OpenError> {
        check::check(path.as_ref(), scratch.as_ref(), &mut progress)
    }

    fn start(path: &Path, (core, writer): (Arc<Core>, Writer)) -> Result<Self, OpenError> {
        let (jobs, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new().name("log writer".into()).spawn(move || writer.run(&inbox));
        let thread = thread.map_err(|error| OpenError::from_io(path, &error))?;
        Ok(Self { core, jobs: Some(jobs), writer: Some(thread) })
    }

    /// The random id that the store got when it was created: what is derived from it (projections, checkpoints) names it.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.core.id
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> EngineKind {
        self.core.kind
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.core.path
    }

    /// What the store holds. Walks the directory; does not read events.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] if the directory cannot be read.
    pub fn stats(&self) -> Result<Stats, ReadError> {
        let view = self.core.view();
        let disk_bytes =
            files::disk_bytes(&self.core.path).map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let begun_in_tail = view.tail.iter().filter(|record| record.version == Version(0)).count() as u64;
        let begun = view.runs.iter().map(|run| u64::from(run.begun));
        Ok(Stats {
            events: view.end(),
            streams: begun.fold(begun_in_tail, u64::saturating_add),
            runs: view.runs.len() as u64,
            tail: view.tail.len() as u64,
            disk_bytes,
        })
    }

    /// The ordinal after the last durable event.
    pub(super) fn end(&self) -> u64 {
        self.core.view().end()
    }

    /// Visits the blocks from the one that begins at an ordinal on.
    pub(super) fn blocks(&self, first: u64, visit: &mut VisitBlock<'_>) -> Result<(), Fault> {
        blocks::visit(&self.core, &self.core.view(), first, visit)
    }

    async fn send(&self, appends: Vec<Append>) -> Result<Results, AppendError> {
        let (reply, answer) = oneshot::channel();
        let gone = || AppendError::Unavailable("the writer has stopped; open the store again".into());
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job { appends, reply }).map_err(|_| gone())?;
        answer.await.map_err(|_| AppendError::UnknownOutcome("the writer stopped before it answered".into()))
    }
}

impl Drop for BlockStore {
    /// Waits for what is being written, so that the directory's lock is free afterwards.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A writer that died has said so to all who waited for it.
            drop(writer.join());
        }
    }
}

#[async_trait]
impl EventReader for BlockStore {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        Ok(self.core.read_stream(&self.core.view(), stream, from, limit)?)
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        let start = after.map_or(0, |after| after.0.saturating_add(1));
        Ok(self.core.read_all(&self.core.view(), start, limit.max(1))?)
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        Ok(self.core.view().end().checked_sub(1).map(Position))
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        let known = after.map_or(0, |after| after.0.saturating_add(1));
        let mut end = self.core.end.subscribe();
        let waited = end.wait_for(|end| *end > known).await;
        waited.map(|_| ()).map_err(|_| ReadError::Unavailable("the store was closed".into()))
    }
}

#[async_trait]
impl EventAppender for BlockStore {
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let count = appends.len();
        match self.send(appends).await {
            Ok(results) => results,
            Err(error) => vec![Err(error); count],
        }
    }
}
