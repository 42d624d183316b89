//! Checked decimal arithmetic in a fixed number of significant digits.

use super::{Overflow, Rounding};
use rust_decimal::Decimal;

/// Multiplies, divides and adds, and cuts every result to the significant digits that the terms name.
///
/// The cut goes to the nearest value, a tie to the even digit, whatever the terms say about money: the rounding of terms
/// is for minor units. A floor applied to intermediate results too would turn an exact 20.25 into 20.24 as soon as one
/// factor is a recurring decimal such as 8/365.
#[derive(Debug, Clone, Copy)]
pub struct Precision(u8);

impl Precision {
    /// Arithmetic in `digits` significant digits (12, 19 or 28).
    #[must_use]
    pub const fn new(digits: u8) -> Self {
        Self(digits)
    }

    /// The value in that many digits.
    #[must_use]
    pub fn cut(self, value: Decimal) -> Decimal {
        Rounding::HalfEven.significant(value, self.0)
    }

    /// `a × b`.
    ///
    /// # Errors
    /// [`Overflow`] beyond 28 digits before the point.
    pub fn mul(self, a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
        a.checked_mul(b).map(|product| self.cut(product)).ok_or(Overflow)
    }

    /// `a ÷ b`.
    ///
    /// # Errors
    /// [`Overflow`] if `b` is zero or the quotient leaves the range.
    pub fn div(self, a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
        a.checked_div(b).map(|quotient| self.cut(quotient)).ok_or(Overflow)
    }

    /// `a + b`.
    ///
    /// # Errors
    /// [`Overflow`] beyond 28 digits before the point.
    pub fn add(self, a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
        a.checked_add(b).map(|sum| self.cut(sum)).ok_or(Overflow)
    }

    /// `a − b`.
    ///
    /// # Errors
    /// [`Overflow`] beyond 28 digits before the point.
    pub fn sub(self, a: Decimal, b: Decimal) -> Result<Decimal, Overflow> {
        a.checked_sub(b).map(|difference| self.cut(difference)).ok_or(Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recurring_factor_comes_back_exact() {
        let digits = Precision::new(19);
        let year_fraction = digits.div(Decimal::from(8), Decimal::from(365)).unwrap();
        let rate = digits.mul("0.00798".parse().unwrap(), Decimal::from(365)).unwrap();
        let factor = Precision::new(12).mul(rate, year_fraction).unwrap();
        assert_eq!(factor, "0.06384".parse().unwrap());
    }

    #[test]
    fn nothing_divides_by_zero() {
        assert_eq!(Precision::new(28).div(Decimal::ONE, Decimal::ZERO), Err(Overflow));
        assert_eq!(Precision::new(28).mul(Decimal::MAX, Decimal::TEN), Err(Overflow));
    }
}
