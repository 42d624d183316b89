//! What being late costs.

use super::DayCount;
use crate::money::{Amount, Rate};
use serde::{Deserialize, Serialize};

/// A late fee, assessed once for an instalment on the first day after its grace days on which something is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LateFee {
    /// How much.
    pub rule: LateFeeRule,
    /// Never more than this for one instalment.
    pub cap: Option<Amount>,
    /// What happens to a fee that a backdated payment proves wrong.
    pub backdating: Backdating,
}

/// How a late fee is computed. Percentages are ratios (`0.05` is 5 %) of the overdue amount of that instalment
/// (principal, interest and planned fee).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateFeeRule {
    /// A fixed amount.
    Fixed(Amount),
    /// A part of the overdue amount.
    Percent(Rate),
    /// The greater of the two.
    Greater(Amount, Rate),
}

/// Whether a late fee that a backdated payment proves wrong is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Backdating {
    /// The restatement recomputes it, down to nothing.
    #[default]
    Reverse,
    /// It stays as it was assessed.
    Keep,
}

/// Penalty interest: simple interest on overdue principal from the due date until it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PenaltyRate {
    /// The annual rate itself (contract rate × 1.5 is computed when the terms are made).
    pub annual: Rate,
    /// How its days count.
    pub day_count: DayCount,
}
