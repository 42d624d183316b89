//! A row of the plan.

use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::terms::Component;
use serde::{Deserialize, Serialize};

/// What an instalment plans to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Planned {
    /// Principal.
    pub principal: Amount,
    /// Interest.
    pub interest: Amount,
    /// Service fee.
    pub fee: Amount,
}

impl Planned {
    /// The part of one component; nothing for penalties, which are never planned.
    #[must_use]
    pub fn get(&self, component: Component) -> Amount {
        match component {
            Component::Principal => self.principal,
            Component::Interest => self.interest,
            Component::Fee => self.fee,
            Component::Penalty => Amount::ZERO,
        }
    }

    /// What falls due in all.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total(&self) -> Result<Amount, Overflow> {
        Amount::sum([self.principal, self.interest, self.fee])
    }
}

/// A row of the plan: {number, from, due_on, original_due_on; planned principal, interest, fee}.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanRow {
    /// Counts from 1. Row 0, if there is one, holds what was brought forward from another system.
    pub number: u32,
    /// First day of the period.
    pub from: Date,
    /// The day on which it falls due.
    pub due_on: Date,
    /// The day on which it first fell due; no restructuring changes it.
    pub original_due_on: Date,
    /// What it plans to collect.
    pub planned: Planned,
}
