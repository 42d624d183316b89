//! The decision: a command and a state give events or a rejection. Pure and total.

use super::{Command, Entry, Fact, Facts, Line, LoanEvent, LoanState, Outcome, Rejection, legality, refold, servicing};
use crate::calendar::{BusinessCalendar, Date};
use crate::stream::Version;

/// What a decision may know besides state and command.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The calendar that the loan's terms name, if they name one.
    pub calendar: Option<&'a BusinessCalendar>,
}

/// The events that a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When they count. A reversal counts from the date of what it reverses, whatever the command says.
    pub effective_on: Date,
    /// The event of the fact and, if it changes later outcomes, the restatement.
    pub events: Vec<LoanEvent>,
}

/// Decides a command.
///
/// A fact dated before facts that are recorded already, or a reversal, makes the loan be folded again in the order of
/// (effective date, version); what comes out differently stands in a restatement beside the fact.
///
/// # Errors
/// [`Rejection`]: nothing happens.
pub fn decide(state: &LoanState, command: &Command, context: &Context<'_>) -> Result<Decision, Rejection> {
    let effective_on = legality::effective_on(state, command)?;
    let version = state.version.map_or(Version(0), Version::next);
    let booked_on = command.booked_on;
    let fact = Fact { version, effective_on, booked_on, facts: command.facts.clone(), reversed_by: None };
    if let Facts::Originated { terms, .. } = &command.facts {
        legality::check_origination(state, command, terms, context)?;
        return Ok(alone(effective_on, fact.facts, Outcome::default()));
    }
    let Some(terms) = state.terms.as_deref() else { return Err(Rejection::NotOriginated) };
    legality::check_calendar(terms, context)?;
    if let Some(contract) = terms.servicing.as_deref() {
        return servicing::decide(state, terms, contract, command, effective_on);
    }
    if let Facts::Operation(operation) = &command.facts {
        return Err(Rejection::NotServiced(operation.kind()));
    }
    if let Facts::RepaymentReversed { reversed, .. } = &fact.facts {
        return reversal(state, context, command, &fact, *reversed);
    }
    let mut book = refold::book_before(state, &fact)?;
    legality::check(state, terms, &book, command)?;
    let outcome = refold::outcome_of(terms, context, &book, &fact)?;
    let in_order = state.last_effective_on().is_none_or(|last| last <= effective_on);
    if in_order {
        return Ok(alone(effective_on, fact.facts, outcome));
    }
    for line in &outcome.lines {
        book.enter(Entry { effective_on, source: version, line: *line })?;
    }
    let restated = refold::restate_after(state, terms, context, book, &fact)?;
    Ok(with_restatement(effective_on, version, fact.facts, outcome, restated))
}

fn reversal(
    state: &LoanState,
    context: &Context<'_>,
    command: &Command,
    fact: &Fact,
    reversed: Version,
) -> Result<Decision, Rejection> {
    let Some(terms) = state.terms.as_deref() else { return Err(Rejection::NotOriginated) };
    let taken_back = legality::check_reversal(state, command, reversed)?;
    let mut lines = Vec::new();
    for line in state.book.lines_in_force(reversed)? {
        lines.push(Line { amount: line.amount.negated()?, ..line });
    }
    let outcome = Outcome { lines, ..Outcome::default() };
    let book = refold::book_before(state, taken_back)?;
    let restated = refold::restate_after(state, terms, context, book, taken_back)?;
    Ok(with_restatement(fact.effective_on, fact.version, fact.facts.clone(), outcome, restated))
}

fn alone(effective_on: Date, facts: Facts, outcome: Outcome) -> Decision {
    Decision { effective_on, events: vec![LoanEvent { facts, outcome }] }
}

fn with_restatement(
    effective_on: Date,
    version: Version,
    facts: Facts,
    outcome: Outcome,
    restated: Vec<super::Restated>,
) -> Decision {
    let mut decision = alone(effective_on, facts, outcome);
    if !restated.is_empty() {
        let outcome = Outcome { restated, ..Outcome::default() };
        decision.events.push(LoanEvent { facts: Facts::Restated { cause: version }, outcome });
    }
    decision
}
