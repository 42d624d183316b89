//! What is remembered of a loan to write its rows: currency, terms in short, and the dates of its life.

use super::sums::Balance;
use crate::error::whole;
use crate::table::Value;
use ledger_core::calendar::Date;
use ledger_core::loan::{Facts, LoanEvent, Milestones, Status};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{Position, Record, Version};
use ledger_core::terms::Terms;
use std::sync::Arc;

/// What is remembered of a loan.
#[derive(Debug)]
pub(super) struct Header {
    pub id: Arc<str>,
    pub currency: Currency,
    pub originated_on: Date,
    product: Box<str>,
    borrower: Option<Box<str>>,
    principal: Amount,
    annual_rate: Box<str>,
    instalments: u32,
    converted_on: Option<Date>,
    milestones: Milestones,
    version: Version,
    position: Position,
}

impl Header {
    pub fn new(id: &str, terms: &Terms, borrower: Option<&str>, record: &Record) -> Self {
        Self {
            id: Arc::from(id),
            currency: terms.currency,
            originated_on: record.envelope.effective_on,
            product: terms.product.as_str().into(),
            borrower: borrower.map(Into::into),
            principal: terms.principal,
            annual_rate: terms.annual_rate.to_string().into(),
            instalments: terms.instalments,
            converted_on: None,
            milestones: Milestones::default(),
            version: record.version,
            position: record.position,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn apply(&mut self, record: &Record, event: &LoanEvent) -> Result<(), Overflow> {
        let on = record.envelope.effective_on;
        (self.version, self.position) = (record.version, record.position);
        if matches!(event.facts, Facts::Converted(_)) {
            self.converted_on = Some(on);
        }
        self.milestones.apply(&event.facts, record.version, on)
    }

    /// How the loan stands at the end of a day, as [`ledger_core::loan::position()`] says, penalty interest apart that only time
    /// has accrued.
    fn status(&self, balance: &Balance, day: Date) -> Result<Status, Overflow> {
        let by_then = |on: Option<Date>| on.is_some_and(|on| on <= day);
        Ok(if !by_then(self.milestones.disbursed_on) {
            Status::Pending
        } else if by_then(self.milestones.written_off_on) {
            Status::WrittenOff
        } else if by_then(self.milestones.closed_on) {
            Status::Closed
        } else if !balance.sums.outstanding()?.is_zero() {
            Status::Active
        } else if balance.credit.is_positive() {
            Status::Overpaid
        } else {
            Status::Settled
        })
    }

    /// The row of the loan. With a day, dates after it are left out and the status is that of the day's end.
    pub fn row(&self, snapshot: Option<(Date, &Balance)>) -> Result<Vec<Value<'_>>, Overflow> {
        let date =
            |on: Option<Date>| Value::optional(on.filter(|on| snapshot.is_none_or(|(day, _)| *on <= day)), Value::Date);
        let status = snapshot.map(|(day, balance)| self.status(balance, day)).transpose()?;
        Ok(vec![
            Value::Text(&self.id),
            Value::Text(self.currency.code()),
            Value::Text(&self.product),
            Value::optional(self.borrower.as_deref(), Value::Text),
            Value::Amount(self.principal, self.currency),
            Value::Text(&self.annual_rate),
            Value::Integer(self.instalments.into()),
            Value::Date(self.originated_on),
            date(self.milestones.disbursed_on),
            date(self.converted_on),
            date(self.milestones.written_off_on),
            date(self.milestones.closed_on),
            Value::optional(status, |status| Value::Text(status.name())),
            Value::Integer(whole(self.version.0)?),
            Value::Integer(whole(self.position.0)?),
        ])
    }
}
