//! Late fees: which fall due by a day, and how much.

use super::{Book, CalculationError, Facts, LoanState, servicing};
use crate::calendar::Date;
use crate::money::{Amount, Overflow, Rate};
use crate::terms::{LateFee, LateFeeRule, Terms};

/// A late fee that the terms ask for and that is not assessed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateFeeDue {
    /// The instalment.
    pub instalment: u32,
    /// The day of assessment: the first one after the grace days.
    pub on: Date,
}

/// The late fees to be assessed on or before `through`, by day. Each is assessed on the day after the grace days, if the
/// instalment's contractual amount was not paid when the day before ended.
///
/// # Errors
/// Dates or amounts leave their range.
pub fn late_fees_due(state: &LoanState, through: Date) -> Result<Vec<LateFeeDue>, CalculationError> {
    let Some(terms) = state.terms.as_ref().filter(|terms| terms.late_fee.is_some()) else {
        return Ok(Vec::new());
    };
    if state.written_off_on.is_some() || state.closed_on.is_some() {
        return Ok(Vec::new());
    }
    if let Some(contract) = state.contract() {
        return servicing::late_fees_due(state, terms, contract, through);
    }
    let mut fees = Vec::new();
    for instalment in state.book.instalments().iter().filter(|instalment| instalment.row.number > 0) {
        let number = instalment.row.number;
        let on = assessed_on(terms, instalment.row.due_on)?;
        if on > through {
            break;
        }
        // a loan taken over brings its arrears with it: fees of before are in what was brought forward
        let before_conversion = state.converted_on.is_some_and(|converted| on <= converted);
        if before_conversion || is_assessed(state, number) {
            continue;
        }
        if overdue_at(&state.book, number, on)?.is_positive() {
            fees.push(LateFeeDue { instalment: number, on });
        }
    }
    fees.sort_by_key(|fee| (fee.on, fee.instalment));
    Ok(fees)
}

/// The next day after `day` on which a late fee may fall due if nothing else happens; none if no instalment is left.
///
/// # Errors
/// Dates leave their range.
pub fn next_assessment_after(state: &LoanState, day: Date) -> Result<Option<Date>, CalculationError> {
    let Some(terms) = state.terms.as_ref().filter(|terms| terms.late_fee.is_some()) else { return Ok(None) };
    if state.contract().is_some() {
        return servicing::next_assessment_after(state, terms, day);
    }
    for instalment in state.book.instalments().iter().filter(|instalment| instalment.row.number > 0) {
        let on = assessed_on(terms, instalment.row.due_on)?;
        if on > day {
            return Ok(Some(on));
        }
    }
    Ok(None)
}

/// Whether the late fee of an instalment was assessed.
pub(super) fn is_assessed(state: &LoanState, number: u32) -> bool {
    state.facts.iter().any(|fact| {
        fact.reversed_by.is_none()
            && matches!(fact.facts, Facts::LateFeeAssessed { instalment } if instalment == number)
    })
}

/// The first day after the grace days.
pub(super) fn assessed_on(terms: &Terms, due_on: Date) -> Result<Date, CalculationError> {
    Ok(due_on.plus_days(i64::from(terms.grace_days).saturating_add(1))?)
}

/// The contractual amount of an instalment that was unpaid when the day before `on` ended.
pub(super) fn overdue_at(book: &Book, number: u32, on: Date) -> Result<Amount, CalculationError> {
    let Some(instalment) = book.instalment(number) else { return Ok(Amount::ZERO) };
    let changed_since = book.entries().iter().any(|entry| entry.line.instalment == number && entry.effective_on >= on);
    if !changed_since {
        return Ok(instalment.contractual_open()?);
    }
    let before = book.as_of(on.plus_days(-1)?)?;
    Ok(before.instalment(number).map_or(Ok(Amount::ZERO), super::Instalment::contractual_open)?)
}

/// How much the late fee on an overdue amount is.
pub(super) fn amount(terms: &Terms, fee: &LateFee, overdue: Amount) -> Result<Amount, Overflow> {
    let part = |rate: Rate| {
        let part = overdue.to_decimal().checked_mul(rate.ratio()).ok_or(Overflow)?;
        terms.rounding.round(part)
    };
    let amount = match &fee.rule {
        LateFeeRule::Fixed(fixed) => *fixed,
        LateFeeRule::Percent(rate) => part(*rate)?,
        LateFeeRule::Greater(fixed, rate) => part(*rate)?.max(*fixed),
    };
    Ok(fee.cap.map_or(amount, |cap| amount.min(cap)))
}
