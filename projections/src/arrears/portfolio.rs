//! The loans that the views of arrears look at.

use crate::ViewError;
use crate::engine::State;
use crate::loans::{LoanRow, Timeline};
use crate::overdue::Overdue;
use ledger_core::loan::CalculationError;
use ledger_core::record::Position;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The loans as the projection `overdue` holds them, and with how many threads a view may look at them. The answer is the
/// same for any number.
#[derive(Clone, Copy)]
pub struct Portfolio<'a> {
    pub(super) state: &'a State<Overdue>,
    pub(super) threads: NonZeroUsize,
}

impl<'a> Portfolio<'a> {
    /// The loans of a state.
    #[must_use]
    pub const fn new(state: &'a State<Overdue>, threads: NonZeroUsize) -> Self {
        Self { state, threads }
    }

    /// The last event that the loans contain.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.state.position()
    }

    /// Shows `each` every loan; see [`State::gather`] for what the accumulators must be.
    ///
    /// # Errors
    /// A stored row does not decode, or `each` fails; the error names the loan.
    pub(super) fn loans<A: Default + Send>(
        &self,
        each: impl Fn(&mut A, &Arc<str>, &LoanRow) -> Result<(), CalculationError> + Sync,
    ) -> Result<Vec<A>, ViewError> {
        self.state.gather(
            self.threads,
            |_, _, _| Ok::<bool, ViewError>(true),
            |gathered, loan, row| each(gathered, loan, row).map_err(|error| ViewError::loan(loan, error)),
        )
    }

    /// Shows `each` every loan with its timeline.
    ///
    /// # Errors
    /// As for [`Portfolio::loans`].
    pub(super) fn timelines<A: Default + Send>(
        &self,
        each: impl Fn(&mut A, &Arc<str>, &LoanRow, &Timeline) -> Result<(), CalculationError> + Sync,
    ) -> Result<Vec<A>, ViewError> {
        self.loans(|gathered, loan, row| each(gathered, loan, row, &Timeline::of(row)?))
    }
}
