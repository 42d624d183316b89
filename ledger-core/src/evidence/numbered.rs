//! A log whose positions are ordinals, over a store whose positions are not.
//!
//! The tree counts the ledger's events in log order. On a cluster a position is an offset with gaps between; so the positions at
//! which spans end are kept in a file beside the log. It saves counting from the start; and it is a seal: a span that has another
//! number of events between two kept positions than it had was changed, by a scavenge, a deletion, or somebody.
//!
//! Layout: `iledger-positions 1\n`, the store's id (16 bytes), then for each span the position of its last event (8 bytes,
//! big-endian) and the CRC-32 (big-endian) of the span's number (8 bytes, big-endian) and that position.

use super::{EvidenceError, SPAN};
use crate::record::{Record, Version};
use crate::store::{EventReader, ReadError};
use crate::stream::{Position, StreamName};
use async_trait::async_trait;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use uuid::Uuid;

const MAGIC: &[u8] = b"iledger-positions 1\n";
const HEAD: usize = 20 + 16;
const RECORD: usize = 8 + 4;

/// Events that are read at once while counting.
const CHUNK: usize = 4_096;

fn checksum(span: u64, position: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&span.to_be_bytes());
    hasher.update(position);
    hasher.finalize().to_be_bytes()
}

/// A store as it was when this was made, with ordinals for positions.
pub struct Numbered<S> {
    store: S,
    /// Where each whole span ends.
    ends: Vec<Position>,
    size: u64,
}

impl<S: EventReader> Numbered<S> {
    /// Counts the events after the spans that the file keeps, and keeps the new ones.
    ///
    /// # Errors
    /// The log or the file cannot be read, or the last kept span has another number of events now.
    pub async fn open(store: S, path: &Path, store_id: Uuid) -> Result<Self, EvidenceError> {
        let failed =
            |error: std::io::Error| EvidenceError::File { path: path.to_path_buf(), reason: error.to_string() };
        let (mut file, kept) = open_file(path, store_id).map_err(failed)?;
        let mut numbered = Self { store, size: (kept.len() as u64).saturating_mul(SPAN), ends: kept };
        let known = numbered.ends.len();
        if let Some(last) = (known as u64).checked_sub(1) {
            let start = last.saturating_mul(SPAN);
            numbered.read(start, usize::try_from(SPAN).unwrap_or(usize::MAX)).await?;
        }
        numbered.count().await?;
        let mut bytes = Vec::new();
        for (span, end) in (0_u64..).zip(&numbered.ends).skip(known) {
            let position = end.0.to_be_bytes();
            bytes.extend_from_slice(&position);
            bytes.extend_from_slice(&checksum(span, &position));
        }
        if !bytes.is_empty() {
            let end = HEAD.saturating_add(known.saturating_mul(RECORD)) as u64;
            file.set_len(end).map_err(failed)?;
            file.seek(SeekFrom::Start(end)).map_err(failed)?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(numbered)
    }

    async fn count(&mut self) -> Result<(), ReadError> {
        let mut after = self.ends.last().copied();
        loop {
            let records = self.store.read_all(after, CHUNK).await?;
            let Some(last) = records.last() else { return Ok(()) };
            after = Some(last.position);
            for record in &records {
                self.size = self.size.saturating_add(1);
                if self.size.is_multiple_of(SPAN) {
                    self.ends.push(record.position);
                }
            }
        }
    }

    /// Up to `limit` events from an ordinal on, with their ordinals.
    async fn read(&self, start: u64, limit: usize) -> Result<Vec<Record>, ReadError> {
        let whole = start.checked_div(SPAN).unwrap_or_default();
        let mut next = whole.saturating_mul(SPAN);
        let mut after = self.end_of(whole);
        let stop = start.saturating_add(limit as u64).min(self.size);
        let mut found = Vec::new();
        while next < stop {
            let missing = usize::try_from(stop.saturating_sub(next)).unwrap_or(usize::MAX);
            let records = self.store.read_all(after, missing.min(CHUNK)).await?;
            let Some(last) = records.last() else { return Err(changed(next)) };
            after = Some(last.position);
            for record in records {
                let ordinal = next;
                next = next.saturating_add(1);
                if next.is_multiple_of(SPAN)
                    && let Some(end) = self.end_of(next.checked_div(SPAN).unwrap_or_default())
                    && end != record.position
                {
                    return Err(changed(ordinal));
                }
                if ordinal >= start && ordinal < stop {
                    found.push(Record { position: Position(ordinal), ..record });
                }
            }
        }
        Ok(found)
    }

    /// Where the first so many spans end.
    fn end_of(&self, spans: u64) -> Option<Position> {
        let last = usize::try_from(spans.checked_sub(1)?).ok()?;
        self.ends.get(last).copied()
    }

    /// The ordinal of the event at a position of the store.
    async fn ordinal(&self, position: Position) -> Result<u64, ReadError> {
        let span = self.ends.partition_point(|end| *end < position);
        let mut next = (span as u64).saturating_mul(SPAN);
        let mut after = self.end_of(span as u64);
        while next < self.size {
            let records = self.store.read_all(after, usize::try_from(SPAN).unwrap_or(usize::MAX)).await?;
            let Some(last) = records.last() else { break };
            after = Some(last.position);
            if let Some(place) = records.iter().position(|record| record.position == position) {
                return Ok(next.saturating_add(place as u64));
            }
            next = next.saturating_add(records.len() as u64);
        }
        Err(ReadError::Unavailable(format!("the event at position {position} came after this began: try again")))
    }
}

fn changed(ordinal: u64) -> ReadError {
    let span = ordinal.checked_div(SPAN).unwrap_or_default();
    let first = span.saturating_mul(SPAN);
    ReadError::Corrupt(format!(
        "the events {first} to {} are not what was counted before: events were removed from the log (by a scavenge, a deletion), or added to it",
        first.saturating_add(SPAN).saturating_sub(1)
    ))
}

fn open_file(path: &Path, store_id: Uuid) -> std::io::Result<(File, Vec<Position>)> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(store_id.as_bytes());
    let Some(records) = bytes.strip_prefix(head.as_slice()) else {
        // of another store, or none yet
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&head)?;
        return Ok((file, Vec::new()));
    };
    let mut ends = Vec::new();
    for (span, record) in (0_u64..).zip(records.chunks_exact(RECORD)) {
        let Some((position, check)) = record.split_first_chunk::<8>() else { break };
        if *check != checksum(span, position) {
            break;
        }
        ends.push(Position(u64::from_be_bytes(*position)));
    }
    Ok((file, ends))
}

#[async_trait]
impl<S: EventReader> EventReader for Numbered<S> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        let mut records = self.store.read_stream(stream, from, limit).await?;
        for record in &mut records {
            record.position = Position(self.ordinal(record.position).await?);
        }
        Ok(records)
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.read(after.map_or(0, |after| after.0.saturating_add(1)), limit.max(1)).await
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        Ok(self.size.checked_sub(1).map(Position))
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        if self.head().await? > after { Ok(()) } else { Err(ReadError::Unavailable("it does not grow".into())) }
    }
}
