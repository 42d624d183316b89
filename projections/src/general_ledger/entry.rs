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

/// What one event of a loan posts on one day. The postings sum to nothing, one for each account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The day on which it counts in the books.
    pub date: Date,
    /// The event's place in the log.
    pub position: Position,
    /// The loan.
    pub loan: Arc<str>,
    /// The event's version in the loan's stream.
    pub version: Version,
    /// The event's kind; with ` (due)` if planned amounts fall due.
    pub what: String,
    /// The currency.
    pub currency: Currency,
    /// The postings, by account; none is nothing.
    pub postings: Vec<Posting>,
}

impl JournalEntry {
    /// The sum of the postings: nothing, for every entry that the rules make.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn sum(&self) -> Result<Amount, Overflow> {
        Amount::sum(self.postings.iter().map(|posting| posting.amount))
    }
}
