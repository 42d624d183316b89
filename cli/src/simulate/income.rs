//! When income is recognised: by the day, when days are closed, when a loan ends.
//!
//! Closing a day recognises what was earned until the day before and falls due by then; the end of a loan recognises the rest;
//! a charge-off recognises interest until its day. What was recognised too much is adjusted.

use super::Case;
use super::deferral::{self, Until};
use super::steps::History;
use ledger_core::calendar::Date;
use ledger_core::money::Amount;
use ledger_core::servicing::ServicingError;
use ledger_core::servicing::contract::{ChargeOffBehaviour, Component, Contract};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use ledger_core::servicing::instalment::{Instalment, Split};
use rust_decimal::Decimal;

const INCOME: [Component; 3] = [Component::Interest, Component::Fee, Component::Penalty];

/// Income recognised on a day.
#[derive(Debug)]
pub struct Recognised {
    /// The day.
    pub on: Date,
    /// `accrual`, `accrual_adjustment`, `accrual_activity`, or the amortisation of deferred income.
    pub name: &'static str,
    /// By component.
    pub split: Split,
}

/// What a case recognises, step by step.
pub fn recognised(case: &Case, contract: &Contract) -> Result<Vec<Recognised>, String> {
    let mut lines: Vec<Recognised> = Vec::new();
    let (mut was_open, mut closed_until) = (true, None);
    let (mut ended, mut chain) = (None, None);
    let defer = |lines: &mut Vec<Recognised>, history: &History, engine: &Engine<'_>, on: Date, until: Until| {
        deferral::recognise(lines, contract, engine, &history.facts, on, until).map_err(|error| error.to_string())
    };
    for (at, step) in case.steps.iter().enumerate() {
        let day = step.booked();
        let cob = step.is("close_of_business");
        if !cob && !step.may_end_a_loan() {
            continue;
        }
        let history = History::before(case, contract, at.saturating_add(1))?;
        if history.is_planned() {
            lines.clear();
            (was_open, ended, closed_until) = (true, None, None);
            continue;
        }
        let failed = |error: ServicingError| error.to_string();
        let engine = Engine::run(contract, &history.facts, history.counted_until(day)).map_err(failed)?;
        let is_open = !engine.instalments.iter().all(Instalment::is_met);
        let taken_back = step.is("reverse") || day > step.date;
        let charged_off = charge_off_day(&history).is_some();
        if step.is("charge_off") || step.is("contract_termination") {
            let earned = earned(contract, &history.facts, &engine, step.date, true).map_err(failed)?;
            post(&mut lines, step.date, earned, Take::Interest)?;
            defer(&mut lines, &history, &engine, step.date, Until::Day(step.date))?;
            defer(&mut lines, &history, &engine, step.date, Until::End)?;
        } else if cob && !charged_off {
            // days that were not closed are closed one after another; the first close takes them all together
            let mut closing =
                chain.filter(|last: &Date| *last < day && is_open).map_or(Ok(day), |last| last.plus_days(1));
            while let Ok(today) = closing
                && today <= day
            {
                let before = today.plus_days(-1).map_err(|error| error.to_string())?;
                let then = if today == day {
                    engine.clone()
                } else {
                    Engine::run(contract, &history.facts, today).map_err(failed)?
                };
                let earned =
                    if is_open { earned(contract, &history.facts, &then, before, false) } else { everything(&then) };
                post(&mut lines, before, earned.map_err(failed)?, Take::More)?;
                defer(&mut lines, &history, &then, before, if is_open { Until::Day(before) } else { Until::End })?;
                closing = today.plus_days(1);
            }
        } else if !is_open && !charged_off && !step.is("write_off") {
            post(&mut lines, day, everything(&engine).map_err(failed)?, Take::All)?;
            defer(&mut lines, &history, &engine, day, Until::End)?;
        } else if let Some(charged_off_on) = charge_off_day(&history).filter(|_| taken_back) {
            let earned = earned(contract, &history.facts, &engine, charged_off_on, true).map_err(failed)?;
            post(&mut lines, charged_off_on, earned, Take::Interest)?;
        } else if taken_back && is_open && (!was_open || !charged_off && contract.recalculates()) {
            let earned = earned(contract, &history.facts, &engine, day, false).map_err(failed)?;
            adjust(&mut lines, day, earned)?;
        }
        if was_open && !is_open && !step.is("write_off") {
            ended = Some(step.date);
        } else if is_open {
            ended = None;
        }
        was_open = is_open;
        if cob {
            closed_until = Some(day);
            chain = is_open.then_some(day);
        }
    }
    if case.terms.accrual_activity_posting {
        activity(case, contract, closed_until, ended, &mut lines)?;
    }
    Ok(lines)
}

/// The day of a charge-off or termination that counts.
fn charge_off_day(history: &History) -> Option<Date> {
    history.facts.iter().find(|dated| !dated.reversed && is_charge_off(dated)).map(|dated| dated.on)
}

fn is_charge_off(dated: &Dated) -> bool {
    matches!(dated.fact, Fact::ChargedOff | Fact::Terminated | Fact::WrittenOff)
}

/// What was recognised so far.
fn so_far(lines: &[Recognised]) -> Result<Split, String> {
    let mut sum = Split::default();
    for line in lines.iter().filter(|line| line.name == "accrual" || line.name == "accrual_adjustment") {
        for component in INCOME {
            let amount = line.split.get(component);
            let amount = if line.name == "accrual_adjustment" { amount.negated() } else { Ok(amount) };
            amount.and_then(|amount| sum.add(component, amount)).map_err(|error| error.to_string())?;
        }
    }
    Ok(sum)
}

/// What a recognition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// What is missing.
    More,
    /// What is missing and what is too much.
    All,
    /// Both, of interest.
    Interest,
}

/// Recognises what is missing; takes back what is too much.
fn post(lines: &mut Vec<Recognised>, on: Date, earned: Split, take: Take) -> Result<(), String> {
    let known = so_far(lines)?;
    let (mut more, mut less) = (Split::default(), Split::default());
    for component in INCOME {
        if component != Component::Interest && take == Take::Interest {
            continue;
        }
        let difference = earned.get(component).minus(known.get(component)).map_err(|error| error.to_string())?;
        let (split, amount) =
            if difference.is_negative() { (&mut less, difference.negated()) } else { (&mut more, Ok(difference)) };
        amount.and_then(|amount| split.add(component, amount)).map_err(|error| error.to_string())?;
    }
    if take == Take::More {
        less = Split::default();
    }
    for (name, split) in [("accrual", more), ("accrual_adjustment", less)] {
        if !split.total().map_err(|error| error.to_string())?.is_zero() {
            lines.push(Recognised { on, name, split });
        }
    }
    Ok(())
}

/// Takes back what is too much; recognises nothing.
fn adjust(lines: &mut Vec<Recognised>, on: Date, earned: Split) -> Result<(), String> {
    let known = so_far(lines)?;
    let mut less = Split::default();
    let difference = known.interest.minus(earned.interest).map_err(|error| error.to_string())?;
    less.interest = difference.or_zero();
    if !less.interest.is_zero() {
        lines.push(Recognised { on, name: "accrual_adjustment", split: less });
    }
    Ok(())
}

/// All income of the loan.
fn everything(engine: &Engine<'_>) -> Result<Split, ServicingError> {
    let mut sum = Split::default();
    for row in &engine.instalments {
        for component in INCOME {
            sum.add(component, row.owed.get(component).minus(row.credited.get(component))?)?;
        }
    }
    Ok(sum)
}

/// Income earned until a day, the day itself included.
fn earned(
    contract: &Contract,
    facts: &[Dated],
    engine: &Engine<'_>,
    till: Date,
    with_credits: bool,
) -> Result<Split, ServicingError> {
    let mut sum = Split::default();
    for row in engine.instalments.iter().filter(|row| !row.down_payment) {
        let credited = row.credited.interest;
        if row.due <= till {
            sum.interest = sum.interest.plus(row.owed.interest.minus(credited)?)?;
        } else if row.from < till {
            let part = match &engine.model {
                Some(model) if contract.recalculates() && model.period_between(row.from, row.due).is_some() => {
                    model.interest_until(row.from, row.due, till, with_credits)?
                }
                // the charge-off has cut the instalment to its day already
                _ if with_credits && contract.charge_off != ChargeOffBehaviour::Regular => row.owed.interest,
                _ => by_days(contract, row, till)?,
            };
            sum.interest = sum.interest.plus(part)?;
        }
    }
    for charge in &engine.charges {
        match charge.due {
            Some(due) if due <= till => {
                // what was waived before it was recognised never becomes income
                let waived =
                    if recognised_before_waiver(facts, charge.fact, due) { Amount::ZERO } else { charge.waived };
                sum.add(charge.component, charge.amount.minus(waived)?)?;
            }
            _ => {}
        }
    }
    let dated = engine.charges.iter().filter(|charge| charge.due.is_some_and(|due| due <= till));
    let known = Amount::sum(dated.filter(|charge| charge.component == Component::Fee).map(|charge| charge.amount))?;
    let with_instalments = engine.charges.iter().any(|charge| charge.due.is_none());
    if with_instalments {
        let due = engine.instalments.iter().filter(|row| row.due <= till).map(|row| row.owed.fee);
        sum.fee = Amount::sum(due)?.max(known);
    }
    Ok(sum)
}

/// Whether a day after the due date was closed before the charge was waived.
fn recognised_before_waiver(facts: &[Dated], of: usize, due: Date) -> bool {
    let waiver = facts.iter().position(|dated| !dated.reversed && dated.fact == Fact::ChargeWaived { of });
    facts
        .iter()
        .take(waiver.unwrap_or(0))
        .any(|dated| !dated.reversed && dated.fact == Fact::DayClosed && dated.booked > due)
}

fn by_days(contract: &Contract, row: &Instalment, till: Date) -> Result<Amount, ServicingError> {
    let (days, length) = (till.days_since(row.from), row.due.days_since(row.from));
    let interest = row.owed.interest.to_decimal();
    let overflow = || ServicingError::from(ledger_core::money::Overflow);
    let part = interest.checked_mul(Decimal::from(days)).and_then(|sum| sum.checked_div(Decimal::from(length.max(1))));
    Ok(contract.interest.round(part.ok_or_else(overflow)?)?)
}

/// What each instalment brought, once its due date is closed.
fn activity(
    case: &Case,
    contract: &Contract,
    closed_until: Option<Date>,
    ended: Option<Date>,
    lines: &mut Vec<Recognised>,
) -> Result<(), String> {
    let history = History::before(case, contract, case.steps.len())?;
    let Some(last) = history.last_day().filter(|_| !history.is_planned()) else { return Ok(()) };
    let engine =
        Engine::run(contract, &history.facts, history.counted_until(last)).map_err(|error| error.to_string())?;
    let mut rest = everything(&engine).map_err(|error| error.to_string())?;
    let mut add = |on: Date, split: Split| -> Result<(), String> {
        if !split.total().map_err(|error| error.to_string())?.is_zero() {
            lines.push(Recognised { on, name: "accrual_activity", split });
        }
        Ok(())
    };
    for row in engine.instalments.iter().filter(|row| !row.down_payment) {
        let closed = closed_until.is_some_and(|day| day > row.due) && ended.is_none_or(|end| row.due <= end);
        if closed || ended.is_some_and(|end| row.due < end) {
            let split = Split { principal: Amount::ZERO, ..row.owed };
            for component in INCOME {
                split
                    .get(component)
                    .negated()
                    .and_then(|less| rest.add(component, less))
                    .map_err(|error| error.to_string())?;
            }
            add(row.due, split)?;
        }
    }
    match ended {
        Some(end) => add(end, Split { principal: Amount::ZERO, ..rest }),
        None => Ok(()),
    }
}
