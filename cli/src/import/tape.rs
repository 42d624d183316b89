//! A lender's existing book: one row a loan. Each becomes its origination with its terms, a conversion with what was received
//! to date by component, and where it was charged off a write-off and recoveries; all of it together or not at all.

use super::agreement::{Agreement, Difference};
use super::mapping::{Mapping, StatusMapping};
use super::row::{Row, RowError};
use super::run::{Kind, command, no_product};
use crate::exit::Failure;
use ledger_core::calendar::Date;
use ledger_core::ledger::{Meta, Work};
use ledger_core::loan::{Components, Conversion, Facts, Payment};
use ledger_core::money::{Amount, Currency, Rounding};
use ledger_core::schedule;
use ledger_core::stream::StreamName;
use ledger_core::terms::{Overrides, Product, Terms};

/// What a mapping can say of a tape.
pub const FIELDS: [&str; 22] = [
    "loan",
    "borrower",
    "currency",
    "originated_on",
    "disbursed_on",
    "first_due_on",
    "principal",
    "disbursed",
    "annual_rate",
    "instalments",
    "instalment",
    "grace_days",
    "received_principal",
    "received_interest",
    "received_fee",
    "received_penalty",
    "oldest_unpaid_due_on",
    "recoveries",
    "converted_on",
    "written_off_on",
    "recovered_on",
    "recovery_channel",
];

/// What every tape must say.
pub const REQUIRED: [&str; 3] = ["loan", "originated_on", "principal"];

/// How a loan stands, as the tape says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Active,
    Settled,
    WrittenOff,
}

/// Reads rows of a tape.
pub struct Tape {
    product: Product,
    source: String,
    currency: Option<Currency>,
    cut_off: Option<Date>,
    rounding: Option<Rounding>,
    status: Option<StatusMapping>,
    /// How the instalments of the tape and the computed ones agree.
    pub agreement: Agreement,
}

impl Tape {
    /// A reader for a mapping and the product that terms are made from.
    pub fn new(mapping: &Mapping, cut_off: Option<Date>, product: Product) -> Result<Self, Failure> {
        let rejected = |text: String| Failure::rejected("bad-mapping", text);
        if let Some(field) = REQUIRED.iter().find(|field| !mapping.columns.contains_key(**field)) {
            return Err(rejected(format!("the mapping of a tape needs `columns.{field}`")));
        }
        let cut_off = cut_off.or(mapping.cut_off);
        if cut_off.is_none() && !mapping.columns.contains_key("converted_on") {
            let text = "the day that the tape describes is not known: give `cut_off` in the mapping or --cut-off DATE";
            return Err(rejected(text.to_owned()));
        }
        let source = mapping.source.clone();
        let source =
            source.ok_or_else(|| rejected("the mapping of a tape needs `source`: where it is from".to_owned()))?;
        let currency = mapping.currency.or(product.currency);
        if currency.is_none() && !mapping.columns.contains_key("currency") {
            return Err(rejected("the mapping of a tape needs `currency` or `columns.currency`".to_owned()));
        }
        let (rounding, status) = (mapping.rounding, mapping.status.clone());
        Ok(Self { product, source, currency, cut_off, rounding, status, agreement: Agreement::default() })
    }

    fn standing(&self, row: &Row<'_>) -> Result<Standing, RowError> {
        let Some(words) = &self.status else { return Ok(Standing::Active) };
        let found = row.text("status")?.unwrap_or_default();
        let known = |list: &[String]| list.iter().any(|word| *word == found);
        if known(&words.settled) {
            Ok(Standing::Settled)
        } else if known(&words.written_off) {
            Ok(Standing::WrittenOff)
        } else if known(&words.active) {
            Ok(Standing::Active)
        } else {
            let shown: String = found.chars().take(64).collect();
            Err(row.wrong("status", "unknown-status", format!("the mapping does not say what `{shown}` means")))
        }
    }

    fn terms(&self, row: &Row<'_>, principal: Amount, currency: Currency, on: Date) -> Result<Terms, RowError> {
        let overrides = Overrides {
            instalments: row.count("instalments")?,
            annual_rate: row.rate("annual_rate")?,
            first_due_on: row.date("first_due_on")?,
            grace_days: row.count("grace_days")?,
            ..Overrides::default()
        };
        self.product.terms(principal, currency, on, &overrides).map_err(|error| no_product(row, &error))
    }

    fn received(&self, row: &Row<'_>, currency: Currency) -> Result<Components, RowError> {
        let amount = |field: &str| Ok(row.amount(field, currency, self.rounding)?.unwrap_or_default());
        Ok(Components {
            principal: amount("received_principal")?,
            interest: amount("received_interest")?,
            fee: amount("received_fee")?,
            penalty: amount("received_penalty")?,
        })
    }

    /// Compares the instalment of the tape with that of the schedule which the terms give.
    fn compare(&mut self, row: &Row<'_>, loan: &str, terms: &Terms, conversion: &Conversion) -> Result<(), RowError> {
        let Some(given) = row.amount("instalment", terms.currency, self.rounding)? else { return Ok(()) };
        let plan = schedule::generate(terms, conversion.disbursed_on, conversion.disbursed, None)
            .map_err(|error| row.wrong("(terms)", "bad-terms", error))?;
        let Some(first) = plan.first() else { return Ok(()) };
        let computed = Amount::sum(ledger_core::terms::Component::ALL.map(|component| first.planned.get(component)))
            .map_err(|error| row.wrong("instalment", "bad-terms", error))?;
        let difference =
            Difference { line: row.line(), loan: loan.to_owned(), currency: terms.currency, given, computed };
        self.agreement.count(conversion.disbursed_on, difference);
        Ok(())
    }
}

impl Kind for Tape {
    fn read(&mut self, row: &Row<'_>, meta: &Meta) -> Result<Work, RowError> {
        let loan = row.required("loan")?;
        let stream = StreamName::loan(&loan).map_err(|error| row.wrong("loan", "bad-loan-id", error))?;
        let currency = row.currency()?.or(self.currency).ok_or_else(|| row.missing("currency"))?;
        let standing = self.standing(row)?;
        let originated_on = row.date("originated_on")?.ok_or_else(|| row.missing("originated_on"))?;
        let disbursed_on = row.date("disbursed_on")?.unwrap_or(originated_on);
        let principal = row.amount("principal", currency, self.rounding)?.ok_or_else(|| row.missing("principal"))?;
        let terms = self.terms(row, principal, currency, disbursed_on)?;
        let on = row.date("converted_on")?.or(self.cut_off).ok_or_else(|| row.missing("converted_on"))?;
        let conversion = Conversion {
            source: self.source.clone(),
            disbursed_on,
            disbursed: row.amount("disbursed", currency, self.rounding)?.unwrap_or(principal),
            currency,
            received: self.received(row, currency)?,
            oldest_unpaid_due_on: row.date("oldest_unpaid_due_on")?.filter(|_| standing == Standing::Active),
            settled: standing == Standing::Settled,
        };
        self.compare(row, &loan, &terms, &conversion)?;
        let borrower = row.text("borrower")?.map(std::borrow::Cow::into_owned);
        let originated = Facts::Originated { terms: Box::new(terms), borrower, references: Vec::new() };
        let mut commands = vec![
            command(originated, originated_on, "import:origination".to_owned(), meta),
            command(Facts::Converted(Box::new(conversion)), on, "import:conversion".to_owned(), meta),
        ];
        let written_off_on = row.date("written_off_on")?.unwrap_or(on);
        if standing == Standing::WrittenOff {
            let facts = Facts::WrittenOff { reason: format!("charged off by {}", self.source) };
            commands.push(command(facts, written_off_on, "import:write-off".to_owned(), meta));
        }
        let amount = row.amount("recoveries", currency, self.rounding)?.filter(|amount| amount.is_positive());
        if let Some(amount) = amount {
            let recovered_on = row.date("recovered_on")?.unwrap_or(written_off_on);
            let channel = row.text("recovery_channel")?.map(std::borrow::Cow::into_owned);
            let facts = Facts::RecoveryReceived { amount, currency, payment: Payment { channel, reference: None } };
            commands.push(command(facts, recovered_on, "import:recovery".to_owned(), meta));
        }
        Ok(Work { stream, commands })
    }

    fn duplicate(&self, work: &Work) -> Option<String> {
        work.stream.loan_id().map(str::to_owned)
    }

    fn identity(&self) -> &'static str {
        "loan"
    }
}
