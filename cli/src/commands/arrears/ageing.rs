//! `arrears ageing`.

use super::{BucketChoice, Looked};
use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::Currency;
use projections::arrears::{self, Aged};

/// Arguments of `arrears ageing`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    buckets: BucketChoice,

    #[command(flatten)]
    as_of: AsOf,
}

pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let buckets = args.buckets.read()?;
    let looked = Looked::at(&args.as_of, options).await?;
    let view = arrears::ageing(&looked.portfolio(), looked.date, &buckets)?;
    let columns = [
        Column::text("currency"),
        Column::text("bucket"),
        Column::number("loans"),
        Column::number("principal"),
        Column::number("outstanding"),
        Column::number("past_due"),
        Column::number("share_pct"),
        Column::number("at_risk_pct"),
    ];
    let mut sheet = Sheet::new("buckets", columns).when_empty("no active loans");
    for row in &view.rows {
        let shares = [row.share.into(), row.at_risk.into()];
        sheet.row(cells(row.currency, &row.bucket, &row.aged).into_iter().chain(shares));
    }
    for (currency, aged) in &view.totals {
        sheet.total(cells(*currency, "total", aged).into_iter().chain([Cell::Nothing, Cell::Nothing]));
    }
    Document::new().field("as_of", view.date).sheet(sheet).print(options)
}

fn cells(currency: Currency, bucket: &str, aged: &Aged) -> [Cell; 6] {
    [
        currency.to_string().into(),
        bucket.into(),
        aged.loans.into(),
        Cell::Money(aged.principal, currency),
        Cell::Money(aged.outstanding, currency),
        Cell::Money(aged.past_due, currency),
    ]
}
