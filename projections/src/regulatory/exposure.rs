//! How each loan stands at the end of a day.

use super::Portfolio;
use super::portfolio::PortfolioLoan;
use crate::ViewError;
use ledger_core::calendar::{Date, DayCount};
use ledger_core::loan::{CalculationError, Position, Status, position};
use ledger_core::money::{Amount, Currency, Rate};
use ledger_core::record::Version;
use std::sync::Arc;

/// The oldest instalment with an unpaid contractual amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oldest {
    /// Its number.
    pub instalment: u32,
    /// Its due date; days past due count from it.
    pub due_on: Date,
    /// Its original due date.
    pub original_due_on: Date,
    /// The event of the loan that planned it as it is.
    pub event: Option<Version>,
}

/// A loan with a claim, or one that was written off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// Its product.
    pub product: String,
    /// Active or written off.
    pub status: Status,
    /// Days past due; `None` is unknown.
    pub days_past_due: Option<i64>,
    /// Days past due on original due dates; `None` is unknown.
    pub days_past_due_original: Option<i64>,
    /// The oldest unpaid instalment, due or not.
    pub oldest: Option<Oldest>,
    /// The event that wrote it off, or took it over without the date of its arrears.
    pub event: Option<Version>,
    /// Principal outstanding, in minor units.
    pub principal: Amount,
    /// Interest and fees outstanding on instalments that fell due before the day, penalties apart.
    pub overdue_income: Amount,
    /// The contract rate, annual and nominal.
    pub annual_rate: Rate,
    /// How the contract counts days.
    pub day_count: DayCount,
    /// The instalments after the day: when they fall due, and the principal outstanding on them.
    pub to_come: Vec<(Date, Amount)>,
}

/// The loans with a claim at the end of a day, and those that were written off, by id.
///
/// # Errors
/// A calculation has no result; the error names the loan.
pub fn exposures(portfolio: &Portfolio, date: Date) -> Result<Vec<Exposure>, ViewError> {
    let mut all = Vec::new();
    for (id, loan) in &portfolio.loans {
        all.extend(of(id, loan, date).map_err(|error| ViewError::loan(id, error))?);
    }
    Ok(all)
}

fn of(id: &Arc<str>, loan: &PortfolioLoan, date: Date) -> Result<Option<Exposure>, CalculationError> {
    let Some(terms) = loan.state.terms.as_deref() else { return Ok(None) };
    let position = position(&loan.state, date)?;
    let event = match position.status {
        Status::WrittenOff => loan.written_off_by,
        Status::Active if position.days_past_due.is_none() => loan.taken_over_by,
        Status::Active => None,
        Status::Pending | Status::Overpaid | Status::Settled | Status::Closed => return Ok(None),
    };
    let (mut overdue_income, mut to_come) = (Amount::ZERO, Vec::new());
    for one in &position.instalments {
        let row = &one.instalment.row;
        if row.due_on <= date {
            overdue_income = overdue_income.plus(one.outstanding.interest)?.plus(one.outstanding.fee)?;
        } else {
            to_come.push((row.due_on, one.outstanding.principal));
        }
    }
    to_come.sort();
    Ok(Some(Exposure {
        loan: id.clone(),
        currency: terms.currency,
        product: terms.product.clone(),
        status: position.status,
        days_past_due: position.days_past_due,
        days_past_due_original: position.days_past_due_original,
        oldest: oldest(loan, &position)?,
        event,
        principal: position.outstanding.principal,
        overdue_income,
        annual_rate: terms.annual_rate,
        day_count: terms.day_count,
        to_come,
    }))
}

fn oldest(loan: &PortfolioLoan, position: &Position) -> Result<Option<Oldest>, CalculationError> {
    let mut oldest: Option<Oldest> = None;
    for one in &position.instalments {
        let row = &one.instalment.row;
        if one.instalment.contractual_open()?.is_positive() && oldest.is_none_or(|old| row.due_on < old.due_on) {
            let event = loan.planned_by.get(&row.number).copied();
            let (instalment, due_on, original_due_on) = (row.number, row.due_on, row.original_due_on);
            oldest = Some(Oldest { instalment, due_on, original_due_on, event });
        }
    }
    Ok(oldest)
}
