//! What a collector looks at before a contact.

use super::share::increment;
use crate::loans::LoanRow;
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Facts, Position};
use ledger_core::money::{Amount, Currency};

/// What the rules of a collection strategy look at in a loan, at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealings {
    /// The currency.
    pub currency: Currency,
    /// Days past due; `None` is unknown.
    pub days_past_due: Option<i64>,
    /// Outstanding and due before the day, penalty interest to the day included.
    pub overdue: Amount,
    /// Repayments of the last days (the window of the strategy) that were taken back. What is taken back counts from the day of the
    /// repayment, so that is the day that is looked at.
    pub bounces: u32,
    /// The day of the last repayment that stands.
    pub last_paid_on: Option<Date>,
    /// Its amount.
    pub last_paid: Option<Amount>,
    /// Days since the last repayment, or, without one, since the payout.
    pub silent_days: i64,
}

impl Dealings {
    /// The dealings of a loan, from its position on the day.
    ///
    /// # Errors
    /// Amounts or dates leave their range.
    pub fn of(row: &LoanRow, at: &Position, window_days: u32) -> Result<Self, CalculationError> {
        let date = at.date;
        let window = date.plus_days(i64::from(window_days).saturating_neg())?;
        let repayments = row
            .state
            .facts
            .iter()
            .filter(|fact| fact.effective_on <= date && matches!(fact.facts, Facts::RepaymentReceived { .. }));
        let (mut bounces, mut last) = (0_u64, None);
        for fact in repayments {
            if fact.reversed_by.is_some() {
                if fact.effective_on > window {
                    increment(&mut bounces)?;
                }
            } else {
                let paid = (fact.effective_on, fact.facts.money().map(|(amount, _)| amount));
                last = last.filter(|(on, _)| *on > paid.0).or(Some(paid));
            }
        }
        let last_paid_on = last.map(|(on, _)| on);
        let since = last_paid_on.or(row.state.disbursed_on);
        Ok(Self {
            currency: row.currency,
            days_past_due: at.days_past_due,
            overdue: at.overdue.total()?,
            bounces: u32::try_from(bounces).unwrap_or(u32::MAX),
            last_paid_on,
            last_paid: last.and_then(|(_, amount)| amount),
            silent_days: since.map_or(0, |since| date.days_since(since)),
        })
    }
}
