//! How a loan stands, short enough to be read for every loan at once.

use super::LoanRow;
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Components, LoanState, Position, Status, position};
use ledger_core::money::Currency;
use serde::{Deserialize, Serialize};

/// How a loan stands from the date on from which its last event counts. Until the next event nothing in it changes: only
/// days past due and penalty interest go on, and those are derived at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// From this date on the summary holds; before it the loan's [`position`] must be computed.
    pub from: Option<Date>,
    /// How the loan stands in its life.
    pub status: Status,
    /// Taken over without the date of its arrears.
    pub arrears_unknown: bool,
    /// The due date of the oldest instalment with an unpaid contractual amount.
    pub oldest_unpaid_due_on: Option<Date>,
    /// The same on the original due dates.
    pub oldest_unpaid_original_due_on: Option<Date>,
    /// The due date of the oldest instalment on which anything at all is open, penalties included.
    pub oldest_open_due_on: Option<Date>,
    /// What is outstanding as recorded, without penalty interest that only time has accrued.
    pub outstanding: Components,
}

/// How a loan stands at the end of a day, as far as every loan needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How the loan stands in its life.
    pub status: Status,
    /// Days past due; `None` if unknown.
    pub days_past_due: Option<i64>,
    /// Days past due on the original due dates; `None` if unknown.
    pub days_past_due_original: Option<i64>,
    /// The due date of the oldest instalment with an unpaid contractual amount, due or not.
    pub oldest_unpaid_due_on: Option<Date>,
    /// The same on the original due dates.
    pub oldest_unpaid_original_due_on: Option<Date>,
    /// What is outstanding as recorded, without penalty interest that only time has accrued.
    pub outstanding: Components,
}

impl Standing {
    /// The standing of a position.
    ///
    /// # Errors
    /// Amounts leave their range.
    pub fn of(position: &Position) -> Result<Self, CalculationError> {
        Ok(Self {
            status: position.status,
            days_past_due: position.days_past_due,
            days_past_due_original: position.days_past_due_original,
            oldest_unpaid_due_on: position.oldest_unpaid_due_on,
            oldest_unpaid_original_due_on: oldest_original(position)?,
            outstanding: recorded(position)?,
        })
    }
}

impl Summary {
    /// The summary of a state: its position on the date from which its last event counts.
    ///
    /// # Errors
    /// As for [`position`].
    pub fn of(state: &LoanState) -> Result<Self, CalculationError> {
        let dates =
            [state.originated_on, state.disbursed_on, state.converted_on, state.written_off_on, state.closed_on];
        let from = state.book.last_effective_on().into_iter().chain(dates.into_iter().flatten()).max();
        let Some(date) = from else {
            return Ok(Self {
                from,
                status: state.status()?,
                arrears_unknown: state.arrears_unknown,
                oldest_unpaid_due_on: None,
                oldest_unpaid_original_due_on: None,
                oldest_open_due_on: None,
                outstanding: Components::default(),
            });
        };
        let position = position(state, date)?;
        let mut oldest_open: Option<Date> = None;
        for one in &position.instalments {
            let row = &one.instalment.row;
            if !one.outstanding.is_zero() {
                oldest_open = Some(oldest_open.map_or(row.due_on, |old| old.min(row.due_on)));
            }
        }
        Ok(Self {
            from,
            status: position.status,
            arrears_unknown: state.arrears_unknown,
            oldest_unpaid_due_on: position.oldest_unpaid_due_on,
            oldest_unpaid_original_due_on: oldest_original(&position)?,
            oldest_open_due_on: oldest_open,
            outstanding: recorded(&position)?,
        })
    }

    /// Whether the summary holds on a date.
    #[must_use]
    pub fn holds_on(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date)
    }

    /// The standing on a date on which the summary holds. Days past due are counted as [`position`] counts them.
    #[must_use]
    pub fn standing(&self, date: Date) -> Standing {
        let past_due = |oldest: Option<Date>| match oldest {
            Some(_) if self.arrears_unknown => None,
            Some(due_on) => Some(date.days_since(due_on).max(0)),
            None => Some(0),
        };
        Standing {
            status: self.status,
            days_past_due: past_due(self.oldest_unpaid_due_on),
            days_past_due_original: past_due(self.oldest_unpaid_original_due_on),
            oldest_unpaid_due_on: self.oldest_unpaid_due_on,
            oldest_unpaid_original_due_on: self.oldest_unpaid_original_due_on,
            outstanding: self.outstanding,
        }
    }
}

/// The original due date of the oldest instalment with an unpaid contractual amount.
fn oldest_original(position: &Position) -> Result<Option<Date>, CalculationError> {
    let mut oldest: Option<Date> = None;
    for one in &position.instalments {
        if one.instalment.contractual_open()?.is_positive() {
            let due_on = one.instalment.row.original_due_on;
            oldest = Some(oldest.map_or(due_on, |old| old.min(due_on)));
        }
    }
    Ok(oldest)
}

/// Outstanding at a position without the penalty interest that is not on the account yet.
fn recorded(position: &Position) -> Result<Components, CalculationError> {
    let mut recorded = position.outstanding;
    for one in &position.instalments {
        recorded.penalty = recorded.penalty.minus(one.penalty_to_date)?;
    }
    Ok(recorded)
}

/// What a view sees of every loan before it decodes any row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanHint {
    /// The loan's currency.
    pub currency: Currency,
    /// The loan's product.
    pub product: String,
    /// Its summary; none if it could not be computed, so that the row itself must be looked at and says why, or if the loan is
    /// serviced by the day.
    pub summary: Option<Summary>,
}

impl LoanHint {
    /// The hint of a row.
    #[must_use]
    pub fn of(row: &LoanRow) -> Self {
        // what is owed on a loan that is serviced by the day changes without an event: the row must be looked at
        let summary = if row.state.contract().is_some() { None } else { Summary::of(&row.state).ok() };
        Self { currency: row.currency, product: row.product.clone(), summary }
    }

    /// The summary, if it holds on a date.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&Summary> {
        self.summary.as_ref().filter(|summary| summary.holds_on(date))
    }
}
