//! The JSON of a recorded event: what exports hold and what a leaf of the log's Merkle tree is made of.
//!
//! The form belongs to the schema version in which the event was recorded, and never changes: golden leaf hashes pin it. A new
//! schema version gets a form of its own beside this one; upcasting does not touch it.

use super::canonical::Canonical;
use super::{CodecError, Event, Record, codec};
use crate::calendar::{Date, Timestamp};
use crate::stream::{StreamName, Version};
use serde::Serialize;
use serde_json::Value;
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
