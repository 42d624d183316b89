//! Regulatory classification: rule files as data, and the view that applies one at a date.

mod rule_book;
mod rules;
mod view;

pub use rule_book::{RuleBook, RuleChoiceError};
pub use rules::{Band, Counting, DaysUsed, RuleFile};
pub use view::{ClassSummary, ClassificationView, ClassifiedLoan, RuleRow, view};

use crate::engine::{ApplyError, Projection};
use crate::loans::{LoanHint, LoanRow};
use ledger_core::loan::LoanEvent;
use ledger_core::record::{Event, Record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The projection `classification`.
///
/// Its rows have no terms, if the loan keeps its plan: contractual claims and their due dates decide a class, penalty interest that only time has
/// accrued does not.
#[derive(Debug)]
pub struct Classification;

/// What the classification keeps of the ledger as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublishedRules {
    /// Rule files in the stream `reference`: SHA-256 in lower-case hex, and id.
    pub by_sha256: BTreeMap<String, String>,
}

impl Projection for Classification {
    const NAME: &'static str = "classification";
    const VERSION: u32 = 4;
    type Row = LoanRow;
    type Hint = LoanHint;
    type Shared = PublishedRules;

    fn apply(row: &mut Option<LoanRow>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        LoanRow::apply(row, record, event)?;
        if let Some(row) = row {
            // a loan that is serviced by the day is folded again for every day
            row.state.terms = row.state.terms.take().filter(|terms| terms.servicing.is_some());
        }
        Ok(())
    }

    fn hint(row: &LoanRow) -> LoanHint {
        LoanHint::of(row)
    }

    fn apply_shared(shared: &mut PublishedRules, _: &Record, event: &Event) -> Result<(), ApplyError> {
        if let Event::Reference(published) = event
            && published.kind == "classification"
        {
            shared.by_sha256.insert(published.digest.sha256.clone(), published.digest.id.clone());
        }
        Ok(())
    }
}
