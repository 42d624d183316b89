//! Journal entries.

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{Position, Version};
use std::sync::Arc;

/// One side of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: Arc<str>,
    /// In minor units; above nothing a debit, below nothing a credit.
    pub amount: Amount,
}

/// What one event of a loan posts, or what time alone has changed by a day. The postings sum to nothing, one for each
/// account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The day on which it counts in the books.
    pub date: Date,
    /// The business date on which the event was booked; earlier than `date` if that day was closed already.
    pub booked_on: Date,
    /// When the event counts for the loan.
    pub effective_on: Date,
    /// The event's place in the log; for an accrual, that of the last event before it.
    pub position: Position,
    /// The loan; empty for what concerns none.
    pub loan: Arc<str>,
    /// The event's version in the stream of the loan, or else in the stream `ledger`.
    pub version: Version,
    /// The event's kind; `accrual` for what time has changed since the last entry.
    pub what: &'static str,
    /// The currency.
    pub currency: Currency,
    /// The postings, by account; none is nothing.
    pub postings: Vec<Posting>,
}

impl JournalEntry {
    /// The loan, or `ledger` for what concerns none.
    #[must_use]
    pub fn source(&self) -> &str {
        if self.loan.is_empty() { "ledger" } else { &self.loan }
    }

    /// The sum of the postings: nothing, for every entry that the rules make.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn sum(&self) -> Result<Amount, Overflow> {
        Amount::sum(self.postings.iter().map(|posting| posting.amount))
    }
}
