//! The same asked in other ways: what was known after each step, the audit replay, a book that adds up.

use super::book::Book;
use super::{Case, show};
use ledger_core::loan::{Components, LoanState, ServicedHistory};
use ledger_core::replay;
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::instalment::Split;
use projections::servicing::life::Life;
use std::num::NonZeroUsize;

/// Checks a case: the audit replay finds no difference; what was known after each step is the answer that a ledger with
/// those steps alone gives; and the lines of all events add up to what the loan owes.
pub async fn check(case: &Case) -> Result<(), String> {
    let book = Book::of(case, None).await?;
    let records = book.records().await?;
    let life = Life::of(&records, &book.stream).map_err(|error| error.to_string())?;
    let report = replay::audit(book.store(), NonZeroUsize::MIN, |_| true).await.map_err(|error| error.to_string())?;
    if let Some(difference) = report.differences.first() {
        return Err(format!(
            "audit replay: version {}: {}: recorded {}, derived {}",
            difference.version,
            difference.reason,
            difference.recorded.as_ref().map(ToString::to_string).unwrap_or_default(),
            difference.derived.as_ref().map(ToString::to_string).unwrap_or_default()
        ));
    }
    for (at, recorded_at) in book.recorded_at.iter().enumerate() {
        let Some(recorded_at) = *recorded_at else { continue };
        let count = at.saturating_add(1);
        let known = life.known_at(recorded_at);
        if case.checkpoints.is_empty() || case.checkpoints.iter().any(|checkpoint| checkpoint.after_step == count) {
            let now = show(case, &known, None)?;
            let then = run_first(case, count).await?;
            if now != then {
                return Err(format!("known after step {count}: {now}, at that time it was {then}"));
            }
        }
        if let Some(state) = known.state() {
            adds_up(state).map_err(|error| format!("after step {count}: {error}"))?;
        }
    }
    Ok(())
}

/// What a ledger with the first steps alone answers.
async fn run_first(case: &Case, count: usize) -> Result<serde_json::Value, String> {
    let book = Book::of_first(case, count).await?;
    let life = Life::of(&book.records().await?, &book.stream).map_err(|error| error.to_string())?;
    show(case, &life, None)
}

/// The lines of all events add up to the instalments that the facts make, overdue interest counted until the last fact.
fn adds_up(state: &LoanState) -> Result<(), String> {
    let Some(contract) = state.contract().filter(|_| state.disbursed_on.is_some()) else { return Ok(()) };
    let history = ServicedHistory::of(state, contract, |_| true);
    let Some(until) = history.last_day() else { return Ok(()) };
    let engine = Engine::run(contract, &history.facts, until).map_err(|error| error.to_string())?;
    let amounts = |split: &Split| [split.principal, split.interest, split.fee, split.penalty];
    let known = |of: &Components| [of.principal, of.interest, of.fee, of.penalty];
    for (at, made) in engine.instalments.iter().enumerate() {
        let number = u32::try_from(at.saturating_add(1)).map_err(|_| "too many instalments")?;
        let Some(told) = state.book.instalment(number) else { return Err(format!("no row {number} in the book")) };
        let planned = told.row.planned;
        let owed = [planned.principal, planned.interest, told.charged.fee, told.charged.penalty];
        let waived = told.waived.plus(&told.written_off).map_err(|error| error.to_string())?;
        let dates = (told.row.from, told.row.due_on, told.row.original_due_on);
        let agrees = owed == amounts(&made.owed)
            && known(&told.paid) == amounts(&made.paid)
            && known(&waived) == amounts(&made.waived)
            && dates == (made.from, made.due, made.original_due);
        if !agrees {
            return Err(format!("instalment {number}: lines add up to {told:?}, the facts make {made:?}"));
        }
    }
    Ok(())
}
