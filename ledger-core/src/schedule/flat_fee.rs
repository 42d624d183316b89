//! A service fee on the original principal, which no repayment lowers.

use super::{Precision, ScheduleError, equal_principal::divide};
use crate::money::{Amount, Rounding};
use crate::terms::{FeeMode, FlatFee};
use rust_decimal::Decimal;

/// The fee of each of `count` instalments on a loan of `amount`.
///
/// * [`FeeMode::Each`]: round(P × rate) in every period.
/// * [`FeeMode::Spread`]: round(P × rate × n) in all; each period a part of it rounded down, the rest in the last.
/// * [`FeeMode::Upfront`]: round(P × rate × n) with the first instalment.
pub(super) fn fees(
    fee: &FlatFee,
    amount: Amount,
    count: usize,
    rounding: Rounding,
    precision: Precision,
) -> Result<Vec<Amount>, ScheduleError> {
    let one = precision.mul(amount.to_decimal(), fee.rate_per_period.ratio())?;
    let (each, extra, extra_at) = match fee.mode {
        FeeMode::Each => (rounding.round(one)?, Amount::ZERO, 0),
        FeeMode::Spread => {
            let total = rounding.round(precision.mul(one, Decimal::from(count))?)?;
            let (part, rest) = divide(total, count)?;
            (part, rest, count)
        }
        FeeMode::Upfront => (Amount::ZERO, rounding.round(precision.mul(one, Decimal::from(count))?)?, 1),
    };
    (1..=count).map(|row| if row == extra_at { Ok(each.plus(extra)?) } else { Ok(each) }).collect()
}
