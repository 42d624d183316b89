//! The entries of a log.

use super::{JournalEntry, Poster, PostingRules};
use crate::engine::ApplyError;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::money::Overflow;
use ledger_core::record::{Event, Position, codec::decode_record};
use ledger_core::store::{EventReader, ReadError};

const CHUNK: usize = 4096;

/// Which entries count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Those dated up to this day.
    pub as_of: Date,
    /// Those of events recorded up to this instant.
    pub known_at: Option<Timestamp>,
}

/// Why the books cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event cannot be posted.
    #[error("position {position}: {error}")]
    Event {
        /// Its place in the log.
        position: Position,
        /// Why.
        error: ApplyError,
    },
    /// A sum over entries leaves the range of amounts.
    #[error("a total leaves its range: {0}")]
    Total(#[from] Overflow),
}

/// Shows `each` the entries that count, in the order of the log and, within an event, of dates.
///
/// # Errors
/// The log cannot be read, an event cannot be posted, or `each` fails.
pub async fn read<E: From<BooksError>>(
    store: &impl EventReader,
    rules: &PostingRules,
    cut: &Cut,
    mut each: impl FnMut(JournalEntry) -> Result<(), E>,
) -> Result<(), E> {
    let mut poster = Poster::new(rules);
    let mut after = None;
    loop {
        let records = store.read_all(after, CHUNK).await.map_err(BooksError::from)?;
        let Some(last) = records.last() else { return Ok(()) };
        after = Some(last.position);
        for record in &records {
            let Some(loan) = record.stream.loan_id() else { continue };
            if cut.known_at.is_some_and(|known_at| record.envelope.recorded_at > known_at) {
                continue;
            }
            let at = |error: ApplyError| BooksError::Event { position: record.position, error };
            let Event::Loan(event) = decode_record(record).map_err(|error| at(error.into()))? else { continue };
            for entry in poster.post(loan, record, &event).map_err(at)? {
                if entry.date <= cut.as_of {
                    each(entry)?;
                }
            }
        }
    }
}
