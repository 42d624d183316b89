//! `classify`: regulatory classes by a rule file.

use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::calendar::Date;
use projections::classification::{self, ClassificationView, RuleBook, RuleFile};
use std::path::Path;

/// Classify loans by a regulatory rule
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger classify
  iledger classify --rules ifrs9 --as-of 2024-03-31
  iledger classify --rules my-rule.toml --totals
  iledger classify --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z")]
pub struct Args {
    /// A built-in rule, or a rule file (a path ending in .toml)
    #[arg(long, value_name = "RULE|FILE", default_value = "cn-five-tier")]
    rules: String,

    /// Only the classes, without the loans
    #[arg(long)]
    totals: bool,

    #[command(flatten)]
    as_of: AsOf,
}

/// Classifies.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let rule = rule(&args.rules, date)?;
    let state = match args.as_of.known_at {
        Some(instant) => session.known_at(instant).await?,
        None => session.projections().await?.into_states().2,
    };
    let view = classification::view(&state, date, &rule)?;
    let document = Document::new()
        .field("as_of", view.date)
        .field("rule", view.rule.as_str())
        .field("in_force_from", view.effective_from)
        .field("sha256", view.sha256.as_str());
    if args.totals { document } else { document.sheet(loans(&view)) }.sheet(classes(&view)).print(options)
}

/// A built-in rule in force on a date, or one from a file.
pub fn rule(wanted: &str, date: Date) -> Result<RuleFile, Failure> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::rejected("bad-file", format!("{wanted}: it cannot be read: {error}")))?;
        return Ok(RuleFile::parse(wanted, &text)?);
    }
    let book = RuleBook::builtin()?;
    let found = book.in_force(wanted, date);
    found.cloned().map_err(|error| Failure::rejected("no-such-rule", error.to_string()))
}

fn loans(view: &ClassificationView) -> Sheet {
    let columns = [
        Column::text("loan"),
        Column::text("class"),
        Column::number("days_past_due"),
        Column::text("currency"),
        Column::number("outstanding_principal"),
        Column::number("outstanding"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans to classify");
    for row in &view.rows {
        sheet.row([
            Cell::from(&*row.loan),
            Cell::from(&*row.class),
            row.days_past_due.map_or_else(|| Cell::from("unknown"), Cell::from),
            row.currency.to_string().into(),
            Cell::Money(row.outstanding_principal, row.currency),
            Cell::Money(row.outstanding, row.currency),
        ]);
    }
    sheet
}

fn classes(view: &ClassificationView) -> Sheet {
    let columns = [
        Column::text("class"),
        Column::text("non_performing"),
        Column::text("currency"),
        Column::number("loans"),
        Column::number("outstanding_principal"),
        Column::number("share"),
    ];
    let mut sheet = Sheet::new("classes", columns).when_empty("no classes: there are no loans");
    for line in &view.summary {
        sheet.row([
            Cell::from(&*line.class),
            line.non_performing.into(),
            line.currency.to_string().into(),
            line.loans.into(),
            Cell::Money(line.outstanding_principal, line.currency),
            line.share.map(|share| format!("{share}%")).into(),
        ]);
    }
    sheet
}
