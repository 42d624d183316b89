//! How a loan that is serviced by the day stands at the end of a day.

use super::history::{History, components_of};
use crate::calendar::Date;
use crate::loan::position::of_instalments;
use crate::loan::{CalculationError, Components, Instalment, LoanState, Position};
use crate::money::{Amount, Overflow};
use crate::schedule::{PlanRow, Planned};
use crate::servicing::contract::Contract;
use crate::servicing::engine::Engine;
use crate::servicing::instalment;
use crate::terms::Component;

/// The position at the end of a day: facts of that day included, interest for the days before it. Until something is paid
/// out, nothing is owed.
///
/// # Errors
/// Amounts or dates leave their range.
pub fn position(state: &LoanState, contract: &Contract, date: Date) -> Result<Position, CalculationError> {
    let history = History::of(state, contract, |fact| fact.effective_on <= date);
    if history.planned {
        return of_instalments(state, Vec::new(), Amount::ZERO, date);
    }
    let engine = Engine::run(contract, &history.facts, date)?;
    let mut rows = Vec::with_capacity(engine.instalments.len());
    for (at, row) in engine.instalments.iter().enumerate() {
        let number = u32::try_from(at.saturating_add(1)).map_err(|_| Overflow)?;
        rows.push((instalment_of(number, row)?, Amount::ZERO));
    }
    let credit = engine.overpaid.minus(recovered_by(state, date)?)?.or_zero();
    of_instalments(state, rows, credit, date)
}

/// The plan of a loan of which nothing is paid out yet: the tranches that its terms expect; no row if it keeps
/// the plan of its disbursement.
///
/// # Errors
/// Amounts or dates leave their range.
pub fn planned_rows(state: &LoanState) -> Result<Vec<PlanRow>, CalculationError> {
    let Some(contract) = state.contract() else { return Ok(Vec::new()) };
    let history = History::of(state, contract, |_| true);
    let Some(on) = history.last_day() else { return Ok(Vec::new()) };
    let engine = Engine::run(contract, &history.facts, on)?;
    let rows = (1_u32..).zip(&engine.instalments).map(|(number, row)| Ok(instalment_of(number, row)?.row));
    rows.collect()
}

/// Money that came in after the write-off is held for nobody.
fn recovered_by(state: &LoanState, date: Date) -> Result<Amount, Overflow> {
    let lines = state.book.entries().iter().filter(|entry| entry.effective_on <= date);
    Amount::sum(
        lines
            .filter(|entry| matches!(entry.line.effect, crate::loan::Effect::Recovered(_)))
            .map(|entry| entry.line.amount),
    )
}

fn instalment_of(number: u32, row: &instalment::Instalment) -> Result<Instalment, Overflow> {
    let owed = components_of(&row.owed);
    let planned = Planned { principal: owed.principal, interest: owed.interest, fee: Amount::ZERO };
    let (from, due_on, original_due_on) = (row.from, row.due, row.original_due);
    let mut instalment = Instalment::new(PlanRow { number, from, due_on, original_due_on, planned });
    instalment.charged = Components { fee: owed.fee, penalty: owed.penalty, ..Components::default() };
    instalment.paid = components_of(&row.paid);
    instalment.written_off = components_of(&row.written_off);
    instalment.waived = components_of(&row.waived);
    for component in Component::ALL {
        instalment.waived.add(component, instalment.written_off.get(component).negated()?)?;
    }
    Ok(instalment)
}
