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
        value.round_sf_with_strategy(u32::from(digits), self.strategy()).unwrap_or(value)
    }
}
