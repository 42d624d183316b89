//! Index runs: where the streams' events are, sorted once per some thousand events instead of one entry per event.

use super::bytes::{put_varint, seal, unseal};
use super::hash::StreamHash;
use crate::store::error::Damage;
use std::ops::Range;

const RUN_FORMAT: u8 = 1;
const SUMMARY_FORMAT: u8 = 1;

/// One event as the index knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub stream: StreamHash,
    pub version: u64,
    pub ordinal: u64,
}

/// The events of one stream within a run: their versions follow each other, since a run covers a stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    stream: StreamHash,
    first_version: u64,
    /// Where in `Run::offsets`.
    places: Range<usize>,
}

/// The index of a stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub first: u64,
    pub count: u32,
    /// Sorted by hash.
    rows: Vec<Row>,
    /// Ordinals, relative to `first`.
    offsets: Vec<u32>,
}

impl Run {
    /// The run of a stretch's events, in any order. Fails if they do not fill the stretch or skip a version.
    pub(super) fn build(mut entries: Vec<Entry>) -> Result<Self, Damage> {
        entries.sort_unstable();
        let first = entries.iter().map(|entry| entry.ordinal).min().unwrap_or(0);
        let count = u32::try_from(entries.len()).map_err(|_| Damage::new("too many events for a run"))?;
        let mut run = Self { first, count, rows: Vec::new(), offsets: Vec::with_capacity(entries.len()) };
        for entry in entries {
            let offset = entry.ordinal.saturating_sub(first);
            run.push(entry.stream, entry.version, offset)?;
        }
        Ok(run)
    }

    fn push(&mut self, stream: StreamHash, version: u64, offset: u64) -> Result<(), Damage> {
        let offset = u32::try_from(offset).ok().filter(|offset| *offset < self.count);
        let offset = offset.ok_or_else(|| Damage::new("an event lies outside of its run"))?;
        let place = self.offsets.len();
        match self.rows.last_mut() {
            Some(row) if row.stream == stream => {
                let expected = row.first_version.checked_add(row.places.len() as u64);
                if expected != Some(version) || self.offsets.last() >= Some(&offset) {
                    return Err(Damage::new("the events of a stream do not follow each other"));
                }
                row.places.end = place.saturating_add(1);
            }
            Some(row) if row.stream > stream => return Err(Damage::new("its streams are not sorted")),
            _ => self.rows.push(Row { stream, first_version: version, places: place..place.saturating_add(1) }),
        }
        self.offsets.push(offset);
        Ok(())
    }

    /// All entries, to merge them with others.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.rows.iter().flat_map(|row| {
            let offsets = self.offsets.get(row.places.clone()).unwrap_or_default();
            (row.first_version..).zip(offsets).map(|(version, offset)| Entry {
                stream: row.stream,
                version,
                ordinal: self.first.saturating_add(u64::from(*offset)),
            })
        })
    }

    /// A stream's events in this run: the version of the first, and all ordinals.
    pub(super) fn find(&self, stream: StreamHash) -> Option<(u64, impl ExactSizeIterator<Item = u64>)> {
        let row = self.rows.binary_search_by_key(&stream, |row| row.stream).ok().and_then(|at| self.rows.get(at))?;
        let offsets = self.offsets.get(row.places.clone())?;
        Some((row.first_version, offsets.iter().map(|offset| self.first.saturating_add(u64::from(*offset)))))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.rows.len().saturating_mul(20));
        content.extend_from_slice(&self.first.to_be_bytes());
        content.extend_from_slice(&self.count.to_be_bytes());
        for row in &self.rows {
            content.extend_from_slice(&row.stream.0);
            put_varint(&mut content, row.first_version);
            put_varint(&mut content, row.places.len() as u64);
            let mut before = 0;
            for offset in self.offsets.get(row.places.clone()).unwrap_or_default() {
                put_varint(&mut content, u64::from(offset.saturating_sub(before)));
                before = *offset;
            }
        }
        seal(RUN_FORMAT, &content)
    }

    pub(super) fn decode(value: &[u8], first: u64) -> Result<Self, Damage> {
        let (_, mut cursor) = unseal(&[RUN_FORMAT], value)?;
        let (found, count) = (cursor.u64()?, cursor.u32()?);
        if found != first {
            return Err(Damage::new(format!("it says that it begins at {found}")));
        }
        let mut run = Self { first, count, rows: Vec::new(), offsets: Vec::new() };
        while !cursor.0.is_empty() {
            let stream = StreamHash(cursor.array()?);
            let (version, events) = (cursor.varint()?, cursor.varint()?);
            if events == 0 || events > u64::from(count) {
                return Err(Damage::new(format!("a stream has {events} of its {count} events")));
            }
            let mut offset = 0_u64;
            for version in (version..).take(usize::try_from(events).unwrap_or(usize::MAX)) {
                offset = offset.saturating_add(cursor.varint()?);
                run.push(stream, version, offset)?;
            }
        }
        if run.offsets.len() == count as usize {
            Ok(run)
        } else {
            Err(Damage::new(format!("it has {} of {count} events", run.offsets.len())))
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            first: self.first,
            count: self.count,
            begun: u32::try_from(self.rows.iter().filter(|row| row.first_version == 0).count()).unwrap_or(u32::MAX),
            prefixes: self.rows.iter().map(|row| row.stream.prefix()).collect(),
        }
    }
}

/// What is kept in memory of every run, so that a run without the stream is passed over without being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    pub first: u64,
    pub count: u32,
    /// How many streams begin here.
    pub begun: u32,
    /// The first 32 bits of the hashes, sorted: a false hit in one of half a million searches of a run of 8,000 streams.
    prefixes: Vec<u32>,
}

impl Summary {
    /// The ordinal after the last event.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.count))
    }

    /// Whether the run may have events of the stream.
    pub(super) fn may_hold(&self, stream: StreamHash) -> bool {
        self.prefixes.binary_search(&stream.prefix()).is_ok()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.prefixes.len().saturating_mul(4).saturating_add(16));
        content.extend_from_slice(&self.first.to_be_bytes());
        content.extend_from_slice(&self.count.to_be_bytes());
        content.extend_from_slice(&self.begun.to_be_bytes());
        for prefix in &self.prefixes {
            content.extend_from_slice(&prefix.to_be_bytes());
        }
        seal(SUMMARY_FORMAT, &content)
    }

    pub(super) fn decode(value: &[u8], first: u64) -> Result<Self, Damage> {
        let (_, mut cursor) = unseal(&[SUMMARY_FORMAT], value)?;
        let (found, count, begun) = (cursor.u64()?, cursor.u32()?, cursor.u32()?);
        if found != first {
            return Err(Damage::new(format!("it says that it begins at {found}")));
        }
        let (prefixes, rest) = cursor.0.as_chunks::<4>();
        let prefixes: Vec<u32> = prefixes.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        let fits = rest.is_empty() && prefixes.is_sorted() && !prefixes.is_empty() && prefixes.len() <= count as usize;
        if fits {
            Ok(Self { first, count, begun, prefixes })
        } else {
            Err(Damage::new("its streams are not sorted or do not fit its events"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(first: u64, streams: &[(&str, u64)]) -> Vec<Entry> {
        (first..)
            .zip(streams)
            .map(|(ordinal, (name, version))| Entry { stream: StreamHash::of(name), version: *version, ordinal })
            .collect()
    }

    #[test]
    fn finds_what_was_put_in_and_survives_encoding() {
        let all = entries(100, &[("a", 0), ("b", 7), ("a", 1), ("c", 0), ("b", 8), ("a", 2)]);
        let run = Run::build(all.clone()).unwrap();
        assert_eq!(Run::decode(&run.encode(), 100), Ok(run.clone()));
        let summary = run.summary();
        assert_eq!(Summary::decode(&summary.encode(), 100), Ok(summary.clone()));
        assert_eq!((summary.begun, summary.count, summary.end()), (2, 6, 106));
        let (version, ordinals) = run.find(StreamHash::of("b")).unwrap();
        assert_eq!((version, ordinals.collect::<Vec<_>>()), (7, vec![101, 104]));
        assert!(run.find(StreamHash::of("z")).is_none() && !summary.may_hold(StreamHash::of("z")));
        let mut back: Vec<_> = run.entries().collect();
        back.sort_by_key(|entry| entry.ordinal);
        assert_eq!(back, all);
    }

    #[test]
    fn refuses_gaps_and_every_flipped_byte() {
        assert!(Run::build(entries(0, &[("a", 0), ("a", 2)])).is_err());
        let run = Run::build(entries(5, &[("a", 0), ("b", 0), ("a", 1)])).unwrap();
        let (value, summary) = (run.encode(), run.summary().encode());
        for at in 0..value.len() {
            let mut bad = value.clone();
            bad[at] ^= 0x10;
            assert!(Run::decode(&bad, 5).is_err(), "byte {at}");
            assert!(Run::decode(&value[..at], 5).is_err());
        }
        for at in 0..summary.len() {
            let mut bad = summary.clone();
            bad[at] ^= 0x10;
            assert!(Summary::decode(&bad, 5).is_err(), "byte {at}");
        }
    }
}
