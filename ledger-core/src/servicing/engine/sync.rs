//! Instalments follow the interest model.

use super::Engine;
use crate::calendar::Date;
use crate::money::Amount;
use crate::servicing::ServicingError;
use crate::servicing::instalment::Instalment;
use crate::servicing::interest::{Due, Period};

impl Engine {
    pub(super) fn periods(&self) -> Result<Vec<(Period, Due)>, ServicingError> {
        let Some(model) = &self.model else { return Ok(Vec::new()) };
        Ok(model.periods().iter().cloned().zip(model.dues()?).collect())
    }

    /// Overdue principal earns interest, at this point of the fold.
    pub(super) fn counts_overdue(&self) -> bool {
        self.recalculates() && self.contract.interest_on_overdue
    }

    /// Overdue interest until a day.
    pub(super) fn recalculate(&mut self, until: Date) -> Result<(), ServicingError> {
        if !self.counts_overdue() {
            return Ok(());
        }
        let to_due_date = self.until_due_date();
        let Some(model) = &mut self.model else { return Ok(()) };
        if model.charge_overdue(until, to_due_date)? {
            self.sync_by_from()?;
        }
        Ok(())
    }

    /// Interest of the current period runs until its due date.
    pub(super) fn until_due_date(&self) -> bool {
        self.contract.preclosure_until_due_date && (self.contract.rest_by_period || self.prepaying)
    }

    pub(super) fn sync_by_from(&mut self) -> Result<(), ServicingError> {
        for (period, due) in self.periods()? {
            let rows =
                || self.instalments.iter().enumerate().filter(|(_, row)| !row.down_payment && row.from == period.from);
            let exact = rows().find(|(_, row)| row.due == period.due);
            let at = exact.or_else(|| rows().next()).map(|(at, _)| at);
            if let Some(instalment) = at.and_then(|at| self.instalments.get_mut(at)) {
                instalment.owed.principal = due.principal;
                instalment.owed.interest = due.interest;
            }
        }
        Ok(())
    }

    /// After a payment or credit.
    pub(super) fn sync_by_due(&mut self, on: Date) -> Result<(), ServicingError> {
        for (period, due) in self.periods()? {
            if let Some(instalment) = self.instalments.iter_mut().find(|row| !row.down_payment && row.due == period.due)
            {
                instalment.owed.principal = due.principal;
                instalment.owed.interest = due.interest;
                instalment.credited.interest = period.credited_interest()?;
                instalment.credited.principal = period.credited_principal()?;
                instalment.update_met(on)?;
            }
        }
        Ok(())
    }

    /// Open instalments due on a day or later.
    pub(super) fn sync_open_from(&mut self, from: Date) -> Result<(), ServicingError> {
        let periods = self.periods()?;
        for row in self.instalments.iter_mut().filter(|row| !row.is_met() && from <= row.due && row.is_regular()) {
            if let Some((_, due)) = periods.iter().find(|(period, _)| period.from == row.from && period.due == row.due)
            {
                row.owed.principal = due.principal;
                row.owed.interest = due.interest;
            }
        }
        Ok(())
    }

    /// Whether a payment pays all that is open, interest counted until the current instalment's due date. Asked only where the
    /// terms make a difference of it.
    pub(super) fn closes_the_loan(&self, on: Date, amount: Amount) -> Result<bool, ServicingError> {
        if !self.contract.interest.recalculated || !self.contract.preclosure_until_due_date {
            return Ok(false);
        }
        let (Some(model), Some(row)) = (&self.model, self.related(on)) else { return Ok(false) };
        let open = model.outstanding_until(row.due, false)?;
        Ok(amount >= open.principal.plus(open.interest)?)
    }

    /// The regular instalment whose days hold the date.
    pub(super) fn related(&self, on: Date) -> Option<&Instalment> {
        let first = self.instalments.iter().position(|row| !row.down_payment);
        self.instalments
            .iter()
            .enumerate()
            .find(|(at, row)| {
                !row.down_payment && (row.from < on || Some(*at) == first && row.from == on) && on <= row.due
            })
            .map(|(_, row)| row)
    }
}
