//! The binary codec of event bodies. Every (kind, schema version) that was ever written has its decoder here for ever;
//! upcasting to the newest form comes after decoding.

use super::canonical::CanonicalError;
use super::{Event, LedgerEvent, Published, ReconciliationEvent, Record};
use crate::borrower::BorrowerEvent;
use crate::loan::LoanEvent;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A kind or schema version that this program does not know: it was written by a newer one, or damaged.
    #[error("event kind `{kind}` in schema version {schema} is not known to this program")]
    UnknownSchema {
        /// The kind.
        kind: String,
        /// The schema version.
        schema: u16,
    },
    /// The bytes are not what the schema says.
    #[error("the body of a `{kind}` event does not decode: {reason}")]
    Malformed {
        /// The kind.
        kind: String,
        /// Why.
        reason: String,
    },
    /// The event holds what canonical JSON cannot: it could not be a leaf of the log's tree.
    #[error("a `{kind}` event has no canonical JSON: {error}")]
    NoLeaf {
        /// The kind.
        kind: String,
        /// Why.
        error: CanonicalError,
    },
}

/// The schema version in which new events are written.
pub const SCHEMA: u16 = 1;

/// Encodes a body in the newest schema: postcard.
///
/// # Errors
/// [`CodecError::Malformed`] if the event has no binary form, which no event type allows.
pub fn encode(event: &Event) -> Result<Vec<u8>, CodecError> {
    let bytes = match event {
        Event::Loan(event) => postcard::to_stdvec(event),
        Event::Ledger(event) => postcard::to_stdvec(event),
        Event::Reference(event) => postcard::to_stdvec(event),
        Event::Reconciliation(event) => postcard::to_stdvec(event),
        Event::Borrower(event) => postcard::to_stdvec(event),
    };
    bytes.map_err(|error| CodecError::Malformed { kind: event.kind().to_owned(), reason: error.to_string() })
}

/// Decodes a body as the schema version in which it was recorded says.
///
/// # Errors
/// An unknown schema, or bytes that do not fit it (trailing bytes included).
pub fn decode(kind: &str, schema: u16, body: &[u8]) -> Result<Event, CodecError> {
    let unknown = || CodecError::UnknownSchema { kind: kind.to_owned(), schema };
    if schema != SCHEMA {
        return Err(unknown());
    }
    let event = match kind {
        "day-closed" | "period-closed" => Event::Ledger(whole::<LedgerEvent>(kind, body)?),
        "reference-published" => Event::Reference(whole::<Published>(kind, body)?),
        "lines-matched"
        | "break-opened"
        | "break-explained"
        | "break-accepted"
        | "break-posted"
        | "break-resolved"
        | "statement-reconciled" => Event::Reconciliation(whole::<ReconciliationEvent>(kind, body)?),
        "borrower-registered" | "borrower-updated" | "borrower-erased" => {
            Event::Borrower(whole::<BorrowerEvent>(kind, body)?)
        }
        _ => Event::Loan(whole::<LoanEvent>(kind, body)?),
    };
    if event.kind() == kind { Ok(event) } else { Err(unknown()) }
}

/// Decodes the body of a record.
///
/// # Errors
/// As [`decode`].
pub fn decode_record(record: &Record) -> Result<Event, CodecError> {
    decode(&record.envelope.kind, record.envelope.schema, &record.body)
}

fn whole<'a, T: serde::Deserialize<'a>>(kind: &str, body: &'a [u8]) -> Result<T, CodecError> {
    let malformed = |reason: String| CodecError::Malformed { kind: kind.to_owned(), reason };
    let (value, rest) = postcard::take_from_bytes::<T>(body).map_err(|error| malformed(error.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(malformed(format!("{} bytes are left over", rest.len()))) }
}
