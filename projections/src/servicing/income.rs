//! When income is recognised: by the day, when days are closed, when a loan ends.
//!
//! Closing a day recognises what was earned until the day before and falls due by then; the end of a loan recognises the rest;
//! a charge-off recognises interest until its day. What was recognised too much is adjusted.

use super::ServicingViewError;
use super::deferral::{self, Until};
use super::life::{Life, Step, What};
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Facts, Operation, ServicedHistory};
use ledger_core::money::{Amount, Overflow};
use ledger_core::record::Version;
use ledger_core::servicing::ServicingError;
use ledger_core::servicing::contract::{ChargeOffBehaviour, Component, Contract};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::Fact;
use ledger_core::servicing::instalment::{Instalment, Split};
use rust_decimal::Decimal;

const INCOME: [Component; 3] = [Component::Interest, Component::Fee, Component::Penalty];

/// Income recognised on a day.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// The day.
    pub on: Date,
    /// `accrual`, `accrual_adjustment`, `accrual_activity`, or the amortisation of deferred income.
    pub name: &'static str,
    /// By component.
    pub split: Split,
}

/// What a life recognises, step by step. `with_activity` adds what each instalment brought, on its due date.
///
/// # Errors
/// A calculation has no result.
pub fn recognised(
    life: &Life,
    contract: &Contract,
    with_activity: bool,
) -> Result<Vec<Recognised>, ServicingViewError> {
    let mut lines: Vec<Recognised> = Vec::new();
    let (mut was_open, mut closed_until) = (true, None);
    let (mut ended, mut chain) = (None, None);
    for (at, step) in life.steps().iter().enumerate().skip(1) {
        let day = step.booked_on;
        let cob = step.is_day_close();
        if !cob && !may_end_a_loan(step) {
            continue;
        }
        let count = at.saturating_add(1);
        let history = life.history(count, contract);
        if history.planned {
            lines.clear();
            (was_open, ended, closed_until) = (true, None, None);
            continue;
        }
        let defer = |lines: &mut Vec<Recognised>, engine: &Engine, on: Date, until: Until| {
            deferral::recognise(lines, contract, engine, &history.facts, on, until)
        };
        let known = Known { life, count, history: &history, contract };
        let engine = Engine::run(contract, &history.facts, life.counted_until(count, &history, day))?;
        let is_open = !engine.instalments.iter().all(Instalment::is_met);
        let effective_on = step.effective_on();
        let taken_back = step.takes_back() || day > effective_on;
        let charged_off = charge_off_day(&history).is_some();
        let writes_off = matches!(step.fact().map(|stored| &stored.event.facts), Some(Facts::WrittenOff { .. }));
        if matches!(step.operation(), Some(Operation::ChargedOff { .. } | Operation::Terminated { .. })) {
            post(&mut lines, effective_on, known.earned(&engine, effective_on, true)?, Take::Interest)?;
            defer(&mut lines, &engine, effective_on, Until::Day(effective_on))?;
            defer(&mut lines, &engine, effective_on, Until::End)?;
        } else if cob && !charged_off {
            // days that were not closed are closed one after another; the first close takes them all together
            let mut closing =
                chain.filter(|last: &Date| *last < day && is_open).map_or(Ok(day), |last| last.plus_days(1));
            while let Ok(today) = closing
                && today <= day
            {
                let before = today.plus_days(-1).map_err(CalculationError::from)?;
                let then = if today == day { engine.clone() } else { Engine::run(contract, &history.facts, today)? };
                let earned = if is_open { known.earned(&then, before, false)? } else { everything(&then)? };
                post(&mut lines, before, earned, Take::More)?;
                defer(&mut lines, &then, before, if is_open { Until::Day(before) } else { Until::End })?;
                closing = today.plus_days(1);
            }
        } else if !is_open && !charged_off && !writes_off {
            post(&mut lines, day, everything(&engine)?, Take::All)?;
            defer(&mut lines, &engine, day, Until::End)?;
        } else if let Some(charged_off_on) = charge_off_day(&history).filter(|_| taken_back) {
            post(&mut lines, charged_off_on, known.earned(&engine, charged_off_on, true)?, Take::Interest)?;
        } else if taken_back && is_open && (!was_open || !charged_off && contract.recalculates()) {
            adjust(&mut lines, day, known.earned(&engine, day, false)?)?;
        }
        if was_open && !is_open && !writes_off {
            ended = Some(effective_on);
        } else if is_open {
            ended = None;
        }
        was_open = is_open;
        if cob {
            closed_until = Some(day);
            chain = is_open.then_some(day);
        }
    }
    if with_activity {
        activity(life, contract, closed_until, ended, &mut lines)?;
    }
    Ok(lines)
}

/// Whether money moves so that a loan may end, or go on.
fn may_end_a_loan(step: &Step) -> bool {
    !matches!(
        step.operation(),
        Some(
            Operation::ChargeLevied { .. }
                | Operation::DelinquencyPaused { .. }
                | Operation::DelinquencyResumed { .. }
                | Operation::Transferred { .. }
        )
    )
}

/// The day of a charge-off or termination that counts.
fn charge_off_day(history: &ServicedHistory) -> Option<Date> {
    history
        .facts
        .iter()
        .find(|dated| !dated.reversed && matches!(dated.fact, Fact::ChargedOff | Fact::Terminated | Fact::WrittenOff))
        .map(|dated| dated.on)
}

/// What was recognised so far.
fn so_far(lines: &[Recognised]) -> Result<Split, Overflow> {
    let mut sum = Split::default();
    for line in lines.iter().filter(|line| line.name == "accrual" || line.name == "accrual_adjustment") {
        for component in INCOME {
            let amount = line.split.get(component);
            let amount = if line.name == "accrual_adjustment" { amount.negated() } else { Ok(amount) };
            amount.and_then(|amount| sum.add(component, amount))?;
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
fn post(lines: &mut Vec<Recognised>, on: Date, earned: Split, take: Take) -> Result<(), Overflow> {
    let known = so_far(lines)?;
    let (mut more, mut less) = (Split::default(), Split::default());
    for component in INCOME {
        if component != Component::Interest && take == Take::Interest {
            continue;
        }
        let difference = earned.get(component).minus(known.get(component))?;
        let (split, amount) =
            if difference.is_negative() { (&mut less, difference.negated()) } else { (&mut more, Ok(difference)) };
        amount.and_then(|amount| split.add(component, amount))?;
    }
    if take == Take::More {
        less = Split::default();
    }
    for (name, split) in [("accrual", more), ("accrual_adjustment", less)] {
        if !split.total()?.is_zero() {
            lines.push(Recognised { on, name, split });
        }
    }
    Ok(())
}

/// Takes back what is too much; recognises nothing.
fn adjust(lines: &mut Vec<Recognised>, on: Date, earned: Split) -> Result<(), Overflow> {
    let known = so_far(lines)?;
    let mut less = Split::default();
    let difference = known.interest.minus(earned.interest)?;
    less.interest = difference.or_zero();
    if !less.interest.is_zero() {
        lines.push(Recognised { on, name: "accrual_adjustment", split: less });
    }
    Ok(())
}

/// All income of the loan.
fn everything(engine: &Engine) -> Result<Split, ServicingError> {
    let mut sum = Split::default();
    for row in &engine.instalments {
        for component in INCOME {
            sum.add(component, row.owed.get(component).minus(row.credited.get(component))?)?;
        }
    }
    Ok(sum)
}

/// A loan after some steps of its life.
struct Known<'a> {
    life: &'a Life,
    count: usize,
    history: &'a ServicedHistory,
    contract: &'a Contract,
}

impl Known<'_> {
    /// Income earned until a day, the day itself included.
    fn earned(&self, engine: &Engine, till: Date, with_credits: bool) -> Result<Split, ServicingError> {
        let contract = self.contract;
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
                    let version = self.history.versions.get(charge.fact).copied().flatten();
                    let known = version
                        .is_some_and(|charge| recognised_before_waiver(self.life, self.count, charge, Some(due)));
                    let waived = if known { Amount::ZERO } else { charge.waived };
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
}

/// Whether, within the first `count` steps, a day after the due date was closed before the charge was waived: then it had
/// been recognised as income. A charge that comes with every instalment has no due date of its own.
pub(super) fn recognised_before_waiver(life: &Life, count: usize, charge: Version, due: Option<Date>) -> bool {
    let steps = || life.steps().iter().take(count);
    let waives = |step: &Step| match &step.what {
        What::Told(events) => events.iter().any(|stored| {
            let in_force = life.state_after(count).and_then(|state| state.fact(stored.version));
            in_force.is_some_and(|fact| fact.reversed_by.is_none())
                && matches!(&stored.event.facts, Facts::Operation(operation)
                    if matches!(**operation, Operation::ChargeWaived { of, .. } if of == charge))
        }),
        What::DayClosed => false,
    };
    let waiver = steps().position(waives).unwrap_or(0);
    steps().take(waiver).any(|step| step.is_day_close() && due.is_none_or(|due| step.booked_on > due))
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
    life: &Life,
    contract: &Contract,
    closed_until: Option<Date>,
    ended: Option<Date>,
    lines: &mut Vec<Recognised>,
) -> Result<(), ServicingViewError> {
    let count = life.steps().len();
    let history = life.history(count, contract);
    let Some(last) = life.steps().last().map(|step| step.booked_on).filter(|_| !history.planned) else {
        return Ok(());
    };
    let engine = Engine::run(contract, &history.facts, life.counted_until(count, &history, last))?;
    let mut rest = everything(&engine)?;
    let mut add = |on: Date, split: Split| -> Result<(), Overflow> {
        if !split.total()?.is_zero() {
            lines.push(Recognised { on, name: "accrual_activity", split });
        }
        Ok(())
    };
    for row in engine.instalments.iter().filter(|row| !row.down_payment) {
        let closed = closed_until.is_some_and(|day| day > row.due) && ended.is_none_or(|end| row.due <= end);
        if closed || ended.is_some_and(|end| row.due < end) {
            let split = Split { principal: Amount::ZERO, ..row.owed };
            for component in INCOME {
                rest.add(component, split.get(component).negated()?)?;
            }
            add(row.due, split)?;
        }
    }
    match ended {
        Some(end) => Ok(add(end, Split { principal: Amount::ZERO, ..rest })?),
        None => Ok(()),
    }
}
