//! On which dates instalments fall due.

use super::ScheduleError;
use crate::calendar::{Adjustment, BusinessCalendar, Date, PeriodContext};
use crate::terms::{Amortisation, Terms};

/// The period of one instalment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePeriod {
    /// Counts from 1.
    pub number: u32,
    /// First day: the due date before it, or the disbursement.
    pub from: Date,
    /// The due date, moved to a business day if the terms say so.
    pub due_on: Date,
    /// First day as the contract counts it, before any move to a business day.
    pub contract_from: Date,
    /// The due date as the contract counts it, before any move to a business day.
    pub contract_due: Date,
    /// The regular period that a day count measures this one with, and the contract's last due date.
    pub context: PeriodContext,
}

/// The periods of all instalments of a loan disbursed on `disbursed_on`.
///
/// The k-th due date is anchor + k periods, never counted from the one before (REGULATION section 4); the anchor is the
/// disbursement, or lies one period before [`Terms::first_due_on`] and keeps that date's day. Listed instalments fall due
/// their days after the disbursement. Each is then moved to a business day. Several may move to the same one (daily
/// instalments over a holiday): they keep their order, and all but the first have a period of no days.
///
/// # Errors
/// A first due date before the disbursement, a calendar that is missing or does not know a date, or a move before the
/// previous due date.
pub fn due_periods(
    terms: &Terms,
    disbursed_on: Date,
    calendar: Option<&BusinessCalendar>,
) -> Result<Vec<DuePeriod>, ScheduleError> {
    if let Some(first_due_on) = terms.first_due_on.filter(|first| *first < disbursed_on) {
        return Err(ScheduleError::FirstDueBeforeDisbursement { first_due_on, disbursed_on });
    }
    let count = i64::from(terms.instalments);
    let termination = contract_due(terms, disbursed_on, count)?;
    let mut periods = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let (mut from, mut contract_from) = (disbursed_on, disbursed_on);
    for (number, k) in (1..=terms.instalments).zip(1_i64..) {
        let contract_due = contract_due(terms, disbursed_on, k)?;
        let due_on = adjust(terms.adjustment, contract_due, calendar)?;
        if due_on < from {
            return Err(ScheduleError::DueBeforePrevious { number, due_on, previous: from });
        }
        // a first due date of its own makes the first period a stub of the regular period before that date
        let start = match terms.first_due_on {
            Some(first) if k == 1 => terms.frequency.date(first, -1)?,
            _ => contract_from,
        };
        let context = PeriodContext::of(start, contract_due, terms.frequency).with_termination(termination);
        periods.push(DuePeriod { number, from, due_on, contract_from, contract_due, context });
        (from, contract_from) = (due_on, contract_due);
    }
    Ok(periods)
}

/// The k-th due date (from 1), not moved to a business day.
fn contract_due(terms: &Terms, disbursed_on: Date, k: i64) -> Result<Date, ScheduleError> {
    if let Amortisation::Custom(listed) = &terms.amortisation {
        let row = usize::try_from(k.saturating_sub(1)).ok().and_then(|at| listed.get(at));
        let days = row.ok_or(ScheduleError::NoInstalments)?.due_after_days;
        return Ok(disbursed_on.plus_days(i64::from(days))?);
    }
    Ok(match terms.first_due_on {
        Some(first) => terms.frequency.date(first, k.saturating_sub(1))?,
        None => terms.frequency.date(disbursed_on, k)?,
    })
}

fn adjust(adjustment: Adjustment, date: Date, calendar: Option<&BusinessCalendar>) -> Result<Date, ScheduleError> {
    match (adjustment, calendar) {
        (Adjustment::Unadjusted, _) => Ok(date),
        (_, None) => Err(ScheduleError::CalendarMissing),
        (adjustment, Some(calendar)) => Ok(calendar.adjust(date, adjustment)?),
    }
}
