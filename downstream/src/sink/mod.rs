//! The read model: the tables of [`crate::tables`] in a database, kept up to date from the log.
//!
//! Rows and checkpoint are committed in one transaction. So a run that is broken off, at whatever moment, leaves a whole read model of
//! an earlier position, and the next run goes on from there; the content is a function of the log up to the position alone.

mod checkpoint;
pub mod ddl;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

pub use checkpoint::Checkpoint;
pub use ddl::Dialect;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use sqlite::Sqlite;

use crate::Error;
use crate::feed::{Feed, Rows, Wanted};
use crate::tables::{SCHEMA_VERSION, read_model};
use async_trait::async_trait;
use ledger_core::record::codec::decode_record;
use ledger_core::record::{Event, Position, Record, Version};
use ledger_core::store::EventReader;
use projections::engine::{Anchor, check_anchor};

const CHUNK: usize = 4096;

/// A database.
#[async_trait(?Send)]
pub trait Target: Rows {
    /// How messages call it; no password.
    fn database(&self) -> &str;

    /// Where the read model stands; none if there is none. A commit is refused if it stands elsewhere by then.
    async fn checkpoint(&mut self) -> Result<Option<Checkpoint>, Error>;

    /// Drops the read model, if there is one, and makes the empty tables.
    async fn rebuild(&mut self) -> Result<(), Error>;

    /// Makes the tables that are not there.
    async fn prepare(&mut self) -> Result<(), Error>;

    /// Commits the rows that came, together with the checkpoint.
    async fn commit(&mut self, after: &Checkpoint) -> Result<(), Error>;

    /// Makes the indexes that are not there.
    async fn index(&mut self) -> Result<(), Error>;

    /// The number of rows of each table.
    async fn counts(&mut self) -> Result<Vec<(&'static str, u64)>, Error>;

    /// The reader as a taker of rows.
    fn rows(&mut self) -> &mut dyn Rows;
}

/// How a run goes.
pub struct Run<'a> {
    /// The log.
    pub log: &'a dyn EventReader,
    /// The identity of its store.
    pub store_id: &'a str,
    /// Rows are committed each time that so many events were read, and at the end.
    pub commit_every: u64,
    /// Build it anew.
    pub rebuild: bool,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Where the read model stood; none if there was none.
    pub from: Option<Position>,
    /// Where it stands.
    pub to: Option<Position>,
    /// Events read.
    pub events: u64,
}

/// What is wrong with a read model for this log, if anything is.
///
/// # Errors
/// The log cannot be read.
pub async fn mismatch(checkpoint: &Checkpoint, log: &dyn EventReader, store_id: &str) -> Result<Option<String>, Error> {
    if checkpoint.schema_version != SCHEMA_VERSION {
        let version = checkpoint.schema_version;
        return Ok(Some(format!("has tables of version {version}; this program keeps version {SCHEMA_VERSION}")));
    }
    if checkpoint.store_id != store_id {
        return Ok(Some(format!("is of another ledger ({})", checkpoint.store_id)));
    }
    let distrust = check_anchor(log, &checkpoint.anchor).await?;
    Ok(distrust.map(|reason| format!("does not fit the log: {reason}")))
}

/// Brings the read model to the end of the log. `progress` is told how many events were read and says whether to go on.
///
/// # Errors
/// The log or the database cannot be used, an event cannot be turned into rows, or the database holds the read model of another
/// log. What was committed before stays.
pub async fn run(
    run: &Run<'_>,
    target: &mut dyn Target,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Report, Error> {
    if run.rebuild {
        target.rebuild().await?;
    } else {
        target.prepare().await?;
    }
    let mut stands = target.checkpoint().await?;
    if let Some(checkpoint) = &stands
        && let Some(holds) = mismatch(checkpoint, run.log, run.store_id).await?
    {
        return Err(Error::Mismatch { database: target.database().to_owned(), holds });
    }
    let from = stands.as_ref().map(|checkpoint| checkpoint.anchor.position);
    let mut feed = Feed::new(Wanted::of(&read_model()), None);
    let (mut after, mut last): (Option<Position>, Option<Record>) = (from, None);
    let (mut events, mut waiting): (u64, u64) = (0, 0);
    let chunk = usize::try_from(run.commit_every).unwrap_or(CHUNK).min(CHUNK);
    loop {
        let records = run.log.read_all(after, chunk).await?;
        for record in &records {
            if !feed.follows(record) {
                remember(run.log, &mut feed, record).await?;
            }
            let event = decode(record)?;
            feed.event(record, &event, target.rows())?;
            (events, waiting) = (events.saturating_add(1), waiting.saturating_add(1));
        }
        let ended = records.is_empty();
        if let Some(record) = records.into_iter().next_back() {
            after = Some(record.position);
            last = Some(record);
        }
        let goes_on = progress(events);
        if waiting >= run.commit_every || ((ended || !goes_on) && waiting > 0) {
            feed.flush(target.rows())?;
            if let Some(record) = &last {
                let reached = Checkpoint::new(run.store_id, Anchor::at(record));
                target.commit(&reached).await?;
                stands = Some(reached);
            }
            waiting = 0;
        }
        if !goes_on {
            return Err(Error::Interrupted);
        }
        if ended {
            break;
        }
    }
    target.index().await?;
    Ok(Report { from, to: stands.map(|checkpoint| checkpoint.anchor.position), events })
}

fn decode(record: &Record) -> Result<Event, Error> {
    decode_record(record).map_err(|error| Error::event(record, error))
}

/// Takes in the events of a loan that came before this one: their rows are in the read model.
async fn remember(log: &dyn EventReader, feed: &mut Feed, until: &Record) -> Result<(), Error> {
    let mut from = Version(0);
    loop {
        let records = log.read_stream(&until.stream, from, CHUNK).await?;
        let Some(last) = records.last() else { return Ok(()) };
        from = last.version.next();
        for record in &records {
            if record.version >= until.version {
                return Ok(());
            }
            feed.remember(record, &decode(record)?)?;
        }
    }
}
