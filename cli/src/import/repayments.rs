//! Dated payments: one row each. The external reference is the idempotency key, the same one that `iledger repay --reference`
//! uses, so that a payment is booked once however it comes in.

use super::mapping::Mapping;
use super::row::{Row, RowError};
use super::run::{Kind, command};
use crate::exit::Failure;
use crate::key;
use ledger_core::ledger::{Meta, Work};
use ledger_core::loan::{Facts, Payment};
use ledger_core::money::{Currency, Rounding};
use ledger_core::stream::StreamName;
use std::borrow::Cow;

/// What a mapping can say of payments.
pub const FIELDS: [&str; 6] = ["loan", "date", "amount", "currency", "channel", "reference"];

/// What a file of payments must have.
pub const REQUIRED: [&str; 4] = ["loan", "date", "amount", "reference"];

/// Reads rows of payments.
pub struct Repayments {
    currency: Option<Currency>,
    rounding: Option<Rounding>,
    /// The loan's currency, where neither mapping nor row names one: the ledger says it.
    pub of_loan: Option<Currency>,
}

impl Repayments {
    /// A reader.
    pub fn new(mapping: &Mapping) -> Result<Self, Failure> {
        if let Some(field) = REQUIRED.iter().find(|field| !mapping.columns.contains_key(**field)) {
            let text = format!("the mapping of repayments needs `columns.{field}`");
            return Err(Failure::rejected("bad-mapping", text));
        }
        Ok(Self { currency: mapping.currency, rounding: mapping.rounding, of_loan: None })
    }
}

impl Kind for Repayments {
    fn loan(&self, row: &Row<'_>) -> Result<Option<StreamName>, RowError> {
        let loan = row.required("loan")?;
        StreamName::loan(&loan).map(Some).map_err(|error| row.wrong("loan", "bad-loan-id", error))
    }

    fn know(&mut self, currency: Option<Currency>) {
        self.of_loan = currency;
    }

    fn read(&mut self, row: &Row<'_>, meta: &Meta) -> Result<Work, RowError> {
        let loan = row.required("loan")?;
        let stream = StreamName::loan(&loan).map_err(|error| row.wrong("loan", "bad-loan-id", error))?;
        let of_loan = self.of_loan.ok_or_else(|| {
            let shown: String = loan.chars().take(64).collect();
            row.wrong("loan", "not-originated", format!("there is no loan `{shown}`"))
        })?;
        let currency = row.currency()?.or(self.currency).unwrap_or(of_loan);
        let on = row.date("date")?.ok_or_else(|| row.missing("date"))?;
        let amount = row.amount("amount", currency, self.rounding)?.ok_or_else(|| row.missing("amount"))?;
        let reference = row.required("reference")?.into_owned();
        let channel = row.text("channel")?.map(Cow::into_owned);
        let key = key::of_reference(&reference);
        let payment = Payment { channel, reference: Some(reference) };
        let facts = Facts::RepaymentReceived { amount, currency, payment };
        Ok(Work { stream, commands: vec![command(facts, on, key, meta)] })
    }

    fn duplicate(&self, work: &Work) -> Option<String> {
        let reference = work.commands.first().map(|command| command.key.as_str())?;
        Some(format!("{}\u{0}{reference}", work.stream))
    }

    fn identity(&self) -> &'static str {
        "reference"
    }
}
