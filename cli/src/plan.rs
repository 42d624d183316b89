//! The instalments that terms give when they are paid out, whichever way the loan is serviced.

use crate::exit::Failure;
use ledger_core::calendar::{BusinessCalendar, Date};
use ledger_core::loan::{self, LoanState, Rejection};
use ledger_core::money::Amount;
use ledger_core::schedule::{self, PlanRow};
use ledger_core::servicing::contract::ExpectedTranche;
use ledger_core::terms::Terms;

/// The rows of a loan that is paid out on a day; one that is serviced by the day and expects tranches has those of its terms.
pub fn rows(
    terms: &Terms,
    on: Date,
    amount: Amount,
    calendar: Option<&BusinessCalendar>,
) -> Result<Vec<PlanRow>, Failure> {
    let Some(contract) = terms.servicing.as_deref() else {
        return Ok(schedule::generate(terms, on, amount, calendar).map_err(Rejection::from)?);
    };
    let mut terms = terms.clone();
    if contract.expected.is_empty() {
        let mut contract = contract.clone();
        contract.expected.push(ExpectedTranche { on, amount });
        terms.servicing = Some(Box::new(contract));
    }
    let state = LoanState { terms: Some(Box::new(terms)), originated_on: Some(on), ..LoanState::default() };
    Ok(loan::planned_rows(&state)?)
}
