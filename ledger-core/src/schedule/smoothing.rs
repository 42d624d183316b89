//! What rounding leaves in the last instalment, moved elsewhere: over all instalments, or into the first.

use super::level::{Attempt, Level};
use crate::money::{Amount, Overflow, Rounding};
use rust_decimal::Decimal;

/// Smoothing gives up after so many rounds.
const SMOOTHING_ROUNDS: u32 = 3;

/// So many corrections of the first instalment: each is exact but for the rounding of interest after it.
const FIRST_ROUNDS: u32 = 4;

/// Spreads a last instalment that differs much over all instalments.
///
/// If |last − level| × 100 exceeds ⌊n/2⌋ (both in the major unit: with two decimals, more than half a cent for each
/// instalment), level + (last − level)/n is tried, and kept only if the last instalment then differs less; at most three
/// times (SERVICING section 1, EMI smoothing).
pub(super) fn smooth(level: &Level<'_>, mut best: Attempt) -> Result<Attempt, Overflow> {
    let count = i64::try_from(best.rows.len()).map_err(|_| Overflow)?;
    for _ in 0..SMOOTHING_ROUNDS {
        if !differs_much(best.gap, count, level.terms.currency.exponent())? {
            break;
        }
        let share = level.precision.div(best.gap.to_decimal(), Decimal::from(count))?;
        let step = level.terms.instalment_rounding.round(share)?;
        if step.is_zero() {
            break;
        }
        let next = level.attempt(best.instalment.plus(step)?, best.first_extra)?;
        if !smaller(next.gap, best.gap) {
            break;
        }
        best = next;
    }
    Ok(best)
}

/// Puts what the last instalment has too much or too little into the first, so that all others are level.
///
/// A minor unit paid first is worth Π(1+r_i) of them in the last period, hence the division. Interest after it is rounded
/// anew, so a unit may be left in the last instalment where no first instalment makes it come out even.
pub(super) fn move_to_first(level: &Level<'_>, mut best: Attempt) -> Result<Attempt, Overflow> {
    let mut growth = Decimal::ONE;
    for factor in level.factors.iter().skip(1) {
        growth = level.precision.mul(growth, factor.checked_add(Decimal::ONE).ok_or(Overflow)?)?;
    }
    for _ in 0..FIRST_ROUNDS {
        let step = Rounding::HalfUp.round(level.precision.div(best.gap.to_decimal(), growth)?)?;
        if step.is_zero() {
            break;
        }
        let next = level.attempt(best.instalment, best.first_extra.plus(step)?)?;
        if !smaller(next.gap, best.gap) {
            break;
        }
        best = next;
    }
    Ok(best)
}

fn differs_much(gap: Amount, count: i64, exponent: u32) -> Result<bool, Overflow> {
    let half = i128::from(count.checked_div(2).ok_or(Overflow)?);
    let unit = 10_i128.checked_pow(exponent).ok_or(Overflow)?;
    let hundredfold = i128::from(gap.minor()).checked_abs().and_then(|gap| gap.checked_mul(100)).ok_or(Overflow)?;
    Ok(half > 0 && hundredfold > half.checked_mul(unit).ok_or(Overflow)?)
}

fn smaller(gap: Amount, than: Amount) -> bool {
    gap.minor().unsigned_abs() < than.minor().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_for_each_instalment_is_not_much() {
        assert!(!differs_much(Amount::from_minor(12), 24, 2).unwrap());
        assert!(differs_much(Amount::from_minor(-13), 24, 2).unwrap());
        assert!(!differs_much(Amount::from_minor(50), 1, 2).unwrap(), "there is nothing to spread over");
    }
}
