//! Penalty interest: simple interest on overdue principal, by the day. A pure function of the book and a date.

use super::{Book, CalculationError, Effect, Instalment, Line};
use crate::calendar::{Date, PeriodContext};
use crate::money::{Amount, Overflow};
use crate::terms::{Component, Terms};
use rust_decimal::Decimal;

/// Penalty interest of an instalment from its due date to `date` (interest for the days [due, date)) that is not on the
/// account yet: the whole, rounded once, minus what is.
///
/// Banks in China: contract rate × 1.3 to 1.5 from the first day overdue until paid (PBoC 银发〔2003〕251号).
pub(super) fn unaccrued(
    terms: &Terms,
    book: &Book,
    instalment: &Instalment,
    date: Date,
) -> Result<Amount, CalculationError> {
    // what had accrued before a loan was taken over is in what was brought forward (row 0)
    let taken_over_on = book.instalment(0).map(|row| row.row.due_on);
    let due_on = taken_over_on.map_or(instalment.row.due_on, |on| on.max(instalment.row.due_on));
    let Some(penalty) = terms.penalty.as_ref().filter(|_| date > due_on) else {
        return Ok(Amount::ZERO);
    };
    let steps = book.principal_steps(instalment.row.number);
    let later_than = |day: Date| Amount::sum(steps.iter().filter(|(on, _)| *on > day).map(|(_, amount)| *amount));
    let now = instalment.outstanding(Component::Principal)?;
    let context = if instalment.row.from < instalment.row.due_on {
        PeriodContext::of(instalment.row.from, instalment.row.due_on, terms.frequency)
    } else {
        PeriodContext::NONE
    };
    let mut whole = Decimal::ZERO;
    let mut from = due_on;
    let bounds = steps.iter().map(|(on, _)| *on).filter(|on| *on > due_on && *on < date).chain([date]);
    for to in bounds {
        if to > from {
            let base = now.minus(later_than(from)?)?;
            if base.is_positive() {
                let fraction = penalty.day_count.year_fraction(from, to, &context)?;
                let interest = base.to_decimal().checked_mul(penalty.annual.ratio()).ok_or(Overflow)?;
                let interest = interest.checked_mul(fraction).ok_or(Overflow)?;
                whole = whole.checked_add(interest).ok_or(Overflow)?;
            }
            from = to;
        }
    }
    let whole = terms.rounding.round(whole)?;
    Ok(whole.minus(instalment.accrued)?.or_zero())
}

/// Lines that put the penalty interest to `date` on the account.
pub(super) fn accrual_lines(terms: &Terms, book: &Book, date: Date) -> Result<Vec<Line>, CalculationError> {
    let mut lines = Vec::new();
    for instalment in book.instalments() {
        let amount = unaccrued(terms, book, instalment, date)?;
        if amount.is_positive() {
            lines.push(Line { instalment: instalment.row.number, effect: Effect::Accrued(Component::Penalty), amount });
        }
    }
    Ok(lines)
}
