//! The entries of a log.

use super::booked::LoanEvents;
use super::period::Closing;
use super::{JournalEntry, Knowledge, Periods, PostingRules, TrialBalance};
use crate::engine::ApplyError;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::CalculationError;
use ledger_core::money::Overflow;
use ledger_core::record::{Event, LedgerEvent, Position, Published, Record, StreamName, codec::decode_record};
use ledger_core::store::{EventReader, ReadError};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const CHUNK: usize = 4096;

/// Which entries count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Those dated up to this day.
    pub as_of: Date,
    /// Those of events recorded up to this instant.
    pub known_at: Option<Timestamp>,
}

impl Cut {
    const fn knowledge(&self) -> Knowledge {
        Knowledge { known_at: self.known_at, events: None }
    }
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

/// Shows `each` the entries that count, loan by loan and, within a loan, by date; last those of no loan. What the
/// books need of every loan is held in memory.
///
/// # Errors
/// The log cannot be read, an event cannot be posted, or `each` fails.
pub async fn read<E: From<BooksError>>(
    store: &(impl EventReader + ?Sized),
    rules: &PostingRules,
    cut: &Cut,
    mut each: impl FnMut(JournalEntry) -> Result<(), E>,
) -> Result<(), E> {
    Gathered::read(store, cut.knowledge()).await?.entries(rules, cut.as_of, &mut each)
}

/// As [`read`], with interest accrued to the day before `from` too: the entries dated `from` and later are then those
/// of the days from it on, and the ones before add up to the balances that the days open with.
///
/// # Errors
/// As [`read`].
pub async fn read_from<E: From<BooksError>>(
    store: &(impl EventReader + ?Sized),
    rules: &PostingRules,
    cut: &Cut,
    from: Date,
    mut each: impl FnMut(JournalEntry) -> Result<(), E>,
) -> Result<(), E> {
    let mut gathered = Gathered::read(store, cut.knowledge()).await?;
    if let Ok(opening) = from.plus_days(-1) {
        gathered.periods.accrue_to(opening);
    }
    gathered.entries(rules, cut.as_of, &mut each)
}

/// The trial balance at the end of a day as far as the log is known, and the closed periods.
///
/// # Errors
/// As [`read`].
pub async fn known_books(
    store: &(impl EventReader + ?Sized),
    rules: &PostingRules,
    as_of: Date,
    knowledge: Knowledge,
) -> Result<(TrialBalance, Periods), BooksError> {
    let gathered = Gathered::read(store, knowledge).await?;
    let mut balance = TrialBalance::default();
    gathered.entries(rules, as_of, |entry| Ok::<(), BooksError>(balance.add(&entry)?))?;
    Ok((balance, gathered.periods))
}

/// What the books need of a log.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub loans: HashMap<Arc<str>, LoanEvents>,
    pub periods: Periods,
    pub closings: Vec<Closing>,
    /// Posting rules in the stream `reference`, by SHA-256.
    pub published: BTreeMap<String, Published>,
}

impl Gathered {
    /// Reads a log as far as it is known.
    pub async fn read(store: &(impl EventReader + ?Sized), knowledge: Knowledge) -> Result<Self, BooksError> {
        let mut gathered = Self::default();
        let (mut after, mut ordinal) = (None, 0_u64);
        loop {
            let records = store.read_all(after, CHUNK).await?;
            let Some(last) = records.last() else { return Ok(gathered) };
            after = Some(last.position);
            for record in &records {
                if knowledge.holds(ordinal, record) {
                    let at = |error| BooksError::Event { position: record.position, error };
                    gathered.take(ordinal, record).map_err(at)?;
                }
                ordinal = ordinal.saturating_add(1);
            }
        }
    }

    fn take(&mut self, ordinal: u64, record: &Record) -> Result<(), ApplyError> {
        let Some(id) = record.stream.loan_id() else {
            if record.stream == StreamName::ledger() || record.stream == StreamName::reference() {
                match decode_record(record)? {
                    Event::Ledger(LedgerEvent::PeriodClosed(period)) => self.take_period(record, *period),
                    Event::Reference(published) => self.take_published(published),
                    _ => {}
                }
            }
            return Ok(());
        };
        let Event::Loan(event) = decode_record(record)? else { return Ok(()) };
        if !self.loans.contains_key(id) {
            let loan = LoanEvents::new(id, &event.facts)?;
            self.loans.insert(loan.id.clone(), loan);
        }
        if let Some(loan) = self.loans.get_mut(id) {
            loan.take(ordinal, record, &event)?;
        }
        Ok(())
    }
}
