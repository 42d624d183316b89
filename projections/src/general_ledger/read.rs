//! The entries of a log.

use super::booked::LoanEvents;
use super::{JournalEntry, Periods, PostingRules, posting};
use crate::engine::ApplyError;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::CalculationError;
use ledger_core::money::Overflow;
use ledger_core::record::{Event, Position, Record, codec::decode_record};
use ledger_core::store::{EventReader, ReadError};
use std::collections::BTreeMap;

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
    /// The entries of a loan cannot be made.
    #[error("loan `{loan}`: {error}")]
    Loan {
        /// The loan.
        loan: String,
        /// Why.
        error: CalculationError,
    },
    /// A sum over entries leaves the range of amounts.
    #[error("a total leaves its range: {0}")]
    Total(#[from] Overflow),
}

/// Shows `each` the entries that count, loan by loan and, within a loan, by date. What the books need of every loan is held in memory.
///
/// # Errors
/// The log cannot be read, an event cannot be posted, or `each` fails.
pub async fn read<E: From<BooksError>>(
    store: &impl EventReader,
    rules: &PostingRules,
    cut: &Cut,
    mut each: impl FnMut(JournalEntry) -> Result<(), E>,
) -> Result<(), E> {
    let gathered = Gathered::read(store, cut.known_at).await?;
    for loan in gathered.loans.into_values() {
        for entry in
            posting::entries(&loan, rules, &gathered.periods, cut.as_of).map_err(|error| of_loan(&loan, error))?
        {
            each(entry)?;
        }
    }
    Ok(())
}

fn of_loan(loan: &LoanEvents, error: CalculationError) -> BooksError {
    BooksError::Loan { loan: loan.id.to_string(), error }
}

/// What the books need of a log.
#[derive(Debug, Default)]
struct Gathered {
    loans: BTreeMap<String, LoanEvents>,
    periods: Periods,
}

impl Gathered {
    async fn read(store: &impl EventReader, known_at: Option<Timestamp>) -> Result<Self, BooksError> {
        let mut gathered = Self::default();
        let (mut after, mut ordinal) = (None, 0_u64);
        loop {
            let records = store.read_all(after, CHUNK).await?;
            let Some(last) = records.last() else { return Ok(gathered) };
            after = Some(last.position);
            for record in &records {
                if known_at.is_none_or(|known_at| record.envelope.recorded_at <= known_at) {
                    let at = |error| BooksError::Event { position: record.position, error };
                    gathered.take(ordinal, record).map_err(at)?;
                }
                ordinal = ordinal.saturating_add(1);
            }
        }
    }

    fn take(&mut self, ordinal: u64, record: &Record) -> Result<(), ApplyError> {
        let Some(id) = record.stream.loan_id() else { return Ok(()) };
        let Event::Loan(event) = decode_record(record)? else { return Ok(()) };
        if !self.loans.contains_key(id) {
            self.loans.insert(id.to_owned(), LoanEvents::new(id, &event.facts)?);
        }
        if let Some(loan) = self.loans.get_mut(id) {
            loan.take(ordinal, record, &event)?;
        }
        Ok(())
    }
}
