//! `loan list`: all loans, a line each.

use crate::args::Options;
use crate::commands::balance::Filter;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;

/// List loans
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan list
  iledger loan list --status active --currency CNY --format csv")]
pub struct Args {
    #[command(flatten)]
    filter: Filter,
}

/// Lists loans.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let view = session.projections().await?.balances(&args.filter.of(None))?;
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
