//! A disclosure as a document.

use crate::commands::product::percent as short_percent;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::cost::{ContingentStandard, CostItem, CostMethod, Disclosure, ItemStandard, Measure, When, percent};
use ledger_core::money::{Amount, Currency};
use ledger_core::terms::{FeeMode, LateFeeRule};

/// Decimals of a rate in percent, for people and programs alike.
pub const DECIMALS: u32 = 4;

/// A rate in percent, or why there is none.
pub fn rate_cell(measure: &Measure) -> Cell {
    measure.rate.as_ref().map_or_else(|error| Cell::from(error.code()), |rate| percent(*rate, DECIMALS).into())
}

/// The whole disclosure.
pub fn document(start: Document, disclosure: &Disclosure) -> Result<Document, Failure> {
    let currency = disclosure.currency;
    let money = |amount| Cell::Money(amount, currency);
    Ok(start
        .currency(currency)
        .field("principal", money(disclosure.principal))
        .field("prepaid_costs", money(disclosure.prepaid))
        .field("down_payment", money(disclosure.down_payment))
        .field("amount_financed", money(disclosure.amount_financed))
        .field("finance_charge", money(disclosure.finance_charge))
        .field("total_of_payments", money(disclosure.total_of_payments))
        .sheet(rates(disclosure))
        .sheet(costs(disclosure))
        .sheet(contingent(disclosure))
        .sheet(payments(disclosure)?))
}

fn rates(disclosure: &Disclosure) -> Sheet {
    let columns = [Column::text("method"), Column::number("annual_pct"), Column::text("kind")];
    let mut sheet = Sheet::new("rates", columns).title("Annualised cost");
    for measure in &disclosure.measures {
        sheet.row([measure.method.code().into(), rate_cell(measure), measure.method.label().into()]);
    }
    sheet
}

fn costs(disclosure: &Disclosure) -> Sheet {
    let columns = [
        Column::text("item"),
        Column::text("collected"),
        Column::text("standard"),
        Column::text("collector"),
        Column::number("total"),
        Column::number("irr_monthly_x12_pct"),
        Column::number("irr_monthly_compounded_pct"),
    ];
    let mut sheet = Sheet::new("costs", columns)
        .currency(disclosure.currency)
        .title("Costs of normal performance")
        .when_empty("(none: nothing is charged if every instalment is paid in time)");
    for item in &disclosure.items {
        let rate = |method| item.measure(method).map_or(Cell::Nothing, rate_cell);
        sheet.row([
            item.name.as_str().into(),
            collected(item.when).into(),
            standard(item, disclosure.currency).into(),
            item.collector.as_str().into(),
            Cell::Money(item.total, disclosure.currency),
            rate(CostMethod::IrrMonthlyX12),
            rate(CostMethod::IrrMonthlyCompounded),
        ]);
    }
    sheet
}

const fn collected(when: When) -> &'static str {
    match when {
        When::Upfront => "at disbursement",
        When::First => "with the first instalment",
        When::Each => "with each instalment",
        When::Last => "with the last instalment",
    }
}

/// How an item is computed, in words.
fn standard(item: &CostItem, currency: Currency) -> String {
    match &item.standard {
        ItemStandard::AnnualRate(rate, day_count) => format!("{} a year, {day_count}", short_percent(*rate)),
        ItemStandard::FlatFee(rate, mode) => {
            let spread = match mode {
                FeeMode::Each | FeeMode::Spread => "per period",
                FeeMode::Upfront => "per period, all at once",
            };
            format!("{} of the principal {spread}", short_percent(*rate))
        }
        ItemStandard::Listed => "as listed".to_owned(),
        ItemStandard::Fixed(amount) => written(*amount, currency),
    }
}

fn written(amount: Amount, currency: Currency) -> String {
    Cell::Money(amount, currency).for_people()
}

fn contingent(disclosure: &Disclosure) -> Sheet {
    let columns = [Column::text("item"), Column::text("standard"), Column::text("collector")];
    let mut sheet = Sheet::new("contingent", columns).title("Only if something is not paid in time");
    for item in &disclosure.contingent {
        let words = contingent_standard(&item.standard, disclosure.currency);
        sheet.row([item.standard.name().into(), words.into(), item.collector.as_str().into()]);
    }
    sheet
}

/// How a contingent charge is computed, in words.
fn contingent_standard(standard: &ContingentStandard, currency: Currency) -> String {
    match standard {
        ContingentStandard::LateFee(fee, grace) => {
            let rule = match &fee.rule {
                LateFeeRule::Fixed(fixed) => written(*fixed, currency),
                LateFeeRule::Percent(rate) => format!("{} of what is overdue", short_percent(*rate)),
                LateFeeRule::Greater(fixed, rate) => {
                    let (fixed, rate) = (written(*fixed, currency), short_percent(*rate));
                    format!("the greater of {fixed} and {rate} of what is overdue")
                }
            };
            let cap = fee.cap.map(|cap| format!(", at most {}", written(cap, currency))).unwrap_or_default();
            format!("{rule}{cap}, once for an instalment, after {grace} days of grace")
        }
        ContingentStandard::PenaltyInterest(penalty) => {
            format!("{} a year on overdue principal, by the day, {}", short_percent(penalty.annual), penalty.day_count)
        }
    }
}

fn payments(disclosure: &Disclosure) -> Result<Sheet, Failure> {
    let columns = [
        Column::number("number"),
        Column::text("due_on"),
        Column::number("principal"),
        Column::number("interest"),
        Column::number("fee"),
        Column::number("other"),
        Column::number("total"),
    ];
    let currency = disclosure.currency;
    let mut sheet = Sheet::new("payments", columns).currency(currency).title("Payments");
    let mut sums = [Amount::ZERO; 5];
    for one in &disclosure.payments {
        let amounts = [one.principal, one.interest, one.fee, one.other, one.total()?];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.plus(amount)?;
        }
        let cells = amounts.map(|amount| Cell::Money(amount, currency));
        sheet.row([one.number.into(), one.due_on.into()].into_iter().chain(cells));
    }
    let cells = sums.map(|sum| Cell::Money(sum, currency));
    sheet.total([Cell::Nothing, "total".into()].into_iter().chain(cells));
    Ok(sheet)
}
