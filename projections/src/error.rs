//! Why a view cannot be computed.

use crate::checkpoint::Distrust;
use ledger_core::calendar::DateError;
use ledger_core::loan::CalculationError;
use ledger_core::money::Overflow;

/// Why a view cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// A stored row does not decode. A rebuild from the log helps.
    #[error("{0}; rebuild the projection")]
    Checkpoint(#[from] Distrust),
    /// A calculation on a loan has no result.
    #[error("loan `{loan}`: {reason}")]
    Loan {
        /// The loan.
        loan: String,
        /// Why.
        reason: CalculationError,
    },
    /// A date beyond the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// A sum over loans leaves the range of amounts.
    #[error("a total leaves its range: {0}")]
    Total(#[from] Overflow),
}

impl ViewError {
    pub(crate) fn loan(loan: &str, reason: impl Into<CalculationError>) -> Self {
        Self::Loan { loan: loan.to_owned(), reason: reason.into() }
    }
}
