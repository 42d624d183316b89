//! Overdue principal earns interest until it is paid (SERVICING section 1).

use super::Model;
use super::model::OverdueCorrection;
use super::segments::Change;
use crate::calendar::Date;
use crate::money::Amount;
use crate::servicing::ServicingError;

impl Model {
    /// Lets overdue principal earn interest until a day, or until the due date of the period that holds it.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn charge_overdue(&mut self, until: Date, to_due_date: bool) -> Result<bool, ServicingError> {
        let Some(maturity) = self.maturity() else { return Ok(false) };
        let until = until.min(maturity);
        let overdue: Vec<usize> = self
            .periods
            .iter()
            .enumerate()
            .filter(|(_, period)| !period.early_payments && until > period.due)
            .map(|(at, _)| at)
            .collect();
        if overdue.is_empty() {
            return Ok(false);
        }
        let current = self.period_of(until).unwrap_or_else(|| self.periods.len().saturating_sub(1));
        let (mut principal, mut sum, mut changed) = (Amount::ZERO, Amount::ZERO, false);
        for at in overdue {
            if !principal.is_zero() {
                changed |= self.correct_overdue(at, until, principal, sum, to_due_date)?;
            }
            let paid = self.periods.get(at).map_or(Amount::ZERO, |period| period.paid_principal);
            principal = self.due(at)?.principal.minus(paid)?.or_zero();
            sum = sum.plus(principal)?;
        }
        changed |= self.correct_overdue(current, until, principal, sum, to_due_date)?;
        if sum.is_positive() && self.overdue_through.is_none_or(|through| through < until) {
            self.overdue_through = Some(until);
        }
        Ok(changed)
    }

    fn correct_overdue(
        &mut self,
        at: usize,
        until: Date,
        principal: Amount,
        sum: Amount,
        to_due_date: bool,
    ) -> Result<bool, ServicingError> {
        let Some((from, due)) = self.periods.get(at).map(|period| (period.from, period.due)) else { return Ok(false) };
        if self.overdue_through == Some(until) {
            return Ok(false);
        }
        let start = self.overdue_through.map_or(from, |through| from.max(through));
        self.record_overdue(start, principal)?;
        if until > from && until <= due {
            let end = if to_due_date { due } else { until };
            self.record_overdue(end, sum.negated()?)?;
            self.overdue_through = Some(end);
        }
        Ok(true)
    }

    fn record_overdue(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        if let Some(at) = self.change_balance(on, Change { correction: amount, ..Change::default() })? {
            if let Some(period_due) = self.periods.get(at).map(|period| period.due) {
                self.overdue_corrections.push(OverdueCorrection { on, amount, period_due });
            }
            self.update_factors_of(at)?;
            self.update_balances()?;
            self.settle_last_unpaid(on)?;
        }
        Ok(())
    }

    pub(super) fn reverse_overdue_corrections(&mut self) -> Result<(), ServicingError> {
        for correction in std::mem::take(&mut self.overdue_corrections) {
            self.change_balance(
                correction.on,
                Change { correction: correction.amount.negated()?, ..Change::default() },
            )?;
        }
        self.overdue_through = None;
        Ok(())
    }
}
