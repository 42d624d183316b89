//! From stored events to leaf hashes, one after the other or on many threads.

use super::{EvidenceError, Frontier, NodeHash, SPAN};
use crate::record::canonical::Canonical;
use crate::record::{Record, json};
use crate::store::{EventReader, ReadError};
use crate::stream::Position;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

/// Spans that a thread takes at once: 8,192 events.
const BATCH: u64 = 128;

/// The leaf hash of a record: of its canonical JSON.
///
/// # Errors
/// The body does not decode, or has no canonical form.
pub fn leaf_hash(record: &Record, canonical: &mut Canonical) -> Result<NodeHash, EvidenceError> {
    let leaf = json::to_canonical(record, canonical).map_err(|error| EvidenceError::Codec {
        position: record.position,
        stream: record.stream.clone(),
        version: record.version,
        error,
    })?;
    Ok(NodeHash::of_leaf(leaf))
}

/// Reads the events of these ordinals and shows each. In the stores of one machine, an event's position is its ordinal.
///
/// # Errors
/// The store cannot be read or has a gap, or `each` fails.
pub async fn for_each(
    store: &dyn EventReader,
    ordinals: Range<u64>,
    mut each: impl FnMut(&Record) -> Result<(), EvidenceError>,
) -> Result<(), EvidenceError> {
    let mut next = ordinals.start;
    while next < ordinals.end {
        let limit = usize::try_from(ordinals.end.saturating_sub(next)).unwrap_or(usize::MAX);
        let records = store.read_all(next.checked_sub(1).map(Position), limit).await?;
        if records.is_empty() {
            return Err(EvidenceError::Gap { expected: next, found: None });
        }
        for record in records.iter().take(limit) {
            if record.position.0 != next {
                return Err(EvidenceError::Gap { expected: next, found: Some(record.position.0) });
            }
            each(record)?;
            next = next.saturating_add(1);
        }
    }
    Ok(())
}

/// The leaf hashes of these ordinals.
///
/// # Errors
/// As [`for_each`].
pub async fn leaf_hashes(store: &dyn EventReader, ordinals: Range<u64>) -> Result<Vec<NodeHash>, EvidenceError> {
    let mut canonical = Canonical::new();
    let mut hashes = Vec::new();
    for_each(store, ordinals, |record| {
        hashes.push(leaf_hash(record, &mut canonical)?);
        Ok(())
    })
    .await?;
    Ok(hashes)
}

/// The roots of these spans, read and hashed on `threads` threads. `progress` is told how many events are done so far, and ends
/// the work by answering no.
///
/// # Errors
/// The store cannot be read, an event has no leaf, or it was broken off. Of several errors, that of the earliest events.
pub fn span_roots(
    store: &dyn EventReader,
    spans: Range<u64>,
    threads: NonZeroUsize,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Vec<NodeHash>, EvidenceError> {
    let next = AtomicU64::new(spans.start);
    let stop = AtomicBool::new(false);
    let (sender, results) = mpsc::channel();
    let mut done: Vec<(u64, Result<Vec<NodeHash>, EvidenceError>)> = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            let sender = sender.clone();
            let (next, stop, end) = (&next, &stop, spans.end);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                while !stop.load(Ordering::Relaxed) {
                    let first = next.fetch_add(BATCH, Ordering::Relaxed);
                    if first >= end {
                        return;
                    }
                    let batch = first..first.saturating_add(BATCH).min(end);
                    let hashed = match &runtime {
                        Ok(runtime) => runtime.block_on(batch_roots(store, batch)),
                        Err(error) => Err(ReadError::Unavailable(error.to_string()).into()),
                    };
                    // what fails ends the work of all; the receiver is there as long as the scope
                    stop.fetch_or(hashed.is_err(), Ordering::Relaxed);
                    if sender.send((first, hashed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut events: u64 = 0;
        for (first, hashed) in &results {
            let spans = hashed.as_ref().map_or(0, Vec::len) as u64;
            events = events.saturating_add(spans.saturating_mul(SPAN));
            done.push((first, hashed));
            if !progress(events) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
    done.sort_unstable_by_key(|(first, _)| *first);
    let mut roots = Vec::new();
    for (_, hashed) in done {
        roots.extend(hashed?);
    }
    if roots.len() as u64 == spans.end.saturating_sub(spans.start) {
        Ok(roots)
    } else {
        Err(EvidenceError::Interrupted)
    }
}

async fn batch_roots(store: &dyn EventReader, spans: Range<u64>) -> Result<Vec<NodeHash>, EvidenceError> {
    let ordinals = spans.start.saturating_mul(SPAN)..spans.end.saturating_mul(SPAN);
    let mut canonical = Canonical::new();
    let mut roots = Vec::new();
    let mut frontier = Frontier::new();
    for_each(store, ordinals, |record| {
        frontier.push(leaf_hash(record, &mut canonical)?);
        if frontier.size() == SPAN {
            roots.push(std::mem::take(&mut frontier).root());
        }
        Ok(())
    })
    .await?;
    Ok(roots)
}
