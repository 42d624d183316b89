//! How a loan that is serviced by the day went: its schedule, what each fact did, when income was recognised.
//!
//! * [`life`]: the loan's events and the days that were closed, in log order.
//! * [`account`]: the loan after them: instalments, transactions, status.
//! * [`income`]: when income is recognised.
//! * [`deferral`]: income that is earned over the term.

pub mod account;
mod deferral;
pub mod income;
pub mod life;

use ledger_core::ledger::LedgerError;
use ledger_core::loan::{CalculationError, EvolveError};
use ledger_core::money::Overflow;
use ledger_core::servicing::ServicingError;

/// Why a loan cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ServicingViewError {
    /// A record does not decode.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The events do not fold.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// A calculation has no result.
    #[error(transparent)]
    Calculation(#[from] CalculationError),
    /// The loan keeps its plan.
    #[error("the loan is not serviced by the day: its terms keep the plan")]
    NotServiced,
}

impl From<ServicingError> for ServicingViewError {
    fn from(error: ServicingError) -> Self {
        Self::Calculation(error.into())
    }
}

impl From<Overflow> for ServicingViewError {
    fn from(error: Overflow) -> Self {
        Self::Calculation(error.into())
    }
}
