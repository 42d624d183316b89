//! One pass over the log for several projections.

use super::{Anchor, ApplyError, Fold, parallel};
use crate::checkpoint::{CheckpointError, CheckpointStore, Distrust};
use ledger_core::record::{Event, Position, Record, StreamName, Version, codec};
use ledger_core::store::{EventReader, ReadError};
use std::num::NonZeroUsize;

/// Events asked for in one read.
const CHUNK: usize = 8192;

/// See [`Pass::worth_threads`].
const WORTH_THREADS: usize = 512;

/// Why a projection stopped. The others go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event at position {position} (stream `{stream}`, version {version}) cannot be applied: {reason}")]
pub struct Stop {
    /// The event's place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its place in the stream.
    pub version: Version,
    /// Why.
    pub reason: ApplyError,
}

/// What a pass did for one projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtUp {
    /// The projection's name.
    pub name: &'static str,
    /// The projection's version.
    pub version: u32,
    /// Where it stood before; none if it started from nothing.
    pub from: Option<Position>,
    /// Where it stands now.
    pub to: Option<Position>,
    /// Events folded.
    pub events: u64,
    /// Why its stored checkpoint was not used, if there was one.
    pub distrusted: Option<Distrust>,
    /// It stopped before this event.
    pub stopped: Option<Stop>,
}

/// Why a pass could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A checkpoint cannot be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A stored row does not decode although its checksum fits.
    #[error("a checkpoint cannot be used: {0}")]
    Distrust(#[from] Distrust),
}

/// How a pass goes.
pub struct Pass<'a> {
    /// The log.
    pub log: &'a dyn EventReader,
    /// Where checkpoints are saved during the pass; none for a rebuild, which swaps at its end.
    pub checkpoints: Option<&'a dyn CheckpointStore>,
    /// The identity of the log's store.
    pub store_id: &'a str,
    /// A checkpoint is also saved each time that so many events were folded, so that an interrupted pass is not lost; in a
    /// long pass, each time that they grew by half, so that saving does not cost more than folding.
    pub save_every: u64,
    /// How many threads fold. The result is the same for any number.
    pub threads: NonZeroUsize,
    /// A chunk of fewer events is folded by one thread: starting others would cost more.
    pub worth_threads: usize,
}

impl<'a> Pass<'a> {
    /// A pass over a log that saves nothing, with all threads of the machine.
    #[must_use]
    pub fn over(log: &'a dyn EventReader, store_id: &'a str) -> Self {
        let worth_threads = WORTH_THREADS;
        Self { log, checkpoints: None, store_id, save_every: u64::MAX, threads: threads(), worth_threads }
    }
}

/// As many threads as the machine can run at once.
fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Whether the log still has the event at which a checkpoint stands.
///
/// # Errors
/// The log cannot be read.
pub async fn check_anchor(log: &dyn EventReader, anchor: &Anchor) -> Result<Option<Distrust>, ReadError> {
    let head = log.head().await?;
    if head.is_none_or(|head| head < anchor.position) {
        return Ok(Some(Distrust::AheadOfLog { checkpoint: anchor.position, head }));
    }
    let records = log.read_stream(&anchor.stream, anchor.version, 1).await?;
    let same = records.first().is_some_and(|record| record.version == anchor.version && Anchor::at(record) == *anchor);
    Ok(if same { None } else { Some(Distrust::OtherHistory { position: anchor.position }) })
}

pub(super) struct Runner<'f> {
    pub(super) fold: &'f mut dyn Fold,
    pub(super) report: CaughtUp,
    /// Folded since the last save.
    pub(super) unsaved: u64,
}

impl Runner<'_> {
    /// Whether it goes on and has not folded the record yet.
    pub(super) fn wants(&self, record: &Record) -> bool {
        self.report.stopped.is_none() && self.report.to.is_none_or(|to| record.position > to)
    }

    /// It stops before a record.
    pub(super) fn stop(&mut self, record: &Record, reason: ApplyError) {
        let (position, stream, version) = (record.position, record.stream.clone(), record.version);
        let stop = Stop { position, stream, version, reason };
        tracing::error!(projection = self.report.name, %stop, "projection stopped");
        self.report.stopped = Some(stop);
    }

    /// It folded so many more, the last of which is this one.
    pub(super) fn reached(&mut self, record: &Record, events: u64) {
        self.report.events = self.report.events.saturating_add(events);
        self.unsaved = self.unsaved.saturating_add(events);
        self.fold.set_anchor(Anchor::at(record));
        self.report.to = Some(record.position);
    }
}

/// Brings every projection to the end of the log in one pass. A projection whose checkpoint the log does not bear out
/// starts from nothing; one that cannot apply an event stops before it, and the report says where and why.
///
/// # Errors
/// The log cannot be read, or a checkpoint cannot be written.
pub async fn catch_up(pass: &Pass<'_>, folds: &mut [&mut dyn Fold]) -> Result<Vec<CaughtUp>, EngineError> {
    let mut runners = Vec::with_capacity(folds.len());
    for fold in folds.iter_mut() {
        let mut distrusted = None;
        if let Some(anchor) = fold.anchor() {
            distrusted = check_anchor(pass.log, anchor).await?;
        }
        if let Some(reason) = &distrusted {
            tracing::warn!(projection = fold.name(), %reason, "checkpoint not used; the projection is rebuilt from the log");
            fold.clear();
        }
        if !fold.is_whole() {
            // an earlier pass was broken off while a row was missing
            fold.clear();
        }
        let (name, version, from) = (fold.name(), fold.version(), fold.position());
        let report = CaughtUp { name, version, from, to: from, events: 0, distrusted, stopped: None };
        runners.push(Runner { fold: &mut **fold, report, unsaved: 0 });
    }
    let mut after = runners.iter().map(|runner| runner.report.from).min().flatten();
    loop {
        if runners.iter().all(|runner| runner.report.stopped.is_some()) {
            break;
        }
        let records = pass.log.read_all(after, CHUNK).await?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        if pass.threads.get() > 1 && records.len() >= pass.worth_threads {
            parallel::feed(&records, &mut runners, pass.threads);
        } else {
            feed(&records, &mut runners);
        }
        for runner in &mut runners {
            for loan in runner.fold.lost() {
                restore(pass.log, runner, &loan).await?;
            }
            if runner.unsaved >= pass.save_every.max(runner.report.events / 2) {
                save(pass, runner)?;
            }
        }
    }
    for runner in &mut runners {
        if runner.unsaved > 0 || runner.report.distrusted.is_some() {
            save(pass, runner)?;
        }
    }
    Ok(runners.into_iter().map(|runner| runner.report).collect())
}

/// Feeds a chunk to every projection that goes on; each event is decoded once.
fn feed(records: &[Record], runners: &mut [Runner<'_>]) {
    let mut folded: Vec<(u64, Option<&Record>)> = vec![(0, None); runners.len()];
    for record in records {
        let mut decoded: Option<Result<Event, codec::CodecError>> = None;
        for (runner, (events, last)) in runners.iter_mut().zip(&mut folded) {
            if !runner.wants(record) {
                continue;
            }
            let outcome = match decoded.get_or_insert_with(|| codec::decode_record(record)) {
                Ok(event) => runner.fold.fold(record, event),
                Err(error) => Err(ApplyError::Codec(error.clone())),
            };
            match outcome {
                Ok(()) => {
                    *events = events.saturating_add(1);
                    *last = Some(record);
                }
                Err(reason) => runner.stop(record, reason),
            }
        }
    }
    for (runner, (events, last)) in runners.iter_mut().zip(folded) {
        if let Some(last) = last {
            runner.reached(last, events);
        }
    }
}

/// Folds a loan again whose row is missing, up to the event at which the projection stopped. So a failed fold costs a few
/// loans' streams, and a fold that succeeds needs no copy of its row.
async fn restore(log: &dyn EventReader, runner: &mut Runner<'_>, loan: &str) -> Result<(), EngineError> {
    let Some(stop) = &runner.report.stopped else { return Ok(()) };
    let stream = StreamName::loan(loan).map_err(|error| Distrust::Damaged(error.to_string()))?;
    let mut earlier: Vec<(Record, Event)> = Vec::new();
    let mut from = Version(0);
    'read: loop {
        let records = log.read_stream(&stream, from, CHUNK).await?;
        let Some(last) = records.last() else { break };
        from = last.version.next();
        for record in records {
            if record.position >= stop.position {
                break 'read;
            }
            match codec::decode_record(&record) {
                Ok(event) => earlier.push((record, event)),
                Err(error) => return Err(Distrust::Damaged(error.to_string()).into()),
            }
        }
    }
    let again = runner.fold.refold(loan, &earlier);
    again.map_err(|error| Distrust::Damaged(error.to_string()).into())
}

fn save(pass: &Pass<'_>, runner: &mut Runner<'_>) -> Result<(), EngineError> {
    if let Some(checkpoints) = pass.checkpoints {
        let bytes = runner.fold.encode(pass.store_id)?;
        checkpoints.save(runner.report.name, runner.report.version, &bytes)?;
        runner.unsaved = 0;
    }
    Ok(())
}
