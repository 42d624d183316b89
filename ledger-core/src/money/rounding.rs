//! How a decimal becomes a whole number.

use super::{Amount, Overflow};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// A rounding mode, as terms name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest, a tie to the even neighbour (banker's rounding).
    HalfEven,
    /// To the nearest, a tie away from zero (commercial rounding).
    #[default]
    HalfUp,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

impl Rounding {
    fn strategy(self) -> RoundingStrategy {
        match self {
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::Up => RoundingStrategy::AwayFromZero,
            Self::Down => RoundingStrategy::ToZero,
        }
    }

    /// Rounds a decimal count of minor units to a whole amount.
    ///
    /// # Errors
    /// [`Overflow`] beyond ±9.2e18 minor units.
    pub fn round(self, minor: Decimal) -> Result<Amount, Overflow> {
        Amount::from_whole_decimal(minor.round_dp_with_strategy(0, self.strategy()))
    }

    /// Rounds a decimal to `digits` significant digits.
    #[must_use]
    pub fn significant(self, value: Decimal, digits: u8) -> Decimal {
        let digits = u32::from(digits);
        // Most values have few enough digits, or enough decimals to drop: counting digits by logarithm is far cheaper
        // than the library's division in a loop, and schedules do this some hundred times each.
        let excess = value
            .mantissa()
            .unsigned_abs()
            .checked_ilog10()
            .map_or(0, |log| log.saturating_add(1))
            .saturating_sub(digits);
        match value.scale().checked_sub(excess) {
            _ if excess == 0 => value,
            Some(decimals) => value.round_dp_with_strategy(decimals, self.strategy()),
            None => value.round_sf_with_strategy(digits, self.strategy()).unwrap_or(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of General Decimal Arithmetic's modes (half-even, half-up, up, down) by hand: no two columns are the same, so
    /// that no mode can take the place of another.
    #[test]
    fn each_mode_is_itself() {
        for (text, half_even, half_up, up, down) in [
            ("0.4", 0, 0, 1, 0),
            ("0.5", 0, 1, 1, 0),
            ("0.6", 1, 1, 1, 0),
            ("1.5", 2, 2, 2, 1),
            ("2.5", 2, 3, 3, 2),
            ("2.500000000000001", 3, 3, 3, 2),
            ("2", 2, 2, 2, 2),
            ("-0.5", 0, -1, -1, 0),
            ("-1.5", -2, -2, -2, -1),
            ("-2.4", -2, -2, -3, -2),
        ] {
            let value: Decimal = text.parse().unwrap();
            let found =
                [Rounding::HalfEven, Rounding::HalfUp, Rounding::Up, Rounding::Down].map(|mode| mode.round(value));
            assert_eq!(found, [half_even, half_up, up, down].map(|minor| Ok(Amount::from_minor(minor))), "{text}");
        }
    }

    #[test]
    fn significant_digits_are_those_of_the_library() {
        let texts = [
            "0",
            "1",
            "-1",
            "0.5",
            "123456789012345678901234567.8",
            "0.0000000000001234567890123456",
            "99999999999.95",
            "-2.5000000000005",
            "7922816251426433759354395033",
            "1000000000000000000000000000.5",
            "0.99999999999995",
        ];
        for text in texts {
            let value: Decimal = text.parse().unwrap();
            for digits in [1, 12, 19, 28] {
                for mode in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Up, Rounding::Down] {
                    let expected = value.round_sf_with_strategy(u32::from(digits), mode.strategy()).unwrap();
                    assert_eq!(mode.significant(value, digits), expected, "{text} {digits} {mode:?}");
                }
            }
        }
    }
}
