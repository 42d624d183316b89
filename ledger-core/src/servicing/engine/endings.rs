//! Charge-off, write-off, termination.

use super::Engine;
use crate::calendar::Date;
use crate::money::Amount;
use crate::money::Precision;
use crate::servicing::ServicingError;
use crate::servicing::contract::{ChargeOffBehaviour, Component};
use crate::servicing::instalment::{Instalment, Split};
use rust_decimal::Decimal;

impl Engine {
    pub(super) fn charge_off(&mut self, fact: usize, on: Date) -> Result<(), ServicingError> {
        if self.instalments.iter().any(Instalment::is_unmet) {
            match self.contract.charge_off {
                ChargeOffBehaviour::Regular => {}
                ChargeOffBehaviour::ZeroInterest => self.stop_interest(on)?,
                ChargeOffBehaviour::AccelerateMaturity => self.accelerate(on)?,
            }
        }
        self.follow_instalments(on)?;
        let split = self.open_split()?;
        if split.total()?.is_zero() {
            return Ok(());
        }
        self.charged_off = true;
        self.record(fact, split.total()?, split, Amount::ZERO)
    }

    pub(super) fn terminate(&mut self, fact: usize, on: Date) -> Result<(), ServicingError> {
        if self.instalments.iter().any(Instalment::is_unmet) {
            self.accelerate(on)?;
        }
        self.follow_instalments(on)?;
        let split = self.open_split()?;
        if split.total()?.is_zero() {
            return Ok(());
        }
        self.terminated = true;
        self.record(fact, split.total()?, split, Amount::ZERO)
    }

    pub(super) fn write_off(&mut self, fact: usize, on: Date) -> Result<(), ServicingError> {
        if self.recalculates() {
            self.sync_by_from()?;
        }
        let split = self.open_split()?;
        for row in &mut self.instalments {
            for component in Component::ALL {
                let open = row.open(component)?;
                row.waived.add(component, open)?;
                row.written_off.add(component, open)?;
            }
            row.update_met(on)?;
        }
        self.written_off = true;
        self.record(fact, split.total()?, split, Amount::ZERO)
    }

    fn open_split(&self) -> Result<Split, ServicingError> {
        let mut split = Split::default();
        for row in &self.instalments {
            for component in Component::ALL {
                split.add(component, row.open(component)?)?;
            }
        }
        Ok(split)
    }

    /// Interest of the instalment that holds the day, counted until it.
    fn interest_until(&self, row: &Instalment, on: Date) -> Result<Option<Amount>, ServicingError> {
        let open = row.open(Component::Interest)?;
        if self.recalculates() {
            let Some(model) = &self.model else { return Ok(None) };
            let interest = model.interest_until(row.from, row.due, on, true)?;
            return Ok((open.is_positive() || interest.is_positive()).then_some(interest));
        }
        if !open.is_positive() {
            return Ok(None);
        }
        let precision = Precision::new(self.contract.interest.significant_digits);
        let daily = precision.div(open.to_decimal(), Decimal::from(row.due.days_since(row.from)))?;
        let days = Decimal::from(on.days_since(row.from));
        Ok(Some(self.contract.interest.round(precision.mul(daily, days)?)?))
    }

    /// No interest from the day on; what later instalments had of it becomes principal, and the last ones give it back.
    fn stop_interest(&mut self, on: Date) -> Result<(), ServicingError> {
        for at in 0..self.instalments.len() {
            let Some(row) = self.instalments.get(at) else { continue };
            if row.from <= on && row.due > on {
                let interest = self.interest_until(row, on)?;
                if let (Some(interest), Some(row)) = (interest, self.instalments.get_mut(at)) {
                    row.owed.principal = row.owed.principal.plus(row.owed.interest.minus(interest)?)?;
                    row.owed.interest = interest;
                }
            } else if row.from > on && row.is_unmet() {
                let open = row.open(Component::Interest)?;
                if let Some(row) = self.instalments.get_mut(at).filter(|_| open.is_positive()) {
                    row.owed.principal = row.owed.principal.plus(open)?;
                    row.owed.interest = row.owed.interest.minus(open)?;
                }
            }
        }
        let lent = Amount::sum(self.disbursed.iter().chain(&self.capitalised).map(|(_, amount)| *amount))?;
        let rows = || self.instalments.iter().filter(|row| !row.additional);
        let lent = lent.plus(Amount::sum(rows().map(|row| row.credited.principal))?)?;
        let planned = Amount::sum(rows().map(|row| row.owed.principal))?;
        let mut balance = lent.minus(planned)?;
        for row in self.instalments.iter_mut().skip(1).rev().filter(|row| !row.additional) {
            if balance.is_zero() {
                break;
            }
            if row.is_met() {
                continue;
            }
            let before = row.owed.principal;
            row.owed.principal = before.plus(balance)?.or_zero();
            row.check_met(on)?;
            if balance.minor().unsigned_abs() <= before.minor().unsigned_abs() {
                balance = Amount::ZERO;
            } else if balance.is_negative() {
                balance = balance.plus(before)?;
            } else {
                balance = balance.minus(before)?;
            }
        }
        Ok(())
    }

    /// The instalment that holds the day takes all later principal and falls due.
    fn accelerate(&mut self, on: Date) -> Result<(), ServicingError> {
        let matures = self.instalments.iter().filter(|row| row.is_regular()).map(|row| row.due).max();
        let Some(current) = self.related(on).map(|row| (row.from, row.due)) else { return Ok(()) };
        if matures.is_none_or(|matures| on >= matures) {
            return Ok(());
        }
        let Some(at) = self.instalments.iter().position(|row| !row.down_payment && (row.from, row.due) == current)
        else {
            return Ok(());
        };
        let interest = match self.instalments.get(at) {
            Some(row) if row.is_unmet() => self.interest_until(row, on)?,
            _ => None,
        };
        let later: Vec<Instalment> = self
            .instalments
            .iter()
            .enumerate()
            .filter(|(index, row)| *index != at && row.due > on)
            .map(|(_, row)| row.clone())
            .collect();
        self.instalments.retain(|row| row.due <= on || (row.from, row.due) == current);
        let (mut fees, mut last) = (Split::default(), on);
        let Some(row) = self.instalments.iter_mut().find(|row| !row.down_payment && (row.from, row.due) == current)
        else {
            return Ok(());
        };
        if let Some(interest) = interest {
            row.owed.interest = interest;
        }
        row.due = on;
        for gone in later {
            row.owed.principal = row.owed.principal.plus(gone.owed.principal)?;
            row.paid.principal = row.paid.principal.plus(gone.paid.principal)?;
            row.owed.interest = row.owed.interest.plus(gone.paid.interest)?;
            row.paid.interest = row.paid.interest.plus(gone.paid.interest)?;
            row.in_advance = row.in_advance.plus(gone.in_advance)?;
            fees.fee = fees.fee.plus(gone.owed.fee)?;
            fees.penalty = fees.penalty.plus(gone.owed.penalty)?;
            last = last.max(gone.due);
        }
        row.update_met(on)?;
        if !fees.total()?.is_zero() {
            let due = self.charges.iter().filter_map(|charge| charge.due).max().unwrap_or(last);
            let mut extra = Instalment::new(on, due.max(on));
            extra.owed = fees;
            extra.additional = true;
            self.instalments.push(extra);
        }
        if self.contract.interest.recalculated
            && let Some(model) = &mut self.model
        {
            model.accelerate(on)?;
        }
        self.allocate_anew(current, on)
    }

    /// Payments of instalments that are gone pay what the accelerated one owed on their days.
    fn allocate_anew(&mut self, current: (Date, Date), on: Date) -> Result<(), ServicingError> {
        if !self.recalculates() {
            return Ok(());
        }
        let mut moved: Vec<usize> =
            self.mappings.iter().filter(|mapping| mapping.from > on).map(|mapping| mapping.fact).collect();
        moved.sort_unstable();
        moved.dedup();
        for fact in moved {
            let (Some(day), Some(kind)) = (self.facts.get(fact).map(|dated| dated.on), self.kind_of(fact)) else {
                continue;
            };
            if day >= on {
                continue;
            }
            let (mut taken, mut own) = (Split::default(), Split::default());
            for mapping in self.mappings.iter().filter(|mapping| mapping.fact == fact) {
                if mapping.from > on || (mapping.from, mapping.due) == current {
                    taken.add(mapping.component, mapping.amount)?;
                }
                if (mapping.from, mapping.due) == current {
                    own.add(mapping.component, mapping.amount)?;
                }
            }
            self.mappings
                .retain(|mapping| mapping.fact != fact || mapping.from <= on && (mapping.from, mapping.due) != current);
            let amount = taken.total()?;
            if let Some(row) =
                self.instalments.iter_mut().find(|row| row.is_regular() && row.from == current.0 && row.due == on)
            {
                for component in Component::ALL {
                    row.paid.add(component, taken.get(component).negated()?)?;
                }
                row.in_advance = row.in_advance.minus(amount)?;
                row.update_met(on)?;
            }
            if let Some(model) = &mut self.model {
                model.take_back(own.principal, own.interest)?;
                model.correct_balance(day, taken.principal)?;
            }
            self.paying = fact;
            let (split, left) = self.spread(day, amount, kind)?;
            self.overpaid = self.overpaid.plus(left)?;
            if let Some(line) = self.lines.iter_mut().find(|line| line.fact == fact) {
                for component in Component::ALL {
                    line.split.add(component, split.get(component).minus(taken.get(component))?)?;
                }
                line.overpaid = line.overpaid.plus(left)?;
                line.balance = line.balance.plus(taken.principal)?.minus(split.principal)?;
            }
        }
        Ok(())
    }
}
