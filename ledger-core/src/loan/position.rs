//! How a loan stands at the end of a day: the one function of state and date that decisions, projections and replays call.

use super::{Book, CalculationError, Components, Instalment, LoanState, Status, penalty, servicing};
use crate::calendar::Date;
use crate::money::Amount;
use crate::terms::Component;
use std::borrow::Cow;

/// An instalment at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalmentPosition {
    /// The instalment with what counts by that day.
    pub instalment: Instalment,
    /// Penalty interest to that day that is not on the account yet.
    pub penalty_to_date: Amount,
    /// What is outstanding, due or not, penalty interest to that day included.
    pub outstanding: Components,
    /// Days past due: the day minus the due date, if its contractual amount is unpaid and it was due before; else 0.
    pub days_past_due: i64,
}

impl InstalmentPosition {
    /// What is outstanding and due by the day given (an instalment is due on its due date and after).
    #[must_use]
    pub fn due(&self, date: Date) -> Components {
        if self.instalment.row.due_on <= date { self.outstanding } else { Components::default() }
    }

    /// What is outstanding and overdue on the day given (due before it).
    #[must_use]
    pub fn overdue(&self, date: Date) -> Components {
        if self.instalment.row.due_on < date { self.outstanding } else { Components::default() }
    }
}

/// A loan at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The day.
    pub date: Date,
    /// How it stands in its life.
    pub status: Status,
    /// The instalments.
    pub instalments: Vec<InstalmentPosition>,
    /// Outstanding over all instalments.
    pub outstanding: Components,
    /// Outstanding and due before the day.
    pub overdue: Components,
    /// Money held for the borrower.
    pub credit: Amount,
    /// The due date of the oldest instalment with an unpaid contractual amount.
    pub oldest_unpaid_due_on: Option<Date>,
    /// Days past due: the day minus the due date of the oldest instalment whose contractual amount is unpaid; grace does not
    /// matter. `None` if the loan was taken over without the date of its arrears and something is outstanding: unknown is
    /// not 0.
    pub days_past_due: Option<i64>,
    /// The same on the original due dates, which no restructuring moves.
    pub days_past_due_original: Option<i64>,
}

/// How a loan stands at the end of `date`: facts of that day included, interest for the days before it.
///
/// # Errors
/// Amounts leave their range.
pub fn position(state: &LoanState, date: Date) -> Result<Position, CalculationError> {
    if let Some(contract) = state.contract() {
        return servicing::position(state, contract, date);
    }
    let book = if state.book.last_effective_on().is_none_or(|last| last <= date) {
        Cow::Borrowed(&state.book)
    } else {
        Cow::Owned(state.book.as_of(date)?)
    };
    of_book(state, &book, date)
}

pub(super) fn of_book(state: &LoanState, book: &Book, date: Date) -> Result<Position, CalculationError> {
    let written_off = state.written_off_on.is_some_and(|on| on <= date);
    let mut rows = Vec::with_capacity(book.instalments().len());
    for instalment in book.instalments() {
        let penalty_to_date = match (&state.terms, written_off) {
            (Some(terms), false) => penalty::unaccrued(terms, book, instalment, date)?,
            _ => Amount::ZERO,
        };
        rows.push((instalment.clone(), penalty_to_date));
    }
    of_instalments(state, rows, book.credit(), date)
}

/// The position that instalments make, each with the penalty interest that is not on the account yet.
pub(super) fn of_instalments(
    state: &LoanState,
    rows: Vec<(Instalment, Amount)>,
    credit: Amount,
    date: Date,
) -> Result<Position, CalculationError> {
    let by_then = |on: Option<Date>| on.is_some_and(|on| on <= date);
    let written_off = by_then(state.written_off_on);
    let mut instalments = Vec::with_capacity(rows.len());
    let (mut outstanding, mut overdue) = (Components::default(), Components::default());
    let (mut oldest, mut oldest_original): (Option<Date>, Option<Date>) = (None, None);
    for (instalment, penalty_to_date) in rows {
        let mut open = instalment.open()?;
        open.add(Component::Penalty, penalty_to_date)?;
        let contractual = instalment.contractual_open()?.is_positive();
        if contractual {
            oldest = Some(oldest.map_or(instalment.row.due_on, |known| known.min(instalment.row.due_on)));
            let original = instalment.row.original_due_on;
            oldest_original = Some(oldest_original.map_or(original, |known| known.min(original)));
        }
        let days_past_due = if contractual { date.days_since(instalment.row.due_on).max(0) } else { 0 };
        let one = InstalmentPosition { instalment, penalty_to_date, outstanding: open, days_past_due };
        outstanding = outstanding.plus(&one.outstanding)?;
        overdue = overdue.plus(&one.overdue(date))?;
        instalments.push(one);
    }
    let past_due = |oldest: Option<Date>| match oldest {
        Some(_) if state.arrears_unknown => None,
        Some(due_on) => Some(date.days_since(due_on).max(0)),
        None => Some(0),
    };
    let status = if !by_then(state.disbursed_on) {
        Status::Pending
    } else if written_off {
        Status::WrittenOff
    } else if by_then(state.closed_on) {
        Status::Closed
    } else if !outstanding.is_zero() {
        Status::Active
    } else if credit.is_positive() {
        Status::Overpaid
    } else {
        Status::Settled
    };
    Ok(Position {
        date,
        status,
        instalments,
        outstanding,
        overdue,
        credit,
        oldest_unpaid_due_on: oldest,
        days_past_due: past_due(oldest),
        days_past_due_original: past_due(oldest_original),
    })
}
