//! Payments and credits: how they change what the periods owe.

use super::segments::Change;
use super::{Basis, Model, Segment};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::rules::InterestPeriod;

impl Model {
    /// Books money lent on a day and finds the instalments from there on.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn disburse(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        let whole_periods = self.rules.period == InterestPeriod::SameAsRepayment { partial_periods: false };
        let from = if whole_periods {
            self.periods.iter().find(|period| period.due > on).map_or(on, |period| period.from)
        } else {
            on
        };
        for period in self.periods.iter_mut().filter(|period| period.from >= from) {
            period.disbursed_before = period.disbursed_before.plus(amount)?;
        }
        if self.rules.full_term_tranches && !self.without_payments {
            return self.add_full_term_tranche(from, amount);
        }
        let change = Change { disbursed: amount, ..Change::default() };
        if let Some(at) = self.change_balance(from, change)? {
            if self.rules.plans_tranches_from_the_start() {
                return self.share_from_the_start();
            }
            self.level_from(self.first_affected_due(at, from), Basis::WithoutPayments)?;
        }
        Ok(())
    }

    /// Everything lent in equal instalments over all periods.
    fn share_from_the_start(&mut self) -> Result<(), ServicingError> {
        let share = self.rules.share(self.total_principal()?, self.periods.len().max(1))?;
        let instalment = self.rules.round_instalment(share)?;
        for period in &mut self.periods {
            period.instalment = instalment;
            period.original_instalment = instalment;
        }
        self.update_balances()?;
        let Some(maturity) = self.maturity() else { return Ok(()) };
        self.settle_last_unpaid(maturity)
    }

    /// Adds income to the principal on a day.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn capitalise(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        for period in self.periods.iter_mut().filter(|period| period.from >= on) {
            period.capitalised_before = period.capitalised_before.plus(amount)?;
        }
        if let Some(at) = self.change_balance(on, Change { capitalised: amount, ..Change::default() })? {
            self.level_from(self.first_affected_due(at, on), Basis::WithoutPayments)?;
        }
        Ok(())
    }

    /// What happens on a due date changes the next instalment first.
    pub(super) fn first_affected_due(&self, at: usize, on: Date) -> Date {
        let next = at.saturating_add(1);
        match (self.periods.get(at), self.periods.get(next)) {
            (Some(period), Some(next)) if period.due == on => next.due,
            (Some(period), _) => period.due,
            (None, _) => on,
        }
    }

    /// Pays interest of the period with these dates.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn pay_interest(&mut self, from: Date, due: Date, on: Date, amount: Amount) -> Result<(), ServicingError> {
        let at = self.period_between(from, due);
        if let Some(last_open) = self.last_unsettled()?
            && last_open.saturating_add(1) < self.periods.len()
            && self.periods.get(last_open).is_some_and(|period| on >= period.due)
            && at == Some(last_open)
        {
            self.bring_back_interest(last_open, on)?;
        }
        let (total, paid) = (self.total_interest()?.or_zero(), self.total_paid_interest()?.or_zero());
        let amount = if paid.plus(amount)? > total { total.minus(paid)? } else { amount };
        if let Some(period) = at.and_then(|at| self.periods.get_mut(at)) {
            period.paid_interest = period.paid_interest.plus(amount)?;
        }
        self.update_balances()?;
        self.settle_last_unpaid(on)
    }

    fn last_unsettled(&self) -> Result<Option<usize>, Overflow> {
        for (at, period) in self.periods.iter().enumerate().rev() {
            if !period.is_settled()? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Pays principal of the period with these dates.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn pay_principal(&mut self, from: Date, due: Date, on: Date, amount: Amount) -> Result<(), ServicingError> {
        if amount.is_zero() {
            return Ok(());
        }
        let at = self.period_between(from, due);
        let (total, paid) = (self.total_principal()?.or_zero(), self.total_paid_principal()?.or_zero());
        let limit = total.plus(self.total_credited_principal()?.or_zero())?;
        let counted = if paid.plus(amount)? > limit { total.minus(paid)? } else { amount };
        if let Some(period) = at.and_then(|at| self.periods.get_mut(at)) {
            period.paid_principal = period.paid_principal.plus(counted)?;
        }
        let booked = due.min(on);
        self.correct_balance(booked, amount.negated()?)?;
        if self.keeps_instalments {
            return Ok(());
        }
        let several = self.unsettled()? > 1;
        let Some(period) = at.and_then(|at| self.periods.get_mut(at)) else { return Ok(()) };
        if several && on < period.from {
            let (paid, credited) = (period.paid()?, period.credited()?);
            if paid > period.gross()? || paid == period.original_instalment.plus(credited)? {
                period.instalment = paid.minus(credited)?;
            }
        }
        self.settle_last_unpaid(booked)
    }

    /// Changes the balance that earns interest from a day on.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn correct_balance(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        if let Some(at) = self.change_balance(on, Change { correction: amount, ..Change::default() })? {
            self.update_factors_of(at)?;
            self.update_balances()?;
            self.settle_last_unpaid(on)?;
        }
        Ok(())
    }

    /// Charges principal and interest back: they are owed again, in the period that holds the day.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn credit(&mut self, on: Date, principal: Amount, interest: Amount) -> Result<(), ServicingError> {
        if let Some(at) = self.change_balance(on, Change { correction: principal, ..Change::default() })? {
            if let Some(segment) = self.credited_segment(on) {
                segment.credited_principal = segment.credited_principal.plus(principal)?;
                segment.credited_interest = segment.credited_interest.plus(interest)?;
            }
            self.update_factors_of(at)?;
            self.update_balances()?;
            self.settle_last_unpaid(on)?;
        }
        Ok(())
    }

    /// The segment that starts on the day, in the period [from, due) that holds it; the last period holds its due date too.
    fn credited_segment(&mut self, on: Date) -> Option<&mut Segment> {
        let last = self.periods.len().checked_sub(1)?;
        let at = self
            .periods
            .iter()
            .enumerate()
            .position(|(at, period)| period.from <= on && (on < period.due || at == last && on == period.due))?;
        self.periods.get_mut(at)?.segments.iter_mut().rfind(|segment| segment.from == on)
    }
}
