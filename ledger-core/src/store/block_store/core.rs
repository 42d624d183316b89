//! What readers and the writer share: the engine, the durable state, the caches.

use super::hash::StreamHash;
use super::run::{Run, Summary};
use super::{frame, keys};
use crate::record::{Record, StreamName, Version};
use crate::store::engine::{Engine, EngineKind, Space};
use crate::store::error::{Damage, Fault};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::watch;
use uuid::Uuid;

const CACHED_FRAMES: usize = 32;
const CACHED_RUNS: usize = 64;

/// The log as far as it is durable. Replaced whole after each sync, so that a reader never sees more.
#[derive(Debug, Default, Clone)]
pub(super) struct View {
    /// The ordinal after the last event that is in a frame of the log tree.
    pub sealed: u64,
    /// The events from there on.
    pub tail: Vec<Arc<Record>>,
    /// The runs, gap-free from 0 to `sealed`.
    pub runs: Vec<Arc<Summary>>,
}

impl View {
    /// The next ordinal.
    pub(super) fn end(&self) -> u64 {
        self.sealed.saturating_add(self.tail.len() as u64)
    }
}

/// A decoded frame.
#[derive(Debug)]
struct Frame {
    first: u64,
    records: Vec<Record>,
}

impl Frame {
    fn get(&self, ordinal: u64) -> Option<&Record> {
        let place = usize::try_from(ordinal.checked_sub(self.first)?).ok()?;
        self.records.get(place)
    }
}

/// Where events of a stream are: the version of the first of them, and their ordinals.
type Piece = (u64, Vec<u64>);

#[derive(Debug)]
pub(super) struct Core {
    pub path: PathBuf,
    pub id: Uuid,
    pub kind: EngineKind,
    pub engine: Box<dyn Engine>,
    pub end: watch::Sender<u64>,
    view: RwLock<Arc<View>>,
    frames: Mutex<VecDeque<Arc<Frame>>>,
    runs: Mutex<VecDeque<Arc<Run>>>,
}

impl Core {
    pub(super) fn new(path: PathBuf, id: Uuid, kind: EngineKind, engine: Box<dyn Engine>, view: View) -> Self {
        let end = watch::Sender::new(view.end());
        let view = RwLock::new(Arc::new(view));
        Self { path, id, kind, engine, end, view, frames: Mutex::default(), runs: Mutex::default() }
    }

    pub(super) fn view(&self) -> Arc<View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes what was synced visible, and wakes those who wait for it.
    pub(super) fn publish(&self, view: View) {
        let end = view.end();
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        self.end.send_if_modified(|known| std::mem::replace(known, end) != end);
    }

    /// Reads a run, or finds it in the cache. It may be newer than its summary (a small run is merged with what follows it).
    pub(super) fn run(&self, summary: &Summary) -> Result<Arc<Run>, Fault> {
        let fits = |run: &Arc<Run>| run.first == summary.first && run.count >= summary.count;
        if let Some(run) = lookup(&self.runs, fits) {
            return Ok(run);
        }
        let place = || format!("index of the events from {}", summary.first);
        let value = self.engine.get(Space::Log, &keys::key(keys::RUN, summary.first))?;
        let value = value.ok_or_else(|| Damage::new("it is missing").at(place()))?;
        let run = Arc::new(Run::decode(&value, summary.first).map_err(|damage| damage.at(place()))?);
        if !fits(&run) {
            return Err(Damage::new("it has fewer events than its summary").at(place()).into());
        }
        remember(&self.runs, run.clone(), CACHED_RUNS, |known| known.first == run.first);
        Ok(run)
    }

    fn frame(&self, ordinal: u64) -> Result<Arc<Frame>, Fault> {
        let covers = |frame: &Arc<Frame>| frame.get(ordinal).is_some();
        if let Some(frame) = lookup(&self.frames, covers) {
            return Ok(frame);
        }
        let (first, value) = self.frame_value(ordinal)?;
        let records = frame::decode(&value, first).map_err(|damage| damage.at(frame_place(first)))?;
        let frame = Arc::new(Frame { first, records });
        if !covers(&frame) {
            return Err(Damage::new(format!("event {ordinal} is missing")).at(frame_place(first)).into());
        }
        remember(&self.frames, frame.clone(), CACHED_FRAMES, |_| false);
        Ok(frame)
    }

    /// The frame in which an ordinal should be, as it is stored.
    fn frame_value(&self, ordinal: u64) -> Result<(u64, Vec<u8>), Fault> {
        let found = self.engine.last_before(Space::Log, &keys::key(keys::FRAME, ordinal.saturating_add(1)))?;
        let found = found.and_then(|(key, value)| Some((keys::ordinal(keys::FRAME, &key)?, value)));
        Ok(found.ok_or_else(|| Damage::new(format!("the events up to {ordinal} are missing")))?)
    }

    /// The last version of a stream in the runs, newest run first. Decodes no event.
    pub(super) fn last_sealed(&self, view: &View, hash: StreamHash) -> Result<Option<Version>, Fault> {
        for summary in view.runs.iter().rev().filter(|summary| summary.may_hold(hash)) {
            if let Some((first, ordinals)) = self.piece(view, summary, hash)? {
                let after = first.saturating_add(ordinals.len() as u64);
                return Ok(Some(Version(after.saturating_sub(1))));
            }
        }
        Ok(None)
    }

    fn piece(&self, view: &View, summary: &Summary, hash: StreamHash) -> Result<Option<Piece>, Fault> {
        let run = self.run(summary)?;
        let Some((first, ordinals)) = run.find(hash) else { return Ok(None) };
        let ordinals: Vec<u64> = ordinals.take_while(|ordinal| *ordinal < view.sealed).collect();
        Ok(if ordinals.is_empty() { None } else { Some((first, ordinals)) })
    }

    /// Up to `limit` events of a stream from version `from` on.
    pub(super) fn read_stream(
        &self,
        view: &View,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<Record>, Fault> {
        let hash = StreamHash::of(stream.as_str());
        let tail: Vec<&Arc<Record>> = view.tail.iter().filter(|record| record.stream == *stream).collect();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut lowest = tail.first().map(|record| record.version.0);
        for summary in view.runs.iter().rev().filter(|summary| summary.may_hold(hash)) {
            if lowest.is_some_and(|lowest| lowest <= from.0) {
                break;
            }
            let Some((first, ordinals)) = self.piece(view, summary, hash)? else { continue };
            let after = first.saturating_add(ordinals.len() as u64);
            if lowest.is_some_and(|lowest| lowest != after) {
                let what = format!("the events of `{stream}` from version {after} on are missing");
                return Err(Damage::new(what).at(format!("index of the events from {}", summary.first)).into());
            }
            lowest = Some(first);
            pieces.push((first, ordinals));
        }
        if lowest.is_some_and(|lowest| lowest > from.0) {
            return Err(Damage::new(format!("the index lacks the first events of `{stream}`")).into());
        }
        let places = pieces.into_iter().rev().flat_map(|(first, ordinals)| (first..).zip(ordinals));
        let mut records = Vec::new();
        let mut frame: Option<Arc<Frame>> = None;
        for (version, ordinal) in places.filter(|(version, _)| *version >= from.0).take(limit) {
            let at_hand = frame.take().filter(|frame| frame.get(ordinal).is_some());
            let current = match at_hand {
                Some(frame) => frame,
                None => self.frame(ordinal)?,
            };
            match current.get(ordinal) {
                Some(record) if record.stream == *stream && record.version.0 == version => records.push(record.clone()),
                _ => {
                    let what = format!("event {ordinal} is not version {version} of `{stream}` as the index says");
                    return Err(Damage::new(what).at(frame_place(current.first)).into());
                }
            }
            frame = Some(current);
        }
        let rest = limit.saturating_sub(records.len());
        records.extend(tail.into_iter().filter(|r| r.version >= from).take(rest).map(|r| Record::clone(r)));
        Ok(records)
    }

    /// At least `limit` events from ordinal `start` on, if there are as many.
    pub(super) fn read_all(&self, view: &View, start: u64, limit: usize) -> Result<Vec<Record>, Fault> {
        let mut records: Vec<Record> = Vec::new();
        let mut next = start;
        if start < view.sealed {
            let (first, _) = self.frame_value(start)?;
            let (from, to) = (keys::key(keys::FRAME, first), keys::key(keys::FRAME, view.sealed));
            let mut expected = first;
            self.engine.scan(Space::Log, &from, &to, &mut |key, value| {
                let found = keys::ordinal(keys::FRAME, key).unwrap_or(u64::MAX);
                if found != expected {
                    return Ok(ControlFlow::Break(()));
                }
                let decoded = frame::decode(value, found).map_err(|damage| damage.at(frame_place(found)))?;
                expected = expected.saturating_add(decoded.len() as u64);
                records.extend(decoded.into_iter().skip_while(|record| record.position.0 < start));
                next = expected;
                Ok(if records.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
            if records.len() >= limit {
                return Ok(records);
            }
            if next != view.sealed {
                return Err(Damage::new(format!("the events from {next} on are missing")).into());
            }
        }
        let rest = limit.saturating_sub(records.len());
        let tail = view.tail.iter().skip_while(|record| record.position.0 < next);
        records.extend(tail.take(rest).map(|record| Record::clone(record)));
        Ok(records)
    }
}

fn frame_place(first: u64) -> String {
    format!("block of the events from {first}")
}

fn lookup<T>(cache: &Mutex<VecDeque<Arc<T>>>, fits: impl Fn(&Arc<T>) -> bool) -> Option<Arc<T>> {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    let at = cache.iter().position(fits)?;
    let found = cache.remove(at)?;
    cache.push_front(found.clone());
    Some(found)
}

fn remember<T>(cache: &Mutex<VecDeque<Arc<T>>>, new: Arc<T>, most: usize, replaces: impl Fn(&Arc<T>) -> bool) {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.retain(|known| !replaces(known));
    cache.push_front(new);
    cache.truncate(most);
}
