//! From flows with times to one annual rate.

use super::arithmetic::{exp, mul, sub};
use super::equation::Equation;
use super::{CostError, CostMethod, solver};
use crate::money::Rate;
use rust_decimal::{Decimal, RoundingStrategy};

/// A flow at a time, from the borrower's side: an advance is positive, a payment negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedFlow {
    /// The time in units of the flows: for Regulation Z a whole number of unit periods from the start of the term, for
    /// the others any number; negative before the first drawdown.
    pub time: Decimal,
    /// Regulation Z alone: the fraction of a unit period before that, at least 0 and less than 1, which earns simple
    /// interest.
    pub fraction: Decimal,
    /// How much, in whatever unit of money.
    pub amount: Decimal,
}

/// Flows whose times are counted in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedFlows {
    /// The flows, in any order.
    pub flows: Vec<TimedFlow>,
    /// How many of their units a year has: 1 for years, 12 for months, 26 for unit periods of two weeks.
    pub units_per_year: Decimal,
}

/// Decimals of an annual ratio that are kept.
const RATE_DECIMALS: u32 = 15;

/// The annual rate of the flows by a method.
///
/// With i the rate of one unit, which solves Σ amount ÷ ((1 + f·i)(1 + i)^t) = 0, and n the units a year:
/// * [`CostMethod::UsRegZAppendixJ`] and [`CostMethod::IrrMonthlyX12`]: i × n (nominal),
/// * [`CostMethod::EuAprc`] and [`CostMethod::IrrMonthlyCompounded`]: (1 + i)^n − 1 (effective).
///
/// The result is exact to 15 decimals of the ratio for rates below 1,000,000 %.
///
/// # Errors
/// [`CostError`]: nothing to solve, no solution, several solutions, or numbers beyond the range.
pub fn annualised(method: CostMethod, timed: &TimedFlows) -> Result<Rate, CostError> {
    if timed.units_per_year <= Decimal::ZERO {
        return Err(CostError::NoUnitPeriod);
    }
    for flow in &timed.flows {
        check(method, flow)?;
    }
    let log = solver::log_rate(&Equation::new(&timed.flows)?)?;
    let ratio = if method.is_effective() {
        sub(exp(mul(log, timed.units_per_year)?)?, Decimal::ONE)?
    } else {
        mul(sub(exp(log)?, Decimal::ONE)?, timed.units_per_year)?
    };
    Ok(Rate::new(ratio.round_dp(RATE_DECIMALS)))
}

fn check(method: CostMethod, flow: &TimedFlow) -> Result<(), CostError> {
    let good = match method {
        CostMethod::UsRegZAppendixJ => {
            flow.time.fract().is_zero() && flow.fraction >= Decimal::ZERO && flow.fraction < Decimal::ONE
        }
        _ => flow.fraction.is_zero(),
    };
    if good { Ok(()) } else { Err(CostError::NotWhole(format!("{} + {}", flow.time, flow.fraction))) }
}

/// A ratio in percent with so many decimals, half up, and all of them written: `0.1291` is `12.91`.
#[must_use]
pub fn percent(rate: Rate, decimals: u32) -> Decimal {
    let hundredfold = rate.ratio().checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX);
    let mut rounded = hundredfold.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    rounded
}
