//! `arrears vintages` and `arrears first-payment-default`.

use super::Looked;
use super::migration::Weight;
use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::Currency;
use projections::arrears::{self, Month, VintageLoan, VintageRow, Vintages};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Arguments of `arrears vintages`.
#[derive(Debug, clap::Args)]
pub struct VintagesArgs {
    /// A loan is in default from so many days past due on (91: more than 90, as CRR article 178(1)(b) counts), or written off
    #[arg(long, value_name = "DAYS", default_value_t = 91, value_parser = clap::value_parser!(u32).range(1..))]
    default_days: u32,

    /// The share of what was paid out, or of the number of loans
    #[arg(long, value_enum, default_value_t = Weight::Principal)]
    weight: Weight,

    /// One row for each vintage and age, with loans and amounts
    #[arg(long)]
    cells: bool,

    /// List the loans of this vintage
    #[arg(long, value_name = "MONTH", conflicts_with = "cells")]
    vintage: Option<Month>,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `arrears first-payment-default`.
#[derive(Debug, clap::Args)]
pub struct FirstPaymentArgs {
    /// The first instalment is missed if it is unpaid so many days after its due date
    #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    #[command(flatten)]
    as_of: AsOf,
}

pub async fn vintages(args: &VintagesArgs, options: &Options) -> Result<(), Failure> {
    let looked = Looked::at(&args.as_of, options).await?;
    if let Some(vintage) = args.vintage {
        let loans = arrears::loans_of_vintage(&looked.portfolio(), looked.date, args.default_days, vintage)?;
        let document = Document::new().field("as_of", looked.date).field("default_days", args.default_days);
        return document.sheet(loans_sheet(&loans)).print(options);
    }
    let view = arrears::vintages(&looked.portfolio(), looked.date, args.default_days)?;
    let sheet = if args.cells { cells(&view) } else { curves(&view, args.weight) };
    Document::new()
        .field("as_of", looked.date)
        .field("default_days", args.default_days)
        .field("loans_with_unknown_arrears", Some(view.arrears_unknown).filter(|loans| *loans > 0))
        .sheet(sheet)
        .print(options)
}

fn loans_sheet(loans: &[VintageLoan]) -> Sheet {
    let columns = [
        Column::text("loan"),
        Column::text("currency"),
        Column::number("disbursed"),
        Column::text("default_on"),
        Column::number("defaulted_principal"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("nothing was paid out in this month");
    for one in loans {
        sheet.row([
            Cell::from(&*one.loan),
            one.currency.to_string().into(),
            Cell::Money(one.disbursed, one.currency),
            one.default.map(|(on, _)| on).into(),
            one.default.map_or(Cell::Nothing, |(_, principal)| Cell::Money(principal, one.currency)),
        ]);
    }
    sheet
}

fn cells(view: &Vintages) -> Sheet {
    let columns = [
        Column::text("vintage"),
        Column::text("currency"),
        Column::number("months_on_book"),
        Column::number("loans"),
        Column::number("disbursed"),
        Column::number("defaulted_loans"),
        Column::number("defaulted_principal"),
        Column::number("default_loans_pct"),
        Column::number("default_pct"),
    ];
    let mut sheet = Sheet::new("vintages", columns).when_empty("no month has ended since the first payout");
    for row in &view.rows {
        sheet.row([
            Cell::from(row.vintage.to_string()),
            row.currency.to_string().into(),
            row.months_on_book.into(),
            row.loans.into(),
            Cell::Money(row.disbursed, row.currency),
            row.defaulted_loans.into(),
            Cell::Money(row.defaulted, row.currency),
            row.rate_of_loans.into(),
            row.rate.into(),
        ]);
    }
    sheet
}

/// A line for each vintage, a column for each age.
fn curves(view: &Vintages, weight: Weight) -> Sheet {
    let ages = view.rows.iter().map(|row| row.months_on_book).max().map_or(0, |oldest| oldest.saturating_add(1));
    let head = ["vintage", "currency"].map(Column::text).into_iter();
    let columns = head
        .chain(["loans", "disbursed"].map(Column::number))
        .chain((0..ages).map(|age| Column::named(age.to_string())));
    let mut sheet = Sheet::new("curves", columns)
        .title("Cumulative default in percent, by months on book")
        .when_empty("no month has ended since the first payout");
    let mut curves: BTreeMap<(Month, Currency), Vec<&VintageRow>> = BTreeMap::new();
    for row in &view.rows {
        curves.entry((row.vintage, row.currency)).or_default().push(row);
    }
    for ((vintage, currency), curve) in curves {
        let rate = |row: &&VintageRow| -> Option<Decimal> {
            match weight {
                Weight::Principal => row.rate,
                Weight::Loans => row.rate_of_loans,
            }
        };
        let first = curve.first();
        let head = [
            Cell::from(vintage.to_string()),
            currency.to_string().into(),
            first.map(|row| row.loans).into(),
            first.map(|row| Cell::Money(row.disbursed, currency)).unwrap_or(Cell::Nothing),
        ];
        let rates = curve.iter().map(|row| Cell::from(rate(row)));
        let missing = usize::try_from(ages).unwrap_or(0).saturating_sub(curve.len());
        sheet.row(head.into_iter().chain(rates).chain((0..missing).map(|_| Cell::Nothing)));
    }
    sheet
}

pub async fn first_payments(args: &FirstPaymentArgs, options: &Options) -> Result<(), Failure> {
    let looked = Looked::at(&args.as_of, options).await?;
    let view = arrears::first_payments(&looked.portfolio(), looked.date, args.days)?;
    let columns = [
        Column::text("vintage"),
        Column::text("currency"),
        Column::number("loans"),
        Column::number("disbursed"),
        Column::number("missed_loans"),
        Column::number("missed_disbursed"),
        Column::number("missed_loans_pct"),
        Column::number("missed_pct"),
    ];
    let mut sheet = Sheet::new("vintages", columns).when_empty("no first instalment has been due for that long");
    for row in &view.rows {
        sheet.row([
            Cell::from(row.vintage.to_string()),
            row.currency.to_string().into(),
            row.loans.into(),
            Cell::Money(row.disbursed, row.currency),
            row.defaulted_loans.into(),
            Cell::Money(row.defaulted, row.currency),
            row.rate_of_loans.into(),
            row.rate.into(),
        ]);
    }
    Document::new()
        .field("as_of", looked.date)
        .field("days", args.days)
        .field("loans_taken_over", Some(view.taken_over).filter(|loans| *loans > 0))
        .sheet(sheet)
        .print(options)
}
