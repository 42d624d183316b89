//! The general ledger: double entry, derived from the recorded lines by posting rules that are data.
//!
//! An entry is posted on the business date on which its event was booked, restatements too; if that day's period was
//! closed before, on the first open day. Interest is earned by the day; see `docs/BOOKS.md` and ADR 4.

mod account;
mod accrual;
mod booked;
mod entry;
mod kind;
mod knowledge;
mod period;
mod periods;
mod posting;
mod read;
mod rules;
mod statements;
mod trial_balance;

pub use account::AccountType;
pub use entry::{JournalEntry, Posting};
pub use kind::Kind;
pub use knowledge::Knowledge;
pub use period::{PUBLISHED_KIND, PeriodDifference, account_totals, check_periods, closing_totals};
pub use periods::Periods;
pub use read::{BooksError, Cut, known_books, read, read_from};
pub use rules::{PostingRules, Rule};
pub use statements::{BalanceSheet, IncomeStatement, StatementRow};
pub use trial_balance::{TrialBalance, TrialBalanceRow};
