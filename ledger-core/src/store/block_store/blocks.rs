//! Blocks as they are stored, for backups: read from a store, and put into a new one.

use super::core::{Core, View};
use super::hash::StreamHash;
use super::run::{Entry, Run};
use super::watermark::Watermark;
use super::{OpenOptions, frame, keys, open};
use crate::record::Record;
use crate::store::engine::{self, Space};
use crate::store::error::{Damage, Fault, OpenError};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// The events of one atomic write.
const BATCH: usize = 10_000;

/// A block as it is stored; it has been decoded without a fault.
pub(in crate::store) struct Block<'a> {
    /// The ordinal after its last event.
    pub end: u64,
    /// It never changes again.
    pub sealed: bool,
    pub bytes: &'a [u8],
}

/// Takes one block after the other, and says whether it wants more.
pub(in crate::store) type VisitBlock<'a> = dyn FnMut(Block<'_>) -> Result<ControlFlow<()>, Fault> + 'a;

/// Visits the blocks from the one that begins at an ordinal on; the tail's last.
pub(super) fn visit(core: &Core, view: &View, first: u64, visit: &mut VisitBlock<'_>) -> Result<(), Fault> {
    let mut next = first;
    let mut stopped = false;
    if first < view.sealed {
        let (from, to) = (keys::key(keys::FRAME, first), keys::key(keys::FRAME, view.sealed));
        core.engine.scan(Space::Log, &from, &to, &mut |key, value| {
            let ordinal = keys::ordinal(keys::FRAME, key).unwrap_or(u64::MAX);
            if ordinal != next {
                return Ok(ControlFlow::Break(()));
            }
            let place = || format!("block of the events from {ordinal}");
            let records = frame::decode(value, ordinal).map_err(|damage| damage.at(place()))?;
            next = ordinal.saturating_add(records.len() as u64);
            let flow = visit(Block { end: next, sealed: true, bytes: value })?;
            stopped = flow.is_break();
            Ok(flow)
        })?;
        if stopped {
            return Ok(());
        }
        if next != view.sealed {
            return Err(Damage::new(format!("the events from {next} on are missing")).into());
        }
    }
    if view.tail.is_empty() {
        return Ok(());
    }
    // Encoded anew: what the tail is kept as changes with every append.
    let tail: Vec<&Record> = view.tail.iter().map(Arc::as_ref).collect();
    let mut encoder = frame::Encoder::new()?;
    for cut in frame::cut(&tail) {
        let records = tail.get(cut).unwrap_or_default();
        let value = encoder.encode(next, records).map_err(Fault::Failed)?;
        next = next.saturating_add(records.len() as u64);
        if visit(Block { end: next, sealed: false, bytes: &value })?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Puts blocks into a new store, with an index of them.
pub(in crate::store) struct Restorer {
    core: Arc<Core>,
    watermark: Watermark,
    next: u64,
    batch: Vec<engine::Entry>,
    entries: Vec<Entry>,
    /// The version that each stream must have next.
    heads: HashMap<StreamHash, u64>,
}

impl Restorer {
    /// Makes the store.
    pub(in crate::store) fn create(path: &Path, options: OpenOptions, id: Uuid) -> Result<Self, OpenError> {
        let (core, _) = open::create(path, options, id)?;
        let opened = Watermark::open(path).map_err(|fault| OpenError::from_fault(path, fault))?;
        let (batch, entries, heads) = (Vec::new(), Vec::new(), HashMap::new());
        Ok(Self { core, watermark: opened.0, next: 0, batch, entries, heads })
    }

    /// The block that follows.
    pub(in crate::store) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let records = frame::decode(bytes, self.next)?;
        for record in &records {
            let stream = StreamHash::of(record.stream.as_str());
            let (version, ordinal) = (record.version.0, record.position.0);
            let expected = self.heads.insert(stream, version.saturating_add(1)).unwrap_or(0);
            if expected != version {
                let what = format!("event {ordinal} is version {version} of `{}`, not {expected}", record.stream);
                return Err(Damage::new(what).into());
            }
            self.entries.push(Entry { stream, version, ordinal });
        }
        self.batch.push((keys::key(keys::FRAME, self.next).to_vec(), bytes.to_vec()));
        self.next = self.next.saturating_add(records.len() as u64);
        if self.entries.len() >= BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Fault> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let run = Run::build(std::mem::take(&mut self.entries))?;
        let mut batch = std::mem::take(&mut self.batch);
        batch.push((keys::key(keys::RUN, run.first).to_vec(), run.encode()));
        batch.push((keys::key(keys::SUMMARY, run.first).to_vec(), run.summary().encode()));
        self.core.engine.apply(Space::Log, batch)?;
        self.core.engine.sync()
    }

    /// Everything is on the disk; gives the number of events.
    pub(in crate::store) fn finish(mut self) -> Result<u64, Fault> {
        self.write()?;
        self.watermark.set(self.next)?;
        self.watermark.sync()?;
        Ok(self.next)
    }
}
