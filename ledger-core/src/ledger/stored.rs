//! From records to events of a loan.

use super::LedgerError;
use crate::loan::{LoanEvent, Stored};
use crate::record::{CodecError, Event, Record, codec};

/// Decodes the body of a loan's record.
///
/// # Errors
/// The body does not decode, or it is not an event of a loan.
pub fn loan_event(record: &Record) -> Result<LoanEvent, LedgerError> {
    let error = |error| LedgerError::Codec {
        position: record.position,
        stream: record.stream.clone(),
        version: record.version,
        error,
    };
    match codec::decode_record(record).map_err(error)? {
        Event::Loan(event) => Ok(event),
        other => Err(error(CodecError::Malformed {
            kind: other.kind().to_owned(),
            reason: "it does not belong in the stream of a loan".to_owned(),
        })),
    }
}

/// Decodes a loan's record for the fold.
///
/// # Errors
/// As [`loan_event`].
pub fn stored(record: &Record) -> Result<Stored, LedgerError> {
    let envelope = &record.envelope;
    Ok(Stored {
        version: record.version,
        effective_on: envelope.effective_on,
        booked_on: envelope.booked_on,
        recorded_at: envelope.recorded_at,
        key: envelope.key.clone(),
        request: envelope.request,
        event: loan_event(record)?,
    })
}
