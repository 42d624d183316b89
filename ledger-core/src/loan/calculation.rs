//! Why a calculation has no result.

use super::book::BookError;
use crate::calendar::{DateError, DayCountError};
use crate::money::Overflow;
use crate::servicing::ServicingError;

/// Why a calculation on a loan has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalculationError {
    /// Amounts or decimals out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A date beyond the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// A day count without result.
    #[error(transparent)]
    DayCount(#[from] DayCountError),
    /// Servicing by the day without result.
    #[error(transparent)]
    Servicing(#[from] ServicingError),
    /// Entries that do not fit the plan.
    #[error(transparent)]
    Book(#[from] BookError),
}
