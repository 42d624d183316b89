//! The model as it stands on a day: what a period owes by then.

use super::Model;
use crate::calendar::Date;
use crate::money::Precision;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use rust_decimal::Decimal;

/// What is due of a period on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DueAmounts {
    /// Principal.
    pub principal: Amount,
    /// Interest.
    pub interest: Amount,
}

impl Model {
    /// The model without the days after a date: later periods earn nothing.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn until(&self, date: Date) -> Result<Self, ServicingError> {
        let mut view = self.clone();
        view.overdue_through = None;
        view.keeps_instalments = false;
        let (Some(start), Some(maturity)) = (view.start(), view.maturity()) else { return Ok(view) };
        if date < start {
            for period in &mut view.periods {
                period.segments.clear();
            }
            return Ok(view);
        }
        if date >= maturity {
            return Ok(view);
        }
        let Some(current) = view.period_of(date) else { return Ok(view) };
        let segment = view.segment_of(current, date);
        for (at, period) in view.periods.iter_mut().enumerate().filter(|(_, period)| period.due > date) {
            if at == current {
                let Some(index) = segment else { continue };
                let next = period
                    .segments
                    .get(index.saturating_add(1))
                    .map(|next| (next.credited_principal, next.credited_interest));
                period.segments.truncate(index.saturating_add(1));
                if let Some(segment) = period.segments.last_mut() {
                    segment.due = date;
                    if let Some((principal, interest)) = next {
                        segment.credited_principal = segment.credited_principal.plus(principal)?;
                        segment.credited_interest = segment.credited_interest.plus(interest)?;
                    }
                }
                continue;
            }
            let credited = period
                .segments
                .first()
                .is_some_and(|first| first.credited_principal.is_positive() || first.credited_interest.is_positive());
            if at == current.saturating_add(1) && credited {
                period.segments.truncate(1);
                if let Some(first) = period.segments.first_mut() {
                    first.due = first.from;
                }
            } else {
                period.segments.clear();
            }
        }
        view.update_factors_of(current)?;
        view.update_factors_of(current.saturating_add(1))?;
        view.update_balances()?;
        view.settle_last_unpaid(date)?;
        Ok(view)
    }

    /// What can be paid on a day of the period with these dates.
    ///
    /// # Errors
    /// [`ServicingError::NoSuchPeriod`]; dates or amounts leave their range.
    pub fn due_amounts(&self, from: Date, due: Date, date: Date, vertical: bool) -> Result<DueAmounts, ServicingError> {
        let mut view = self.until(date)?;
        let at = view.period_between(from, due).ok_or(ServicingError::NoSuchPeriod(due))?;
        let unsettled = view.unsettled()?;
        view.original_instalment_if_early(at, date, unsettled, self)?;
        let amounts = view.due(at)?;
        let Some(period) = view.periods.get(at) else { return Ok(DueAmounts::default()) };
        if !vertical {
            return Ok(DueAmounts { principal: amounts.principal, interest: amounts.interest });
        }
        let principal = if unsettled > 1 { period.gross()? } else { amounts.principal };
        let cap = |amount: Amount, total: Amount, paid: Amount, of_period: Amount| -> Result<Amount, Overflow> {
            Ok(amount.min(total.minus(paid)?.max(of_period)))
        };
        Ok(DueAmounts {
            principal: cap(
                principal,
                view.total_principal()?.or_zero(),
                view.total_paid_principal()?.or_zero(),
                period.paid_principal,
            )?,
            interest: cap(
                amounts.interest,
                view.total_interest()?.or_zero(),
                view.total_paid_interest()?.or_zero(),
                period.paid_interest,
            )?,
        })
    }

    /// A period that has not begun is paid by its original instalment, as far as principal is open.
    fn original_instalment_if_early(
        &mut self,
        at: usize,
        date: Date,
        unsettled: usize,
        source: &Self,
    ) -> Result<(), ServicingError> {
        let due = self.due(at)?;
        let open = self.open_principal()?;
        let Some(period) = self.periods.get_mut(at) else { return Ok(()) };
        if date > period.from {
            return Ok(());
        }
        if period.re_aged {
            if let Some(original) = source.period_between(period.from, period.due).and_then(|at| source.periods.get(at))
            {
                period.instalment = original.instalment;
            }
            return Ok(());
        }
        if unsettled > 1 {
            period.instalment = period.original_instalment;
            let paid = period.paid_principal;
            let outstanding = self.due(at)?.principal.minus(paid)?.or_zero();
            let excess = outstanding.minus(open)?.or_zero();
            if let Some(period) = self.periods.get_mut(at) {
                period.instalment = period.instalment.minus(excess)?;
            }
        } else if unsettled == 1 && period.is_settled()? {
            let rest = open.plus(period.paid_principal)?.plus(due.interest)?;
            period.instalment = period.original_instalment.min(rest);
        }
        Ok(())
    }

    /// Interest of a period until a day, with what was charged back in it or without.
    ///
    /// # Errors
    /// [`ServicingError::NoSuchPeriod`]; dates or amounts leave their range.
    pub fn interest_until(
        &self,
        from: Date,
        due: Date,
        date: Date,
        with_credits: bool,
    ) -> Result<Amount, ServicingError> {
        let view = self.until(date)?;
        let at = view.period_between(from, due).ok_or(ServicingError::NoSuchPeriod(due))?;
        let earned = view.due(at)?.earned;
        let credited = view.periods.get(at).map_or(Ok(Amount::ZERO), super::Period::credited_interest)?;
        Ok(if with_credits { earned } else { earned.minus(credited)? })
    }

    /// Open principal and interest, interest counted until a day.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn outstanding_until(&self, date: Date, fixed_by_days: bool) -> Result<DueAmounts, ServicingError> {
        let mut view = self.clone();
        view.overdue_through = None;
        view.stop_interest_after(date)?;
        view.update_balances()?;
        view.settle_last_unpaid(date)?;
        if fixed_by_days {
            view.spread_fixed_interest(date)?;
        }
        let interest = view.total_interest()?.or_zero().minus(view.total_paid_interest()?.or_zero())?.or_zero();
        Ok(DueAmounts { principal: view.open_principal()?, interest })
    }

    fn spread_fixed_interest(&mut self, date: Date) -> Result<(), ServicingError> {
        let precision = Precision::new(self.rules.significant_digits);
        for at in 0..self.periods.len() {
            let Some(period) = self.periods.get(at).filter(|period| period.fixed_interest.is_positive()) else {
                continue;
            };
            let (length, elapsed) = (period.due.days_since(period.from), date.days_since(period.from));
            let spread = if length == 0 || elapsed >= length {
                period.fixed_interest
            } else if elapsed <= 0 {
                Amount::ZERO
            } else {
                let share = precision.div(Decimal::from(elapsed), Decimal::from(length))?;
                self.rules.round(precision.mul(share, period.fixed_interest.to_decimal())?)?
            };
            if let Some(period) = self.periods.get_mut(at) {
                period.fixed_interest = spread;
            }
        }
        Ok(())
    }

    /// Interest of all periods as it would be payable on a day.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn interest_payable_on(&self, date: Date, vertical: bool) -> Result<Amount, ServicingError> {
        self.periods.iter().try_fold(Amount::ZERO, |sum, period| {
            Ok(sum.plus(self.due_amounts(period.from, period.due, date, vertical)?.interest)?)
        })
    }

    /// Open interest of the periods that have begun before a day, counted until it.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn open_interest_until(&self, date: Date) -> Result<Amount, ServicingError> {
        let view = self.until(date)?;
        let mut sum = Amount::ZERO;
        for (period, due) in view.periods.iter().zip(view.dues()?).filter(|(period, _)| period.from < date) {
            sum = sum.plus(due.interest.minus(period.paid_interest)?.or_zero())?;
        }
        Ok(sum)
    }
}
