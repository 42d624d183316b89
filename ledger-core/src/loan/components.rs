//! Four amounts, one for each component.

use crate::money::{Amount, Overflow};
use crate::terms::Component;
use serde::{Deserialize, Serialize};

/// An amount for each component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Components {
    /// Principal.
    pub principal: Amount,
    /// Interest.
    pub interest: Amount,
    /// Fees.
    pub fee: Amount,
    /// Late fees and penalty interest.
    pub penalty: Amount,
}

impl Components {
    /// The amount of one component.
    #[must_use]
    pub const fn get(&self, component: Component) -> Amount {
        match component {
            Component::Principal => self.principal,
            Component::Interest => self.interest,
            Component::Fee => self.fee,
            Component::Penalty => self.penalty,
        }
    }

    fn get_mut(&mut self, component: Component) -> &mut Amount {
        match component {
            Component::Principal => &mut self.principal,
            Component::Interest => &mut self.interest,
            Component::Fee => &mut self.fee,
            Component::Penalty => &mut self.penalty,
        }
    }

    /// Adds to one component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn add(&mut self, component: Component, amount: Amount) -> Result<(), Overflow> {
        let slot = self.get_mut(component);
        *slot = slot.plus(amount)?;
        Ok(())
    }

    /// Component by component, the sum.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn plus(mut self, other: &Self) -> Result<Self, Overflow> {
        for component in Component::ALL {
            self.add(component, other.get(component))?;
        }
        Ok(self)
    }

    /// The sum over the components.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total(&self) -> Result<Amount, Overflow> {
        Amount::sum(Component::ALL.map(|component| self.get(component)))
    }

    /// Whether every component is exactly nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Whether some component is below nothing.
    #[must_use]
    pub fn any_negative(&self) -> bool {
        Component::ALL.into_iter().any(|component| self.get(component).is_negative())
    }
}
