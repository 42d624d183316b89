//! Regulatory views as tables.

use super::count;
use crate::exit::Failure;
use crate::render::{Cell, Column, Sheet};
use ledger_core::loan::Status;
use ledger_core::money::{Amount, Currency, Rate};
use ledger_core::record::Provisions;
use projections::provisions::{ProvisionRates, Ratios};
use projections::regulatory::{BandedLoan, ClassedLoan, EclRow, Exposure, Horizon, PastDueBands, Ratio, Reason};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Loans and principal by currency and class.
pub type Totals = BTreeMap<(Currency, Arc<str>), (u64, Amount)>;

/// Every loan with its class and why.
pub fn classes(rows: &[ClassedLoan<'_>]) -> Sheet {
    let mut columns = vec![Column::text("loan"), Column::text("class")];
    columns.extend(reason_columns());
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans");
    for row in rows {
        let cells = [Cell::from(&*row.exposure.loan), Cell::from(&*row.class)];
        sheet.row(cells.into_iter().chain(reason(row.exposure, &row.reason)));
    }
    sheet
}

/// Every loan with its band and why.
pub fn banded(rows: &[BandedLoan<'_>]) -> Sheet {
    let mut columns = vec![Column::text("loan"), Column::text("band")];
    columns.extend(reason_columns());
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans");
    for row in rows {
        let cells = [Cell::from(&*row.exposure.loan), Cell::from(&*row.band)];
        sheet.row(cells.into_iter().chain(reason(row.exposure, &row.reason)));
    }
    sheet
}

fn reason_columns() -> Vec<Column> {
    let mut columns = vec![Column::number("days"), Column::text("since"), Column::number("instalment")];
    columns.extend(["due_on", "event", "currency"].map(Column::text));
    columns.extend([Column::number("principal"), Column::text("because")]);
    columns
}

fn reason(exposure: &Exposure, reason: &Reason) -> Vec<Cell> {
    vec![
        reason.days.map_or_else(|| Cell::from("unknown"), Cell::from),
        reason.since.into(),
        reason.instalment.into(),
        reason.due_on.into(),
        reason.event.into(),
        exposure.currency.to_string().into(),
        Cell::Money(claim(exposure), exposure.currency),
        Cell::from(&*reason.because),
    ]
}

fn claim(exposure: &Exposure) -> Amount {
    if exposure.status == Status::WrittenOff { Amount::ZERO } else { exposure.principal }
}

/// Loans and principal by currency and class.
pub fn totals(rows: &[ClassedLoan<'_>]) -> Result<Totals, Failure> {
    let mut totals = Totals::new();
    for row in rows {
        let (loans, sum) = totals.entry((row.exposure.currency, row.class.clone())).or_default();
        (*loans, *sum) = (count(*loans)?, sum.plus(claim(row.exposure))?);
    }
    Ok(totals)
}

/// Every band with its loans, for each currency.
pub fn bands(bands: &PastDueBands, rows: &[BandedLoan<'_>]) -> Result<Sheet, Failure> {
    let mut sums: BTreeMap<Currency, BTreeMap<&str, (u64, Amount)>> = BTreeMap::new();
    for row in rows {
        let (loans, sum) = sums.entry(row.exposure.currency).or_default().entry(&row.band).or_default();
        (*loans, *sum) = (count(*loans)?, sum.plus(claim(row.exposure))?);
    }
    let columns =
        [Column::text("currency"), Column::text("band"), Column::number("loans"), Column::number("principal")];
    let mut sheet = Sheet::new("bands", columns).when_empty("no loans");
    for (currency, sums) in &sums {
        for name in bands.names() {
            let (loans, sum) = sums.get(&**name).copied().unwrap_or_default();
            let sum = Cell::Money(sum, *currency);
            sheet.row([Cell::from(currency.to_string()), Cell::from(&**name), loans.into(), sum]);
        }
    }
    Ok(sheet)
}

/// What is provided for every class, and what says so.
pub fn provisions(rates: &ProvisionRates, provisions: &Provisions) -> Sheet {
    let mut columns = vec![Column::text("currency"), Column::text("class")];
    columns.extend(["principal", "rate", "general", "provision"].map(Column::number));
    columns.push(Column::text("because"));
    let mut sheet = Sheet::new("provisions", columns).when_empty("nothing to provide for");
    for class in &provisions.classes {
        let rate = rates.of(&class.class);
        sheet.row([
            Cell::from(class.currency.to_string()),
            Cell::from(&*class.class),
            Cell::Money(class.principal, class.currency),
            percent(rate.map(|rate| rate.rate)),
            percent(Some(rates.general)),
            Cell::Money(class.provision, class.currency),
            rate.map(|rate| rate.source.clone()).into(),
        ]);
    }
    sheet
}

/// The ratios, and what a supervisor asks for.
pub fn ratios(ratios: &[Ratio], wanted: Option<&Ratios>) -> Sheet {
    let columns = [
        Column::text("currency"),
        Column::text("ratio"),
        Column::number("part"),
        Column::number("whole"),
        Column::number("value"),
        Column::number("at_least"),
        Column::number("missing"),
    ];
    let mut sheet = Sheet::new("ratios", columns).when_empty("no loans");
    for one in ratios {
        let mut row = |name: &str, part: Amount, whole: Amount, value: Option<Rate>, least: Option<Rate>| {
            // what must be provided in addition, rounded up to the minor unit
            let missing = least.and_then(|least| {
                let required = whole.to_decimal().checked_mul(least.ratio())?;
                Some(Amount::from_whole_decimal(required.ceil()).ok()?.minus(part).ok()?.or_zero())
            });
            sheet.row([
                Cell::from(one.currency.to_string()),
                name.into(),
                Cell::Money(part, one.currency),
                Cell::Money(whole, one.currency),
                percent(value),
                percent(least),
                missing.map(|missing| (missing, one.currency)).into(),
            ]);
        };
        let least = |of: fn(&Ratios) -> Rate| wanted.map(of);
        row(
            "provisions-to-loans",
            one.provisions,
            one.loans,
            one.provisions_to_loans,
            least(|wanted| wanted.provisions_to_loans),
        );
        row(
            "provisions-to-non-performing",
            one.provisions,
            one.non_performing,
            one.provisions_to_non_performing,
            least(|wanted| wanted.provisions_to_non_performing),
        );
        row("over-90-to-non-performing", one.over_90, one.non_performing, one.over_90_to_non_performing, None);
    }
    sheet
}

fn percent(rate: Option<Rate>) -> Cell {
    let shown = rate.and_then(|rate| rate.ratio().checked_mul(Decimal::ONE_HUNDRED));
    shown.map(|percent| format!("{}%", percent.normalize())).into()
}

/// Expected losses, loan by loan.
pub fn losses(rows: &[EclRow<'_>]) -> Sheet {
    let mut columns = vec![Column::text("loan"), Column::text("class"), Column::text("horizon")];
    columns.extend(["pd", "lgd"].map(Column::number));
    columns.push(Column::text("currency"));
    columns.extend(["exposure", "ecl", "days"].map(Column::number));
    columns.extend(["due_on", "event", "because"].map(Column::text));
    let mut sheet = Sheet::new("loans", columns).when_empty("no loans");
    for row in rows {
        let (currency, reason) = (row.loan.exposure.currency, &row.loan.reason);
        sheet.row([
            Cell::from(&*row.loan.exposure.loan),
            Cell::from(&*row.loan.class),
            horizon(row.horizon).into(),
            percent(Some(row.pd)),
            percent(Some(row.lgd)),
            currency.to_string().into(),
            Cell::Money(row.exposure, currency),
            Cell::Money(row.ecl, currency),
            reason.days.map_or_else(|| Cell::from("unknown"), Cell::from),
            reason.due_on.into(),
            reason.event.into(),
            Cell::from(&*reason.because),
        ]);
    }
    sheet
}

const fn horizon(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::TwelveMonths => "twelve-months",
        Horizon::Lifetime => "lifetime",
        Horizon::Defaulted => "defaulted",
    }
}

/// Expected losses by class.
pub fn loss_totals(rows: &[EclRow<'_>]) -> Result<Sheet, Failure> {
    let mut sums: BTreeMap<(Currency, &str), (u64, Amount, Amount)> = BTreeMap::new();
    for row in rows {
        let (loans, exposure, ecl) = sums.entry((row.loan.exposure.currency, &*row.loan.class)).or_default();
        (*loans, *exposure, *ecl) = (count(*loans)?, exposure.plus(row.exposure)?, ecl.plus(row.ecl)?);
    }
    let mut columns = vec![Column::text("currency"), Column::text("class")];
    columns.extend(["loans", "exposure", "ecl"].map(Column::number));
    let mut sheet = Sheet::new("totals", columns);
    for ((currency, class), (loans, exposure, ecl)) in sums {
        let amounts = [exposure, ecl].map(|amount| Cell::Money(amount, currency));
        sheet.row([Cell::from(currency.to_string()), class.into(), loans.into()].into_iter().chain(amounts));
    }
    Ok(sheet)
}
