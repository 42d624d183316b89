//! The fold: a recorded event changes the state. It applies what the outcome says and decides nothing.

use super::book::BookError;
use super::{Applied, Entry, Fact, Facts, LoanEvent, LoanState, Operation, Restated, servicing};
use crate::calendar::{Date, Timestamp};
use crate::stream::Version;
use std::sync::Arc;

/// A recorded event of a loan, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the stream.
    pub version: Version,
    /// When it counts.
    pub effective_on: Date,
    /// The business date.
    pub booked_on: Date,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The idempotency key of its command.
    pub key: Arc<str>,
    /// The hash of the command's facts.
    pub request: [u8; 32],
    /// The event.
    pub event: LoanEvent,
}

/// Why an event cannot be applied: the log does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {version}: {reason}")]
pub struct EvolveError {
    /// The event's version.
    pub version: Version,
    /// Why.
    pub reason: String,
}

impl LoanState {
    /// The state after an event.
    ///
    /// # Errors
    /// The event does not fit: a gap in the versions, a line for an instalment that is not there, amounts out of range.
    pub fn evolve(mut self, stored: &Stored) -> Result<Self, EvolveError> {
        self.apply(stored).map_err(|reason| EvolveError { version: stored.version, reason })?;
        Ok(self)
    }

    fn apply(&mut self, stored: &Stored) -> Result<(), String> {
        let expected = self.version.map_or(Version(0), Version::next);
        if stored.version != expected {
            return Err(format!("version {expected} was expected: the stream has a gap"));
        }
        let on = stored.effective_on;
        let mut source = stored.version;
        match &stored.event.facts {
            Facts::Originated { terms, borrower, .. } => {
                self.terms = Some(terms.clone());
                self.borrower.clone_from(borrower);
                self.originated_on = Some(on);
            }
            Facts::Disbursed { amount, .. } => {
                self.disbursed_on = Some(on);
                self.disbursed = self.disbursed.plus(*amount).map_err(|e| e.to_string())?;
            }
            Facts::Converted(conversion) => {
                self.disbursed_on = Some(conversion.disbursed_on);
                self.converted_on = Some(on);
                self.disbursed = conversion.disbursed;
                self.arrears_unknown = conversion.arrears_unknown();
            }
            Facts::RepaymentReversed { reversed, .. } => {
                source = *reversed;
                self.take_back(*reversed, stored.version)?;
            }
            Facts::Operation(operation) => match &**operation {
                Operation::Reversed { reversed, .. } => self.take_back(*reversed, stored.version)?,
                // money that comes after all opens the file again
                Operation::Credited { .. } | Operation::ChargedBack { .. } => self.closed_on = None,
                _ => {}
            },
            Facts::WrittenOff { .. } => self.written_off_on = Some(on),
            Facts::Closed { .. } => self.closed_on = Some(on),
            // money that comes after all opens the file again
            Facts::RepaymentReceived { .. } => self.closed_on = None,
            Facts::FeeCharged { .. }
            | Facts::LateFeeAssessed { .. }
            | Facts::Waived { .. }
            | Facts::RecoveryReceived { .. }
            | Facts::Restated { .. } => {}
        }
        self.enter(stored, source).map_err(|e| e.to_string())?;
        if !matches!(stored.event.facts, Facts::Originated { .. } | Facts::Restated { .. }) {
            let (facts, booked_on) = (stored.event.facts.clone(), stored.booked_on);
            self.facts.push(Fact { version: stored.version, effective_on: on, booked_on, facts, reversed_by: None });
        }
        if self.contract().is_some() {
            servicing::refresh(self).map_err(|e| e.to_string())?;
        }
        let applied = Applied { request: stored.request, first: stored.version, last: stored.version };
        self.keys.entry(stored.key.clone()).and_modify(|known| known.last = stored.version).or_insert(applied);
        self.version = Some(stored.version);
        self.recorded_at = Some(self.recorded_at.map_or(stored.recorded_at, |last| last.max(stored.recorded_at)));
        Ok(())
    }

    /// Marks a fact as taken back; the file is open again.
    fn take_back(&mut self, reversed: Version, by: Version) -> Result<(), String> {
        let at = self.facts.binary_search_by_key(&reversed, |fact| fact.version);
        let Some(fact) = at.ok().and_then(|at| self.facts.get_mut(at)) else {
            return Err(format!("it reverses version {reversed}, which the loan does not have"));
        };
        fact.reversed_by = Some(by);
        self.closed_on = None;
        Ok(())
    }

    fn enter(&mut self, stored: &Stored, source: Version) -> Result<(), BookError> {
        let outcome = &stored.event.outcome;
        for change in &outcome.plan {
            self.book.change(stored.effective_on, change)?;
        }
        for line in &outcome.lines {
            self.book.enter(Entry { effective_on: stored.effective_on, source, line: *line })?;
        }
        for restated in &outcome.restated {
            let Restated { corrected, effective_on, difference } = *restated;
            self.book.enter(Entry { effective_on, source: corrected, line: difference })?;
        }
        Ok(())
    }
}
