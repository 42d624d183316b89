//! The arrears list: who is overdue on a date, by how much and for how long.

mod buckets;
mod view;

pub use buckets::{Bucket, Buckets};
pub use view::{OverdueRow, OverdueSummary, OverdueView, view};

use crate::engine::{ApplyError, Projection};
use crate::loans::{LoanHint, LoanRow};
use ledger_core::loan::LoanEvent;
use ledger_core::record::Record;

/// The projection `overdue`.
#[derive(Debug)]
pub struct Overdue;

impl Projection for Overdue {
    const NAME: &'static str = "overdue";
    const VERSION: u32 = 3;
    type Row = LoanRow;
    type Hint = LoanHint;
    type Shared = ();

    fn apply(row: &mut Option<LoanRow>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        LoanRow::apply(row, record, event)
    }

    fn hint(row: &LoanRow) -> LoanHint {
        LoanHint::of(row)
    }
}
