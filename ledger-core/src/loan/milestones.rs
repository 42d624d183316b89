//! The dates of a loan's life, for folds that do not keep its facts.

use super::{Facts, Operation};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::stream::Version;
use serde::{Deserialize, Serialize};

/// The dates of a loan's life and what was paid out, as [`super::LoanState::evolve`] has them: what is taken back counts no
/// more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Milestones {
    /// When the principal was paid out.
    pub disbursed_on: Option<Date>,
    /// When it was written off.
    pub written_off_on: Option<Date>,
    /// When it was closed.
    pub closed_on: Option<Date>,
    /// The principal paid out.
    pub disbursed: Amount,
    /// What was paid out and not undone: event, date, amount.
    tranches: Vec<(Version, Date, Amount)>,
    /// The event that wrote it off.
    written_off_by: Option<Version>,
}

impl Milestones {
    /// Takes a fact, its version and the day from which it counts.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn apply(&mut self, facts: &Facts, version: Version, on: Date) -> Result<(), Overflow> {
        match facts {
            Facts::Disbursed { amount, .. } => {
                self.tranches.push((version, on, *amount));
                self.sum_tranches()?;
            }
            Facts::Converted(conversion) => {
                self.disbursed_on = Some(conversion.disbursed_on);
                self.disbursed = conversion.disbursed;
            }
            Facts::WrittenOff { .. } => (self.written_off_on, self.written_off_by) = (Some(on), Some(version)),
            Facts::Closed { .. } => self.closed_on = Some(on),
            // both open a closed file again
            Facts::RepaymentReceived { .. } | Facts::RepaymentReversed { .. } => self.closed_on = None,
            Facts::Operation(operation) => self.operation(operation)?,
            Facts::Originated { .. }
            | Facts::FeeCharged { .. }
            | Facts::LateFeeAssessed { .. }
            | Facts::Waived { .. }
            | Facts::RecoveryReceived { .. }
            | Facts::Restated { .. } => {}
        }
        Ok(())
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), Overflow> {
        match operation {
            Operation::Reversed { reversed, .. } => {
                self.closed_on = None;
                if self.written_off_by == Some(*reversed) {
                    (self.written_off_on, self.written_off_by) = (None, None);
                }
                let known = self.tranches.len();
                self.tranches.retain(|(version, ..)| version != reversed);
                if self.tranches.len() == known { Ok(()) } else { self.sum_tranches() }
            }
            Operation::Credited { .. } | Operation::ChargedBack { .. } => {
                self.closed_on = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn sum_tranches(&mut self) -> Result<(), Overflow> {
        self.disbursed = Amount::sum(self.tranches.iter().map(|(_, _, amount)| *amount))?;
        self.disbursed_on = self.tranches.iter().map(|(_, on, _)| *on).min();
        Ok(())
    }
}
