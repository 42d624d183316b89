//! An instalment: a plan row and what happened to it.

use super::{Components, Effect};
use crate::money::{Amount, Overflow};
use crate::schedule::PlanRow;
use crate::terms::Component;
use serde::{Deserialize, Serialize};

/// An instalment: its plan row and, by component, what was charged, paid, waived and written off. What is due and
/// outstanding is derived at a date, never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// The plan row with the planned amounts now in force.
    pub row: PlanRow,
    /// Fees and late fees charged in addition to the plan.
    pub charged: Components,
    /// Penalty interest put on the account so far (a part of what is owed, beside `charged`).
    pub accrued: Amount,
    /// Paid.
    pub paid: Components,
    /// Given up.
    pub waived: Components,
    /// Lost.
    pub written_off: Components,
}

impl Instalment {
    /// An instalment to which nothing has happened.
    #[must_use]
    pub fn new(row: PlanRow) -> Self {
        Self {
            row,
            charged: Components::default(),
            accrued: Amount::ZERO,
            paid: Components::default(),
            waived: Components::default(),
            written_off: Components::default(),
        }
    }

    /// Everything owed for one component over the instalment's life: planned, charged and put on the account.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn owed(&self, component: Component) -> Result<Amount, Overflow> {
        let accrued = if component == Component::Penalty { self.accrued } else { Amount::ZERO };
        self.row.planned.get(component).plus(self.charged.get(component))?.plus(accrued)
    }

    /// What was paid, waived or written off of one component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn settled(&self, component: Component) -> Result<Amount, Overflow> {
        self.paid.get(component).plus(self.waived.get(component))?.plus(self.written_off.get(component))
    }

    /// What is still open of one component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn outstanding(&self, component: Component) -> Result<Amount, Overflow> {
        self.owed(component)?.minus(self.settled(component)?)
    }

    /// What is still open, by component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn open(&self) -> Result<Components, Overflow> {
        let mut open = Components::default();
        for component in Component::ALL {
            open.add(component, self.outstanding(component)?)?;
        }
        Ok(open)
    }

    /// What is still open of the plan itself (principal, interest and planned fee), which days past due count from.
    /// What settles a fee settles the planned fee first.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn contractual_open(&self) -> Result<Amount, Overflow> {
        let planned_fee = self.row.planned.fee.minus(self.settled(Component::Fee)?)?.or_zero();
        Amount::sum([self.outstanding(Component::Principal)?, self.outstanding(Component::Interest)?, planned_fee])
    }

    /// Adds one line.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn apply(&mut self, effect: Effect, amount: Amount) -> Result<(), Overflow> {
        match effect {
            Effect::Planned(component) => {
                let planned = &mut self.row.planned;
                match component {
                    Component::Principal => planned.principal = planned.principal.plus(amount)?,
                    Component::Interest => planned.interest = planned.interest.plus(amount)?,
                    Component::Fee => planned.fee = planned.fee.plus(amount)?,
                    Component::Penalty => return Err(Overflow),
                }
                Ok(())
            }
            Effect::Charged(component) => self.charged.add(component, amount),
            Effect::Accrued(_) => {
                self.accrued = self.accrued.plus(amount)?;
                Ok(())
            }
            Effect::Paid(component) => self.paid.add(component, amount),
            Effect::Waived(component) => self.waived.add(component, amount),
            Effect::WrittenOff(component) => self.written_off.add(component, amount),
            Effect::Recovered(_) | Effect::Credited => Ok(()),
        }
    }
}
