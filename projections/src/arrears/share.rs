//! Ratios in percent.

use ledger_core::money::{Amount, Overflow};
use rust_decimal::{Decimal, RoundingStrategy};

/// Decimals of a percentage.
const DECIMALS: u32 = 4;

/// `part` of `whole` in percent, exact, then rounded half up (away from zero) to 4 decimals; none if the whole is nothing.
#[must_use]
pub fn percent(part: Amount, whole: Amount) -> Option<Decimal> {
    of_decimals(part.to_decimal(), whole.to_decimal())
}

/// The same of counts.
#[must_use]
pub fn percent_of_count(part: u64, whole: u64) -> Option<Decimal> {
    of_decimals(part.into(), whole.into())
}

fn of_decimals(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let ratio = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    let mut rounded = ratio.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(DECIMALS);
    Some(rounded)
}

/// One more.
pub(super) fn increment(count: &mut u64) -> Result<(), Overflow> {
    *count = count.checked_add(1).ok_or(Overflow)?;
    Ok(())
}

/// So much more.
pub(super) fn add(sum: &mut Amount, amount: Amount) -> Result<(), Overflow> {
    *sum = sum.plus(amount)?;
    Ok(())
}
