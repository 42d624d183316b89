//! What may be charged on top if the borrower does not perform.

use super::Collectors;
use crate::terms::{LateFee, PenaltyRate, Terms};

/// A charge that normal performance avoids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContingentItem {
    /// How it is computed.
    pub standard: ContingentStandard,
    /// Who collects it.
    pub collector: String,
}

/// How a contingent charge is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContingentStandard {
    /// Once for an instalment, after so many days of grace.
    LateFee(LateFee, u32),
    /// By the day, on overdue principal.
    PenaltyInterest(PenaltyRate),
}

impl ContingentStandard {
    /// The name in views.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LateFee(..) => "late fee",
            Self::PenaltyInterest(_) => "penalty interest",
        }
    }
}

/// The contingent charges of terms.
#[must_use]
pub fn contingent_items(terms: &Terms, collectors: &Collectors) -> Vec<ContingentItem> {
    let late = terms.late_fee.clone().map(|fee| ContingentStandard::LateFee(fee, terms.grace_days));
    let penalty = terms.penalty.clone().filter(|penalty| !penalty.annual.is_zero());
    let standards = late.into_iter().chain(penalty.map(ContingentStandard::PenaltyInterest));
    standards.map(|standard| ContingentItem { standard, collector: collectors.penalty.clone() }).collect()
}
