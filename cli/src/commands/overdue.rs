//! `overdue`: the arrears list.

use crate::args::{AsOf, Options};
use crate::commands::arrears::{BucketChoice, number_of};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::money::{Amount, Currency};
use projections::overdue::{self, OverdueRow, OverdueSummary};
use std::collections::BTreeMap;

/// List loans with something overdue
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger overdue
  iledger overdue --as-of 2024-03-31
  iledger overdue --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z
  iledger overdue --buckets 1-7,8-30,31+ --bucket 1-7 --format csv")]
pub struct Args {
    /// Only this bucket of days past due
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,

    #[command(flatten)]
    buckets: BucketChoice,

    #[command(flatten)]
    as_of: AsOf,
}

/// Lists arrears.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let buckets = args.buckets.read()?;
    if let Some(wanted) = &args.bucket {
        number_of(wanted, &buckets)?;
    }
    let session = Session::open(options).await?;
    let loans = session.loans(args.as_of.known_at).await?;
    let mut view = overdue::view(&loans, args.as_of.as_of.unwrap_or(session.today), &buckets)?;
    if let Some(wanted) = &args.bucket {
        view.rows.retain(|row| *row.bucket == **wanted);
        view.summary.retain(|line| *line.bucket == **wanted);
    }
    Document::new().field("as_of", view.date).sheet(rows(&view.rows)?).sheet(summary(&view.summary)).print(options)
}

fn rows(rows: &[OverdueRow]) -> Result<Sheet, Failure> {
    let columns = [
        Column::text("loan"),
        Column::text("currency"),
        Column::number("days_past_due"),
        Column::text("bucket"),
        Column::text("unpaid_since"),
        Column::number("principal"),
        Column::number("interest"),
        Column::number("fee"),
        Column::number("penalty"),
        Column::number("overdue"),
        Column::number("outstanding_principal"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("nothing is overdue");
    let mut totals: BTreeMap<Currency, [Amount; 6]> = BTreeMap::new();
    for row in rows {
        let overdue = &row.overdue;
        let amounts = [
            overdue.principal,
            overdue.interest,
            overdue.fee,
            overdue.penalty,
            row.overdue_total,
            row.outstanding_principal,
        ];
        for (total, amount) in totals.entry(row.currency).or_default().iter_mut().zip(amounts) {
            *total = total.plus(amount)?;
        }
        let days = row.days_past_due.map_or_else(|| Cell::from("unknown"), Cell::from);
        let head = [
            Cell::from(&*row.loan),
            row.currency.to_string().into(),
            days,
            Cell::from(&*row.bucket),
            row.oldest_unpaid_due_on.into(),
        ];
        sheet.row(head.into_iter().chain(amounts.map(|amount| Cell::Money(amount, row.currency))));
    }
    for (currency, amounts) in totals {
        let head = ["total".into(), currency.to_string().into(), Cell::Nothing, Cell::Nothing, Cell::Nothing];
        sheet.total(head.into_iter().chain(amounts.map(|amount| Cell::Money(amount, currency))));
    }
    Ok(sheet)
}

fn summary(lines: &[OverdueSummary]) -> Sheet {
    let columns = [
        Column::text("bucket"),
        Column::text("currency"),
        Column::number("loans"),
        Column::number("overdue"),
        Column::number("outstanding_principal"),
    ];
    let mut sheet = Sheet::new("buckets", columns).title("All active loans:").when_empty("no active loans");
    for line in lines {
        sheet.row([
            Cell::from(&*line.bucket),
            line.currency.to_string().into(),
            line.loans.into(),
            Cell::Money(line.overdue, line.currency),
            Cell::Money(line.outstanding_principal, line.currency),
        ]);
    }
    sheet
}
