//! Why cash flows have no annualised cost.

use super::equation::MAX_FLOWS;
use crate::calendar::DateError;
use crate::money::{Overflow, Rate};

/// Why cash flows have no annualised cost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// No flow at all.
    #[error("there are no cash flows")]
    Empty,
    /// More flows than are computed.
    #[error("{0} cash flows are more than the {max} that are computed", max = MAX_FLOWS)]
    TooMany(usize),
    /// Money flows one way only.
    #[error("the cash flows never change their sign: advances are positive, payments negative, and both are needed")]
    NoSignChange,
    /// No rate makes both sides equal.
    #[error("no rate from -100 % to 6e29 % a unit of time makes advances and payments equal")]
    NoSolution,
    /// More than one rate does, and none of them is the rate of borrowing by its direction.
    #[error("{} rates make advances and payments equal, and nothing tells them apart: {}", .0.len(), percentages(.0))]
    SeveralSolutions(Vec<Rate>),
    /// Several rates are possible, and looking for them would take too long.
    #[error(
        "the cash flows change their sign again and again, at {0} different distances: too irregular to tell one rate apart"
    )]
    TooIrregular(usize),
    /// The flows of Regulation Z need whole unit periods and fractions below one.
    #[error("a time of {0} unit periods: write whole unit periods as `t` and a fraction from 0 to below 1 as `f`")]
    NotWhole(String),
    /// A number of unit periods a year that is not positive.
    #[error("the unit periods a year must be more than nothing")]
    NoUnitPeriod,
    /// A date leaves the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// A number leaves its range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl CostError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "no-cash-flows",
            Self::TooMany(_) => "too-many-cash-flows",
            Self::NoSignChange => "no-sign-change",
            Self::NoSolution => "no-solution",
            Self::SeveralSolutions(_) => "several-solutions",
            Self::TooIrregular(_) => "too-irregular",
            Self::NotWhole(_) => "bad-time",
            Self::NoUnitPeriod => "no-unit-period",
            Self::Date(_) => "bad-date",
            Self::Overflow(_) => "overflow",
        }
    }
}

fn percentages(rates: &[Rate]) -> String {
    rates.iter().map(|rate| format!("{} %", super::percent(*rate, 4))).collect::<Vec<_>>().join(", ")
}
