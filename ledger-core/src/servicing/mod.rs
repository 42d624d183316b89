//! Servicing by the day: what a loan owes when interest runs on the balance that is really open, whatever comes early,
//! late or backdated.
//!
//! * [`rules`]: what the terms say about it.
//! * [`contract`]: down payment, order of payment, refunds, charge-off.
//! * [`fact`]: what happened.
//! * [`instalment`]: what is due and what was paid.
//! * [`engine`]: the fold of facts.
//! * [`interest`]: the interest model, periods of which each knows its instalment and the days that earn interest.

pub mod contract;
pub mod engine;
pub mod fact;
pub mod instalment;
pub mod interest;
pub mod rules;

use crate::calendar::DateError;
use crate::money::Overflow;

/// Why a servicing calculation has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServicingError {
    /// Amounts or decimals out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A date beyond the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// The instalment that is named is not there.
    #[error("there is no instalment due on {0}")]
    NoSuchPeriod(crate::calendar::Date),
}
