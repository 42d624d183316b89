//! The events of a command on a loan that is serviced by the day.

use super::allowed;
use super::effects::{Effects, Run, effects};
use super::follow::following;
use super::history::History;
use crate::calendar::Date;
use crate::loan::book::difference;
use crate::loan::{
    Command, Decision, Fact, Facts, Line, LoanEvent, LoanState, Outcome, PlanChange, Rejection, Restated,
};
use crate::schedule::{PlanRow, Planned};
use crate::servicing::contract::Contract;
use crate::stream::Version;
use crate::terms::Terms;

/// Decides a command: the fact, the facts that follow from it, and the restatement of what comes out differently.
///
/// # Errors
/// [`Rejection`]: nothing happens.
pub fn decide(
    state: &LoanState,
    terms: &Terms,
    contract: &Contract,
    command: &Command,
    effective_on: Date,
) -> Result<Decision, Rejection> {
    allowed::check(state, terms, contract, command)?;
    let first = state.version.map_or(Version(0), Version::next);
    let mut told = vec![command.facts.clone()];
    told.extend(following(state, terms, contract, &command.facts, first)?);
    let mut facts = state.facts.clone();
    let mut version = first;
    let mut new: Vec<(Version, Facts)> = Vec::new();
    for fact in told {
        if let Some(reversed) = fact.reverses()
            && let Some(taken_back) = facts.iter_mut().find(|known| known.version == reversed)
        {
            taken_back.reversed_by = Some(version);
        }
        let booked_on = command.booked_on;
        facts.push(Fact { version, effective_on, booked_on, facts: fact.clone(), reversed_by: None });
        new.push((version, fact));
        version = version.next();
    }
    let takes_back = new.iter().any(|(_, facts)| facts.reverses().is_some());
    let run = if takes_back { Run::Whole } else { Run::After(first) };
    let history = History::of_facts(state, &facts, contract, |_| true);
    let after = effects(&state.kept, contract, &history, run)?;
    let mut in_force = state.book.all_lines_in_force()?;
    let mut events: Vec<LoanEvent> = Vec::new();
    for (version, facts) in new {
        let mut outcome = Outcome::default();
        if let Some(reversed) = facts.reverses()
            && let Some(fact) = state.fact(reversed)
        {
            for line in in_force.remove(&reversed).unwrap_or_default() {
                let difference = Line { amount: line.amount.negated()?, ..line };
                outcome.restated.push(Restated { corrected: reversed, effective_on: fact.effective_on, difference });
            }
        }
        outcome.lines = after.lines.get(&version).cloned().unwrap_or_default();
        events.push(LoanEvent { facts, outcome });
    }
    if let Some(event) = events.first_mut() {
        event.outcome.plan = changed_rows(state, &after);
    }
    let mut restated = Vec::new();
    for fact in state.facts.iter().filter(|fact| fact.reversed_by.is_none()) {
        // of what is taken back nothing is in force and nothing comes out any more
        let before = in_force.get(&fact.version).map_or(&[][..], Vec::as_slice);
        let now = match after.lines.get(&fact.version) {
            Some(lines) => lines.as_slice(),
            None if after.whole => &[],
            None => continue,
        };
        for line in difference(before, now)? {
            restated.push(Restated { corrected: fact.version, effective_on: fact.effective_on, difference: line });
        }
    }
    if !restated.is_empty() {
        let outcome = Outcome { restated, ..Outcome::default() };
        events.push(LoanEvent { facts: Facts::Restated { cause: first }, outcome });
    }
    Ok(Decision { effective_on, events })
}

/// The rows whose dates are not what the book says, those that were there for a while included. Their amounts stand in
/// lines, because a restatement may change them.
fn changed_rows(state: &LoanState, after: &Effects) -> Vec<PlanChange> {
    let mut changes = Vec::new();
    for (&number, &(from, due_on, original_due_on)) in &after.rows {
        let new = PlanRow { number, from, due_on, original_due_on, planned: Planned::default() };
        let old = state.book.instalment(number).map(|known| PlanRow { planned: Planned::default(), ..known.row });
        let gone = usize::try_from(number).is_ok_and(|number| number > after.count);
        if old != Some(new) && !(gone && old.is_some()) {
            changes.push(PlanChange { old, new });
        }
    }
    changes
}
