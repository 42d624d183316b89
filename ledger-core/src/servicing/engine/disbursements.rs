//! Tranches, down payments, capitalised income.

use super::Engine;
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::instalment::{Instalment, Split};
use crate::servicing::interest::{Model, moved, regular_periods};
use crate::servicing::rules::times;
use std::sync::Arc;

impl Engine {
    pub(super) fn disburse(&mut self, fact: usize, on: Date, amount: Amount) -> Result<(), ServicingError> {
        if self.model.is_none() {
            self.lay_out(on)?;
        }
        let down = self.contract.down_payment_of(amount)?;
        if self.contract.down_payment.is_some() {
            let mut row = Instalment::new(on, on);
            row.down_payment = true;
            row.owed.principal = down;
            row.update_met(on)?;
            self.instalments.push(row);
            self.sort();
        }
        let rest = amount.minus(down)?;
        self.disbursed.push((on, amount));
        if let Some(model) = &mut self.model {
            model.note_down_payment(down)?;
        }
        self.lend(on, rest, false)?;
        self.follow_instalments(on)?;
        self.record(fact, amount, Split::default(), Amount::ZERO)?;
        self.use_overpayment(fact, on)
    }

    pub(super) fn capitalise(&mut self, fact: usize, on: Date, amount: Amount) -> Result<(), ServicingError> {
        self.capitalised.push((on, amount));
        self.lend(on, amount, true)?;
        self.record(fact, amount, Split { principal: amount, ..Split::default() }, Amount::ZERO)?;
        self.use_overpayment(fact, on)
    }

    /// Periods and instalments, once money flows.
    fn lay_out(&mut self, on: Date) -> Result<(), ServicingError> {
        let rules = &self.contract.interest;
        let start = self.contract.schedule_start.unwrap_or(on);
        let mut dates = match &self.contract.due_dates {
            Some(due_dates) => {
                let mut from = on;
                let pair = |due: &Date| {
                    let dates = (from, *due);
                    from = *due;
                    dates
                };
                due_dates.iter().map(pair).collect()
            }
            None => regular_periods(start, rules.frequency, rules.instalments)?,
        };
        if let (Some(length), Some(last)) = (self.contract.fixed_length, dates.last_mut()) {
            last.1 = moved(start, i64::from(length), rules.frequency.unit)?;
        }
        self.instalments.extend(dates.iter().map(|(from, due)| Instalment::new(*from, *due)));
        self.model = Some(Model::new(Arc::new(rules.clone()), dates));
        Ok(())
    }

    fn lend(&mut self, on: Date, amount: Amount, income: bool) -> Result<(), ServicingError> {
        let maturity = self.model.as_ref().and_then(Model::maturity);
        let after_maturity = self.instalments.iter().filter(|row| row.is_regular()).all(|row| row.due < on);
        let by_model = !(self.re_amortised || self.re_aged && maturity.is_some_and(|maturity| on > maturity));
        if !by_model {
            return self.lend_evenly(on, amount);
        }
        if after_maturity && !self.contract.interest.full_term_tranches {
            let mut row = Instalment::new(on, on);
            row.additional = true;
            row.owed.principal = amount;
            self.instalments.push(row);
            return Ok(());
        }
        let Some(model) = &mut self.model else { return Ok(()) };
        if income {
            model.capitalise(on, amount)?;
        } else {
            model.disburse(on, amount)?;
        }
        if !amount.is_positive() {
            return Ok(());
        }
        for (period, due) in self.periods()? {
            let known = self.instalments.iter().any(|row| row.due == period.due);
            let row =
                self.instalments.iter_mut().find(|row| row.due == period.due && !row.down_payment && row.due >= on);
            match row {
                Some(row) => {
                    row.owed.principal = due.principal;
                    row.owed.interest = due.interest;
                    row.update_met(on)?;
                }
                None if self.contract.interest.full_term_tranches && !known => {
                    let mut row = Instalment::new(period.from, period.due);
                    row.owed.principal = due.principal;
                    row.owed.interest = due.interest;
                    self.instalments.push(row);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Without the model: the same more on every instalment to come.
    fn lend_evenly(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        let mut rows: Vec<usize> = self
            .instalments
            .iter()
            .enumerate()
            .filter(|(_, row)| row.is_regular() && row.due > on)
            .map(|(at, _)| at)
            .collect();
        if rows.is_empty() {
            match self.instalments.iter().position(|row| row.additional) {
                Some(at) => {
                    if let Some(row) = self.instalments.get_mut(at) {
                        row.due = on;
                    }
                    rows.push(at);
                }
                None => {
                    let mut row = Instalment::new(on, on);
                    row.additional = true;
                    self.instalments.push(row);
                    rows.push(self.instalments.len().saturating_sub(1));
                }
            }
        }
        let rules = &self.contract.interest;
        let share = rules.share(amount, rows.len())?;
        let (mut left, last) = (amount, rows.last().copied());
        for at in rows {
            let Some(row) = self.instalments.get_mut(at) else { continue };
            let before = row.owed.principal;
            let after = rules.round_instalment(before.plus(share)?)?;
            left = left.minus(after.minus(before)?)?;
            row.owed.principal = after;
            if Some(at) == last {
                row.owed.principal = after.plus(left)?;
            }
            row.update_met(on)?;
        }
        Ok(())
    }

    /// A part of an amount for each of `count` instalments, and what the last one takes on top.
    pub(super) fn even_parts(&self, amount: Amount, count: usize) -> Result<(Amount, Amount), Overflow> {
        if !amount.is_positive() {
            return Ok((Amount::ZERO, Amount::ZERO));
        }
        let part = self.contract.interest.share(amount, count)?;
        Ok((part, amount.minus(times(part, count)?)?))
    }
}
