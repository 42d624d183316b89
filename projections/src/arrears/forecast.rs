//! The cash-flow forecast: what the contracts say will come in, month by month.

use super::month::Month;
use super::portfolio::Portfolio;
use super::share::increment;
use crate::ViewError;
use crate::loans::LoanRow;
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Components, Status, position};
use ledger_core::money::{Currency, Overflow};
use ledger_core::record::Position;
use std::collections::BTreeMap;

/// When something falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Falls {
    /// It was due before the day.
    PastDue,
    /// On the day or later, in this month.
    In(Month),
}

/// What falls due in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastRow {
    /// The currency.
    pub currency: Currency,
    /// The month.
    pub falls: Falls,
    /// Instalments with something open.
    pub instalments: u64,
    /// What is open of them, as recorded.
    pub due: Components,
}

/// The forecast at the end of a day: contractual, without expected losses or early repayments, and without penalty
/// interest that only time has accrued. So its rows add up to what the balances say is outstanding on active loans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The day.
    pub date: Date,
    /// The last event that is contained.
    pub position: Option<Position>,
    /// By currency and month; months in which nothing falls due are left out.
    pub rows: Vec<ForecastRow>,
}

type Sums = BTreeMap<(Currency, Falls), (u64, Components)>;

/// The forecast at the end of `date`, of active loans.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn forecast(portfolio: &Portfolio<'_>, date: Date) -> Result<Forecast, ViewError> {
    let gathered: Vec<Sums> = portfolio.state.gather(
        portfolio.threads,
        |_, _, hint| Ok::<bool, ViewError>(hint.on(date).is_none_or(|summary| summary.status == Status::Active)),
        |sums: &mut Sums, loan, row| one(sums, row, date).map_err(|error| ViewError::loan(loan, error)),
    )?;
    let mut sums = Sums::new();
    for (key, (more, due)) in gathered.into_iter().flatten() {
        let (instalments, sum) = sums.entry(key).or_default();
        *instalments = instalments.checked_add(more).ok_or(Overflow)?;
        *sum = sum.plus(&due)?;
    }
    let rows = sums
        .into_iter()
        .map(|((currency, falls), (instalments, due))| ForecastRow { currency, falls, instalments, due })
        .collect();
    Ok(Forecast { date, position: portfolio.position(), rows })
}

fn one(sums: &mut Sums, row: &LoanRow, date: Date) -> Result<(), CalculationError> {
    let at = position(&row.state, date)?;
    if at.status != Status::Active {
        return Ok(());
    }
    for one in &at.instalments {
        let open = one.instalment.open()?;
        if open.is_zero() {
            continue;
        }
        let due_on = one.instalment.row.due_on;
        let falls = if due_on < date { Falls::PastDue } else { Falls::In(Month::of(due_on)?) };
        let (instalments, due) = sums.entry((row.currency, falls)).or_default();
        increment(instalments)?;
        *due = due.plus(&open)?;
    }
    Ok(())
}
