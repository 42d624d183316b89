//! The last open instalment takes what is left over, so that the instalments always add up to principal and interest.

use super::Model;
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use rust_decimal::Decimal;

impl Model {
    /// Gives the last instalment that is not settled whatever the others leave over, in view of a day.
    pub(super) fn settle_last_unpaid(&mut self, till: Date) -> Result<(), ServicingError> {
        self.cap_at_open_principal()?;
        let Some(at) = self.last_to_settle()? else { return Ok(()) };
        for period in &mut self.periods {
            period.interest_moved_up = false;
        }
        if let Some(period) = self.periods.get_mut(at) {
            period.brought_back = Amount::ZERO;
        }
        let left = self.left_over()?;
        let mut below_paid = false;
        if let Some(period) = self.periods.get_mut(at) {
            let mut instalment = period.instalment.plus(left)?;
            if period.fixed_interest.is_positive() {
                instalment = instalment.max(period.paid_principal.plus(period.fixed_interest)?);
            }
            let floor = period.paid()?.minus(period.credited()?)?;
            below_paid = instalment < floor;
            period.instalment = instalment.max(floor);
        }
        if below_paid {
            self.settle_last_unpaid(till)?;
        }
        self.bring_back_interest(at, till)
    }

    /// No instalment asks for more principal than is open: needed where much was paid on later instalments.
    fn cap_at_open_principal(&mut self) -> Result<(), Overflow> {
        let open = self.total_principal()?.or_zero().minus(self.total_paid_principal()?.or_zero())?;
        let mut carried = Amount::ZERO;
        for at in 0..self.periods.len() {
            let Some(mut period) = self.periods.get(at).cloned() else { break };
            let mut due = self.due_of(&period, carried)?;
            let outstanding = due.principal.minus(period.paid_principal)?.or_zero();
            if outstanding > open {
                let floor = period.paid()?.minus(period.credited()?)?.or_zero();
                period.instalment = period.instalment.minus(outstanding.minus(open)?)?.max(floor);
                due = self.due_of(&period, carried)?;
                if let Some(slot) = self.periods.get_mut(at) {
                    *slot = period;
                }
            }
            carried = due.carried;
        }
        Ok(())
    }

    fn last_to_settle(&self) -> Result<Option<usize>, Overflow> {
        for (at, period) in self.periods.iter().enumerate().rev() {
            if !period.is_settled()? {
                return Ok(Some(at));
            }
        }
        if !self.total_paid_principal()?.or_zero().is_zero() {
            return Ok(None);
        }
        let Some(last) = self.periods.len().checked_sub(1) else { return Ok(None) };
        let has_days = self.periods.get(last).is_some_and(|period| !period.segments.is_empty());
        Ok((has_days && self.closing_balance(last)?.is_positive()).then_some(last))
    }

    /// What principal and interest ask for beyond the instalments.
    fn left_over(&self) -> Result<Amount, Overflow> {
        let mut needed = self.total_credited_principal()?.or_zero().plus(self.total_interest()?)?;
        let mut instalments = Amount::ZERO;
        for period in &self.periods {
            needed = needed.plus(period.disbursed()?)?.plus(period.capitalised()?)?;
            instalments = instalments.plus(period.gross()?)?;
        }
        needed.minus(instalments)
    }

    /// Collects interest of later days in a period.
    pub fn bring_back(&mut self, at: usize, interest: Amount) {
        if let Some(period) = self.periods.get_mut(at) {
            period.brought_back = interest;
        }
    }

    /// Interest that ran until `till` and has no room in later instalments is collected in this one.
    pub(super) fn bring_back_interest(&mut self, at: usize, till: Date) -> Result<(), ServicingError> {
        let Some(due) = self.periods.get(at).map(|period| period.due) else { return Ok(()) };
        let mut view = self.clone();
        view.overdue_through = None;
        let beyond = view.overdue_corrections.iter().any(|correction| correction.period_due > due);
        let on = view.overdue_corrections.iter().any(|correction| correction.period_due == due);
        let without_overdue = on && !beyond;
        if without_overdue {
            view.reverse_overdue_corrections()?;
        }
        view.stop_interest_after(till)?;
        if without_overdue {
            view.update_balances()?;
        }
        let found = view
            .periods
            .iter()
            .zip(view.dues()?)
            .rev()
            .find(|(period, dues)| dues.carried.is_positive() && period.due > due);
        let Some(carried) = found.map(|(_, dues)| dues.carried) else { return Ok(()) };
        if let Some(period) = self.periods.get_mut(at) {
            period.brought_back = carried;
        }
        for period in self.periods.iter_mut().filter(|period| period.due > due) {
            period.interest_moved_up = true;
        }
        Ok(())
    }

    /// Interest runs until the day, itself included, and not after it.
    pub(super) fn stop_interest_after(&mut self, till: Date) -> Result<(), ServicingError> {
        if let Some(at) = self.period_of(till)
            && let Some(segment) = self.segment_of(at, till)
            && let Some(segment) = self.periods.get_mut(at).and_then(|period| period.segments.get_mut(segment))
        {
            segment.due = till;
        }
        self.update_all_factors()?;
        for segment in self.periods.iter_mut().flat_map(|period| &mut period.segments) {
            if segment.due > till {
                segment.factor = Decimal::ZERO;
                segment.factor_to_due = Decimal::ZERO;
            }
        }
        Ok(())
    }

    /// The last segment of a period that holds the day.
    pub(super) fn segment_of(&self, at: usize, date: Date) -> Option<usize> {
        let period = self.periods.get(at)?;
        period.segments.iter().enumerate().rposition(|(index, segment)| {
            let first = at == 0 && index == 0;
            (segment.from < date || first && segment.from == date) && date <= segment.due
        })
    }
}
