//! New loans: one row each, opened from a product and paid out if a date says so.

use super::mapping::Mapping;
use super::row::{Row, RowError};
use super::run::{Kind, command, no_product};
use crate::commands::loan::calendar_file;
use crate::exit::Failure;
use ledger_core::ledger::{Meta, Work};
use ledger_core::loan::{Facts, Payment};
use ledger_core::money::{Currency, Rounding};
use ledger_core::record::Published;
use ledger_core::stream::StreamName;
use ledger_core::terms::{Overrides, Product};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a mapping can say of new loans.
pub const FIELDS: [&str; 13] = [
    "loan",
    "product",
    "currency",
    "principal",
    "opened_on",
    "disbursed_on",
    "borrower",
    "instalments",
    "annual_rate",
    "first_due_on",
    "grace_days",
    "fee_rate",
    "balloon",
];

/// What a file of new loans must have.
pub const REQUIRED: [&str; 3] = ["loan", "principal", "opened_on"];

/// Reads rows of new loans.
pub struct Loans {
    /// The products that can be lent.
    pub products: Vec<Product>,
    /// The product of rows that name none.
    pub product: Option<String>,
    /// The currency of rows and products that name none.
    pub currency: Currency,
    /// How decimals beyond the currency's are rounded.
    pub rounding: Option<Rounding>,
    /// Pay every loan out on the day on which it is opened.
    pub disburse: bool,
    /// Calendar files, by id.
    pub calendar: Option<PathBuf>,
    calendars: BTreeMap<String, Published>,
    to_publish: Vec<Published>,
}

impl Loans {
    /// A reader.
    pub fn new(mapping: &Mapping, products: Vec<Product>, product: Option<String>, default: Currency) -> Self {
        Self {
            products,
            product: product.or_else(|| mapping.product.clone()),
            currency: mapping.currency.unwrap_or(default),
            rounding: mapping.rounding,
            disburse: false,
            calendar: None,
            calendars: BTreeMap::new(),
            to_publish: Vec::new(),
        }
    }

    /// Reads the calendar that a product names, once.
    fn learn(&mut self, row: &Row<'_>, id: &str) -> Result<(), RowError> {
        if self.calendars.contains_key(id) {
            return Ok(());
        }
        let published =
            calendar_file(self.calendar.as_deref(), id).map_err(|error| row.wrong("product", "bad-calendar", error))?;
        self.calendars.insert(id.to_owned(), published.clone());
        self.to_publish.push(published);
        Ok(())
    }
}

impl Kind for Loans {
    fn read(&mut self, row: &Row<'_>, meta: &Meta) -> Result<Work, RowError> {
        let loan = row.required("loan")?;
        let stream = StreamName::loan(&loan).map_err(|error| row.wrong("loan", "bad-loan-id", error))?;
        let named = row.text("product")?.or_else(|| self.product.as_deref().map(|id| Cow::Owned(id.to_owned())));
        let named =
            named.ok_or_else(|| row.wrong("product", "empty-field", "no product: name one or use --product"))?;
        let product = self.products.iter().find(|product| product.id == named).cloned().ok_or_else(|| {
            let shown: String = named.chars().take(64).collect();
            row.wrong("product", "no-such-product", format!("there is no product `{shown}`"))
        })?;
        if let Some(id) = &product.calendar {
            self.learn(row, id)?;
        }
        let currency = row.currency()?.or(product.currency).unwrap_or(self.currency);
        let principal = row.amount("principal", currency, self.rounding)?.ok_or_else(|| row.missing("principal"))?;
        let opened_on = row.date("opened_on")?.ok_or_else(|| row.missing("opened_on"))?;
        let disbursed_on = row.date("disbursed_on")?.or(self.disburse.then_some(opened_on));
        let overrides = Overrides {
            instalments: row.count("instalments")?,
            annual_rate: row.rate("annual_rate")?,
            first_due_on: row.date("first_due_on")?,
            flat_fee_rate: row.rate("fee_rate")?,
            balloon: row.amount("balloon", currency, self.rounding)?,
            grace_days: row.count("grace_days")?,
            custom: None,
            calendar: product.calendar.as_ref().and_then(|id| self.calendars.get(id)).map(|one| one.digest.clone()),
            expected: Vec::new(),
        };
        let terms = product
            .terms(principal, currency, disbursed_on.unwrap_or(opened_on), &overrides)
            .map_err(|error| no_product(row, &error))?;
        let borrower = row.text("borrower")?.map(Cow::into_owned);
        let facts = Facts::Originated { terms: Box::new(terms), borrower, references: Vec::new() };
        let mut commands = vec![command(facts, opened_on, "import:origination".to_owned(), meta)];
        if let Some(on) = disbursed_on {
            let facts = Facts::Disbursed { amount: principal, currency, payment: Payment::default() };
            commands.push(command(facts, on, "import:disbursement".to_owned(), meta));
        }
        Ok(Work { stream, commands })
    }

    fn duplicate(&self, work: &Work) -> Option<String> {
        work.stream.loan_id().map(str::to_owned)
    }

    fn identity(&self) -> &'static str {
        "loan"
    }

    fn publications(&mut self) -> Vec<Published> {
        std::mem::take(&mut self.to_publish)
    }
}

/// The mapping has what every row needs.
pub fn check(mapping: &Mapping) -> Result<(), Failure> {
    match REQUIRED.iter().find(|field| !mapping.columns.contains_key(**field)) {
        Some(field) => {
            Err(Failure::rejected("bad-mapping", format!("the mapping of new loans needs `columns.{field}`")))
        }
        None => Ok(()),
    }
}
