//! A plan that could be offered: a product, its principal, and what the borrower chooses.

use super::CostArgs;
use crate::args::{Options, parse_rate};
use crate::clock;
use crate::commands::loan::custom;
use crate::commands::product::Products;
use crate::exit::Failure;
use crate::session::parse_amount;
use ledger_core::calendar::{BusinessCalendar, Date, builtin};
use ledger_core::cost::{Collectors, Disclosure, ExtraCost, PlanInput, disclose};
use ledger_core::money::{Currency, Rate};
use ledger_core::record::json;
use ledger_core::terms::{Overrides, Product, ReferenceDigest, Terms};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What a plan may choose, apart from its product and principal.
#[derive(Debug, Clone, clap::Args)]
pub struct ChoiceArgs {
    #[command(flatten)]
    products: Products,
    /// Currency [default: the product's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Number of instalments, if the product lets a loan choose
    #[arg(long, value_name = "NUMBER")]
    instalments: Option<u32>,
    /// Annual contract rate, such as 14.4% or 0.144
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// First due date
    #[arg(long, value_name = "DATE")]
    first_due: Option<Date>,
    /// Days on which no late fee is assessed
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// Flat service fee per period, such as 0.6%
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    fee_rate: Option<Rate>,
    /// Principal that falls due at the end
    #[arg(long, value_name = "AMOUNT")]
    balloon: Option<String>,
    /// Listed instalments: CSV with the columns due_after_days, principal, interest, fee
    #[arg(long, value_name = "FILE")]
    custom: Option<PathBuf>,
    /// Calendar file (TOML), if the product names one that is not built in
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// When the principal is paid out [default: the business date, or else today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    #[command(flatten)]
    costs: CostArgs,
}

/// What a plan is made of, read.
pub struct Wishes {
    /// The product.
    pub product: Product,
    /// The principal as it was written.
    pub principal: String,
    /// The currency, if it was given.
    pub currency: Option<Currency>,
    /// What the borrower chooses; the balloon apart, whose currency is not known yet.
    pub overrides: Overrides,
    /// The balloon as it was written.
    pub balloon: Option<String>,
    /// The file of listed instalments.
    pub custom: Option<PathBuf>,
    /// The file of the calendar.
    pub calendar: Option<PathBuf>,
    /// When the principal is paid out.
    pub on: Date,
}

/// A plan with its disclosure.
pub struct Plan {
    /// The terms.
    pub terms: Terms,
    /// When the principal is paid out.
    pub on: Date,
    /// What it costs.
    pub disclosure: Disclosure,
}

impl ChoiceArgs {
    /// Computes the plan of a product and a principal.
    pub fn plan(&self, product: &str, principal: &str, options: &Options) -> Result<Plan, Failure> {
        let overrides = Overrides {
            instalments: self.instalments,
            annual_rate: self.rate,
            first_due_on: self.first_due,
            flat_fee_rate: self.fee_rate,
            grace_days: self.grace_days,
            ..Overrides::default()
        };
        let wishes = Wishes {
            product: self.products.find(product)?,
            principal: principal.to_owned(),
            currency: self.currency,
            overrides,
            balloon: self.balloon.clone(),
            custom: self.custom.clone(),
            calendar: self.calendar.clone(),
            on: day(self.on, options),
        };
        let collectors = self.costs.collectors()?;
        wishes.plan(&collectors, |currency| self.costs.extra(currency))
    }
}

/// The day given, or the business date, or today.
pub fn day(given: Option<Date>, options: &Options) -> Date {
    given.or(options.booked_on).unwrap_or_else(|| clock::today(&jiff::tz::TimeZone::system()))
}

impl Wishes {
    /// Computes the plan with these costs beside the terms.
    pub fn plan(
        self,
        collectors: &Collectors,
        extra: impl FnOnce(Currency) -> Result<Vec<ExtraCost>, Failure>,
    ) -> Result<Plan, Failure> {
        let currency = self.currency.or(self.product.currency).ok_or_else(|| {
            Failure::Usage(format!("the product `{}` has no currency: give one with --currency", self.product.id))
        })?;
        let calendar = self.product.calendar.as_deref().map(|id| calendar(self.calendar.as_deref(), id)).transpose()?;
        let overrides = Overrides {
            balloon: self.balloon.as_deref().map(|written| parse_amount(written, currency)).transpose()?,
            custom: self.custom.as_deref().map(|path| custom::read(path, currency)).transpose()?,
            calendar: calendar.as_ref().map(|(_, digest)| digest.clone()),
            ..self.overrides
        };
        let principal = parse_amount(&self.principal, currency)?;
        let terms = self.product.terms(principal, currency, self.on, &overrides)?;
        let calendar = calendar.as_ref().map(|(calendar, _)| calendar);
        let rows = crate::plan::rows(&terms, self.on, principal, calendar)?;
        let extra = extra(currency)?;
        let input = PlanInput { terms: &terms, disbursed_on: self.on, rows: &rows, extra: &extra, collectors };
        let disclosure = disclose(&input)?;
        Ok(Plan { terms, on: self.on, disclosure })
    }
}

fn calendar(file: Option<&Path>, id: &str) -> Result<(BusinessCalendar, ReferenceDigest), Failure> {
    let rejected = |text: String| Failure::rejected("bad-calendar", text);
    let content = match (file, builtin(id)) {
        (Some(path), _) => std::fs::read_to_string(path)
            .map_err(|error| rejected(format!("{}: it cannot be read: {error}", path.display())))?,
        (None, Some(text)) => text.to_owned(),
        (None, None) => {
            let text = format!("the product's calendar `{id}` is not built in: give its file with --calendar");
            return Err(rejected(text));
        }
    };
    let parsed = BusinessCalendar::parse(&content).map_err(|error| rejected(error.to_string()))?;
    if parsed.id() != id {
        return Err(rejected(format!("the file is of the calendar `{}`, the product needs `{id}`", parsed.id())));
    }
    let sha256 = json::hex(&Sha256::digest(content.as_bytes()));
    Ok((parsed, ReferenceDigest { id: id.to_owned(), sha256 }))
}
