//! The one writer: decides in memory, writes, syncs once, then answers everybody.

use super::core::{Core, View};
use super::frame::{self, Encoder};
use super::hash::StreamHash;
use super::heads::{Head, Heads};
use super::keys;
use super::run::{Entry, Run};
use super::watermark::Watermark;
use crate::record::{Position, Record, StreamName, Version};
use crate::store::admission::{self, Admission};
use crate::store::engine::Space;
use crate::store::error::Fault;
use crate::store::{Append, AppendError, Appended};
use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The tail goes to the log tree when it has a frame's worth of events,
const TAIL_RECORDS: usize = frame::MAX_RECORDS;
/// or about this many bytes: it is kept in memory, and read whole on opening.
const TAIL_BYTES: usize = 32 * 1024;
/// The most events of one atomic write to the log tree (a larger append does not exist; more are split between appends).
const BATCH_RECORDS: usize = 10_000;
/// A run with fewer events is merged with what follows it.
const FULL_RUN: u32 = 4_096;
/// The most events that wait for one sync, if others are not asked for in one call.
const GROUP_RECORDS: usize = 20_000;
/// With nothing to write for this long, the count of acknowledged events is synced, if it was not with the append.
const IDLE: Duration = Duration::from_millis(5);
/// Frames are compressed on several threads if there are at least this many for each.
const FRAMES_PER_THREAD: usize = 8;

/// The results of a job, in the order of its appends.
pub(super) type Results = Vec<Result<Appended, AppendError>>;

/// Appends of one caller, and where the answer goes.
pub(super) struct Job {
    pub appends: Vec<Append>,
    pub reply: oneshot::Sender<Results>,
}

/// A record that is on its way, with the hash of its stream.
#[derive(Debug, Clone)]
struct Staged {
    record: Arc<Record>,
    hash: StreamHash,
}

impl Borrow<Record> for Staged {
    fn borrow(&self) -> &Record {
        &self.record
    }
}

/// Owned by the writer's thread.
pub(super) struct Writer {
    core: Arc<Core>,
    watermark: Watermark,
    heads: Heads,
    encoders: Vec<Encoder>,
    /// The durable tail, and how many of its slots are used.
    tail: Vec<Staged>,
    slots: usize,
    /// The newest run, while it is small: its engine need not show it before the next sync.
    last_run: Option<Run>,
    /// The count of acknowledged events is written, and not synced yet.
    count_is_behind: bool,
    /// Why nothing can be written any more.
    broken: Option<String>,
}

impl Writer {
    pub(super) fn new(core: Arc<Core>, watermark: Watermark) -> Result<Self, Fault> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let encoders = (0..threads).map(|_| Encoder::new()).collect::<Result<_, _>>()?;
        let staged =
            |record: &Arc<Record>| Staged { record: record.clone(), hash: StreamHash::of(record.stream.as_str()) };
        let tail: Vec<Staged> = core.view().tail.iter().map(staged).collect();
        // No slot has less than one event.
        let slots = tail.len();
        Ok(Self {
            core,
            watermark,
            heads: Heads::default(),
            encoders,
            tail,
            slots,
            last_run: None,
            count_is_behind: false,
            broken: None,
        })
    }

    /// Answers jobs until nobody can send any more. Those that wait while another is written share the next sync.
    pub(super) fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        loop {
            let first =
                match if self.count_is_behind { jobs.recv_timeout(IDLE) } else { jobs.recv().map_err(Into::into) } {
                    Ok(first) => first,
                    Err(RecvTimeoutError::Timeout) => {
                        self.sync_count();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                };
            let mut group = vec![first];
            let events = |job: &Job| job.appends.iter().map(|append| append.events.len()).sum::<usize>();
            let mut waiting = group.first().map_or(0, events);
            while waiting < GROUP_RECORDS
                && let Ok(job) = jobs.try_recv()
            {
                waiting = waiting.saturating_add(events(&job));
                group.push(job);
            }
            self.serve(group);
        }
        if self.count_is_behind {
            self.sync_count();
        }
    }

    fn sync_count(&mut self) {
        self.count_is_behind = false;
        if let Err(error) = self.watermark.sync() {
            tracing::warn!(%error, "the count of acknowledged events may be lost with the power");
        }
    }

    fn serve(&mut self, group: Vec<Job>) {
        self.heads.trim();
        let mut staged = Vec::new();
        let mut ends = Vec::new();
        let mut answers: Vec<(oneshot::Sender<Results>, Results)> = Vec::with_capacity(group.len());
        for job in group {
            let mut results = Vec::with_capacity(job.appends.len());
            for append in job.appends {
                results.push(self.decide(append, &mut staged));
                ends.push(staged.len());
            }
            answers.push((job.reply, results));
        }
        let fault = if staged.is_empty() { None } else { self.persist(staged, ends).err() };
        if let Some(fault) = &fault {
            tracing::error!(%fault, "the log cannot be written");
            self.broken = Some(format!("an earlier write failed ({fault}); open the store again"));
        }
        for (reply, mut results) in answers {
            if let Some(fault) = &fault {
                for result in results.iter_mut().filter(|result| result.is_ok()) {
                    *result = Err(AppendError::UnknownOutcome(fault.to_string()));
                }
            }
            // Nobody waits any more for an answer that cannot be delivered.
            drop(reply.send(results));
        }
    }

    fn decide(&mut self, append: Append, staged: &mut Vec<Staged>) -> Result<Appended, AppendError> {
        admission::check_shape(&append)?;
        if let Some(why) = &self.broken {
            return Err(AppendError::Unavailable(why.clone()));
        }
        let view = self.core.view();
        let (hash, last) = self.head(&view, &append.stream)?;
        match admission::admit(append.expected, last) {
            Admission::Ahead => Err(admission::conflict(&append.stream, append.expected, last)),
            Admission::Fresh(first) => Ok(self.stage(&view, append, first, hash, staged)),
            Admission::PerhapsResent(from) => {
                let durable = self.core.read_stream(&view, &append.stream, from, append.events.len())?;
                let pending = staged.iter().map(|staged| staged.record.as_ref());
                let pending = pending.filter(|record| record.stream == append.stream && record.version >= from);
                let stored: Vec<&Record> = durable.iter().chain(pending).take(append.events.len()).collect();
                admission::resent(&append, &stored, last)
            }
        }
    }

    fn head(&mut self, view: &View, stream: &StreamName) -> Result<(StreamHash, Option<Version>), Fault> {
        if let Some(head) = self.heads.get(stream) {
            return Ok((head.hash, Some(head.last)));
        }
        let hash = StreamHash::of(stream.as_str());
        let in_tail = self.tail.iter().rev().find(|staged| staged.record.stream == *stream);
        let last = match in_tail {
            Some(staged) => Some(staged.record.version),
            None => self.core.last_sealed(view, hash)?,
        };
        if let Some(last) = last {
            self.heads.put(stream, Head { last, hash });
        }
        Ok((hash, last))
    }

    fn stage(
        &mut self,
        view: &View,
        append: Append,
        first: Version,
        hash: StreamHash,
        staged: &mut Vec<Staged>,
    ) -> Appended {
        let mut done = Appended { first, last: first, position: Position(0), already: false };
        let mut version = first;
        for event in append.events {
            let position = Position(view.end().saturating_add(staged.len() as u64));
            done = Appended { last: version, position, ..done };
            let stream = append.stream.clone();
            let record = Arc::new(Record { position, stream, version, envelope: event.envelope, body: event.body });
            staged.push(Staged { record, hash });
            version = version.next();
        }
        self.heads.put(&append.stream, Head { last: done.last, hash });
        done
    }

    /// Writes and syncs; only then it is visible. `ends` are the places in `staged` at which an append ends.
    fn persist(&mut self, staged: Vec<Staged>, ends: Vec<usize>) -> Result<(), Fault> {
        let mut view = View::clone(&self.core.view());
        let lengths = self.tail.iter().chain(&staged).map(|staged| frame::approximate_len(&staged.record));
        let tail_bytes = lengths.fold(0, usize::saturating_add);
        let before = self.tail.len();
        let first = view.end();
        let sealed = view.sealed;
        if before.saturating_add(staged.len()) < TAIL_RECORDS && tail_bytes < TAIL_BYTES {
            let encoder = self.encoders.first_mut().ok_or_else(|| Fault::Failed("no encoder".into()))?;
            let frame = encoder.encode(first, &staged).map_err(Fault::Failed)?;
            self.core.engine.apply(Space::Head, vec![(keys::slot(self.slots).to_vec(), frame)])?;
            self.slots = self.slots.saturating_add(1);
            view.tail.extend(staged.iter().map(|staged| staged.record.clone()));
            self.tail.extend(staged);
        } else {
            // The tail's slots stay: they are known to be old by the log having passed them.
            let mut all = std::mem::take(&mut self.tail);
            all.extend(staged);
            self.slots = 0;
            view.tail.clear();
            let ends = ends.into_iter().map(|end| end.saturating_add(before));
            for batch in batches(&all, ends) {
                self.seal(&mut view, batch)?;
            }
        }
        self.core.engine.sync()?;
        self.watermark.set(view.end())?;
        if self.core.kind.may_lose_many() || view.sealed != sealed {
            self.watermark.sync()?;
            self.count_is_behind = false;
        } else {
            // Not at every small append: it would cost as much again.
            self.count_is_behind = true;
        }
        self.core.publish(view);
        Ok(())
    }

    /// Writes events into the log tree, with their index, in one atomic batch.
    fn seal(&mut self, view: &mut View, records: &[Staged]) -> Result<(), Fault> {
        let first = view.sealed;
        let frames = self.encode(first, records)?.into_iter();
        let mut batch: Vec<_> =
            frames.map(|(ordinal, frame)| (keys::key(keys::FRAME, ordinal).to_vec(), frame)).collect();
        let mut entries: Vec<Entry> = Vec::with_capacity(records.len());
        if let Some(small) = view.runs.pop_if(|last| last.count < FULL_RUN) {
            match self.last_run.take().filter(|run| run.first == small.first && run.count == small.count) {
                Some(run) => entries.extend(run.entries()),
                None => entries.extend(self.core.run(&small)?.entries()),
            }
        }
        entries.extend(records.iter().map(|staged| Entry {
            stream: staged.hash,
            version: staged.record.version.0,
            ordinal: staged.record.position.0,
        }));
        let run = Run::build(entries)?;
        let summary = run.summary();
        batch.push((keys::key(keys::RUN, run.first).to_vec(), run.encode()));
        batch.push((keys::key(keys::SUMMARY, run.first).to_vec(), summary.encode()));
        self.core.engine.apply(Space::Log, batch)?;
        self.last_run = Some(run).filter(|run| run.count < FULL_RUN);
        view.sealed = summary.end();
        view.runs.push(Arc::new(summary));
        Ok(())
    }

    fn encode(&mut self, first: u64, records: &[Staged]) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
        let cuts = frame::cut(records);
        let encode = |encoder: &mut Encoder, cut: &std::ops::Range<usize>| {
            let ordinal = first.saturating_add(cut.start as u64);
            let frame = encoder.encode(ordinal, records.get(cut.clone()).unwrap_or_default());
            frame.map(|frame| (ordinal, frame)).map_err(Fault::Failed)
        };
        let share = cuts.len().div_ceil(self.encoders.len().max(1)).max(FRAMES_PER_THREAD);
        let mut shares = cuts.chunks(share).zip(&mut self.encoders);
        let (mine, others) = (shares.next(), shares);
        std::thread::scope(|scope| {
            let others: Vec<_> = others
                .map(|(cuts, encoder)| scope.spawn(move || cuts.iter().map(|cut| encode(encoder, cut)).collect()))
                .collect();
            let mine = mine.into_iter().flat_map(|(cuts, encoder)| cuts.iter().map(|cut| encode(encoder, cut)));
            let mut frames = mine.collect::<Result<Vec<_>, _>>()?;
            for other in others {
                let part: Result<Vec<_>, Fault> =
                    other.join().unwrap_or_else(|_| Err(Fault::Failed("a thread that compresses died".into())));
                frames.extend(part?);
            }
            Ok(frames)
        })
    }
}

/// Cuts records into batches, only where an append ends.
fn batches(records: &[Staged], ends: impl Iterator<Item = usize>) -> Vec<&[Staged]> {
    let mut batches = Vec::new();
    let (mut start, mut last) = (0_usize, 0_usize);
    for end in ends.chain([records.len()]) {
        if end.saturating_sub(start) > BATCH_RECORDS && last > start {
            batches.extend(records.get(start..last));
            start = last;
        }
        last = end;
    }
    batches.extend(records.get(start..).filter(|rest| !rest.is_empty()));
    batches
}
