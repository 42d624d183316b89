//! `offer compare`: several plans for one purchase side by side.

use super::costs::parse_cost;
use super::plan::{Plan, Wishes, day};
use super::view::rate_cell;
use crate::args::{Options, parse_rate};
use crate::commands::product::Products;
use crate::exit::Failure;
use crate::messages;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::calendar::Date;
use ledger_core::cost::{Collectors, CostMethod, Measure};
use ledger_core::money::{Amount, Currency};
use ledger_core::terms::Overrides;

/// Compare several plans for one purchase
///
/// A plan is PRODUCT[,KEY=VALUE...] with the keys instalments, rate, fee-rate, first-due, grace-days, balloon, and cost
/// (NAME:AMOUNT[:WHEN[:COLLECTOR]], several times if need be). The cheapest by annualised cost is marked, and so is the one
/// with the lowest cost in all: a longer term can cost less a year and more in all.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger offer compare --principal 12000 --plan annuity-12 --plan flat-fee-12
  iledger offer compare --principal 12000 --plan flat-fee-12,instalments=6,fee-rate=0.75% --plan annuity-12,rate=13%
  iledger offer compare --principal 3000 --currency CNY --plan pay-in-4 --plan annuity-12,cost=guarantee:60:upfront:guarantor")]
pub struct Args {
    /// A plan: PRODUCT[,KEY=VALUE...]; give two or more
    #[arg(long = "plan", value_name = "PLAN", required = true)]
    plans: Vec<String>,
    /// The price to be financed
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    principal: String,
    /// Currency [default: that of the products]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    #[command(flatten)]
    products: Products,
    /// When the principal is paid out [default: the business date, or else today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// The method that decides which plan is cheapest
    #[arg(long, value_name = "METHOD", default_value = "irr-monthly-compounded")]
    by: CostMethod,
}

/// Compares plans.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    if args.plans.len() < 2 {
        return Err(Failure::Usage("give two plans or more, each with --plan".into()));
    }
    let plans: Vec<Plan> = args.plans.iter().map(|text| plan(args, text, options)).collect::<Result<_, _>>()?;
    let currency = plans.first().map(|plan| plan.disclosure.currency).unwrap_or(Currency::USD);
    if let Some(other) = plans.iter().find(|plan| plan.disclosure.currency != currency) {
        let text = format!("plans in {currency} and in {} cannot be compared", other.disclosure.currency);
        return Err(Failure::rejected("different-currencies", text));
    }
    let rates: Vec<_> = plans.iter().map(|plan| plan.disclosure.annualised(args.by)).collect();
    let cheapest = rates.iter().filter_map(|rate| rate.as_ref().ok()).min().copied();
    let least = plans.iter().map(|plan| plan.disclosure.finance_charge).min();
    let mut sheet = Sheet::new("plans", columns()).currency(currency);
    for ((text, plan), rate) in args.plans.iter().zip(&plans).zip(&rates) {
        let marks = [
            rate.as_ref().ok() == cheapest.as_ref() && cheapest.is_some(),
            Some(plan.disclosure.finance_charge) == least,
        ];
        sheet.row(row(text, plan, marks)?);
    }
    for (text, rate) in args.plans.iter().zip(&rates) {
        if let Err(error) = rate {
            messages::warning(options, &format!("plan `{text}` has no rate by {}: {error}", args.by));
        }
    }
    Document::new()
        .currency(currency)
        .field("principal", Cell::Money(plans.first().map(|plan| plan.terms.principal).unwrap_or_default(), currency))
        .field("cheapest_by", args.by.code())
        .sheet(sheet)
        .print(options)
}

fn columns() -> Vec<Column> {
    let mut columns = vec![
        Column::text("plan"),
        Column::number("instalments"),
        Column::number("first_instalment"),
        Column::number("largest_instalment"),
        Column::number("amount_financed"),
        Column::number("finance_charge"),
        Column::number("total_of_payments"),
    ];
    columns.extend(
        ["us_reg_z_appendix_j_pct", "eu_aprc_pct", "irr_monthly_x12_pct", "irr_monthly_compounded_pct"]
            .map(Column::number),
    );
    columns.extend(["cheapest_a_year", "cheapest_in_all"].map(Column::text));
    columns
}

fn row(text: &str, plan: &Plan, marks: [bool; 2]) -> Result<Vec<Cell>, Failure> {
    let disclosure = &plan.disclosure;
    let money = |amount| Cell::Money(amount, disclosure.currency);
    let totals: Vec<Amount> = disclosure.payments.iter().map(|one| one.total()).collect::<Result<_, _>>()?;
    let mut cells = vec![
        Cell::from(text),
        plan.terms.instalments.into(),
        money(totals.first().copied().unwrap_or_default()),
        money(totals.iter().copied().max().unwrap_or_default()),
        money(disclosure.amount_financed),
        money(disclosure.finance_charge),
        money(disclosure.total_of_payments),
    ];
    let measure = |method| disclosure.measures.iter().find(|one: &&Measure| one.method == method);
    cells.extend(CostMethod::ALL.map(|method| measure(method).map_or(Cell::Nothing, rate_cell)));
    cells.extend(marks.map(Cell::from));
    Ok(cells)
}

/// Reads and computes `PRODUCT[,KEY=VALUE...]`.
fn plan(args: &Args, text: &str, options: &Options) -> Result<Plan, Failure> {
    let wrong = |why: String| Failure::rejected("bad-plan", format!("plan `{text}`: {why}"));
    let mut parts = text.split(',').map(str::trim);
    let product = args.products.find(parts.next().unwrap_or_default())?;
    let (mut overrides, mut balloon, mut costs) = (Overrides::default(), None, Vec::new());
    for part in parts {
        let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is not KEY=VALUE")))?;
        let number = || value.parse::<u32>().map_err(|_| wrong(format!("`{key}`: `{value}` is not a whole number")));
        let rate = || parse_rate(value).map_err(|error| wrong(format!("`{key}`: {error}")));
        match key {
            "instalments" => overrides.instalments = Some(number()?),
            "grace-days" => overrides.grace_days = Some(number()?),
            "rate" => overrides.annual_rate = Some(rate()?),
            "fee-rate" => overrides.flat_fee_rate = Some(rate()?),
            "first-due" => {
                overrides.first_due_on = Some(value.parse().map_err(|error| wrong(format!("`{key}`: {error}")))?);
            }
            "balloon" => balloon = Some(value.to_owned()),
            "cost" => costs.push(value.to_owned()),
            other => {
                let known = "instalments, rate, fee-rate, first-due, grace-days, balloon, cost";
                return Err(wrong(format!("`{other}` is not one of {known}")));
            }
        }
    }
    let wishes = Wishes {
        product,
        principal: args.principal.clone(),
        currency: args.currency,
        overrides,
        balloon,
        custom: None,
        calendar: None,
        on: day(args.on, options),
    };
    wishes.plan(&Collectors::default(), |currency| costs.iter().map(|cost| parse_cost(cost, currency)).collect())
}
