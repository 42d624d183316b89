//! Late fees of a loan that is serviced by the day.

use super::history::{History, components_of};
use crate::calendar::Date;
use crate::loan::late_fee::{LateFeeDue, assessed_on, is_assessed};
use crate::loan::{CalculationError, Effect, LoanState};
use crate::money::{Amount, Overflow};
use crate::servicing::contract::Contract;
use crate::servicing::engine::Engine;
use crate::servicing::fact::LateFee;
use crate::stream::Version;
use crate::terms::{Backdating, Component, LateFeeRule, Terms};

/// The late fee of the terms as the engine takes it. One that stays keeps the amount that was recorded.
pub fn fee_of(state: &LoanState, version: Version) -> LateFee {
    let Some(fee) = state.terms.as_ref().and_then(|terms| terms.late_fee.as_ref()) else { return LateFee::default() };
    let (fixed, share) = match fee.rule {
        LateFeeRule::Fixed(fixed) => (Some(fixed), None),
        LateFeeRule::Percent(share) => (None, Some(share)),
        LateFeeRule::Greater(fixed, share) => (Some(fixed), Some(share)),
    };
    let kept = match fee.backdating {
        Backdating::Reverse => None,
        Backdating::Keep => recorded(state, version),
    };
    LateFee { fixed, share, cap: fee.cap, kept }
}

/// What an event charged as penalty when it was recorded; nothing if it is not recorded yet.
fn recorded(state: &LoanState, version: Version) -> Option<Amount> {
    state.fact(version)?;
    let of_it = state.book.entries().iter().filter(|entry| entry.source == version);
    let charged = of_it.filter(|entry| entry.line.effect == Effect::Charged(Component::Penalty));
    Amount::sum(charged.map(|entry| entry.line.amount)).ok()
}

/// The late fees to be assessed on or before `through`, by day.
///
/// # Errors
/// Dates or amounts leave their range.
pub fn late_fees_due(
    state: &LoanState,
    terms: &Terms,
    contract: &Contract,
    through: Date,
) -> Result<Vec<LateFeeDue>, CalculationError> {
    let mut fees = Vec::new();
    let history = History::of(state, contract, |fact| fact.effective_on <= through);
    if history.planned {
        return Ok(fees);
    }
    let now = Engine::run(contract, &history.facts, through)?;
    for (number, row) in (1_u32..).zip(&now.instalments) {
        let on = assessed_on(terms, row.due)?;
        // what was met before the grace days were over was never late
        let in_time = row.met_on.is_some_and(|met_on| met_on < on);
        if on <= through && !in_time && !is_assessed(state, number) && overdue_before(state, contract, number, on)? {
            fees.push(LateFeeDue { instalment: number, on });
        }
    }
    fees.sort_by_key(|fee| (fee.on, fee.instalment));
    Ok(fees)
}

/// Whether principal or interest of an instalment was unpaid when the day before `on` ended.
///
/// # Errors
/// Dates or amounts leave their range.
pub fn overdue_before(state: &LoanState, contract: &Contract, number: u32, on: Date) -> Result<bool, CalculationError> {
    let history = History::of(state, contract, |fact| fact.effective_on < on);
    if history.planned {
        return Ok(false);
    }
    let then = Engine::run(contract, &history.facts, on.plus_days(-1)?)?;
    let at = usize::try_from(number).map_err(|_| Overflow)?.checked_sub(1);
    let Some(row) = at.and_then(|at| then.instalments.get(at)) else { return Ok(false) };
    let (owed, paid, waived) = (components_of(&row.owed), components_of(&row.paid), components_of(&row.waived));
    let open = |component| owed.get(component).minus(paid.get(component))?.minus(waived.get(component));
    let overdue = open(Component::Principal)?.plus(open(Component::Interest)?)?.is_positive();
    Ok(overdue && row.due < on)
}

/// The next day after `day` on which a late fee may fall due if nothing else happens.
///
/// # Errors
/// Dates or amounts leave their range.
pub fn next_assessment_after(state: &LoanState, terms: &Terms, day: Date) -> Result<Option<Date>, CalculationError> {
    let mut next: Option<Date> = None;
    for row in state.book.instalments().iter().filter(|row| row.contractual_open().is_ok_and(Amount::is_positive)) {
        let on = assessed_on(terms, row.row.due_on)?;
        if on > day {
            next = Some(next.map_or(on, |known| known.min(on)));
        }
    }
    Ok(next)
}
