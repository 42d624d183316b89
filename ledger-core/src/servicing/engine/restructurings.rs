//! Re-ageing, re-amortisation, extension, another due date.

use super::Engine;
use crate::calendar::{Date, Frequency};
use crate::money::Amount;
use crate::servicing::ServicingError;
use crate::servicing::contract::Component;
use crate::servicing::fact::InterestHandling;
use crate::servicing::instalment::{Instalment, Split};
use crate::servicing::interest::regular_periods;

impl Engine {
    pub(super) fn extend(&mut self, from: Date, instalments: u32) -> Result<(), ServicingError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let known = model.periods().len();
        let (seed, count) = match (self.re_ageing, model.start()) {
            (Some((start, count)), _) => (start, usize::try_from(count).unwrap_or(known).saturating_sub(1)),
            (None, Some(start)) => (start, known),
            (None, None) => return Ok(()),
        };
        model.add_periods(from, instalments, seed, count)?;
        for (period, due) in self.periods()?.into_iter().skip(known) {
            let mut row = Instalment::new(period.from, period.due);
            row.owed.principal = due.principal;
            row.owed.interest = due.interest;
            self.instalments.push(row);
        }
        self.sort();
        self.sync_open_from(from)
    }

    pub(super) fn change_due_date(&mut self, due: Date, new_due: Date) -> Result<(), ServicingError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let before: Vec<(Date, Date)> = model.periods().iter().map(|period| (period.from, period.due)).collect();
        model.change_due_date(due, new_due, None)?;
        for ((from, due), (period, owed)) in before.into_iter().zip(self.periods()?) {
            if let Some(row) =
                self.instalments.iter_mut().find(|row| row.is_regular() && row.from == from && row.due == due)
            {
                row.from = period.from;
                row.due = period.due;
                row.owed.principal = owed.principal;
                row.owed.interest = owed.interest;
            }
        }
        Ok(())
    }

    pub(super) fn re_amortise(
        &mut self,
        fact: usize,
        on: Date,
        handling: InterestHandling,
    ) -> Result<(), ServicingError> {
        if self.recalculates() {
            return self.re_amortise_by_model(fact, on, handling);
        }
        self.re_amortised = true;
        let mut overdue = Amount::ZERO;
        for row in self.instalments.iter_mut().filter(|row| row.due <= on) {
            overdue = overdue.plus(row.open(Component::Principal)?)?;
            row.owed.principal = row.paid.principal;
            row.update_met(on)?;
        }
        let rows: Vec<usize> = self
            .instalments
            .iter()
            .enumerate()
            .filter(|(_, row)| row.due > on && row.is_regular() && !row.re_aged)
            .map(|(at, _)| at)
            .collect();
        if let Some(last) = rows.last() {
            let rules = &self.contract.interest;
            let mut share = rules.share(overdue, rows.len())?;
            if rules.instalment_multiple.is_some() {
                share = rules.round_instalment(share)?;
            }
            let mut left = overdue;
            for at in &rows {
                let part = if at == last { left } else { share };
                if let Some(row) = self.instalments.get_mut(*at) {
                    row.owed.principal = row.owed.principal.plus(part)?;
                    row.check_met(on)?;
                }
                left = left.minus(part)?;
            }
        }
        self.record(fact, overdue, Split { principal: overdue, ..Split::default() }, Amount::ZERO)
    }

    fn re_amortise_by_model(
        &mut self,
        fact: usize,
        on: Date,
        handling: InterestHandling,
    ) -> Result<(), ServicingError> {
        let mut split = Split::default();
        for row in self.instalments.iter().filter(|row| row.due <= on && row.is_regular()) {
            split.add(Component::Principal, row.open(Component::Principal)?.or_zero())?;
            split.add(Component::Interest, row.open(Component::Interest)?.or_zero())?;
        }
        if let Some(model) = &mut self.model {
            match handling {
                InterestHandling::Default => model.re_amortise(on)?,
                InterestHandling::EqualFull | InterestHandling::EqualPayable => {
                    model.re_amortise_with_equal_interest(on)?
                }
            }
        }
        self.sync_by_due(on)?;
        if handling != InterestHandling::Default {
            self.spread_overdue_charges(on)?;
        }
        self.record(fact, split.total()?, split, Amount::ZERO)
    }

    /// Overdue fees and penalties in equal parts on the instalments to come.
    fn spread_overdue_charges(&mut self, on: Date) -> Result<(), ServicingError> {
        let rows: Vec<usize> = self
            .instalments
            .iter()
            .enumerate()
            .filter(|(_, row)| row.due > on && row.is_regular())
            .map(|(at, _)| at)
            .collect();
        let Some(last) = rows.last() else { return Ok(()) };
        for component in [Component::Fee, Component::Penalty] {
            let mut lifted = Amount::ZERO;
            for row in self.instalments.iter_mut().filter(|row| row.due <= on) {
                let open = row.open(component)?.or_zero();
                row.owed.add(component, open.negated()?)?;
                row.update_met(on)?;
                lifted = lifted.plus(open)?;
            }
            let (part, rest) = self.even_parts(lifted, rows.len())?;
            for at in &rows {
                let part = if at == last { part.plus(rest)? } else { part };
                if let Some(row) = self.instalments.get_mut(*at) {
                    row.owed.add(component, part)?;
                    row.update_met(on)?;
                }
            }
        }
        Ok(())
    }

    /// Re-ages; what was past due stays past due by its original dates.
    pub(super) fn re_age(
        &mut self,
        fact: usize,
        on: Date,
        start: Date,
        every: Frequency,
        count: u32,
        handling: InterestHandling,
    ) -> Result<(), ServicingError> {
        let past_due = self.instalments.iter().filter(|row| row.is_unmet() && row.due < on);
        let missed = past_due.map(|row| row.original_due).min();
        self.spread_anew(fact, on, start, every, count, handling)?;
        if let Some(missed) = missed {
            for row in self.instalments.iter_mut().filter(|row| row.re_aged && row.is_unmet()) {
                row.original_due = row.original_due.min(missed);
            }
        }
        Ok(())
    }

    fn spread_anew(
        &mut self,
        fact: usize,
        on: Date,
        start: Date,
        every: Frequency,
        count: u32,
        handling: InterestHandling,
    ) -> Result<(), ServicingError> {
        self.re_aged = true;
        self.re_ageing = Some((start, count));
        if self.contract.recalculates() && handling == InterestHandling::Default {
            return self.re_age_by_model(fact, on, start, every, count);
        }
        let equal = handling != InterestHandling::Default;
        let payable = match (&self.model, handling) {
            (Some(model), InterestHandling::EqualPayable) => Some(model.outstanding_until(on, false)?.interest),
            _ => None,
        };
        // what is open is lifted from the instalments
        let mut lifted = Split::default();
        for row in self.instalments.iter_mut().filter(|row| !(equal && row.down_payment)) {
            for component in Component::ALL {
                if component != Component::Principal && !equal {
                    continue;
                }
                let open = row.open(component)?.or_zero();
                lifted.add(component, open)?;
                row.owed.add(component, open.negated()?)?;
            }
            row.update_met(on)?;
        }
        if let Some(payable) = payable {
            lifted.interest = payable;
        }
        if lifted.total()?.is_zero() {
            return Ok(());
        }
        self.record(fact, lifted.total()?, lifted, Amount::ZERO)?;
        let size = usize::try_from(count).map_err(|_| crate::money::Overflow)?;
        let parts = |component| self.even_parts(lifted.get(component), size);
        let (interest, fee, penalty) =
            (parts(Component::Interest)?, parts(Component::Fee)?, parts(Component::Penalty)?);
        let rules = &self.contract.interest;
        let whole = rules.round_instalment(rules.share(lifted.total()?, size)?)?;
        let principal = whole.minus(interest.0)?.minus(fee.0)?.minus(penalty.0)?;
        let rest = lifted.principal.minus(crate::servicing::rules::times(principal, size)?)?;
        let matures = self.model.as_ref().and_then(|model| model.maturity());
        let stub = equal && self.contract.interest.recalculated && matures.is_some_and(|matures| matures >= on);
        self.keep_early_payments(on, start, stub)?;
        let before =
            self.instalments.iter().filter(|row| !row.down_payment && row.due < start).map(|row| row.due).max();
        let opening =
            before.or(self.instalments.iter().find(|row| !row.down_payment).map(|row| row.from)).unwrap_or(on);
        let additional: Vec<Instalment> =
            self.instalments.iter().filter(|row| row.additional && row.due >= start).cloned().collect();
        self.instalments
            .retain(|row| row.due < start || row.due <= on || row.down_payment || row.re_aged && !row.is_unmet());
        let dates = regular_periods(start, every, count)?;
        if equal && self.contract.interest.recalculated {
            let mut parts = Vec::new();
            for (index, _) in dates.iter().enumerate() {
                let last = index.saturating_add(1) == size;
                let with = |(part, more): (Amount, Amount)| if last { part.plus(more) } else { Ok(part) };
                parts.push((with((principal, rest))?, with(interest)?));
            }
            let due: Vec<Date> = dates.iter().map(|(due, _)| *due).collect();
            if let Some(model) = &mut self.model {
                model.re_age_equally(on, &due, &parts)?;
            }
        }
        let mut from = opening;
        for (index, (due, _)) in dates.iter().enumerate() {
            let mut row = Instalment::new(from, *due);
            row.re_aged = true;
            let last = index.saturating_add(1) == size;
            let with_rest = |(part, rest): (Amount, Amount)| if last { part.plus(rest) } else { Ok(part) };
            row.owed = Split {
                principal: with_rest((principal, rest))?,
                interest: with_rest(interest)?,
                fee: with_rest(fee)?,
                penalty: with_rest(penalty)?,
            };
            row.update_met(on)?;
            self.instalments.push(row);
            from = *due;
        }
        for gone in additional {
            // what an additional instalment still owes stays due with the first new one that is not before it
            let open = gone.open_total()?;
            if open.is_positive()
                && let Some(row) = self.instalments.iter_mut().filter(|row| row.re_aged).find(|row| row.due >= gone.due)
            {
                for component in [Component::Fee, Component::Penalty] {
                    row.owed.add(component, gone.open(component)?)?;
                }
            }
        }
        self.sort();
        Ok(())
    }

    /// What was paid early becomes an instalment of its own that ends on the day.
    fn keep_early_payments(&mut self, on: Date, start: Date, always: bool) -> Result<(), ServicingError> {
        let mut early = Split::default();
        let mut in_advance = Amount::ZERO;
        for row in self.instalments.iter_mut().filter(|row| row.is_regular() && row.due >= on) {
            for component in Component::ALL {
                let paid = row.paid.get(component);
                early.add(component, paid)?;
                row.owed.add(component, paid.negated()?)?;
                *row.paid.slot(component) = Amount::ZERO;
            }
            in_advance = in_advance.plus(row.in_advance)?;
            row.in_advance = Amount::ZERO;
        }
        if early.total()?.is_zero() && !always {
            return Ok(());
        }
        let before =
            self.instalments.iter().filter(|row| !row.down_payment && row.due < start.min(on)).map(|row| row.due).max();
        let from = before.or(self.instalments.iter().find(|row| !row.down_payment).map(|row| row.from)).unwrap_or(on);
        let mut row = Instalment::new(from, on);
        row.re_aged = true;
        row.owed = early;
        row.paid = early;
        row.in_advance = in_advance;
        row.update_met(on)?;
        self.instalments.push(row);
        Ok(())
    }

    fn re_age_by_model(
        &mut self,
        fact: usize,
        on: Date,
        start: Date,
        every: Frequency,
        count: u32,
    ) -> Result<(), ServicingError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let interest = model.open_interest_until(on)?;
        let principal = model.open_principal()?;
        model.re_age(on, start, every, count, principal)?;
        let mut rows = std::mem::take(&mut self.instalments);
        let mut renewed = Vec::new();
        let early = Amount::sum(rows.iter().filter(|row| row.is_regular() && row.due >= on).map(|row| row.in_advance))?;
        for (period, due) in self.periods()? {
            let owed = |row: &mut Instalment| -> Result<(), ServicingError> {
                row.due = period.due;
                let nothing = period.instalment.is_zero();
                row.owed.principal = if nothing { Amount::ZERO } else { due.principal };
                row.owed.interest = if nothing { Amount::ZERO } else { due.interest };
                row.re_aged = true;
                row.additional = false;
                // what was paid early is with the days until the re-ageing now
                row.paid.principal = period.paid_principal;
                row.paid.interest = period.paid_interest;
                row.credited.principal = period.credited_principal()?;
                row.credited.interest = period.credited_interest()?;
                if period.early_payments && period.due == on {
                    row.in_advance = early;
                } else if period.due > on {
                    row.in_advance = Amount::ZERO;
                }
                row.update_met(on)?;
                Ok(())
            };
            let known = rows.iter().position(|row| !row.down_payment && row.from == period.from);
            let mut row = known.map_or_else(|| Instalment::new(period.from, period.due), |at| rows.remove(at));
            owed(&mut row)?;
            renewed.push(row);
        }
        let (kept, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.down_payment || row.additional);
        // fees of instalments that are gone, and what was paid of them, stand with the last one
        if let Some(last) = renewed.last_mut() {
            for row in gone {
                for component in [Component::Fee, Component::Penalty] {
                    last.owed.add(component, row.owed.get(component))?;
                    last.paid.add(component, row.paid.get(component))?;
                    last.waived.add(component, row.waived.get(component))?;
                    last.with_instalment.add(component, row.with_instalment.get(component))?;
                }
                last.update_met(on)?;
            }
        }
        renewed.extend(kept);
        self.instalments = renewed;
        let split = Split { principal, interest, ..Split::default() };
        self.record(fact, split.total()?, split, Amount::ZERO)?;
        self.sort();
        Ok(())
    }
}
