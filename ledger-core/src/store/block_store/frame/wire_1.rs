//! The records of a frame of format 1, as they were written until format 2: read for ever, written never again.

use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, Position, Record, StreamName, Version};
use crate::store::error::Damage;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use uuid::Uuid;

/// No record takes less than its id, its request hash and a byte for each other field.
pub(super) const MIN_RECORD_BYTES: usize = 60;

#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Self)
    }
}

/// The texts that the records of a frame share.
#[derive(Deserialize)]
struct Texts<'a> {
    #[serde(borrow)]
    streams: Vec<&'a str>,
    #[serde(borrow)]
    words: Vec<&'a str>,
}

/// A record as a frame holds it; its position follows from its place.
#[derive(Deserialize)]
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

/// Decodes `count` records from ordinal `first` on: postcard of the texts that they share, then of each.
pub(super) fn decode(raw: &[u8], first: u64, count: usize) -> Result<Vec<Record>, Damage> {
    let undecodable = |e: postcard::Error| Damage::new(format!("it cannot be decoded: {e}"));
    let (texts, mut rest) = postcard::take_from_bytes::<Texts<'_>>(raw).map_err(undecodable)?;
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
