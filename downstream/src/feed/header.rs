//! What is remembered of a loan to write its rows: currency, terms in short, and the dates of its life.

use super::sums::Balance;
use crate::error::whole;
use crate::table::Value;
use ledger_core::calendar::Date;
use ledger_core::loan::{Facts, LoanEvent, Operation, Status};
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
    disbursed_on: Option<Date>,
    converted_on: Option<Date>,
    written_off_on: Option<Date>,
    closed_on: Option<Date>,
    version: Version,
    position: Position,
    /// What was paid out and not undone.
    tranches: Vec<(Version, Date)>,
    written_off_by: Option<Version>,
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
            disbursed_on: None,
            converted_on: None,
            written_off_on: None,
            closed_on: None,
            version: record.version,
            position: record.position,
            tranches: Vec::new(),
            written_off_by: None,
        }
    }

    /// The dates that an event sets, as [`ledger_core::loan::LoanState::evolve`] sets them.
    pub fn apply(&mut self, record: &Record, event: &LoanEvent) {
        let on = record.envelope.effective_on;
        (self.version, self.position) = (record.version, record.position);
        match &event.facts {
            Facts::Disbursed { .. } => {
                self.tranches.push((record.version, on));
                self.disbursed_on = self.tranches.iter().map(|(_, on)| *on).min();
            }
            Facts::Converted(conversion) => {
                self.disbursed_on = Some(conversion.disbursed_on);
                self.converted_on = Some(on);
            }
            Facts::WrittenOff { .. } => (self.written_off_on, self.written_off_by) = (Some(on), Some(record.version)),
            Facts::Operation(operation) => self.operation(operation),
            Facts::Closed { .. } => self.closed_on = Some(on),
            Facts::RepaymentReceived { .. } | Facts::RepaymentReversed { .. } => self.closed_on = None,
            Facts::Originated { .. }
            | Facts::FeeCharged { .. }
            | Facts::LateFeeAssessed { .. }
            | Facts::Waived { .. }
            | Facts::RecoveryReceived { .. }
            | Facts::Restated { .. } => {}
        }
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Reversed { reversed, .. } => {
                self.closed_on = None;
                if self.written_off_by == Some(*reversed) {
                    (self.written_off_on, self.written_off_by) = (None, None);
                }
                let known = self.tranches.len();
                self.tranches.retain(|(version, _)| version != reversed);
                if self.tranches.len() != known {
                    self.disbursed_on = self.tranches.iter().map(|(_, on)| *on).min();
                }
            }
            Operation::Credited { .. } | Operation::ChargedBack { .. } => self.closed_on = None,
            _ => {}
        }
    }

    /// How the loan stands at the end of a day, as [`ledger_core::loan::position()`] says, penalty interest apart that only time
    /// has accrued.
    fn status(&self, balance: &Balance, day: Date) -> Result<Status, Overflow> {
        let by_then = |on: Option<Date>| on.is_some_and(|on| on <= day);
        Ok(if !by_then(self.disbursed_on) {
            Status::Pending
        } else if by_then(self.written_off_on) {
            Status::WrittenOff
        } else if by_then(self.closed_on) {
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
            date(self.disbursed_on),
            date(self.converted_on),
            date(self.written_off_on),
            date(self.closed_on),
            Value::optional(status, |status| Value::Text(status.name())),
            Value::Integer(whole(self.version.0)?),
            Value::Integer(whole(self.position.0)?),
        ])
    }
}
