//! The servicing engine, one loan at a time: `cargo bench -p ledger-core --bench servicing`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ledger_core::calendar::{Date, Frequency, PeriodUnit};
use ledger_core::money::{Amount, Rate, Rounding};
use ledger_core::servicing::contract::{
    Allocation, AllocationRule, ChargeOffBehaviour, Component, Contract, DueState, FutureInstalments, PaymentKind,
};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use ledger_core::servicing::rules::{Grace, InterestMethod, InterestPeriod, InterestRules, MonthBasis, YearBasis};
use rust_decimal::Decimal;
use std::hint::black_box;

fn day(offset: i64) -> Date {
    Date::new(2024, 1, 1).unwrap().plus_days(offset).unwrap()
}

fn contract() -> Contract {
    let components = [Component::Penalty, Component::Fee, Component::Interest, Component::Principal];
    let order = [DueState::PastDue, DueState::Due, DueState::InAdvance]
        .into_iter()
        .flat_map(|state| components.map(|component| (state, component)))
        .collect();
    Contract {
        interest: InterestRules {
            method: InterestMethod::DecliningBalance,
            annual_rate: Rate::new(Decimal::new(12, 2)),
            year: YearBasis::Actual,
            month: MonthBasis::Actual,
            period: InterestPeriod::Daily,
            year_cut_on_new_year: false,
            frequency: Frequency { every: 1, unit: PeriodUnit::Month, end_of_month: false },
            instalments: 36,
            rounding: Rounding::HalfEven,
            decimals: 2,
            unit: Amount::from_minor(1),
            instalment_multiple: None,
            significant_digits: 19,
            grace: Grace::default(),
            full_term_tranches: false,
            equal_principal: false,
            whole_term_interest: false,
            recalculated: true,
        },
        schedule_start: None,
        due_dates: None,
        fixed_length: None,
        down_payment: None,
        allocation: Allocation {
            vertical: false,
            default: AllocationRule { order, future: FutureInstalments::Next },
            by_kind: Vec::new(),
            chargeback: None,
        },
        preclosure_until_due_date: false,
        rest_by_period: false,
        interest_on_overdue: true,
        charge_off: ChargeOffBehaviour::Regular,
        interest_refund_on: Vec::new(),
        buy_down_income: Component::Interest,
        expected: Vec::new(),
    }
}

/// A loan of 36 instalments with so many payments, `apart` days from each other.
fn history(payments: i64, apart: i64, minor: i64) -> Vec<Dated> {
    let dated = |on: i64, fact: Fact| Dated { on: day(on), booked: day(on), fact, reversed: false };
    let mut facts = vec![dated(0, Fact::Disbursed { amount: Amount::from_minor(1_000_000) })];
    facts.extend((1..=payments).map(|number| {
        dated(number * apart, Fact::Paid { kind: PaymentKind::Repayment, amount: Amount::from_minor(minor) })
    }));
    facts
}

fn folds(criterion: &mut Criterion) {
    let contract = contract();
    let mut group = criterion.benchmark_group("servicing");
    for (name, facts) in [
        ("disbursement", history(0, 30, 0)),
        ("12 payments", history(12, 30, 33_300)),
        ("36 payments", history(36, 30, 33_300)),
        ("400 daily payments", history(400, 1, 2_000)),
    ] {
        let until = facts.last().unwrap().on;
        group.sample_size(10);
        group.bench_with_input(BenchmarkId::new("36 instalments", name), &facts, |bench, facts| {
            bench.iter(|| Engine::run(black_box(&contract), black_box(facts), until).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, folds);
criterion_main!(benches);
