//! What a backdated fact or a reversal changes in the outcomes of the facts that count after it.

use super::book::difference;
use super::outcome::Deciding;
use super::{Book, Context, Entry, Fact, LoanState, Outcome, Rejection, Restated};
use crate::stream::Version;
use crate::terms::Terms;
use std::collections::BTreeSet;

/// The book with all that counts before `(effective_on, version)` of the fact, from outcomes in force.
pub(super) fn book_before(state: &LoanState, fact: &Fact) -> Result<Book, Rejection> {
    let place = (fact.effective_on, fact.version);
    if state.facts.iter().all(|other| other.reversed_by.is_some() || (other.effective_on, other.version) < place) {
        return Ok(state.book.clone());
    }
    let earlier: BTreeSet<Version> = state
        .facts
        .iter()
        .filter(|other| other.reversed_by.is_none() && (other.effective_on, other.version) < place)
        .map(|other| other.version)
        .collect();
    Ok(state.book.only(|source| earlier.contains(&source))?)
}

/// The outcome of a new fact at its place in the order of effective dates.
pub(super) fn outcome_of(terms: &Terms, context: &Context<'_>, book: &Book, fact: &Fact) -> Result<Outcome, Rejection> {
    let deciding = Deciding { terms, calendar: context.calendar, book, on: fact.effective_on, in_force: None };
    deciding.outcome(&fact.facts)
}

/// Folds the facts that count after `changed` again, on top of `book`, and lists the differences to the outcomes in force.
pub(super) fn restate_after(
    state: &LoanState,
    terms: &Terms,
    context: &Context<'_>,
    mut book: Book,
    changed: &Fact,
) -> Result<Vec<Restated>, Rejection> {
    let mut restated = Vec::new();
    let mut all_in_force = state.book.all_lines_in_force()?;
    for fact in state.facts_in_order() {
        if (fact.effective_on, fact.version) <= (changed.effective_on, changed.version) {
            continue;
        }
        let in_force = all_in_force.remove(&fact.version).unwrap_or_default();
        let deciding = Deciding {
            terms,
            calendar: context.calendar,
            book: &book,
            on: fact.effective_on,
            in_force: Some(&in_force),
        };
        let outcome = deciding.outcome(&fact.facts)?;
        for line in difference(&in_force, &outcome.lines)? {
            restated.push(Restated { corrected: fact.version, effective_on: fact.effective_on, difference: line });
        }
        for line in outcome.lines {
            book.enter(Entry { effective_on: fact.effective_on, source: fact.version, line })?;
        }
    }
    Ok(restated)
}
