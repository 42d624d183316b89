//! `arrears roll-rates` and `arrears migration`.

use super::{BucketChoice, Looked, Months, number_of, out_of_range};
use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::Currency;
use projections::arrears::{self, Migration, Month, MovedLoan, Place};
use projections::overdue::Buckets;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Arguments of `arrears roll-rates`.
#[derive(Debug, clap::Args)]
pub struct RollRatesArgs {
    #[command(flatten)]
    months: Months,

    #[command(flatten)]
    buckets: BucketChoice,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `arrears migration`.
#[derive(Debug, clap::Args)]
pub struct MatrixArgs {
    /// The month [default: the last one that has ended]
    #[arg(long, value_name = "MONTH")]
    month: Option<Month>,

    /// By principal or by number of loans
    #[arg(long, value_enum, default_value_t = Weight::Principal)]
    weight: Weight,

    /// One row for each cell of the matrix, with loans and principal
    #[arg(long)]
    cells: bool,

    /// List the loans that came from this bucket (or `new`)
    #[arg(long, value_name = "BUCKET", requires = "to", conflicts_with = "cells")]
    from: Option<String>,

    /// … and went to this one (or `paid-off`, `written-off`)
    #[arg(long, value_name = "BUCKET", requires = "from")]
    to: Option<String>,

    #[command(flatten)]
    buckets: BucketChoice,

    #[command(flatten)]
    as_of: AsOf,
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Weight {
    /// Principal.
    Principal,
    /// The number of loans.
    Loans,
}

pub async fn roll_rates(args: &RollRatesArgs, options: &Options) -> Result<(), Failure> {
    let buckets = args.buckets.read()?;
    let looked = Looked::at(&args.as_of, options).await?;
    let (first, last) = args.months.read(Month::last_ended_by(looked.date).map_err(out_of_range)?, "ended")?;
    let view = arrears::migration(&looked.portfolio(), first, last, &buckets)?;
    let columns = [
        Column::text("month"),
        Column::text("currency"),
        Column::text("bucket"),
        Column::number("loans"),
        Column::number("opening_principal"),
        Column::number("worse"),
        Column::number("written_off"),
        Column::number("same"),
        Column::number("better"),
        Column::number("paid_off"),
        Column::number("roll_rate_pct"),
        Column::number("roll_rate_loans_pct"),
        Column::number("cure_rate_pct"),
    ];
    let mut sheet = Sheet::new("roll_rates", columns).when_empty("no loans in these months");
    for rate in &view.roll_rates {
        let head = [
            Cell::from(rate.month.to_string()),
            rate.currency.to_string().into(),
            Cell::from(&*buckets.name(rate.bucket)),
            rate.whole.loans.into(),
        ];
        let parts = [rate.whole, rate.worse, rate.written_off, rate.same, rate.better, rate.paid_off];
        let amounts = parts.map(|part| Cell::Money(part.opening, rate.currency));
        let rates = [rate.roll_rate, rate.roll_rate_of_loans, rate.cure_rate].map(Cell::from);
        sheet.row(head.into_iter().chain(amounts).chain(rates));
    }
    Document::new().field("as_of", looked.date).sheet(sheet).print(options)
}

pub async fn matrix(args: &MatrixArgs, options: &Options) -> Result<(), Failure> {
    let buckets = args.buckets.read()?;
    let looked = Looked::at(&args.as_of, options).await?;
    let months = Months { through: args.month, months: 1 };
    let (month, _) = months.read(Month::last_ended_by(looked.date).map_err(out_of_range)?, "ended")?;
    let document = Document::new().field("as_of", looked.date).field("month", month.to_string());
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let (from, to) = (place(from, &buckets)?, place(to, &buckets)?);
        let loans = arrears::loans_of_cell(&looked.portfolio(), month, &buckets, from, to)?;
        return document.sheet(loans_sheet(&loans)).print(options);
    }
    let view = arrears::migration(&looked.portfolio(), month, month, &buckets)?;
    let sheet = if args.cells { cells(&view, &buckets) } else { shares(&view, &buckets, args.weight) };
    document.sheet(sheet).print(options)
}

fn name(place: Place, buckets: &Buckets) -> String {
    match place {
        Place::Outside => "new".to_owned(),
        Place::Bucket(number) => buckets.name(number).to_string(),
        Place::PaidOff => "paid-off".to_owned(),
        Place::WrittenOff => "written-off".to_owned(),
    }
}

fn place(text: &str, buckets: &Buckets) -> Result<Place, Failure> {
    Ok(match text {
        "new" => Place::Outside,
        "paid-off" => Place::PaidOff,
        "written-off" => Place::WrittenOff,
        bucket => Place::Bucket(number_of(bucket, buckets)?),
    })
}

fn loans_sheet(loans: &[MovedLoan]) -> Sheet {
    let columns = ["loan", "currency"].map(Column::text).into_iter();
    let columns = columns.chain(["opening_principal", "closing_principal"].map(Column::number));
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans went this way");
    for one in loans {
        let amounts = [one.opening, one.closing].map(|amount| Cell::Money(amount, one.currency));
        sheet.row([Cell::from(&*one.loan), one.currency.to_string().into()].into_iter().chain(amounts));
    }
    sheet
}

fn cells(view: &Migration, buckets: &Buckets) -> Sheet {
    let columns = [
        Column::text("currency"),
        Column::text("from"),
        Column::text("to"),
        Column::number("loans"),
        Column::number("opening_principal"),
        Column::number("closing_principal"),
        Column::number("share_of_loans_pct"),
        Column::number("share_of_principal_pct"),
    ];
    let mut sheet = Sheet::new("cells", columns).when_empty("no loans in this month");
    for cell in &view.cells {
        sheet.row([
            Cell::from(cell.currency.to_string()),
            name(cell.from, buckets).into(),
            name(cell.to, buckets).into(),
            cell.moved.loans.into(),
            Cell::Money(cell.moved.opening, cell.currency),
            Cell::Money(cell.moved.closing, cell.currency),
            cell.share_of_loans.into(),
            cell.share_of_opening.into(),
        ]);
    }
    sheet
}

/// The matrix: shares of the row, in percent. Loans that came in have no opening principal and so no row.
fn shares(view: &Migration, buckets: &Buckets, weight: Weight) -> Sheet {
    let cells = || view.cells.iter().filter(|cell| cell.from != Place::Outside);
    let to: BTreeSet<Place> = cells().map(|cell| cell.to).collect();
    let head = ["currency", "from"].map(Column::text).into_iter();
    let whole = [Column::number("loans"), Column::number("opening_principal")];
    let columns = head.chain(whole).chain(to.iter().map(|to| Column::named(name(*to, buckets))));
    let mut sheet = Sheet::new("matrix", columns)
        .title("Shares of the row in percent")
        .when_empty("no loans were active at the end of the month before");
    let mut rows: BTreeMap<(Currency, Place), BTreeMap<Place, Option<Decimal>>> = BTreeMap::new();
    for cell in cells() {
        let share = match weight {
            Weight::Principal => cell.share_of_opening,
            Weight::Loans => cell.share_of_loans,
        };
        rows.entry((cell.currency, cell.from)).or_default().insert(cell.to, share);
    }
    for rate in &view.roll_rates {
        let from = Place::Bucket(rate.bucket);
        let Some(row) = rows.get(&(rate.currency, from)) else { continue };
        let head = [
            Cell::from(rate.currency.to_string()),
            name(from, buckets).into(),
            rate.whole.loans.into(),
            Cell::Money(rate.whole.opening, rate.currency),
        ];
        sheet.row(head.into_iter().chain(to.iter().map(|to| row.get(to).copied().flatten().into())));
    }
    sheet
}
