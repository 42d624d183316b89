//! The statement that a jurisdiction prescribes, made of a disclosure.

use super::view::rate_cell;
use crate::commands::product::percent;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::cost::{ContingentStandard, CostMethod, Disclosure, ItemKind, ItemStandard, LENDER, Measure, When};
use ledger_core::money::{Amount, Currency};
use ledger_core::terms::{FeeMode, LateFeeRule};

/// Whose statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Statement {
    /// China: 综合融资成本明示表, in force from 2026-08-01
    Cn,
}

/// What a reader of the statement may rely on; the lender declares it by handing the statement out.
const NOTHING_ELSE: &str = "除上述已明示的成本项目外，不向借款人收取其他任何费用";

/// The statement of a disclosure.
pub fn document(statement: Statement, disclosure: &Disclosure) -> Document {
    match statement {
        Statement::Cn => cn(disclosure),
    }
}

/// The fields of the NFRA's and PBoC's rules announced on 2026-03-15: principal; every cost with its way of collection,
/// standard and collector, also annualised; the total for normal performance; contingent charges with standard and
/// collector; that nothing else is charged.
///
/// The rules known here do not say whether the annualised rate is nominal or effective, so that both stand there, labelled.
fn cn(disclosure: &Disclosure) -> Document {
    let currency = disclosure.currency;
    let money = |amount| Cell::Money(amount, currency);
    let total = |method| rate_cell(&disclosure.measure(method, &ItemKind::ALL));
    Document::new()
        .headline("综合融资成本明示表")
        .currency(currency)
        .field("贷款本金", money(disclosure.principal))
        .field("实际可用本金", money(disclosure.amount_financed))
        .field("息费合计", money(disclosure.finance_charge))
        .field("还款总额", money(disclosure.total_of_payments))
        .field("正常履约年化综合融资成本（单利，%）", total(CostMethod::IrrMonthlyX12))
        .field("正常履约年化综合融资成本（复利，%）", total(CostMethod::IrrMonthlyCompounded))
        .field("声明", NOTHING_ELSE)
        .sheet(costs(disclosure))
        .sheet(contingent(disclosure))
}

fn costs(disclosure: &Disclosure) -> Sheet {
    let columns = [
        Column::text("成本项目"),
        Column::text("收取方式"),
        Column::text("收取标准"),
        Column::text("收取主体"),
        Column::number("金额"),
        Column::number("年化（单利，%）"),
        Column::number("年化（复利，%）"),
    ];
    let mut sheet = Sheet::new("成本项目", columns).currency(disclosure.currency).when_empty("（无）");
    for item in &disclosure.items {
        let rate = |method| item.measure(method).map_or(Cell::Nothing, |measure: &Measure| rate_cell(measure));
        let name = match item.kind {
            ItemKind::Interest => "利息",
            ItemKind::ServiceFee => "服务费",
            ItemKind::ExtraCost => item.name.as_str(),
        };
        let when = match item.when {
            When::Upfront => "放款时一次性收取",
            When::First => "随首期收取",
            When::Each => "随每期收取",
            When::Last => "随末期收取",
        };
        sheet.row([
            name.into(),
            when.into(),
            standard(&item.standard, disclosure.currency).into(),
            collector(&item.collector).into(),
            Cell::Money(item.total, disclosure.currency),
            rate(CostMethod::IrrMonthlyX12),
            rate(CostMethod::IrrMonthlyCompounded),
        ]);
    }
    sheet
}

fn contingent(disclosure: &Disclosure) -> Sheet {
    let columns = [Column::text("或有成本项目"), Column::text("收取标准"), Column::text("收取主体")];
    let mut sheet = Sheet::new("或有成本项目", columns).when_empty("（无）");
    for item in &disclosure.contingent {
        let name = match item.standard {
            ContingentStandard::LateFee(..) => "违约金",
            ContingentStandard::PenaltyInterest(_) => "罚息",
        };
        let words = contingent_standard(&item.standard, disclosure.currency);
        sheet.row([name.into(), words.into(), collector(&item.collector).into()]);
    }
    sheet
}

fn collector(name: &str) -> &str {
    if name == LENDER { "贷款人" } else { name }
}

/// How an item is computed.
fn standard(standard: &ItemStandard, currency: Currency) -> String {
    match standard {
        ItemStandard::AnnualRate(rate, day_count) => format!("年利率 {}（计息基准 {day_count}）", percent(*rate)),
        ItemStandard::FlatFee(rate, FeeMode::Upfront) => format!("每期为原始本金的 {}，首期一次性收取", percent(*rate)),
        ItemStandard::FlatFee(rate, FeeMode::Each | FeeMode::Spread) => format!("每期为原始本金的 {}", percent(*rate)),
        ItemStandard::Listed => "按合同逐期列明".to_owned(),
        ItemStandard::Fixed(amount) => written(*amount, currency),
    }
}

fn written(amount: Amount, currency: Currency) -> String {
    Cell::Money(amount, currency).for_people()
}

/// How a contingent charge is computed.
fn contingent_standard(standard: &ContingentStandard, currency: Currency) -> String {
    match standard {
        ContingentStandard::LateFee(fee, grace) => {
            let rule = match &fee.rule {
                LateFeeRule::Fixed(fixed) => written(*fixed, currency),
                LateFeeRule::Percent(rate) => format!("逾期金额的 {}", percent(*rate)),
                LateFeeRule::Greater(fixed, rate) => {
                    format!("{} 与逾期金额的 {} 孰高", written(*fixed, currency), percent(*rate))
                }
            };
            let cap = fee.cap.map(|cap| format!("，最高 {}", written(cap, currency))).unwrap_or_default();
            format!("{rule}{cap}，每期一次，宽限期 {grace} 天")
        }
        ContingentStandard::PenaltyInterest(penalty) => {
            format!("年利率 {}，按逾期本金逐日计收（计息基准 {}）", percent(penalty.annual), penalty.day_count)
        }
    }
}
