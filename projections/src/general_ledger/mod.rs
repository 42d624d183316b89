//! The general ledger: double entry, derived from the recorded lines by posting rules that are data.
//!
//! An entry is posted on the business date on which its event was booked, restatements too. The
//! log does not force booking dates to rise, so a day counts as settled only as far as they do; there is no period close. Planned interest and fees are unearned until their due date; see `docs/BOOKS.md`.

mod entry;
mod kind;
mod posting;
mod read;
mod rules;
mod trial_balance;

pub use entry::{JournalEntry, Posting};
pub use kind::Kind;
pub use posting::Poster;
pub use read::{BooksError, Cut, read};
pub use rules::{PostingRules, Rule};
pub use trial_balance::{TrialBalance, TrialBalanceRow};
