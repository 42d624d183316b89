//! Money without floating point: integers in the currency's minor unit, decimals for rates.

mod amount;
mod currency;
mod precision;
mod rate;
mod rounding;
pub mod text;

pub use amount::Amount;
pub use currency::{Currency, UnknownCurrency};
pub use precision::Precision;
pub use rate::Rate;
pub use rounding::Rounding;

/// A computation left the range that amounts (`i64` minor units) or decimals (28 digits) can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the computation leaves the range of amounts (±9.2e18 minor units) or of 28-digit decimals")]
pub struct Overflow;
