//! `product list|show|check`: what can be lent.

mod servicing;

use crate::args::Options;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::{Amount, Currency, Rate};
use ledger_core::servicing::rules::{InterestMethod, InterestPeriod, InterestRules};
use ledger_core::terms::{
    Component, LateFeeRule, Method, Overridable, PenaltyBasis, Product, ProductError, ProductFile,
};
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};

/// Where products come from.
#[derive(Debug, Clone, clap::Args)]
pub struct Products {
    /// File of further products (TOML); a product of a built-in id replaces that one
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
}

impl Products {
    /// The products, those of the file first.
    pub fn read(&self) -> Result<Vec<Product>, Failure> {
        let mut products = match &self.products {
            Some(path) => read_file(path)?,
            None => Vec::new(),
        };
        for builtin in ProductFile::builtin().map_err(rejected)? {
            if products.iter().all(|known| known.id != builtin.id) {
                products.push(builtin);
            }
        }
        Ok(products)
    }

    /// The product of an id.
    pub fn find(&self, id: &str) -> Result<Product, Failure> {
        let mut products = self.read()?;
        match products.iter().position(|product| product.id == id) {
            Some(at) => Ok(products.swap_remove(at)),
            None => {
                let known: Vec<&str> = products.iter().map(|product| product.id.as_str()).collect();
                let text = format!("there is no product `{id}`; there are {}", known.join(", "));
                Err(Failure::rejected("no-such-product", text))
            }
        }
    }
}

fn rejected(error: ProductError) -> Failure {
    Failure::rejected("bad-file", error.to_string())
}

/// The products of a file.
fn read_file(path: &Path) -> Result<Vec<Product>, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}")))?;
    ProductFile::parse(&text, &name).map_err(rejected)
}

/// Show what can be lent
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger product list
  iledger product show annuity-12
  iledger product list --products my-products.toml
  iledger product check my-products.toml")]
pub enum Subcommand {
    /// List the products
    #[command(before_help = "Examples:
  iledger product list
  iledger product list --products my-products.toml --format json")]
    List(Products),
    /// Show one product
    #[command(before_help = "Examples:
  iledger product show annuity-12
  iledger product show annuity-12 --format json")]
    Show(ShowArgs),
    /// Check a product file: what is wrong, with line and field, or the products in it
    #[command(before_help = "Examples:
  iledger product check my-products.toml
  iledger product check my-products.toml --format json")]
    Check(CheckArgs),
}

/// Arguments of `product check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The product file (TOML)
    file: PathBuf,
}

/// Arguments of `product show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The product's id
    product: String,
    #[command(flatten)]
    products: Products,
}

/// Shows products. No ledger is needed.
pub fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::List(products) => list(&products.read()?, options),
        Subcommand::Show(args) => show(&args.products.find(&args.product)?, options),
        Subcommand::Check(args) => list(&read_file(&args.file)?, options),
    }
}

/// A ratio as a percentage.
pub fn percent(rate: Rate) -> String {
    let shown = rate.ratio().checked_mul(Decimal::ONE_HUNDRED).map(|percent| percent.normalize().to_string());
    shown.map_or_else(|| rate.to_string(), |percent| format!("{percent}%"))
}

const fn method(product: &Product) -> &'static str {
    match product.method {
        Method::Annuity => "annuity",
        Method::EqualPrincipal => "equal principal",
        Method::InterestOnly => "interest only",
        Method::Custom => "listed",
    }
}

fn limits(product: &Product) -> Option<String> {
    let currency = product.currency?;
    let written = |amount: Option<Amount>| amount.map(|amount| Cell::Money(amount, currency).for_people());
    Some(match (written(product.min_principal), written(product.max_principal)) {
        (Some(least), Some(most)) => format!("{least} to {most} {currency}"),
        (Some(least), None) => format!("from {least} {currency}"),
        (None, Some(most)) => format!("to {most} {currency}"),
        (None, None) => return None,
    })
}

fn list(products: &[Product], options: &Options) -> Result<(), Failure> {
    let columns = [
        Column::text("product"),
        Column::text("name"),
        Column::text("currency"),
        Column::text("method"),
        Column::number("instalments"),
        Column::text("frequency"),
        Column::number("annual_rate"),
    ];
    let mut sheet = Sheet::new("products", columns);
    for product in products {
        sheet.row([
            product.id.as_str().into(),
            product.name.as_str().into(),
            product.currency.map(|currency| currency.to_string()).into(),
            method(product).into(),
            product.instalments.into(),
            product.frequency.to_string().into(),
            product.annual_rate.map(percent).into(),
        ]);
    }
    Document::new().sheet(sheet).print(options)
}

fn late_fee(product: &Product) -> Option<String> {
    let fee = product.late_fee.as_ref()?;
    let currency = product.currency.unwrap_or(Currency::USD);
    let written = |amount: Amount| Cell::Money(amount, currency).for_people();
    let rule = match &fee.rule {
        LateFeeRule::Fixed(fixed) => written(*fixed),
        LateFeeRule::Percent(rate) => format!("{} of what is overdue", percent(*rate)),
        LateFeeRule::Greater(fixed, rate) => format!("{} or {} of what is overdue", written(*fixed), percent(*rate)),
    };
    Some(fee.cap.map_or_else(|| rule.clone(), |cap| format!("{rule}, at most {}", written(cap))))
}

fn penalty(product: &Product) -> Option<String> {
    let rule = product.penalty?;
    let rate = match rule.rate {
        PenaltyBasis::Annual(rate) => format!("{} a year", percent(rate)),
        PenaltyBasis::Factor(factor) => format!("contract rate x {factor}"),
    };
    Some(format!("{rate}, {}", rule.day_count))
}

fn show(product: &Product, options: &Options) -> Result<(), Failure> {
    let mut order: Vec<&str> = Vec::new();
    for name in product.allocation.buckets.iter().map(|bucket| bucket.component).map(Component::name) {
        if !order.contains(&name) {
            order.push(name);
        }
    }
    let may_set: Vec<&str> = product.overridable.iter().copied().map(Overridable::name).collect();
    let fee =
        product.flat_fee.as_ref().map(|fee| format!("{} of the principal per period", percent(fee.rate_per_period)));
    let document = Document::new()
        .field("product", product.id.as_str())
        .field("name", product.name.as_str())
        .field("currency", product.currency.map_or_else(|| "any".to_owned(), |currency| currency.to_string()))
        .field("method", method(product))
        .field("instalments", product.instalments)
        .field("frequency", product.frequency.to_string())
        .field("first_due_after_days", product.first_due_after_days)
        .field("annual_rate", product.annual_rate.map(percent))
        .field("day_count", product.day_count.to_string())
        .field("service_fee", fee)
        .field("grace_days", product.grace_days)
        .field("late_fee", late_fee(product))
        .field("penalty_interest", penalty(product))
        .field("payments_go_to", order.join(", "))
        .field("principal", limits(product))
        .field("calendar", product.calendar.clone())
        .field("a_loan_may_set", may_set.join(", "));
    match &product.servicing {
        Some(contract) => document.sheet(servicing::sheet(contract, product.currency)).print(options),
        None => document.print(options),
    }
}

/// How interest is computed, in a line.
pub fn interest(rules: &InterestRules) -> String {
    let method = match rules.method {
        InterestMethod::DecliningBalance => "declining balance",
        InterestMethod::Flat => "flat",
    };
    let period = match rules.period {
        InterestPeriod::Daily => "by the day",
        InterestPeriod::SameAsRepayment { .. } => "by the period",
    };
    let (year, month) = (servicing::year(rules.year), servicing::month(rules.month));
    format!("{method}, {period}, days of a month {month}, of a year {year}")
}
