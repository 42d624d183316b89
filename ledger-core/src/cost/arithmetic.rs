//! Checked decimal arithmetic of 28 digits, and the exponential function in it.

use crate::money::Overflow;
use rust_decimal::Decimal;

pub(super) fn add(a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
    a.checked_add(b).ok_or(Overflow)
}

pub(super) fn sub(a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
    a.checked_sub(b).ok_or(Overflow)
}

pub(super) fn mul(a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
    a.checked_mul(b).ok_or(Overflow)
}

pub(super) fn div(a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
    a.checked_div(b).ok_or(Overflow)
}

/// Beyond this, e^x leaves the range of decimals (7.9e28), and e^−x is nothing in 28 decimals.
const LARGEST: i64 = 66;

/// e^x, with a relative error below 1e-24 and an absolute one of 1e-28 for negative `x`.
///
/// The decimal library's own function stops at an error of 2e-7, which is too much for a rate. Here: x is halved until it
/// is below 1/16, the power series is summed until its terms vanish, and the result is squared as often as x was halved.
pub(super) fn exp(x: Decimal) -> Result<Decimal, Overflow> {
    if x < Decimal::from(-LARGEST) {
        return Ok(Decimal::ZERO);
    }
    if x > Decimal::from(LARGEST) {
        return Err(Overflow);
    }
    let small = Decimal::new(625, 4);
    let (mut part, mut halvings) = (x, 0_u32);
    while part.abs() > small {
        part = div(part, Decimal::TWO)?;
        halvings = halvings.saturating_add(1);
    }
    let (mut sum, mut term) = (Decimal::ONE, Decimal::ONE);
    for k in 1_u32..=40 {
        term = div(mul(term, part)?, Decimal::from(k))?;
        if term.is_zero() {
            break;
        }
        sum = add(sum, term)?;
    }
    for _ in 0..halvings {
        sum = mul(sum, sum)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_has_the_digits_that_tables_have() {
        // e, e^10 and e^-10 as printed in tables of 25 digits and more
        for (x, expected) in [
            ("1", "2.718281828459045235360287471"),
            ("-1", "0.3678794411714423215955237702"),
            ("0.5", "1.648721270700128146848650788"),
            ("10", "22026.46579480671651695790065"),
            ("-10", "0.0000453999297624848515355915"),
            ("0", "1"),
        ] {
            let (x, expected): (Decimal, Decimal) = (x.parse().unwrap(), expected.parse().unwrap());
            let off = (exp(x).unwrap() / expected - Decimal::ONE).abs();
            // of e^-10 only 24 digits are left in 28 decimals
            assert!(off < Decimal::new(1, 23), "e^{x} is off by {off}");
        }
    }

    #[test]
    fn the_ends_are_nothing_and_an_error() {
        assert_eq!(exp(Decimal::from(-1000)), Ok(Decimal::ZERO));
        assert_eq!(exp(Decimal::from(67)), Err(Overflow));
        assert_eq!(exp(Decimal::MAX), Err(Overflow));
        assert!(exp(Decimal::from(64)).unwrap() > Decimal::from(6_000_000_000_000_000_000_000_000_000_i128));
    }
}
