//! Changes of rate, dates and number of periods.

use super::segments::Change;
use super::{Basis, Model, Period};
use crate::calendar::{Date, Frequency, PeriodUnit};
use crate::money::{Amount, Overflow, Rate};
use crate::servicing::ServicingError;

/// A date moved by so many units.
pub(in crate::servicing) fn moved(date: Date, count: i64, unit: PeriodUnit) -> Result<Date, ServicingError> {
    Ok(match unit {
        PeriodUnit::Day => date.plus_days(count)?,
        PeriodUnit::Week => date.plus_days(count.checked_mul(7).ok_or(Overflow)?)?,
        PeriodUnit::Month => date.plus_months(count)?,
    })
}

impl Model {
    /// Another annual rate from a day on; instalments are found anew.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn change_rate(&mut self, from: Date, rate: Rate) -> Result<(), ServicingError> {
        let day_before = from.plus_days(-1)?;
        self.set_rate(day_before, rate.ratio());
        self.level_after(day_before)
    }

    fn level_after(&mut self, day: Date) -> Result<(), ServicingError> {
        if let Some(at) = self.change_balance(day, Change::default())? {
            self.level_from(self.first_affected_due(at, day), Basis::AsItStands)?;
        }
        Ok(())
    }

    /// More periods at the end; instalments are found anew from a day on. Dates count from `seed`, of which `known` periods
    /// exist already.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn add_periods(&mut self, from: Date, count: u32, seed: Date, known: usize) -> Result<(), ServicingError> {
        let (every, unit) = (i64::from(self.rules.frequency.every), self.rules.frequency.unit);
        let Some(last) = self.periods.last().cloned() else { return Ok(()) };
        let known = i64::try_from(known).map_err(|_| Overflow)?;
        for index in 0..i64::from(count) {
            let number = known.checked_add(index).ok_or(Overflow)?;
            let start = moved(seed, number.checked_mul(every).ok_or(Overflow)?, unit)?;
            let end = moved(seed, number.checked_add(1).and_then(|n| n.checked_mul(every)).ok_or(Overflow)?, unit)?;
            let mut period = Period::new(start, end, Amount::ZERO);
            period.disbursed_before = last.disbursed_before;
            period.capitalised_before = last.capitalised_before;
            self.periods.push(period);
        }
        self.level_after(from.plus_days(-1)?)
    }

    /// The period that holds a due date ends on another day; later periods follow by the frequency. `last_due` gives the last
    /// period a due date of its own.
    ///
    /// # Errors
    /// [`ServicingError::NoSuchPeriod`]; dates or amounts leave their range.
    pub fn change_due_date(&mut self, due: Date, new_due: Date, last_due: Option<Date>) -> Result<(), ServicingError> {
        let target = self.period_of(due).ok_or(ServicingError::NoSuchPeriod(due))?;
        let frequency = self.rules.frequency;
        let (mut from, last) = (new_due, self.periods.len().saturating_sub(1));
        for (at, period) in self.periods.iter_mut().enumerate().skip(target) {
            let end = if at == target {
                new_due
            } else {
                let next = moved(from, i64::from(frequency.every), frequency.unit)?;
                period.from = from;
                if let Some(segment) = period.segments.first_mut() {
                    segment.from = from;
                }
                last_due.filter(|_| at == last).unwrap_or(next)
            };
            period.due = end;
            if let Some(segment) = period.segments.last_mut() {
                segment.due = end;
            }
            from = end;
        }
        self.update_factors_from(due)?;
        self.update_balances()?;
        self.settle_last_unpaid(due)
    }

    /// A tranche with a whole term of its own: its instalments come on top of those that fall on the same dates.
    pub(super) fn add_full_term_tranche(&mut self, on: Date, amount: Amount) -> Result<(), ServicingError> {
        let holding = self.periods.iter().find(|period| period.from <= on && on < period.due).map(|period| period.from);
        let Some(start) = holding.or(self.maturity()) else { return Ok(()) };
        let mut rules = (*self.rules).clone();
        rules.full_term_tranches = false;
        rules.grace = crate::servicing::rules::Grace::default();
        rules.instalment_multiple = None;
        let dates = regular_periods(start, rules.frequency, rules.instalments)?;
        let mut tranche = Self::new(std::sync::Arc::new(rules), dates);
        tranche.disburse(on, amount)?;
        self.change_balance(on, Change { disbursed: amount, ..Change::default() })?;
        let lent = self.periods.last().map_or(Amount::ZERO, |period| period.disbursed_before);
        for (index, (new, due)) in tranche.periods.iter().zip(tranche.dues()?).enumerate() {
            let instalment = due.principal.plus(due.interest)?;
            let at = match self.periods.iter().position(|period| period.from == new.from && period.due == new.due) {
                Some(at) => {
                    if let Some(period) = self.periods.get_mut(at) {
                        period.instalment = period.instalment.plus(instalment)?;
                        period.original_instalment = period.instalment;
                    }
                    at
                }
                None => {
                    let from = if index == 0 { self.maturity().unwrap_or(new.from) } else { new.from };
                    let mut period = Period::new(from, new.due, instalment);
                    period.disbursed_before = lent;
                    self.periods.push(period);
                    self.periods.len().saturating_sub(1)
                }
            };
            self.update_factors_of(at)?;
        }
        self.update_balances()?;
        self.settle_last_unpaid(on)
    }
}

/// So many periods of the frequency, one after another.
pub(in crate::servicing) fn regular_periods(
    start: Date,
    frequency: Frequency,
    count: u32,
) -> Result<Vec<(Date, Date)>, ServicingError> {
    let every = i64::from(frequency.every);
    (0..i64::from(count))
        .map(|index| {
            let steps = index.checked_mul(every).ok_or(Overflow)?;
            let next = steps.checked_add(every).ok_or(Overflow)?;
            Ok((moved(start, steps, frequency.unit)?, moved(start, next, frequency.unit)?))
        })
        .collect()
}
