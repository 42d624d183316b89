//! Equal shares of principal.

use super::{Planned, Precision, ScheduleError};
use crate::money::{Amount, Overflow, Rounding};
use crate::terms::Residue;
use rust_decimal::Decimal;

/// The amount divided into `count` equal parts, rounded down to the minor unit: (one part, what is left over).
///
/// # Errors
/// [`Overflow`] if `count` is zero or beyond `i64`.
pub(super) fn divide(amount: Amount, count: usize) -> Result<(Amount, Amount), Overflow> {
    let count = i64::try_from(count).map_err(|_| Overflow)?;
    let part = amount.minor().checked_div(count).ok_or(Overflow)?;
    let rest = amount.minor().checked_rem(count).ok_or(Overflow)?;
    Ok((Amount::from_minor(part), Amount::from_minor(rest)))
}

/// Equal shares of principal and interest on the declining balance.
///
/// Each share is P/n rounded down to the minor unit; the residue (last or first instalment) takes the rest. Interest is
/// balance × factor, rounded once (REGULATION section 5; unrounded and with equal factors it adds up to P·r·(n+1)/2).
pub(super) fn plan(
    amount: Amount,
    factors: &[Decimal],
    residue: Residue,
    rounding: Rounding,
    precision: Precision,
) -> Result<Vec<Planned>, ScheduleError> {
    let (share, rest) = divide(amount, factors.len())?;
    let takes_rest = match residue {
        Residue::First => 1,
        Residue::Last | Residue::LastUnpaid => factors.len(),
    };
    let mut open = amount;
    let mut rows = Vec::with_capacity(factors.len());
    for (row, factor) in (1_usize..).zip(factors) {
        let interest = rounding.round(precision.mul(open.to_decimal(), *factor)?)?;
        let principal = if row == takes_rest { share.plus(rest)? } else { share };
        open = open.minus(principal)?;
        rows.push(Planned { principal, interest, fee: Amount::ZERO });
    }
    Ok(rows)
}
