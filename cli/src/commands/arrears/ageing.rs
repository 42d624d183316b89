//! `arrears ageing`.

use super::{BucketChoice, Looked, number_of};
use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::Currency;
use projections::arrears::{self, Aged, AgedLoan};

/// Arguments of `arrears ageing`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// List the loans of this bucket
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,

    #[command(flatten)]
    buckets: BucketChoice,

    #[command(flatten)]
    as_of: AsOf,
}

pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let buckets = args.buckets.read()?;
    let wanted = args.bucket.as_deref().map(|name| number_of(name, &buckets)).transpose()?;
    let looked = Looked::at(&args.as_of, options).await?;
    if let Some(bucket) = wanted {
        let loans = arrears::loans_of_bucket(&looked.portfolio(), looked.date, &buckets, bucket)?;
        return Document::new().field("as_of", looked.date).sheet(loans_sheet(&loans)).print(options);
    }
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

fn loans_sheet(loans: &[AgedLoan]) -> Sheet {
    let columns = [
        Column::text("loan"),
        Column::text("currency"),
        Column::number("days_past_due"),
        Column::number("principal"),
        Column::number("outstanding"),
        Column::number("past_due"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans in this bucket");
    for one in loans {
        sheet.row([
            Cell::from(&*one.loan),
            one.currency.to_string().into(),
            one.days_past_due.map_or_else(|| Cell::from("unknown"), Cell::from),
            Cell::Money(one.principal, one.currency),
            Cell::Money(one.outstanding, one.currency),
            Cell::Money(one.past_due, one.currency),
        ]);
    }
    sheet
}
