//! The JSON of a recorded event: what exports hold and what a leaf of the log's Merkle tree will be made of.

use super::{CodecError, Event, Record, codec};
use serde_json::{Map, Value, json};

/// The JSON object of a record: envelope, facts and outcome, keys in order, without the position, every amount, rate and
/// 64-bit integer as a decimal string.
///
/// # Errors
/// The body does not decode.
pub fn to_json(record: &Record) -> Result<Value, CodecError> {
    let event = codec::decode_record(record)?;
    let malformed = |error: serde_json::Error| CodecError::Malformed {
        kind: record.envelope.kind.to_string(),
        reason: error.to_string(),
    };
    let body = match &event {
        Event::Loan(event) => serde_json::to_value(event),
        Event::Ledger(event) => serde_json::to_value(event),
        Event::Reference(event) => serde_json::to_value(event),
        Event::Reconciliation(event) => serde_json::to_value(event),
    }
    .map_err(malformed)?;
    let envelope = &record.envelope;
    let mut object = Map::new();
    for (key, value) in [
        ("actor", json!(*envelope.actor)),
        ("body", body),
        ("booked_on", json!(envelope.booked_on)),
        ("effective_on", json!(envelope.effective_on)),
        ("id", json!(envelope.id)),
        ("key", json!(*envelope.key)),
        ("kind", json!(*envelope.kind)),
        ("recorded_at", json!(envelope.recorded_at)),
        ("request", json!(hex(&envelope.request))),
        ("schema", json!(envelope.schema)),
        ("stream", json!(record.stream)),
        ("version", json!(record.version)),
    ] {
        object.insert(key.to_owned(), value);
    }
    Ok(Value::Object(object))
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
