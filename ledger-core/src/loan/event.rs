//! Events of a loan: facts and outcome.

use super::Facts;
use crate::calendar::Date;
use crate::money::Amount;
use crate::schedule::PlanRow;
use crate::stream::Version;
use crate::terms::Component;
use serde::{Deserialize, Serialize};

/// What happened, and what the ledger decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LoanEvent {
    /// What happened.
    pub facts: Facts,
    /// What the ledger decided.
    pub outcome: Outcome,
}

/// What the ledger decided. All three lists together are the event's effect; nothing else changes a loan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Rows of the plan that changed, old and new.
    pub plan: Vec<PlanChange>,
    /// Signed lines that count from the event's effective date.
    pub lines: Vec<Line>,
    /// Differences to outcomes of other events; each counts from the date of the event that it corrects.
    pub restated: Vec<Restated>,
}

/// A row of the plan that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanChange {
    /// The row as it was; none if it is new.
    pub old: Option<PlanRow>,
    /// The row as it is now.
    pub new: PlanRow,
}

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The planned amount changes: interest that will not fall due because the loan ended early (negative).
    Planned(Component),
    /// A fee or late fee is owed in addition to the plan.
    Charged(Component),
    /// Penalty interest that time had accrued is put on the account.
    Accrued(Component),
    /// Money pays it.
    Paid(Component),
    /// It is given up.
    Waived(Component),
    /// It is lost.
    WrittenOff(Component),
    /// Money came in for what had been lost; on no instalment (0).
    Recovered(Component),
    /// Money that nothing is owed for is held for the borrower (or, negative, used); on no instalment (0).
    Credited,
}

impl Effect {
    /// The component that it concerns; money held as credit has none.
    #[must_use]
    pub const fn component(self) -> Option<Component> {
        match self {
            Self::Planned(component)
            | Self::Charged(component)
            | Self::Accrued(component)
            | Self::Paid(component)
            | Self::Waived(component)
            | Self::WrittenOff(component)
            | Self::Recovered(component) => Some(component),
            Self::Credited => None,
        }
    }
}

/// One line of an outcome: so much, to this effect, on that instalment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The instalment's number; 0 for what is on none.
    pub instalment: u32,
    /// What it does.
    pub effect: Effect,
    /// How much, in minor units; negative only in reversals, differences, planned changes and used credit.
    pub amount: Amount,
}

/// A difference to the outcome of an earlier event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Restated {
    /// The version of the event whose outcome is corrected.
    pub corrected: Version,
    /// That event's effective date, from which the difference counts.
    pub effective_on: Date,
    /// The difference to the outcome now in force; never zero.
    pub difference: Line,
}
