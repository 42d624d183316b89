//! The ledger as a service: load a loan, look up the key, decide, append.

mod answer;
mod borrowers;
mod day_end;
mod error;
mod period_end;
mod reconciliation;
mod service;
mod stored;

pub use answer::{Answer, Work};
pub use borrowers::{Borrower, BorrowerError, BorrowerRecorded, Erasure, Fields, check_fields};
pub use day_end::{ClosedDay, DayEnd};
pub use error::LedgerError;
pub use period_end::{Closings, PeriodError};
pub use service::{Ledger, Meta};
pub use stored::{loan_event, stored};
