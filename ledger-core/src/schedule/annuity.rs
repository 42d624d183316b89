//! The annuity in exact decimals: the level payment, and the table that follows from it without rounding to money.

use super::Precision;
use crate::money::Overflow;
use rust_decimal::Decimal;

/// The level payment, unrounded, in the unit of `balance`.
///
/// With interest factors r_i of the periods (rate × year fraction; they may differ):
/// payment = (B·Π(1+r_i) − balloon) / fn, where fn_1 = 1 and fn_i = 1 + fn_{i−1}·(1+r_i).
/// For equal factors and no balloon that is B·r / (1 − (1+r)^−n), and B/n if they are zero. The recurrence needs no power
/// and holds for periods of unequal length (SERVICING section 1, equal instalment; REGULATION section 5).
///
/// The balloon is paid together with the last level payment.
///
/// # Errors
/// [`Overflow`] if there is no period, or if the growth over all periods leaves 28 digits.
pub fn level_payment_exact(
    balance: Decimal,
    balloon: Decimal,
    factors: &[Decimal],
    precision: Precision,
) -> Result<Decimal, Overflow> {
    let mut growth = Decimal::ONE;
    let mut worth = Decimal::ZERO;
    for factor in factors {
        let step = factor.checked_add(Decimal::ONE).ok_or(Overflow)?;
        growth = precision.mul(growth, step)?;
        worth = precision.add(precision.mul(worth, step)?, Decimal::ONE)?;
    }
    let grown = precision.sub(precision.mul(balance, growth)?, balloon)?;
    precision.div(grown, worth)
}

/// A row of a table that is not rounded to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExactRow {
    /// Interest of the period on the opening balance.
    pub interest: Decimal,
    /// Principal: payment − interest; negative if the payment does not even pay the interest.
    pub principal: Decimal,
    /// Balance after the payment.
    pub balance: Decimal,
}

/// The table of a level payment, unrounded: interest = balance × factor, principal = payment − interest.
///
/// # Errors
/// [`Overflow`] if a balance leaves 28 digits.
pub fn exact_table(
    balance: Decimal,
    payment: Decimal,
    factors: &[Decimal],
    precision: Precision,
) -> Result<Vec<ExactRow>, Overflow> {
    let mut open = balance;
    let mut rows = Vec::with_capacity(factors.len());
    for factor in factors {
        let interest = precision.mul(open, *factor)?;
        let principal = precision.sub(payment, interest)?;
        open = precision.sub(open, principal)?;
        rows.push(ExactRow { interest, principal, balance: open });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn equal_factors_give_the_closed_form() {
        let factors = vec![decimal("0.02"); 12];
        let payment = level_payment_exact(decimal("12000"), Decimal::ZERO, &factors, Precision::new(28)).unwrap();
        assert_eq!(payment.round_dp(8), decimal("1134.71515948"));
        let table = exact_table(decimal("12000"), payment, &factors, Precision::new(28)).unwrap();
        assert!(table.last().unwrap().balance.abs() < decimal("0.000000000001"));
    }

    #[test]
    fn without_interest_it_is_a_division() {
        let payment = level_payment_exact(decimal("100"), Decimal::ZERO, &[Decimal::ZERO; 8], Precision::new(19));
        assert_eq!(payment, Ok(decimal("12.5")));
        assert_eq!(level_payment_exact(decimal("100"), Decimal::ZERO, &[], Precision::new(19)), Err(Overflow));
    }

    #[test]
    fn a_balloon_of_everything_leaves_interest() {
        let factors = vec![decimal("0.01"); 6];
        let payment = level_payment_exact(decimal("500"), decimal("500"), &factors, Precision::new(28)).unwrap();
        assert_eq!(payment.round_dp(20), decimal("5"));
    }
}
