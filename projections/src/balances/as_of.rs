//! Balances as of a day that has passed. The projection adds up everything that is recorded; the end of an earlier day needs
//! the log again, since only there every line has its date.

use super::view::{of_rows, row_of};
use super::{Balance, BalanceFilter, BalancesView};
use crate::ViewError;
use crate::engine::{ApplyError, Stop};
use ledger_core::calendar::Date;
use ledger_core::record::{Event, LedgerEvent, Position, Record, codec};
use ledger_core::store::{EventReader, ReadError};
use std::collections::BTreeMap;
use std::sync::Arc;

const CHUNK: usize = 4096;

/// The balances of all loans at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOfBalances {
    date: Date,
    loans: BTreeMap<Arc<str>, Balance>,
    position: Option<Position>,
    closed_through: Option<Date>,
    /// The fold stopped before this event, because it cannot be applied; the balances are those before it.
    pub stopped: Option<Stop>,
}

/// Folds of a log what counts at the end of `date` or before. For what was known at an instant, fold
/// [`crate::engine::KnownAt`].
///
/// # Errors
/// The log cannot be read.
pub async fn fold_as_of(log: &dyn EventReader, date: Date) -> Result<AsOfBalances, ReadError> {
    let mut folded = AsOfBalances { date, loans: BTreeMap::new(), position: None, closed_through: None, stopped: None };
    loop {
        let records = log.read_all(folded.position, CHUNK).await?;
        if records.is_empty() {
            return Ok(folded);
        }
        for record in records {
            if let Err(reason) = folded.apply(&record) {
                let Record { position, stream, version, .. } = record;
                folded.stopped = Some(Stop { position, stream, version, reason });
                return Ok(folded);
            }
            folded.position = Some(record.position);
        }
    }
}

impl AsOfBalances {
    fn apply(&mut self, record: &Record) -> Result<(), ApplyError> {
        match codec::decode_record(record)? {
            Event::Loan(event) => {
                let Some(loan) = record.stream.loan_id() else {
                    let (kind, stream) = (event.facts.kind(), record.stream.clone());
                    return Err(ApplyError::Misplaced { kind, stream });
                };
                let (loan, mut row) =
                    self.loans.remove_entry(loan).map_or_else(|| (Arc::from(loan), None), |(id, row)| (id, Some(row)));
                let before = row.clone();
                let applied = Balance::apply_as_of(&mut row, record, &event, Some(self.date));
                if let Some(row) = if applied.is_ok() { row } else { before } {
                    self.loans.insert(loan, row);
                }
                applied
            }
            Event::Ledger(LedgerEvent::DayClosed { day, .. }) => {
                if day <= self.date {
                    self.closed_through = self.closed_through.max(Some(day));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The view. Loans whose contract was made later are not in it.
    ///
    /// # Errors
    /// A sum leaves the range of amounts.
    pub fn view(&self, filter: &BalanceFilter) -> Result<BalancesView, ViewError> {
        let mut rows = Vec::new();
        for (loan, balance) in self.loans.iter().filter(|(_, balance)| balance.originated_on <= self.date) {
            rows.extend(row_of(loan, balance, filter)?);
        }
        of_rows(rows, self.position, self.closed_through)
    }
}
