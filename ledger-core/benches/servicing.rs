//! The servicing engine, one loan at a time: `cargo bench -p ledger-core --bench servicing`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

#[path = "../tests/common/contract.rs"]
mod contract;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ledger_core::calendar::Date;
use ledger_core::money::Amount;
use ledger_core::servicing::contract::{FutureInstalments, PaymentKind};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use std::hint::black_box;

fn day(offset: i64) -> Date {
    Date::new(2024, 1, 1).unwrap().plus_days(offset).unwrap()
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
    let contract = contract::contract(12, 36, FutureInstalments::Next, false, false);
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
