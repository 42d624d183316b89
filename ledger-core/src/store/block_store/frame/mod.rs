//! Frames: a few dozen records, compressed together, decodable without any other frame.

mod wire_1;
mod wire_2;

use super::bytes::{seal, unseal};
use crate::record::Record;
use crate::store::error::Damage;
use std::borrow::Borrow;
use std::cell::RefCell;
use std::ops::Range;

/// The most records of a frame.
pub(super) const MAX_RECORDS: usize = 64;
/// A frame is closed when its records have about this many bytes. Even if they shrink to no less than 60 %, sixteen frames (a
/// leaf of sled's tree) then stay below the 128 KiB beyond which sled moves a page into a file of its own. With twice as
/// much, an import of bodies half of noise had twice as many files to sync, and opened three times as slowly.
const TARGET_BYTES: usize = 12 * 1024;
/// No frame is larger before compression: one append of the largest size and its overhead.
const MAX_RAW_BYTES: usize = 8 * 1024 * 1024;
/// The compression is there to write less, not to archive.
const LEVEL: i32 = 1;
/// The formats that frames were ever written in; the last is the one that is written.
const FORMATS: [u8; 2] = [1, 2];

/// Encodes frames; keeps the compressor's tables, and the room, from one to the next.
pub(super) struct Encoder {
    compressor: zstd::bulk::Compressor<'static>,
    draft: wire_2::Draft,
}

impl Encoder {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { compressor: zstd::bulk::Compressor::new(LEVEL)?, draft: wire_2::Draft::default() })
    }

    /// One frame of these records, which follow each other in the log from `first` on.
    pub(super) fn encode<R: Borrow<Record>>(&mut self, first: u64, records: &[R]) -> Result<Vec<u8>, String> {
        self.draft.fill(records);
        let packed = self.compressor.compress(&self.draft.fields).map_err(|e| e.to_string())?;
        let length = |len: usize| u32::try_from(len).map(u32::to_be_bytes).map_err(|e| e.to_string());
        let mut content = Vec::with_capacity(packed.len().saturating_add(self.draft.hashes.len()).saturating_add(20));
        content.extend_from_slice(&first.to_be_bytes());
        content.extend_from_slice(&length(records.len())?);
        content.extend_from_slice(&length(self.draft.fields.len())?);
        content.extend_from_slice(&length(packed.len())?);
        content.extend_from_slice(&packed);
        content.extend_from_slice(&self.draft.hashes);
        Ok(seal(wire_2::FORMAT, &content))
    }
}

/// Cuts records into frames of about equal length.
pub(super) fn cut<R: Borrow<Record>>(records: &[R]) -> Vec<Range<usize>> {
    let frames = records.len().div_ceil(MAX_RECORDS).max(1);
    let even = records.len().div_ceil(frames);
    let mut cuts = Vec::with_capacity(frames);
    let (mut start, mut bytes) = (0, 0_usize);
    for (index, record) in records.iter().enumerate() {
        let next = bytes.saturating_add(approximate_len(record.borrow()));
        if index > start && (index.saturating_sub(start) >= even || next > TARGET_BYTES) {
            cuts.push(start..index);
            start = index;
            bytes = 0;
        }
        bytes = bytes.saturating_add(approximate_len(record.borrow()));
    }
    if start < records.len() {
        cuts.push(start..records.len());
    }
    cuts
}

/// About what a record takes before compression.
pub(super) fn approximate_len(record: &Record) -> usize {
    record.body.len().saturating_add(record.envelope.key.len()).saturating_add(80)
}

/// What a frame says of itself, checksum verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub first: u64,
    pub count: u32,
}

impl Span {
    /// The ordinal after the last record.
    pub(super) fn end(self) -> u64 {
        self.first.saturating_add(u64::from(self.count))
    }
}

/// Reads and verifies a frame's head without decompressing it.
pub(super) fn span(value: &[u8]) -> Result<Span, Damage> {
    let (_, mut cursor) = unseal(&FORMATS, value)?;
    let span = Span { first: cursor.u64()?, count: cursor.u32()? };
    if span.count == 0 { Err(Damage::new("it is empty")) } else { Ok(span) }
}

/// What decoding a frame needs over and over: a decompressor's tables cost more to make than a frame to decode.
#[derive(Default)]
struct Room {
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
    raw: Vec<u8>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Room {
    /// Decompresses to exactly `len` bytes.
    fn decompress(&mut self, packed: &[u8], len: usize) -> Result<&[u8], Damage> {
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|e| Damage::new(e.to_string()))?),
        };
        self.raw.clear();
        self.raw.reserve_exact(len);
        let cannot = |e: std::io::Error| Damage::new(format!("it cannot be decompressed: {e}"));
        decompressor.decompress_to_buffer(packed, &mut self.raw).map_err(cannot)?;
        if self.raw.len() == len {
            Ok(&self.raw)
        } else {
            Err(Damage::new(format!("{} bytes instead of {len}", self.raw.len())))
        }
    }
}

/// Decodes a frame that is expected to begin at ordinal `first`; every count and length in it is verified.
pub(super) fn decode(value: &[u8], first: u64) -> Result<Vec<Record>, Damage> {
    let (format, mut cursor) = unseal(&FORMATS, value)?;
    let found = cursor.u64()?;
    if found != first {
        return Err(Damage::new(format!("it says that it begins at {found}")));
    }
    let count = cursor.u32()? as usize;
    let raw_len = cursor.u32()? as usize;
    let (least, packed) = match format {
        wire_2::FORMAT => {
            let len = cursor.u32()? as usize;
            (wire_2::MIN_RECORD_BYTES, cursor.take(len)?)
        }
        _ => (wire_1::MIN_RECORD_BYTES, std::mem::take(&mut cursor.0)),
    };
    if raw_len > MAX_RAW_BYTES || count == 0 || count.saturating_mul(least) > raw_len {
        return Err(Damage::new(format!("{count} events in {raw_len} bytes cannot be")));
    }
    ROOM.with_borrow_mut(|room| {
        let raw = room.decompress(packed, raw_len)?;
        match format {
            wire_2::FORMAT => wire_2::decode(raw, cursor.0, first, count),
            _ => wire_1::decode(raw, first, count),
        }
    })
}
