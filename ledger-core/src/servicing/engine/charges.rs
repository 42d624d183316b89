//! Fees and penalties.

use super::{Charge, Engine};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::contract::Component;
use crate::servicing::fact::{ChargeAmount, Fact, LateFee};
use crate::servicing::instalment::{Instalment, Split};

impl Engine {
    pub(super) fn charge(
        &mut self,
        fact: usize,
        on: Date,
        component: Component,
        amount: ChargeAmount,
        due: Option<Date>,
    ) -> Result<(), ServicingError> {
        let mut charge =
            Charge { fact, component, amount: Amount::ZERO, due, paid: Amount::ZERO, waived: Amount::ZERO };
        match due {
            Some(due) => {
                let (principal, interest) = self.base()?;
                charge.amount = self.amount_of(amount, principal, interest)?;
                let at = self.row_of(due)?;
                if let Some(row) = self.instalments.get_mut(at) {
                    row.owed.add(component, charge.amount)?;
                    row.check_met(on)?;
                }
            }
            None => {
                for at in 0..self.instalments.len() {
                    let Some(row) = self.instalments.get(at).filter(|row| row.is_regular()) else { continue };
                    let part = self.amount_of(amount, row.owed.principal, row.owed.interest)?;
                    charge.amount = charge.amount.plus(part)?;
                    if let Some(row) = self.instalments.get_mut(at) {
                        row.owed.add(component, part)?;
                        row.with_instalment.add(component, part)?;
                        row.check_met(on)?;
                    }
                }
            }
        }
        self.charges.push(charge);
        self.waive_if_waived(fact)?;
        self.spend_overpayments()
    }

    /// The late fee of an instalment, by what is overdue of it now.
    pub(super) fn assess_late_fee(
        &mut self,
        fact: usize,
        on: Date,
        number: u32,
        fee: LateFee,
    ) -> Result<(), ServicingError> {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let Some(place) = at.and_then(|at| self.by_due_date().get(at).map(|row| row.place())) else { return Ok(()) };
        let Some(row) = self.instalments.iter().find(|row| row.place() == place) else { return Ok(()) };
        let overdue = row.open(Component::Principal)?.plus(row.open(Component::Interest)?)?.or_zero();
        let mut amount = fee.fixed.unwrap_or(Amount::ZERO);
        if let Some(share) = fee.share {
            let part = overdue.to_decimal().checked_mul(share.ratio()).ok_or(Overflow)?;
            amount = amount.max(self.contract.interest.round(part)?);
        }
        amount = fee.cap.map_or(amount, |cap| amount.min(cap));
        if overdue.is_zero() {
            amount = Amount::ZERO;
        }
        let amount = fee.kept.unwrap_or(amount);
        if let Some(row) = self.instalments.iter_mut().find(|row| row.place() == place) {
            row.owed.add(Component::Penalty, amount)?;
            row.check_met(on)?;
        }
        // it stands with its instalment, so it is paid and shown there
        let (component, due) = (Component::Penalty, Some(place.0));
        self.charges.push(Charge { fact, component, amount, due, paid: Amount::ZERO, waived: Amount::ZERO });
        self.waive_if_waived(fact)?;
        self.spend_overpayments()
    }

    /// Fees with every instalment follow principal and interest of the instalments that are open, where interest does not follow
    /// payments.
    pub(super) fn follow_instalments(&mut self, on: Date) -> Result<(), ServicingError> {
        if self.contract.recalculates() {
            return Ok(());
        }
        let fees: Vec<(usize, Component, ChargeAmount)> = self
            .charges
            .iter()
            .filter_map(|charge| match self.facts.get(charge.fact).map(|dated| &dated.fact) {
                Some(Fact::Charged { component, amount, due: None }) => Some((charge.fact, *component, *amount)),
                _ => None,
            })
            .collect();
        if fees.is_empty() {
            return Ok(());
        }
        for at in 0..self.instalments.len() {
            let Some(row) = self.instalments.get(at).filter(|row| row.is_regular() && row.is_unmet()) else { continue };
            let (principal, interest, before) = (row.owed.principal, row.owed.interest, row.with_instalment);
            let mut after = Split::default();
            for (_, component, amount) in &fees {
                after.add(*component, self.amount_of(*amount, principal, interest)?)?;
            }
            let Some(row) = self.instalments.get_mut(at) else { continue };
            for component in [Component::Fee, Component::Penalty] {
                row.owed.add(component, after.get(component).minus(before.get(component))?)?;
            }
            row.with_instalment = after;
            row.update_met(on)?;
        }
        for (fact, component, amount) in fees {
            let mut total = Amount::ZERO;
            for row in self.instalments.iter().filter(|row| row.is_regular()) {
                total = total.plus(self.amount_of(amount, row.owed.principal, row.owed.interest)?)?;
            }
            if let Some(charge) =
                self.charges.iter_mut().find(|charge| charge.fact == fact && charge.component == component)
            {
                charge.amount = total;
            }
        }
        Ok(())
    }

    /// Principal lent and interest planned.
    fn base(&self) -> Result<(Amount, Amount), Overflow> {
        let principal = Amount::sum(self.disbursed.iter().map(|(_, amount)| *amount))?;
        let principal = principal.plus(Amount::sum(self.capitalised.iter().map(|(_, amount)| *amount))?)?;
        let interest = Amount::sum(self.instalments.iter().map(|row| row.owed.interest))?;
        Ok((principal, interest))
    }

    fn amount_of(&self, amount: ChargeAmount, principal: Amount, interest: Amount) -> Result<Amount, Overflow> {
        let (share, of) = match amount {
            ChargeAmount::Flat(amount) => return Ok(amount),
            ChargeAmount::OfPrincipal(share) => (share, principal),
            ChargeAmount::OfInterest(share) => (share, interest),
            ChargeAmount::OfPrincipalAndInterest(share) => (share, principal.plus(interest)?),
        };
        self.contract.interest.round(of.to_decimal().checked_mul(share.ratio()).ok_or(Overflow)?)
    }

    /// The instalment on which a charge falls: the one that holds its date, else an additional one after the last.
    fn row_of(&mut self, due: Date) -> Result<usize, ServicingError> {
        let first = self.instalments.iter().position(|row| !row.down_payment);
        let holds = |(at, row): (usize, &Instalment)| {
            !row.down_payment && (row.from < due || Some(at) == first && row.from == due) && due <= row.due
        };
        if let Some(at) = self.instalments.iter().enumerate().position(holds) {
            return Ok(at);
        }
        if let Some(at) = self.instalments.iter().position(|row| row.additional) {
            if let Some(row) = self.instalments.get_mut(at) {
                row.due = row.due.max(due);
            }
            return Ok(at);
        }
        let last = self.instalments.iter().map(|row| row.due).max().unwrap_or(due);
        let mut row = Instalment::new(last.min(due), due);
        row.additional = true;
        self.instalments.push(row);
        Ok(self.instalments.len().saturating_sub(1))
    }

    /// What was overpaid pays a charge that came later, as the payment would have done.
    fn spend_overpayments(&mut self) -> Result<(), ServicingError> {
        for at in 0..self.lines.len() {
            let Some(line) = self.lines.get(at).cloned() else { continue };
            let amount = line.overpaid.min(self.overpaid);
            let Some(kind) = self.kind_of(line.fact).filter(|_| amount.is_positive()) else { continue };
            let Some(on) = self.facts.get(line.fact).map(|dated| dated.on) else { continue };
            self.paying = line.fact;
            let (split, left) = self.spread(on, amount, kind)?;
            let used = amount.minus(left)?;
            self.overpaid = self.overpaid.minus(used)?;
            if let Some(line) = self.lines.get_mut(at) {
                line.overpaid = line.overpaid.minus(used)?;
                for component in Component::ALL {
                    line.split.add(component, split.get(component))?;
                }
            }
        }
        Ok(())
    }

    /// Books what an instalment took for charges on the charges that are due in it.
    pub(super) fn pay_charges(&mut self, at: usize, component: Component, mut amount: Amount) -> Result<(), Overflow> {
        let Some(row) = self.instalments.get(at) else { return Ok(()) };
        let (from, due) = (row.from, row.due);
        for charge in self.charges.iter_mut().filter(|charge| charge.component == component) {
            if !charge.due.is_none_or(|date| from <= date && date <= due) || !amount.is_positive() {
                continue;
            }
            let part = charge.amount.minus(charge.paid)?.minus(charge.waived)?.min(amount).or_zero();
            charge.paid = charge.paid.plus(part)?;
            amount = amount.minus(part)?;
        }
        Ok(())
    }

    /// A waiver counts from its charge on, whenever it is recorded.
    fn waive_if_waived(&mut self, of: usize) -> Result<(), ServicingError> {
        let waiver = self.facts.iter().position(|dated| !dated.reversed && dated.fact == (Fact::ChargeWaived { of }));
        let Some((fact, on)) = waiver.and_then(|fact| self.facts.get(fact).map(|dated| (fact, dated.on))) else {
            return Ok(());
        };
        let Some(charge) = self.charges.iter_mut().find(|charge| charge.fact == of) else { return Ok(()) };
        let open = charge.amount.minus(charge.paid)?.minus(charge.waived)?.or_zero();
        charge.waived = charge.waived.plus(open)?;
        let (component, due) = (charge.component, charge.due);
        let mut left = open;
        let first = self.instalments.iter().position(|row| !row.down_payment);
        for (at, row) in self.instalments.iter_mut().enumerate().filter(|(_, row)| !row.down_payment) {
            if !due.is_none_or(|date| (row.from < date || Some(at) == first && row.from == date) && date <= row.due) {
                continue;
            }
            let part = row.open(component)?.or_zero().min(left);
            row.waived.add(component, part)?;
            row.check_met(on)?;
            left = left.minus(part)?;
        }
        let mut split = Split::default();
        split.add(component, open)?;
        self.record(fact, open, split, Amount::ZERO)
    }
}
