//! Interest each period, and the principal at the end.

use super::{Planned, Precision, ScheduleError};
use crate::money::{Amount, Rounding};
use rust_decimal::Decimal;

/// Interest on the whole amount in every period, rounded once each; all principal with the last instalment.
///
/// A balloon of only a part of the principal is an annuity towards that balloon instead, see [`super::level`].
pub(super) fn plan(
    amount: Amount,
    factors: &[Decimal],
    rounding: Rounding,
    precision: Precision,
) -> Result<Vec<Planned>, ScheduleError> {
    let mut rows = Vec::with_capacity(factors.len());
    for (row, factor) in (1_usize..).zip(factors) {
        let interest = rounding.round(precision.mul(amount.to_decimal(), *factor)?)?;
        let principal = if row == factors.len() { amount } else { Amount::ZERO };
        rows.push(Planned { principal, interest, fee: Amount::ZERO });
    }
    Ok(rows)
}
