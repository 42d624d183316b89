//! What each fact did: the difference between the instalments before and after it, as lines.

use super::history::History;
use super::kept::{Kept, Start};
use crate::calendar::Date;
use crate::loan::book::sum_lines;
use crate::loan::{Components, Effect, Line};
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::contract::{Contract, PaymentKind};
use crate::servicing::fact::{Dated, Fact};
use crate::servicing::instalment::Instalment;
use crate::stream::Version;
use crate::terms::Component;
use std::collections::BTreeMap;

/// What facts did, and the loan after all of them.
#[derive(Debug)]
pub struct Effects {
    /// The lines of each event, zeros left out, sorted by instalment and effect.
    pub lines: BTreeMap<Version, Vec<Line>>,
    /// The lines hold every fact that counts; else only those after the engine that was kept, which changed nothing before.
    pub whole: bool,
    /// Every row that was there after one of these facts, as it was last: from, due, original due date.
    pub rows: BTreeMap<u32, (Date, Date, Date)>,
    /// How many rows there are in the end; those with higher numbers are gone.
    pub count: usize,
}

/// What can change of an instalment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Image {
    owed: Components,
    paid: Components,
    /// Given up or lost.
    waived: Components,
    /// Of that, lost.
    written_off: Components,
}

impl Image {
    fn of(row: &Instalment) -> Self {
        let of = super::history::components_of;
        Self { owed: of(&row.owed), paid: of(&row.paid), waived: of(&row.waived), written_off: of(&row.written_off) }
    }
}

/// What has to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Everything: something is taken back.
    Whole,
    /// At least the events from this one on; those before it are as they are recorded.
    After(Version),
}

/// Runs the facts and notes what each did; where an engine is kept, only those that it has not seen.
///
/// # Errors
/// Dates or amounts leave their range.
pub fn effects(kept: &Kept, contract: &Contract, history: &History, run: Run) -> Result<Effects, ServicingError> {
    let mut lines: BTreeMap<Version, Vec<Line>> = BTreeMap::new();
    let is_recovery = |dated: &Dated| matches!(dated.fact, Fact::Paid { kind: PaymentKind::Recovery, .. });
    // what was recovered so far is known only from the start
    let start = match run {
        Run::After(first) if !history.facts.iter().any(is_recovery) => {
            let is_recorded = |version: &&Option<Version>| version.is_some_and(|version| version < first);
            kept.start(contract, &history.facts, history.versions.iter().take_while(is_recorded).count())
        }
        _ => Start::Nothing,
    };
    let image = |rows: &[Instalment]| rows.iter().map(Image::of).collect::<Vec<_>>();
    // what a fact did is what the loan owes at the end of its day, overdue interest counted until then
    let (whole, mut until) = match &start {
        Start::After(engine) => (false, last_day(engine.facts())),
        Start::Nothing => (true, None),
    };
    let (mut before, mut overpaid) = match (&start, until) {
        (Start::After(engine), Some(until)) => (image(&engine.instalments_until(until)?), engine.overpaid),
        _ => (Vec::new(), Amount::ZERO),
    };
    let mut recovered = Components::default();
    let mut rows = BTreeMap::new();
    let engine = start.fold(contract, history.facts.clone(), |fact, engine| {
        let day = history.facts.get(fact).map(|dated| dated.on).max(until);
        until = day;
        let Some(day) = day else { return Ok(()) };
        let instalments = engine.instalments_until(day)?;
        let after = image(&instalments);
        for (number, row) in (1_u32..).zip(&instalments) {
            rows.insert(number, (row.from, row.due, row.original_due));
        }
        let held = engine.overpaid.minus(overpaid)?;
        overpaid = engine.overpaid;
        if let Some(Some(version)) = history.versions.get(fact) {
            let of_fact = lines.entry(*version).or_default();
            difference(&before, &after, of_fact)?;
            if history.facts.get(fact).is_some_and(is_recovery) && engine.is_written_off() {
                recover(&after, held, &mut recovered, of_fact)?;
            } else {
                of_fact.push(Line { instalment: 0, effect: Effect::Credited, amount: held });
            }
        }
        before = after;
        Ok(())
    })?;
    for of_fact in lines.values_mut() {
        *of_fact = sum_lines(std::mem::take(of_fact))?;
    }
    kept.keep(engine);
    Ok(Effects { lines, whole, rows, count: before.len() })
}

/// The last day of a fact that counts.
fn last_day(facts: &[Dated]) -> Option<Date> {
    facts.iter().filter(|dated| !dated.reversed).map(|dated| dated.on).max()
}

fn difference(before: &[Image], after: &[Image], lines: &mut Vec<Line>) -> Result<(), Overflow> {
    let none = Image::default();
    for at in 0..before.len().max(after.len()) {
        let (was, now) = (before.get(at).unwrap_or(&none), after.get(at).unwrap_or(&none));
        if was == now {
            continue;
        }
        let instalment = u32::try_from(at.saturating_add(1)).map_err(|_| Overflow)?;
        for component in Component::ALL {
            let owed = match component {
                Component::Principal | Component::Interest => Effect::Planned(component),
                Component::Fee | Component::Penalty => Effect::Charged(component),
            };
            let change = |of: fn(&Image) -> &Components| of(now).get(component).minus(of(was).get(component));
            let lost = change(|image| &image.written_off)?;
            for (effect, amount) in [
                (owed, change(|image| &image.owed)?),
                (Effect::Paid(component), change(|image| &image.paid)?),
                (Effect::Waived(component), change(|image| &image.waived)?.minus(lost)?),
                (Effect::WrittenOff(component), lost),
            ] {
                if !amount.is_zero() {
                    lines.push(Line { instalment, effect, amount });
                }
            }
        }
    }
    Ok(())
}

/// Money for what was written off: principal, interest, fee, penalty; beyond the loss as interest.
fn recover(
    rows: &[Image],
    amount: Amount,
    recovered: &mut Components,
    lines: &mut Vec<Line>,
) -> Result<(), ServicingError> {
    let lost = rows.iter().try_fold(Components::default(), |sum, row| sum.plus(&row.written_off))?;
    let mut left = amount;
    for component in Component::ALL {
        let share = lost.get(component).minus(recovered.get(component))?.or_zero().min(left);
        left = left.minus(share)?;
        recovered.add(component, share)?;
        lines.push(Line { instalment: 0, effect: Effect::Recovered(component), amount: share });
    }
    recovered.add(Component::Interest, left)?;
    lines.push(Line { instalment: 0, effect: Effect::Recovered(Component::Interest), amount: left });
    Ok(())
}
