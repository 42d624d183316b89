//! `loan list`: all loans, a line each.

use crate::args::Options;
use crate::commands::balance::{Cut, Filter, Source};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;

/// List loans
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan list
  iledger loan list --status active --currency CNY --format csv
  iledger loan list --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z")]
pub struct Args {
    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    cut: Cut,
}

/// Lists loans.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let view = Source::of(&args.cut, &session).await?.view(&args.filter.of(None))?;
    let columns = [
        Column::text("loan"),
        Column::text("status"),
        Column::text("product"),
        Column::text("currency"),
        Column::number("disbursed"),
        Column::number("outstanding"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans");
    for row in &view.rows {
        sheet.row([
            Cell::from(&*row.loan),
            row.status.name().into(),
            row.product.as_str().into(),
            row.currency.to_string().into(),
            Cell::Money(row.amounts.disbursed, row.currency),
            Cell::Money(row.amounts.outstanding.total()?, row.currency),
        ]);
    }
    Document::new().sheet(sheet).print(options)
}
