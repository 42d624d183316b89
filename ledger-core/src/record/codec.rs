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
    let event = match Family::of(kind) {
        Family::Ledger => Event::Ledger(whole::<LedgerEvent>(kind, body)?),
        Family::Reference => Event::Reference(whole::<Published>(kind, body)?),
        Family::Reconciliation => Event::Reconciliation(whole::<ReconciliationEvent>(kind, body)?),
        Family::Borrower => Event::Borrower(whole::<BorrowerEvent>(kind, body)?),
        Family::Loan => Event::Loan(whole::<LoanEvent>(kind, body)?),
    };
    if event.kind() == kind { Ok(event) } else { Err(unknown()) }
}

/// An event from the JSON of its body.
///
/// # Errors
/// As [`decode`].
pub fn from_json(kind: &str, schema: u16, body: &str) -> Result<Event, CodecError> {
    let unknown = || CodecError::UnknownSchema { kind: kind.to_owned(), schema };
    if schema != SCHEMA {
        return Err(unknown());
    }
    let malformed =
        |error: serde_json::Error| CodecError::Malformed { kind: kind.to_owned(), reason: error.to_string() };
    let event = match Family::of(kind) {
        Family::Ledger => Event::Ledger(serde_json::from_str(body).map_err(malformed)?),
        Family::Reference => Event::Reference(serde_json::from_str(body).map_err(malformed)?),
        Family::Reconciliation => Event::Reconciliation(serde_json::from_str(body).map_err(malformed)?),
        Family::Borrower => Event::Borrower(serde_json::from_str(body).map_err(malformed)?),
        Family::Loan => Event::Loan(serde_json::from_str(body).map_err(malformed)?),
    };
    if event.kind() == kind { Ok(event) } else { Err(unknown()) }
}

/// Which type an event of a kind has.
enum Family {
    Ledger,
    Reference,
    Reconciliation,
    Borrower,
    Loan,
}

impl Family {
    fn of(kind: &str) -> Self {
        match kind {
            "day-closed" | "period-closed" => Self::Ledger,
            "reference-published" => Self::Reference,
            "lines-matched"
            | "break-opened"
            | "break-explained"
            | "break-accepted"
            | "break-posted"
            | "break-resolved"
            | "statement-reconciled" => Self::Reconciliation,
            "borrower-registered" | "borrower-updated" | "borrower-erased" => Self::Borrower,
            _ => Self::Loan,
        }
    }
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
