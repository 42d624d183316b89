//! The JSON of a recorded event: what exports hold and what a leaf of the log's Merkle tree is made of.
//!
//! The form belongs to the schema version in which the event was recorded, and never changes: golden leaf hashes pin it. A new
//! schema version gets a form of its own beside this one; upcasting does not touch it.

use super::canonical::Canonical;
use super::{CodecError, Envelope, Event, Record, codec};
use crate::calendar::{Date, Timestamp};
use crate::stream::{Position, StreamName, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use uuid::Uuid;

/// A recorded event as JSON: envelope, facts and outcome, without the position; every amount, rate and 64-bit integer is a
/// decimal string.
#[derive(Serialize)]
struct Leaf<'a> {
    actor: &'a str,
    body: Body<'a>,
    booked_on: Date,
    effective_on: Date,
    id: Uuid,
    key: &'a str,
    kind: &'a str,
    recorded_at: Timestamp,
    request: String,
    schema: u16,
    stream: &'a StreamName,
    version: Version,
}

struct Body<'a>(&'a Event);

impl Serialize for Body<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Event::Loan(event) => event.serialize(serializer),
            Event::Ledger(event) => event.serialize(serializer),
            Event::Reference(event) => event.serialize(serializer),
            Event::Borrower(event) => event.serialize(serializer),
            Event::Reconciliation(event) => event.serialize(serializer),
        }
    }
}

impl<'a> Leaf<'a> {
    fn of(record: &'a Record, event: &'a Event) -> Self {
        let envelope = &record.envelope;
        Self {
            actor: &envelope.actor,
            body: Body(event),
            booked_on: envelope.booked_on,
            effective_on: envelope.effective_on,
            id: envelope.id,
            key: &envelope.key,
            kind: &envelope.kind,
            recorded_at: envelope.recorded_at,
            request: hex(&envelope.request),
            schema: envelope.schema,
            stream: &record.stream,
            version: record.version,
        }
    }
}

/// The JSON object of a record.
///
/// # Errors
/// The body does not decode.
pub fn to_json(record: &Record) -> Result<Value, CodecError> {
    let event = codec::decode_record(record)?;
    serde_json::to_value(Leaf::of(record, &event))
        .map_err(|error| CodecError::Malformed { kind: record.envelope.kind.to_string(), reason: error.to_string() })
}

/// The canonical JSON of a record: the bytes that its leaf is the hash of.
///
/// # Errors
/// The body does not decode, or the event has no canonical JSON.
pub fn to_canonical<'a>(record: &Record, canonical: &'a mut Canonical) -> Result<&'a [u8], CodecError> {
    let event = codec::decode_record(record)?;
    let no_leaf = |error| CodecError::NoLeaf { kind: record.envelope.kind.to_string(), error };
    canonical.write(&Leaf::of(record, &event)).map_err(no_leaf)
}

/// A recorded event as it is read back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadLeaf<'a> {
    actor: Arc<str>,
    #[serde(borrow)]
    body: &'a RawValue,
    booked_on: Date,
    effective_on: Date,
    id: Uuid,
    key: Arc<str>,
    kind: Arc<str>,
    recorded_at: Timestamp,
    request: String,
    schema: u16,
    stream: StreamName,
    version: Version,
}

/// A record from its JSON, at position 0: the JSON does not say where it stands in a log.
///
/// # Errors
/// It is not the JSON of a record of a schema that this program writes.
pub fn from_canonical(text: &[u8]) -> Result<Record, CodecError> {
    let malformed = |kind: &str, reason: String| CodecError::Malformed { kind: kind.to_owned(), reason };
    let leaf: ReadLeaf<'_> = serde_json::from_slice(text).map_err(|error| malformed("?", error.to_string()))?;
    let event = codec::from_json(&leaf.kind, leaf.schema, leaf.body.get())?;
    let request = unhex(&leaf.request).ok_or_else(|| malformed(&leaf.kind, "`request` is no SHA-256".to_owned()))?;
    let envelope = Envelope {
        id: leaf.id,
        kind: leaf.kind,
        schema: leaf.schema,
        effective_on: leaf.effective_on,
        booked_on: leaf.booked_on,
        recorded_at: leaf.recorded_at,
        actor: leaf.actor,
        key: leaf.key,
        request,
    };
    Ok(Record {
        position: Position(0),
        stream: leaf.stream,
        version: leaf.version,
        envelope,
        body: codec::encode(&event)?,
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}
