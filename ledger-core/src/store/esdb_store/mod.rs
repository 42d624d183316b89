//! The store on an EventStoreDB (KurrentDB) cluster, for those who outgrow one machine. Behind the feature `eventstore`.
//!
//! # Layout
//!
//! A stream of the ledger `NAME` is the server's stream `NAME:` + stream, such as `iledger:loan-L-1`. Its events are those of the
//! ledger, one each (see `wire.rs`). A position is the event's offset in the server's log, which is ordered and has gaps. The
//! stream `NAME.about` has one event: the ledger's id and settings.
//!
//! # Rules
//!
//! Every append says what it expects: no stream, or an exact revision; there the server recognises a resend for as long as the log
//! exists. An append is at most 1 MiB, here and on the server. An answer that was lost is asked for by sending the same append
//! again. Names that begin with `$` are the server's; [`StreamName`] has none.
//!
//! # Parts
//!
//! `address.rs` where it is; `supervisor.rs` keeps a client that works; `trouble.rs` sorts its errors; `reader.rs` reads;
//! `nodelay.rs` makes it answer at once; `writer.rs` appends, through `lane.rs`, with what `heads.rs` and `flights.rs` know of the streams; `jobs.rs` is who waits.
//!
//! # Threads
//!
//! The store has a runtime of its own, because the client needs one that does IO. It can be called from any other.

mod about;
mod address;
mod flights;
mod heads;
mod jobs;
mod lane;
mod nodelay;
mod reader;
mod supervisor;
mod trouble;
mod wire;
mod writer;

pub use about::OpenError;
pub use address::{Address, AddressError};

use super::{Append, AppendError, Appended, EventAppender, EventReader, ReadError};
use crate::record::{Position, Record, StreamName, Version};
use about::About;
use async_trait::async_trait;
use jobs::{Job, Results};
use reader::Reader;
use std::future::Future;
use std::sync::Arc;
use supervisor::Supervisor;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;
use writer::Writer;

/// A ledger on a cluster.
pub struct EsdbStore {
    reader: Arc<Reader>,
    jobs: mpsc::UnboundedSender<Job>,
    about: About,
    runtime: Owned,
}

/// A runtime that may be dropped inside another one. `None` only while it is dropped.
struct Owned(Option<Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for EsdbStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EsdbStore({})", self.reader.supervisor.address)
    }
}

impl EsdbStore {
    /// Opens a ledger that is there.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub async fn open(address: Address) -> Result<Self, OpenError> {
        let (runtime, reader) = start(address)?;
        let asked = reader.clone();
        let about = run(&runtime, async move {
            let about = about::read(&asked.supervisor).await?;
            // what was stored before is known as such from now on
            match asked.head().await {
                Ok(_) => Ok(about),
                Err(error) => Err(OpenError::Unavailable(error.to_string())),
            }
        })
        .await;
        Ok(Self::new(runtime, reader, about.unwrap_or_else(|lost| Err(OpenError::Unavailable(lost)))?))
    }

    /// Makes a new, empty ledger. `settings` is a text of the caller's that [`EsdbStore::settings`] gives back on every machine.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub async fn create(address: Address, settings: &str) -> Result<Self, OpenError> {
        let (runtime, reader) = start(address)?;
        let (asked, about) = (reader.clone(), About::new(settings));
        let created = run(&runtime, async move { about::create(&asked.supervisor, about).await }).await;
        Ok(Self::new(runtime, reader, created.unwrap_or_else(|lost| Err(OpenError::Unavailable(lost)))?))
    }

    fn new(runtime: Owned, reader: Arc<Reader>, about: About) -> Self {
        let (jobs, inbox) = mpsc::unbounded_channel();
        if let Some(runtime) = &runtime.0 {
            runtime.spawn(Writer::new(reader.clone()).run(inbox));
        }
        Self { reader, jobs, about, runtime }
    }

    /// The random id that the ledger got when it was created: what is derived from it (projections, checkpoints) names it.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.about.id
    }

    /// The text that was given when it was created.
    #[must_use]
    pub fn settings(&self) -> &str {
        &self.about.settings
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.reader.supervisor.address
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T, ReadError>> + Send + 'static,
    ) -> Result<T, ReadError> {
        run(&self.runtime, read).await.unwrap_or_else(|lost| Err(ReadError::Unavailable(lost)))
    }

    async fn send(&self, appends: Vec<Append>) -> Result<Results, AppendError> {
        let (reply, answer) = oneshot::channel();
        let gone = |_| AppendError::Unavailable("the writer has stopped; open the store again".into());
        self.jobs.send(Job { appends, reply }).map_err(gone)?;
        answer.await.map_err(|_| AppendError::UnknownOutcome("the writer stopped before it answered".into()))
    }
}

fn start(address: Address) -> Result<(Owned, Arc<Reader>), OpenError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).thread_name("cluster").enable_all().build();
    let runtime = runtime.map_err(|error| OpenError::Unavailable(error.to_string()))?;
    let prefix = format!("{}:", address.ledger());
    Ok((Owned(Some(runtime)), Arc::new(Reader::new(Supervisor::new(address), prefix))))
}

/// Ends the task when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs something on the store's runtime, and waits for it on any.
async fn run<T: Send + 'static>(
    runtime: &Owned,
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    let Some(runtime) = &runtime.0 else { return Err("the store was closed".into()) };
    let mut task = Task(runtime.spawn(future));
    (&mut task.0).await.map_err(|error| format!("the client ended: {error}"))
}

#[async_trait]
impl EventReader for EsdbStore {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        let (reader, stream) = (self.reader.clone(), stream.clone());
        self.read(async move { reader.read_stream(&stream, from, limit).await }).await
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        let reader = self.reader.clone();
        self.read(async move { reader.read_all(after, limit).await }).await
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        let reader = self.reader.clone();
        self.read(async move { reader.head().await }).await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        let reader = self.reader.clone();
        self.read(async move { reader.wait_after(after).await }).await
    }
}

#[async_trait]
impl EventAppender for EsdbStore {
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let count = appends.len();
        match self.send(appends).await {
            Ok(results) => results,
            Err(error) => vec![Err(error); count],
        }
    }
}
