//! The parameters of servicing by the day, one a row, as a product file writes them.

use crate::commands::product::percent;
use crate::render::{Cell, Column, Sheet};
use ledger_core::money::{Amount, Currency};
use ledger_core::servicing::contract::{
    AllocationRule, ChargeOffBehaviour, Component, Contract, DueState, FutureInstalments, PaymentKind,
};
use ledger_core::servicing::rules::{InterestMethod, InterestPeriod, MonthBasis, YearBasis};

/// Every parameter with its value.
pub fn sheet(contract: &Contract, currency: Option<Currency>) -> Sheet {
    let mut sheet = Sheet::new("servicing", [Column::text("parameter"), Column::text("value")])
        .title("Serviced by the day ([product.servicing]):");
    for (parameter, value) in parameters(contract, currency) {
        sheet.row([Cell::from(parameter), value.into()]);
    }
    sheet
}

fn parameters(contract: &Contract, currency: Option<Currency>) -> Vec<(String, String)> {
    let rules = &contract.interest;
    let yes = |flag: bool| flag.to_string();
    let period = |by_period: bool| if by_period { "same-as-repayment" } else { "daily" }.to_owned();
    let amount = |amount: Option<Amount>| match (amount, currency) {
        (Some(amount), Some(currency)) => Cell::Money(amount, currency).for_people(),
        _ => "none".to_owned(),
    };
    let by_period = matches!(rules.period, InterestPeriod::SameAsRepayment { .. });
    let partial = matches!(rules.period, InterestPeriod::SameAsRepayment { partial_periods: true });
    let preclosure = if contract.preclosure_until_due_date { "until-due-date" } else { "until-payment" };
    let grace = rules.grace;
    let kinds: Vec<&str> = contract.interest_refund_on.iter().copied().map(kind).collect();
    let chargeback = contract.allocation.chargeback.as_deref();
    let mut rows: Vec<(&str, String)> = vec![
        ("interest_method", method(rules.method).to_owned()),
        ("whole_term_interest", yes(rules.whole_term_interest)),
        ("interest_period", period(by_period)),
        ("partial_periods", yes(partial)),
        ("days_in_year", year(rules.year).to_owned()),
        ("days_in_month", month(rules.month).to_owned()),
        ("year_cut_on_new_year", yes(rules.year_cut_on_new_year)),
        ("recalculation", yes(rules.recalculated)),
        ("rest", period(contract.rest_by_period)),
        ("preclosure", preclosure.to_owned()),
        ("interest_on_overdue", yes(contract.interest_on_overdue)),
        ("grace.principal", grace.principal.to_string()),
        ("grace.interest", grace.interest.to_string()),
        ("grace.interest_free", grace.interest_free.to_string()),
        ("instalment_multiple", amount(rules.instalment_multiple)),
        ("amount_multiple", amount(Some(rules.unit).filter(|unit| unit.minor() > 1))),
        ("fixed_length", contract.fixed_length.map_or_else(|| "none".to_owned(), |length| length.to_string())),
        ("full_term_tranches", yes(rules.full_term_tranches)),
        ("future_instalments", future(contract.allocation.default.future).to_owned()),
        ("chargeback_order", chargeback.map_or_else(|| "principal".to_owned(), components)),
        ("charge_off", charge_off(contract.charge_off).to_owned()),
        ("interest_refund_on", kinds.join(", ")),
        ("buy_down_income", component(contract.buy_down_income).to_owned()),
    ];
    match &contract.down_payment {
        Some(down) => {
            rows.extend([("down_payment.share", percent(down.share)), ("down_payment.automatic", yes(down.automatic))])
        }
        None => rows.push(("down_payment", "none".to_owned())),
    }
    let mut rows: Vec<(String, String)> = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (of, rule) in &contract.allocation.by_kind {
        let name = format!("payments.{}", kind(*of).replace('-', "_"));
        rows.push((format!("{name}.future_instalments"), future(rule.future).to_owned()));
        match uniform(rule) {
            _ if rule.order == contract.allocation.default.order => {}
            Some(order) => rows.push((format!("{name}.components"), components(&order))),
            None => rows.push((format!("{name}.buckets"), buckets(rule))),
        }
    }
    rows
}

const fn method(method: InterestMethod) -> &'static str {
    match method {
        InterestMethod::DecliningBalance => "declining-balance",
        InterestMethod::Flat => "flat",
    }
}

/// Days of a year.
pub const fn year(year: YearBasis) -> &'static str {
    match year {
        YearBasis::Actual => "actual",
        YearBasis::ActualLeapDay => "actual-leap-day",
        YearBasis::Days365 => "365",
        YearBasis::Days364 => "364",
        YearBasis::Days360 => "360",
    }
}

/// Days of a month.
pub const fn month(month: MonthBasis) -> &'static str {
    match month {
        MonthBasis::Actual => "actual",
        MonthBasis::Days30 => "30",
    }
}

const fn component(component: Component) -> &'static str {
    match component {
        Component::Penalty => "penalty",
        Component::Fee => "fee",
        Component::Interest => "interest",
        Component::Principal => "principal",
    }
}

fn components(order: &[Component]) -> String {
    order.iter().copied().map(component).collect::<Vec<_>>().join(", ")
}

/// The order of components, if it is the same for past due, due and in advance, in this order.
fn uniform(rule: &AllocationRule) -> Option<Vec<Component>> {
    let order: Vec<Component> = rule.order.iter().take(4).map(|(_, of)| *of).collect();
    let dues = [DueState::PastDue, DueState::Due, DueState::InAdvance];
    let all = dues.into_iter().flat_map(|due| order.iter().map(move |of| (due, *of)));
    all.eq(rule.order.iter().copied()).then_some(order)
}

fn buckets(rule: &AllocationRule) -> String {
    let bucket = |(due, of): &(DueState, Component)| {
        let due = match due {
            DueState::PastDue => "past-due",
            DueState::Due => "due",
            DueState::InAdvance => "in-advance",
        };
        format!("{due} {}", component(*of))
    };
    rule.order.iter().map(bucket).collect::<Vec<_>>().join(", ")
}

const fn future(future: FutureInstalments) -> &'static str {
    match future {
        FutureInstalments::Next => "next",
        FutureInstalments::Last => "last",
        FutureInstalments::NextThenLast => "next-then-last",
        FutureInstalments::Reamortise => "re-amortise",
    }
}

const fn charge_off(behaviour: ChargeOffBehaviour) -> &'static str {
    match behaviour {
        ChargeOffBehaviour::Regular => "regular",
        ChargeOffBehaviour::ZeroInterest => "zero-interest",
        ChargeOffBehaviour::AccelerateMaturity => "accelerate-maturity",
    }
}

const fn kind(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Repayment => "repayment",
        PaymentKind::DownPayment => "down-payment",
        PaymentKind::MerchantRefund => "merchant-refund",
        PaymentKind::PayoutRefund => "payout-refund",
        PaymentKind::Goodwill => "goodwill",
        PaymentKind::InterestRefund => "interest-refund",
        PaymentKind::InterestWaiver => "interest-waiver",
        PaymentKind::ChargeAdjustment => "charge-adjustment",
        PaymentKind::IncomeAdjustment => "income-adjustment",
        PaymentKind::Recovery => "recovery",
    }
}
