//! Re-ageing, re-amortisation and acceleration of the model.

use super::{Model, moved, regular_periods};
use crate::calendar::{Date, Frequency};
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::rules::Grace;
use std::sync::Arc;

impl Model {
    fn lift_principal_grace(&mut self) {
        self.principal_grace_lifted = true;
        for period in &mut self.periods {
            period.principal_grace = false;
        }
    }

    /// Spreads what is overdue on a day over the instalments after it.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn re_amortise(&mut self, on: Date) -> Result<(), ServicingError> {
        self.lift_principal_grace();
        self.move_open_amounts(on)?;
        let after: Vec<usize> =
            self.periods.iter().enumerate().filter(|(_, period)| period.due > on).map(|(at, _)| at).collect();
        self.level(&after)?;
        self.update_balances()?;
        self.settle_last_unpaid(on)?;
        if after.is_empty() { Ok(()) } else { self.smooth(&after) }
    }

    /// As [`Self::re_amortise`], with the overdue interest in equal parts.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn re_amortise_with_equal_interest(&mut self, on: Date) -> Result<(), ServicingError> {
        self.lift_principal_grace();
        let dues = self.dues()?;
        let mut interest = Amount::ZERO;
        let mut overdue = Vec::new();
        for (at, (period, due)) in self.periods.iter().zip(&dues).enumerate() {
            if period.due <= on && !period.is_settled()? {
                interest = interest.plus(due.interest.minus(period.paid_interest)?)?;
                overdue.push(at);
            }
        }
        let after: Vec<usize> =
            self.periods.iter().enumerate().filter(|(_, period)| period.due > on).map(|(at, _)| at).collect();
        let share = if after.is_empty() || !interest.is_positive() {
            Amount::ZERO
        } else {
            self.rules.share(interest, after.len())?
        };
        for segment in self.periods.iter_mut().flat_map(|period| &mut period.segments) {
            segment.correction = Amount::ZERO;
        }
        for at in 0..self.periods.len() {
            let next = at.checked_add(1).and_then(|next| self.periods.get(next));
            let credited = next.map_or(Ok(Amount::ZERO), super::Period::credited_principal)?;
            let Some(period) = self.periods.get_mut(at).filter(|period| period.due <= on) else { continue };
            let paid = if overdue.contains(&at) {
                period.paid_principal
            } else if period.is_settled()? {
                period.paid_principal.minus(credited)?
            } else {
                Amount::ZERO
            };
            if paid.is_positive()
                && let Some(last) = period.segments.last_mut()
            {
                last.correction = last.correction.minus(paid)?;
            }
            if overdue.contains(&at) {
                period.instalment = period.paid()?;
                period.move_credits_away()?;
                period.interest_moved_down = true;
            }
        }
        for &at in &after {
            self.update_factors_of(at)?;
            if let Some(period) = self.periods.get_mut(at) {
                period.fixed_interest = period.fixed_interest.plus(share)?;
            }
        }
        self.level(&after)?;
        self.update_balances()?;
        self.settle_last_unpaid(on)?;
        if after.is_empty() { Ok(()) } else { self.smooth(&after) }
    }

    /// Periods that began by the day owe what they were paid; what they still owed is open elsewhere.
    fn move_open_amounts(&mut self, on: Date) -> Result<(), ServicingError> {
        let dues = self.dues()?;
        for (period, due) in self.periods.iter_mut().zip(dues).filter(|(period, _)| period.from <= on) {
            if period.is_settled()? {
                continue;
            }
            let outstanding = due.principal.minus(period.paid_principal)?.or_zero();
            for segment in period.segments.iter_mut().filter(|segment| segment.due == on) {
                segment.correction = Amount::ZERO;
            }
            if let Some(last) = period.segments.last_mut().filter(|last| !last.correction.is_zero()) {
                last.correction = last.correction.minus(outstanding)?;
            }
            period.instalment = period.paid()?;
            period.move_credits_away()?;
        }
        Ok(())
    }

    /// Ends the loan on a day: later periods are gone, the one that holds it takes all that is open.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn accelerate(&mut self, on: Date) -> Result<(), ServicingError> {
        let interest = match self.periods.iter().rfind(|period| period.from < on) {
            Some(period) => self.interest_until(period.from, period.due, on, false)?,
            None => return Ok(()),
        };
        let dues = self.dues()?;
        let later = self.periods.iter().zip(&dues).filter(|(period, _)| period.from >= on);
        let principal = Amount::sum(later.map(|(_, due)| due.principal))?;
        self.periods.retain(|period| period.from < on);
        if let Some(at) = self.periods.len().checked_sub(1) {
            let own = dues.get(at).map_or(Amount::ZERO, |due| due.principal);
            if let Some(last) = self.periods.get_mut(at) {
                last.due = on;
                last.segments.retain(|segment| segment.from < on);
                if let Some(segment) = last.segments.last_mut() {
                    segment.due = on;
                }
                last.instalment = own.plus(principal)?.plus(interest)?;
            }
            self.update_factors_of(at)?;
        }
        self.keep_instalments();
        Ok(())
    }

    /// What the last period was paid is taken back from it.
    ///
    /// # Errors
    /// Amounts leave their range.
    pub fn take_back(&mut self, principal: Amount, interest: Amount) -> Result<(), ServicingError> {
        if let Some(last) = self.periods.last_mut() {
            last.paid_principal = last.paid_principal.minus(principal)?;
            last.paid_interest = last.paid_interest.minus(interest)?;
        }
        Ok(())
    }

    /// New instalments for all that is open.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn re_age(
        &mut self,
        on: Date,
        start: Date,
        every: Frequency,
        count: u32,
        principal: Amount,
    ) -> Result<(), ServicingError> {
        self.lift_principal_grace();
        let (paid_principal, paid_interest) = self.end_on(on)?;
        self.move_open_amounts(on)?;
        let mut rules = (*self.rules).clone();
        rules.frequency = every;
        rules.instalments = count;
        rules.grace = Grace::default();
        rules.full_term_tranches = false;
        rules.instalment_multiple = None;
        let begin = if Some(start) == self.start() {
            start
        } else {
            moved(start, i64::from(every.every).checked_neg().ok_or(Overflow)?, every.unit)?
        };
        let dates = regular_periods(begin, every, count)?;
        let mut fresh = Self::new(Arc::new(rules), dates);
        fresh.disburse(begin, principal)?;
        if !paid_principal.is_zero() || !paid_interest.is_zero() {
            if let Some(last) = self.periods.last_mut() {
                last.paid_principal = paid_principal;
                last.paid_interest = paid_interest;
                last.instalment = last.paid()?;
                last.early_payments = true;
            }
            if let Some(at) = self.periods.len().checked_sub(1) {
                self.update_factors_of(at)?;
            }
        }
        let lent = self.periods.first().map_or(Amount::ZERO, |period| period.disbursed_before);
        for (index, (new, due)) in fresh.periods.iter().zip(fresh.dues()?).enumerate() {
            let instalment = due.principal.plus(due.interest)?;
            if Some(start) == self.start() && index == 0 {
                if let Some(first) = self.periods.first_mut() {
                    first.due = new.due;
                    if let Some(segment) = first.segments.last_mut() {
                        segment.due = new.due;
                    }
                    first.instalment = instalment;
                }
                self.update_factors_of(0)?;
                continue;
            }
            let from = if index == 0 { self.maturity().unwrap_or(new.from) } else { new.from };
            let mut period = super::Period::new(from, new.due, instalment);
            period.disbursed_before = lent;
            self.periods.push(period);
            self.update_factors_of(self.periods.len().saturating_sub(1))?;
        }
        let related: Vec<usize> = self
            .periods
            .iter()
            .enumerate()
            .filter(|(_, period)| period.from == on && period.due == start || period.from >= start)
            .map(|(at, _)| at)
            .collect();
        self.update_balances()?;
        self.settle_last_unpaid(on)?;
        if !related.is_empty() {
            self.smooth(&related)?;
        }
        // pauses hold for the new instalments too
        for (first, last) in self.pauses.clone() {
            self.pause_interest(first, last)?;
        }
        Ok(())
    }

    /// New instalments for all that is open, with interest in equal parts: no interest runs any more.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn re_age_equally(
        &mut self,
        on: Date,
        dates: &[Date],
        equal: &[(Amount, Amount)],
    ) -> Result<(), ServicingError> {
        let Some(maturity) = self.maturity() else { return Ok(()) };
        let (paid_principal, paid_interest) = self.end_on(on)?;
        for at in 0..self.periods.len() {
            let due = self.due(at)?;
            let Some(period) = self.periods.get_mut(at) else { continue };
            let returned = due.interest.minus(period.paid_interest)?.or_zero().min(period.credited_interest()?);
            if let Some(last) = period.segments.last_mut() {
                last.credited_interest = last.credited_interest.minus(returned)?;
            }
            period.instalment = period.paid()?;
            period.move_credits_away()?;
            period.interest_moved_down = true;
        }
        if maturity >= on
            && let Some(last) = self.periods.last_mut()
        {
            last.paid_principal = paid_principal;
            last.paid_interest = paid_interest;
            last.instalment = last.paid()?;
            last.re_aged = true;
            last.early_payments = true;
        }
        for (due, (principal, interest)) in dates.iter().zip(equal) {
            let Some(last) = self.periods.last() else { break };
            let mut period = super::Period::new(last.due, *due, principal.plus(*interest)?);
            period.disbursed_before = last.disbursed_before;
            period.capitalised_before = last.capitalised_before;
            period.re_aged = true;
            period.fixed_interest = *interest;
            self.periods.push(period);
        }
        self.update_all_factors()?;
        self.update_balances()?;
        self.set_rate(on.min(maturity), rust_decimal::Decimal::ZERO);
        self.update_all_factors()?;
        self.update_balances()?;
        self.settle_last_unpaid(on)
    }

    /// Ends the periods on a day: what was charged back later is owed on it. Returns principal and interest paid of the periods due
    /// on the day or later.
    fn end_on(&mut self, on: Date) -> Result<(Amount, Amount), ServicingError> {
        let (mut credited, mut paid_principal, mut paid_interest) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
        for period in &self.periods {
            if period.from >= on && period.due > on {
                credited = credited.plus(period.credited_principal()?)?;
            }
            if period.due >= on {
                paid_principal = paid_principal.plus(period.paid_principal)?;
                paid_interest = paid_interest.plus(period.paid_interest)?;
            }
        }
        self.cut_maturity(on)?;
        self.credit(on, credited, Amount::ZERO)?;
        Ok((paid_principal, paid_interest))
    }

    /// The period that holds the day ends on it; later ones are gone.
    fn cut_maturity(&mut self, on: Date) -> Result<(), ServicingError> {
        let Some(at) = self.period_of(on) else { return Ok(()) };
        let last = at.saturating_add(1) == self.periods.len();
        if let Some(period) = self.periods.get_mut(at) {
            period.early_payments = true;
            if period.due != on {
                period.due = on;
                if let Some(segment) = period.segments.last_mut() {
                    segment.due = on;
                }
            }
        }
        self.update_factors_of(at)?;
        if !last {
            self.periods.retain(|period| period.due <= on);
        }
        Ok(())
    }
}
