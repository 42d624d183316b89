//! An instalment as it stands: what is due, what was paid.

use super::contract::Component;
use crate::calendar::Date;
use crate::money::{Amount, Overflow};

/// Amounts by component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split {
    /// Principal.
    pub principal: Amount,
    /// Interest.
    pub interest: Amount,
    /// Fees.
    pub fee: Amount,
    /// Penalties.
    pub penalty: Amount,
}

impl Split {
    /// One component.
    #[must_use]
    pub fn get(&self, component: Component) -> Amount {
        match component {
            Component::Penalty => self.penalty,
            Component::Fee => self.fee,
            Component::Interest => self.interest,
            Component::Principal => self.principal,
        }
    }

    /// One component, to be changed.
    pub fn slot(&mut self, component: Component) -> &mut Amount {
        match component {
            Component::Penalty => &mut self.penalty,
            Component::Fee => &mut self.fee,
            Component::Interest => &mut self.interest,
            Component::Principal => &mut self.principal,
        }
    }

    /// Adds to one component.
    pub fn add(&mut self, component: Component, amount: Amount) -> Result<(), Overflow> {
        let slot = self.slot(component);
        *slot = slot.plus(amount)?;
        Ok(())
    }

    /// All components.
    pub fn total(&self) -> Result<Amount, Overflow> {
        Amount::sum([self.principal, self.interest, self.fee, self.penalty])
    }
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instalment {
    /// First day.
    pub from: Date,
    /// Due date.
    pub due: Date,
    /// The due date that it had at first; of what was re-aged while something was past due, the oldest date then past due.
    pub original_due: Date,
    /// What falls due.
    pub owed: Split,
    /// What was paid.
    pub paid: Split,
    /// What was waived or written off.
    pub waived: Split,
    /// Of what was waived or written off, what was written off.
    pub written_off: Split,
    /// Paid before the due date.
    pub in_advance: Amount,
    /// Paid after it.
    pub late: Amount,
    /// The day on which nothing was open any more.
    pub met_on: Option<Date>,
    /// A down payment.
    pub down_payment: bool,
    /// An instalment beyond the schedule.
    pub additional: bool,
    /// Made by a re-ageing.
    pub re_aged: bool,
    /// Charged back within it.
    pub credited: Split,
    /// Of what is owed, fees that come with every instalment.
    pub with_instalment: Split,
}

impl Instalment {
    /// An instalment of which nothing is due yet.
    #[must_use]
    pub fn new(from: Date, due: Date) -> Self {
        Self {
            from,
            due,
            original_due: due,
            owed: Split::default(),
            paid: Split::default(),
            waived: Split::default(),
            written_off: Split::default(),
            in_advance: Amount::ZERO,
            late: Amount::ZERO,
            met_on: None,
            down_payment: false,
            additional: false,
            re_aged: false,
            credited: Split::default(),
            with_instalment: Split::default(),
        }
    }

    /// Its place among the others: by due date, a down payment first.
    #[must_use]
    pub fn place(&self) -> (Date, Date, bool) {
        (self.due, self.from, !self.down_payment)
    }

    /// Neither a down payment nor an additional one.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        !self.down_payment && !self.additional
    }

    /// Nothing is open.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.met_on.is_some()
    }

    /// Something is open.
    #[must_use]
    pub fn is_unmet(&self) -> bool {
        self.met_on.is_none()
    }

    /// What is open of a component; less than zero where more was paid than is due now.
    pub fn open(&self, component: Component) -> Result<Amount, Overflow> {
        self.owed.get(component).minus(self.paid.get(component))?.minus(self.waived.get(component))
    }

    /// What is open in all.
    pub fn open_total(&self) -> Result<Amount, Overflow> {
        self.owed.total()?.minus(self.paid.total()?)?.minus(self.waived.total()?)
    }

    /// Nothing falls due at all.
    pub fn owes_nothing(&self) -> Result<bool, Overflow> {
        Ok(self.owed.total()?.is_zero())
    }

    /// Pays a component; returns how much of the amount it took.
    pub fn pay(&mut self, component: Component, on: Date, amount: Amount) -> Result<Amount, Overflow> {
        let part = self.open(component)?.min(amount);
        if !part.is_positive() {
            self.check_met(on)?;
            return Ok(Amount::ZERO);
        }
        self.paid.add(component, part)?;
        self.note_time(on, part)?;
        self.check_met(on)?;
        Ok(part)
    }

    fn note_time(&mut self, on: Date, part: Amount) -> Result<(), Overflow> {
        if on < self.due {
            self.in_advance = self.in_advance.plus(part)?;
        } else if on > self.due {
            self.late = self.late.plus(part)?;
        }
        Ok(())
    }

    /// Sets the day on which nothing was open any more.
    pub fn check_met(&mut self, on: Date) -> Result<(), Overflow> {
        self.met_on = self.open_total()?.is_zero().then_some(on);
        Ok(())
    }

    /// As [`Self::check_met`], but a day that is set stays.
    pub fn update_met(&mut self, on: Date) -> Result<(), Overflow> {
        let open = self.open_total()?;
        if self.met_on.is_none() && open.is_zero() {
            self.met_on = Some(on);
        } else if self.met_on.is_some() && !open.is_zero() {
            self.met_on = None;
        }
        Ok(())
    }
}
