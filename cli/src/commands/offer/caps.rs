//! `offer check-cap` and `offer caps`: rate caps in force, and how a plan stands to them.

use super::plan::{ChoiceArgs, Plan, day};
use super::view::DECIMALS;
use crate::args::{Options, parse_rate};
use crate::commands::product::percent as short_percent;
use crate::exit::Failure;
use crate::messages;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::calendar::Date;
use ledger_core::cost::{CostMethod, percent};
use ledger_core::money::Rate;
use projections::rate_caps::{
    CapFinding, CapOutcome, CapQuery, Contingent, Limit, Policy, RateCap, ReferenceRate, check_caps,
};
use std::path::{Path, PathBuf};

/// What exceeding a cap does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RateCapPolicy {
    /// Nothing is checked
    Off,
    /// A warning
    Warn,
    /// The offer is refused
    Reject,
    /// What the file of caps says of each
    ByCap,
}

/// Files of caps and reference rates.
#[derive(Debug, Clone, clap::Args)]
pub struct CapFiles {
    /// File of caps (TOML) instead of the built-in one
    #[arg(long, value_name = "FILE")]
    caps: Option<PathBuf>,
    /// File of reference rates (TOML) instead of the built-in one
    #[arg(long, value_name = "FILE")]
    reference_rates: Option<PathBuf>,
}

/// Whose credit is checked.
#[derive(Debug, Clone, clap::Args)]
pub struct CapArgs {
    /// Where the lender lends, such as CN
    #[arg(long, value_name = "CODE")]
    jurisdiction: Option<String>,
    /// Kind of lender, such as commercial-bank, consumer-finance, micro-loan, private
    #[arg(long, value_name = "KIND")]
    lender: Option<String>,
    /// Kind of product, such as internet-assisted
    #[arg(long, value_name = "KIND", default_value = "any")]
    kind: String,
    #[command(flatten)]
    files: CapFiles,
}

/// Check an annualised cost against the rate caps in force
///
/// The cost is that of a plan (--product, --principal, ...), or rates that are known already (--annual-cost). Exit code 1 if
/// a cap is exceeded, or cannot be known.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger offer check-cap --product flat-fee-12 --principal 12000 --jurisdiction CN --lender micro-loan
  iledger offer check-cap --annual-cost irr-monthly-x12=23.5% --jurisdiction CN --lender micro-loan --contract-date 2026-01-15")]
pub struct CheckArgs {
    /// Product that the terms are made from (see `iledger product list`)
    #[arg(long, value_name = "ID", requires = "principal", required_unless_present = "annual_cost")]
    product: Option<String>,
    /// How much is lent
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, requires = "product")]
    principal: Option<String>,
    #[command(flatten)]
    choices: ChoiceArgs,
    #[command(flatten)]
    caps: CapArgs,
    /// A known annualised cost: METHOD=RATE
    #[arg(long, value_name = "COST", value_parser = parse_cost, conflicts_with = "product")]
    annual_cost: Vec<(CostMethod, Rate)>,
    /// Date of the contract, with --annual-cost [default: the business date, or else today]
    #[arg(long, value_name = "DATE", conflicts_with = "product")]
    contract_date: Option<Date>,
    /// Term in months, with --annual-cost
    #[arg(long, value_name = "MONTHS", conflicts_with = "product")]
    term_months: Option<u32>,
}

fn parse_cost(text: &str) -> Result<(CostMethod, Rate), String> {
    let (method, rate) = text.split_once('=').ok_or_else(|| format!("`{text}`: write it as irr-monthly-x12=23.5%"))?;
    let method = method.parse().map_err(|error: ledger_core::cost::UnknownMethod| error.to_string())?;
    Ok((method, parse_rate(rate)?))
}

/// List the rate caps that the program knows
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger offer caps
  iledger offer caps --jurisdiction CN --on 2026-01-15 --format json")]
pub struct ListArgs {
    /// Only those of a jurisdiction
    #[arg(long, value_name = "CODE")]
    jurisdiction: Option<String>,
    /// Only those in force on a date
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    #[command(flatten)]
    files: CapFiles,
}

impl CapFiles {
    fn read(&self) -> Result<(Vec<RateCap>, Vec<ReferenceRate>), Failure> {
        let caps = match &self.caps {
            Some(path) => RateCap::parse(&path.display().to_string(), &text(path)?)?,
            None => RateCap::builtin()?,
        };
        let references = match &self.reference_rates {
            Some(path) => ReferenceRate::parse(&path.display().to_string(), &text(path)?)?,
            None => ReferenceRate::builtin()?,
        };
        Ok((caps, references))
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::rejected("bad-file", format!("{}: it cannot be read: {error}", path.display())))
}

impl CapArgs {
    fn query(&self, on: Date, term_months: Option<u32>) -> Result<CapQuery<'_>, Failure> {
        let (Some(jurisdiction), Some(lender)) = (&self.jurisdiction, &self.lender) else {
            let text = "a rate cap binds a kind of lender in a jurisdiction: give --jurisdiction and --lender";
            return Err(Failure::Usage(text.to_owned()));
        };
        Ok(CapQuery { jurisdiction, lender, product: &self.kind, on, term_months })
    }

    /// Holds a plan against the caps by a policy: the findings, or a rejection.
    pub fn enforce(&self, policy: RateCapPolicy, plan: &Plan, options: &Options) -> Result<Option<Sheet>, Failure> {
        if policy == RateCapPolicy::Off {
            return Ok(None);
        }
        let (caps, references) = self.files.read()?;
        let query = self.query(plan.on, term_months(plan))?;
        let findings =
            check_caps(&caps, &references, &query, |method, counted| plan.disclosure.measure(method, counted).rate);
        warn_if_none(&findings, &query, options);
        for finding in &findings {
            if let Some(text) = exceeded(finding) {
                let rejects = match policy {
                    RateCapPolicy::Reject => true,
                    RateCapPolicy::ByCap => finding.cap.policy == Policy::Reject,
                    RateCapPolicy::Warn | RateCapPolicy::Off => false,
                };
                if rejects {
                    let known = finding.outcome == CapOutcome::Exceeded;
                    return Err(Failure::rejected(if known { "rate-cap-exceeded" } else { "rate-cap-unknown" }, text));
                }
                messages::warning(options, &text);
            }
        }
        Ok(Some(sheet(&findings)))
    }
}

fn warn_if_none(findings: &[CapFinding<'_>], query: &CapQuery<'_>, options: &Options) {
    if findings.is_empty() {
        let (lender, place, on) = (query.lender, query.jurisdiction, query.on);
        let text =
            format!("no cap is known that binds a lender `{lender}` in `{place}` on {on} (see `iledger offer caps`)");
        messages::warning(options, &text);
    }
}

/// The term in months, one begun counted as whole.
fn term_months(plan: &Plan) -> Option<u32> {
    let last = plan.disclosure.payments.last()?.due_on;
    let mut months = 0_u32;
    while plan.on.plus_months(i64::from(months)).is_ok_and(|date| date < last) {
        months = months.saturating_add(1);
    }
    Some(months)
}

/// What is wrong, if a cap is not kept to.
fn exceeded(finding: &CapFinding<'_>) -> Option<String> {
    let cap = finding.cap;
    let shown = |rate: Option<Rate>| rate.map_or_else(|| "?".to_owned(), |rate| percent(rate, DECIMALS).to_string());
    match &finding.outcome {
        CapOutcome::Within => None,
        CapOutcome::Exceeded => Some(format!(
            "{} % by {} is more than the {} % of the cap `{}` ({}; {})",
            shown(finding.found),
            cap.method,
            shown(finding.limit),
            cap.id,
            cap.source,
            cap.mark.name()
        )),
        CapOutcome::Unknown(why) => Some(format!("the cap `{}` cannot be checked: {why}", cap.id)),
    }
}

fn sheet(findings: &[CapFinding<'_>]) -> Sheet {
    let columns = [
        Column::text("cap"),
        Column::text("outcome"),
        Column::number("limit_pct"),
        Column::number("found_pct"),
        Column::text("method"),
        Column::text("policy"),
        Column::text("if_they_arise"),
        Column::text("mark"),
        Column::text("source"),
    ];
    let mut sheet = Sheet::new("rate_caps", columns).title("Rate caps").when_empty("(no cap is known)");
    for one in findings {
        let rate = |rate: Option<Rate>| rate.map_or(Cell::Nothing, |rate| percent(rate, DECIMALS).into());
        let outcome = match &one.outcome {
            CapOutcome::Within => "within",
            CapOutcome::Exceeded => "exceeded",
            CapOutcome::Unknown(_) => "unknown",
        };
        sheet.row([
            one.cap.id.as_str().into(),
            outcome.into(),
            rate(one.limit),
            rate(one.found),
            one.cap.method.code().into(),
            one.cap.policy.name().into(),
            arising(one.cap).into(),
            one.cap.mark.name().into(),
            one.cap.source.as_str().into(),
        ]);
    }
    sheet
}

/// The contingent charges that count besides, which no offer contains.
fn arising(cap: &RateCap) -> Option<String> {
    let names: Vec<&str> = cap.contingent.iter().copied().map(Contingent::name).collect();
    (!names.is_empty()).then(|| format!("{} count too", names.join(", ")))
}

fn known(rates: &[(CostMethod, Rate)], method: CostMethod) -> Option<Rate> {
    rates.iter().find(|(known, _)| *known == method).map(|(_, rate)| *rate)
}

/// Checks caps.
pub fn check(args: &CheckArgs, options: &Options) -> Result<(), Failure> {
    let (caps, references) = args.caps.files.read()?;
    let plan = match (&args.product, &args.principal) {
        (Some(product), Some(principal)) => Some(args.choices.plan(product, principal, options)?),
        _ => None,
    };
    let (on, term) = match &plan {
        Some(plan) => (plan.on, term_months(plan)),
        None => (day(args.contract_date, options), args.term_months),
    };
    let query = args.caps.query(on, term)?;
    let findings = check_caps(&caps, &references, &query, |method, counted| match &plan {
        Some(plan) => plan.disclosure.measure(method, counted).rate.map_err(|error| error.to_string()),
        // a rate by another method says nothing about this cap
        None => known(&args.annual_cost, method).ok_or_else(|| format!("no --annual-cost by {method} is given")),
    });
    warn_if_none(&findings, &query, options);
    Document::new()
        .field("jurisdiction", query.jurisdiction)
        .field("lender", query.lender)
        .field("product_kind", query.product)
        .field("contract_date", on)
        .sheet(sheet(&findings))
        .print(options)?;
    let wrong: Vec<String> = findings.iter().filter_map(exceeded).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Found(wrong.join("\n"))) }
}

/// Lists caps.
pub fn list(args: &ListArgs, options: &Options) -> Result<(), Failure> {
    let (caps, references) = args.files.read()?;
    let columns = [
        Column::text("cap"),
        Column::text("jurisdiction"),
        Column::text("lenders"),
        Column::text("products"),
        Column::text("from"),
        Column::text("to"),
        Column::text("limit"),
        Column::text("method"),
        Column::text("policy"),
        Column::text("mark"),
        Column::text("method_mark"),
        Column::text("title"),
        Column::text("source"),
        Column::text("note"),
    ];
    let mut sheet = Sheet::new("rate_caps", columns).when_empty("(no cap is known)");
    let wanted = |cap: &&RateCap| {
        args.jurisdiction.as_ref().is_none_or(|one| *one == cap.jurisdiction)
            && args.on.is_none_or(|on| cap.effective_from <= on && cap.effective_to.is_none_or(|to| on <= to))
    };
    for cap in caps.iter().filter(wanted) {
        let limit = match (&cap.limit, args.on.map(|on| cap.limit_on(on, &references))) {
            (Limit::Annual(rate), _) => short_percent(*rate),
            (Limit::Reference { id, times }, Some(Ok(rate))) => format!("{times} x {id} = {}", short_percent(rate)),
            (Limit::Reference { id, times }, _) => format!("{times} x {id}"),
        };
        sheet.row([
            cap.id.as_str().into(),
            cap.jurisdiction.as_str().into(),
            cap.lenders.join(" ").into(),
            cap.products.join(" ").into(),
            cap.effective_from.into(),
            cap.effective_to.into(),
            limit.into(),
            cap.method.code().into(),
            cap.policy.name().into(),
            cap.mark.name().into(),
            cap.method_mark.name().into(),
            cap.title.as_str().into(),
            cap.source.as_str().into(),
            cap.note.clone().into(),
        ]);
    }
    Document::new().sheet(sheet).print(options)
}
