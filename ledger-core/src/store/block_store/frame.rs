//! Frames: a few dozen records, compressed together, decodable without any other frame.

use super::bytes::{seal, unseal};
use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, Position, Record, StreamName, Version};
use crate::store::error::Damage;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// The most records of a frame.
pub(super) const MAX_RECORDS: usize = 64;
/// A frame is closed when its records have about this many bytes. Even if they shrink to no less than 60 %, sixteen frames (a
/// leaf of sled's tree) then stay below the 128 KiB beyond which sled moves a page into a file of its own. With twice as
/// much, an import of bodies half of noise had twice as many files to sync, and opened three times as slowly.
const TARGET_BYTES: usize = 12 * 1024;
/// No frame is larger before compression: one append of the largest size and its overhead.
const MAX_RAW_BYTES: usize = 8 * 1024 * 1024;
/// No record takes less than its id, its request hash and a byte for each other field.
const MIN_RECORD_BYTES: usize = 60;
/// The compression is there to write less, not to archive.
const LEVEL: i32 = 1;
const FORMAT: u8 = 1;

#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Self)
    }
}

/// The texts that the records of a frame share.
#[derive(Default, Serialize, Deserialize)]
struct Texts<'a> {
    #[serde(borrow)]
    streams: Vec<&'a str>,
    #[serde(borrow)]
    words: Vec<&'a str>,
}

/// A record as a frame holds it; its position follows from its place.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    stream: u32,
    version: u64,
    #[serde(borrow)]
    id: Bytes<'a>,
    kind: u32,
    schema: u16,
    effective_on: Date,
    booked_on: Date,
    recorded_at: Timestamp,
    actor: u32,
    key: &'a str,
    #[serde(borrow)]
    request: Bytes<'a>,
    #[serde(borrow)]
    body: Bytes<'a>,
}

/// Gives each text a number in the order of first use.
#[derive(Default)]
struct Numbers<'a> {
    texts: Vec<&'a str>,
    known: HashMap<&'a str, u32>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, text: &'a str) -> u32 {
        let texts = &mut self.texts;
        *self.known.entry(text).or_insert_with(|| {
            let number = u32::try_from(texts.len()).unwrap_or(u32::MAX);
            texts.push(text);
            number
        })
    }
}

/// Encodes frames; keeps the compressor's tables from one to the next.
pub(super) struct Encoder(zstd::bulk::Compressor<'static>);

impl Encoder {
    pub(super) fn new() -> std::io::Result<Self> {
        zstd::bulk::Compressor::new(LEVEL).map(Self)
    }

    /// One frame of these records, which follow each other in the log from `first` on.
    pub(super) fn encode<R: Borrow<Record>>(&mut self, first: u64, records: &[R]) -> Result<Vec<u8>, String> {
        let (mut streams, mut words) = (Numbers::default(), Numbers::default());
        let wires: Vec<Wire<'_>> = records
            .iter()
            .map(|record| {
                let Record { stream, version, envelope, body, .. } = record.borrow();
                Wire {
                    stream: streams.of(stream.as_str()),
                    version: version.0,
                    id: Bytes(envelope.id.as_bytes()),
                    kind: words.of(&envelope.kind),
                    schema: envelope.schema,
                    effective_on: envelope.effective_on,
                    booked_on: envelope.booked_on,
                    recorded_at: envelope.recorded_at,
                    actor: words.of(&envelope.actor),
                    key: &envelope.key,
                    request: Bytes(&envelope.request),
                    body: Bytes(body),
                }
            })
            .collect();
        let texts = Texts { streams: streams.texts, words: words.texts };
        let mut raw = postcard::to_extend(&texts, Vec::with_capacity(TARGET_BYTES)).map_err(|e| e.to_string())?;
        for wire in &wires {
            raw = postcard::to_extend(wire, raw).map_err(|e| e.to_string())?;
        }
        let packed = self.0.compress(&raw).map_err(|e| e.to_string())?;
        let count = u32::try_from(records.len()).map_err(|e| e.to_string())?;
        let raw_len = u32::try_from(raw.len()).map_err(|e| e.to_string())?;
        let mut content = Vec::with_capacity(packed.len().saturating_add(16));
        content.extend_from_slice(&first.to_be_bytes());
        content.extend_from_slice(&count.to_be_bytes());
        content.extend_from_slice(&raw_len.to_be_bytes());
        content.extend_from_slice(&packed);
        Ok(seal(FORMAT, &content))
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
    let mut cursor = unseal(FORMAT, value)?;
    let span = Span { first: cursor.u64()?, count: cursor.u32()? };
    if span.count == 0 { Err(Damage::new("it is empty")) } else { Ok(span) }
}

thread_local! {
    /// A decompressor's tables cost more to make than a frame to decode.
    static DECODER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn decompress(packed: &[u8], raw_len: usize) -> Result<Vec<u8>, Damage> {
    DECODER.with_borrow_mut(|decoder| {
        let decoder = match decoder {
            Some(decoder) => decoder,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|e| Damage::new(e.to_string()))?),
        };
        decoder.decompress(packed, raw_len).map_err(|e| Damage::new(format!("it cannot be decompressed: {e}")))
    })
}

/// Decodes a frame that is expected to begin at ordinal `first`; every count and length in it is verified.
pub(super) fn decode(value: &[u8], first: u64) -> Result<Vec<Record>, Damage> {
    let mut cursor = unseal(FORMAT, value)?;
    let found = cursor.u64()?;
    if found != first {
        return Err(Damage::new(format!("it says that it begins at {found}")));
    }
    let count = cursor.u32()? as usize;
    let raw_len = cursor.u32()? as usize;
    if raw_len > MAX_RAW_BYTES || count == 0 || count.saturating_mul(MIN_RECORD_BYTES) > raw_len {
        return Err(Damage::new(format!("{count} events in {raw_len} bytes cannot be")));
    }
    let raw = decompress(cursor.0, raw_len)?;
    if raw.len() != raw_len {
        return Err(Damage::new(format!("{} bytes instead of {raw_len}", raw.len())));
    }
    let undecodable = |e: postcard::Error| Damage::new(format!("it cannot be decoded: {e}"));
    let (texts, mut rest) = postcard::take_from_bytes::<Texts<'_>>(&raw).map_err(undecodable)?;
    let streams: Vec<StreamName> = texts
        .streams
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()
        .map_err(|e: crate::record::NameError| Damage::new(e.to_string()))?;
    let words: Vec<Arc<str>> = texts.words.iter().map(|word| Arc::from(*word)).collect();
    let mut records = Vec::with_capacity(count);
    for ordinal in (first..).take(count) {
        let (wire, after) = postcard::take_from_bytes::<Wire<'_>>(rest).map_err(undecodable)?;
        rest = after;
        records.push(record(&wire, ordinal, &streams, &words).ok_or_else(|| Damage::new("a text is missing"))?);
    }
    if rest.is_empty() { Ok(records) } else { Err(Damage::new("bytes are left over")) }
}

fn record(wire: &Wire<'_>, ordinal: u64, streams: &[StreamName], words: &[Arc<str>]) -> Option<Record> {
    Some(Record {
        position: Position(ordinal),
        stream: streams.get(wire.stream as usize)?.clone(),
        version: Version(wire.version),
        envelope: Envelope {
            id: Uuid::from_bytes(wire.id.0.try_into().ok()?),
            kind: words.get(wire.kind as usize)?.clone(),
            schema: wire.schema,
            effective_on: wire.effective_on,
            booked_on: wire.booked_on,
            recorded_at: wire.recorded_at,
            actor: words.get(wire.actor as usize)?.clone(),
            key: Arc::from(wire.key),
            request: wire.request.0.try_into().ok()?,
        },
        body: wire.body.0.to_vec(),
    })
}
