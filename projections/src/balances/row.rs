//! The sums of one loan. Every line of every outcome is added to exactly one of them, so nothing depends on the order of
//! dates, and a restatement needs no rule of its own.

use crate::engine::ApplyError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Components, Effect, Facts, Line, LoanEvent, Milestones, Status};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{Record, Version};
use ledger_core::terms::Component;
use serde::{Deserialize, Serialize};

/// The sums of one loan over all its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The version of its last event.
    pub version: Version,
    /// Its currency.
    pub currency: Currency,
    /// Its product.
    pub product: String,
    /// When the contract was made.
    pub originated_on: Date,
    /// When it was paid out, written off and closed, and how much was paid out.
    pub milestones: Milestones,
    /// Planned over the whole contract.
    pub planned: Components,
    /// Charged in addition, penalty interest put on the account included.
    pub charged: Components,
    /// Paid, what another system received before the loan was taken over (row 0) included.
    pub paid: Components,
    /// Given up.
    pub waived: Components,
    /// Lost.
    pub written_off: Components,
    /// Came in for what had been lost.
    pub recovered: Components,
    /// Held for the borrower.
    pub credit: Amount,
}

impl Balance {
    /// Folds an event.
    ///
    /// # Errors
    /// The stream has a gap, the first event makes no contract, or a sum leaves the range of amounts.
    pub fn apply(row: &mut Option<Self>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        Self::apply_as_of(row, record, event, None)
    }

    /// Folds of an event what counts from a day or before; of a restatement, line by line.
    ///
    /// # Errors
    /// As for [`Balance::apply`].
    pub(super) fn apply_as_of(
        row: &mut Option<Self>,
        record: &Record,
        event: &LoanEvent,
        as_of: Option<Date>,
    ) -> Result<(), ApplyError> {
        let expected = row.as_ref().map_or(Version(0), |row| row.version.next());
        if record.version != expected {
            return Err(ApplyError::Gap { expected });
        }
        let on = record.envelope.effective_on;
        let balance = match row {
            Some(balance) => balance,
            None => {
                let Facts::Originated { terms, .. } = &event.facts else {
                    return Err(ApplyError::NotOriginated(event.facts.kind()));
                };
                row.insert(Self::new(terms.currency, terms.product.clone(), on))
            }
        };
        balance.version = record.version;
        let counts = |on: Date| as_of.is_none_or(|day| on <= day);
        if counts(on) {
            balance.milestones.apply(&event.facts, record.version, on)?;
            balance.plan(event)?;
            for line in &event.outcome.lines {
                balance.line(line)?;
            }
        }
        for restated in event.outcome.restated.iter().filter(|restated| counts(restated.effective_on)) {
            balance.line(&restated.difference)?;
        }
        Ok(())
    }

    fn new(currency: Currency, product: String, originated_on: Date) -> Self {
        Self {
            version: Version(0),
            currency,
            product,
            originated_on,
            milestones: Milestones::default(),
            planned: Components::default(),
            charged: Components::default(),
            paid: Components::default(),
            waived: Components::default(),
            written_off: Components::default(),
            recovered: Components::default(),
            credit: Amount::ZERO,
        }
    }

    fn plan(&mut self, event: &LoanEvent) -> Result<(), Overflow> {
        for change in &event.outcome.plan {
            for component in Component::ALL {
                self.planned.add(component, change.new.planned.get(component))?;
                if let Some(old) = &change.old {
                    self.planned.add(component, old.planned.get(component).negated()?)?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<(), Overflow> {
        match line.effect {
            Effect::Planned(component) => self.planned.add(component, line.amount),
            Effect::Charged(component) | Effect::Accrued(component) => self.charged.add(component, line.amount),
            Effect::Paid(component) => self.paid.add(component, line.amount),
            Effect::Waived(component) => self.waived.add(component, line.amount),
            Effect::WrittenOff(component) => self.written_off.add(component, line.amount),
            Effect::Recovered(component) => self.recovered.add(component, line.amount),
            Effect::Credited => {
                self.credit = self.credit.plus(line.amount)?;
                Ok(())
            }
        }
    }

    /// What is planned and charged and neither paid nor waived nor written off, due or not.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn outstanding(&self) -> Result<Components, Overflow> {
        let mut outstanding = self.planned.plus(&self.charged)?;
        for settled in [&self.paid, &self.waived, &self.written_off] {
            for component in Component::ALL {
                outstanding.add(component, settled.get(component).negated()?)?;
            }
        }
        Ok(outstanding)
    }

    /// How the loan stands in its life, as [`ledger_core::loan::LoanState::status`] says.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn status(&self) -> Result<Status, Overflow> {
        Ok(if self.milestones.disbursed_on.is_none() {
            Status::Pending
        } else if self.milestones.written_off_on.is_some() {
            Status::WrittenOff
        } else if self.milestones.closed_on.is_some() {
            Status::Closed
        } else if !self.outstanding()?.is_zero() {
            Status::Active
        } else if self.credit.is_positive() {
            Status::Overpaid
        } else {
            Status::Settled
        })
    }

    /// Principal written off that did not come back.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn principal_lost(&self) -> Result<Amount, Overflow> {
        self.written_off.principal.minus(self.recovered.principal)
    }
}
