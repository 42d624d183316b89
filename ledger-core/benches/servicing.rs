//! The servicing engine, one loan at a time: `cargo bench -p ledger-core --bench servicing`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::contract::contract;
use common::{Loan, annuity_terms, pay, serviced_terms};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ledger_core::calendar::Date;
use ledger_core::loan::{Context, Kept, LoanState, Stored, decide};
use ledger_core::money::Amount;
use ledger_core::servicing::contract::{FutureInstalments, PaymentKind};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use ledger_core::terms::Terms;
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
    let contract = contract(12, 36, FutureInstalments::Next, false, false);
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

/// The next repayment of a loan of 36 instalments that has paid twelve: decided, and its events folded into the state.
fn repayments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide and evolve a repayment, 36 instalments");
    for (name, terms) in [
        ("keeps its plan", Terms { instalments: 36, ..annuity_terms() }),
        ("serviced by the day", serviced_terms(contract(12, 36, FutureInstalments::Next, false, false))),
    ] {
        let mut loan = Loan::disbursed(terms, "2024-01-01");
        for month in 1..=12 {
            loan.then(&day(month * 30).to_string(), pay(6_660));
        }
        let command = loan.command(&day(391).to_string(), pay(6_660));
        let request = command.request_hash().unwrap();
        let key: std::sync::Arc<str> = std::sync::Arc::from(command.key.as_str());
        let kept = loan.state.clone();
        let fresh = LoanState { kept: Kept::default(), ..loan.state.clone() };
        decide(&kept, &loan.command(&day(390).to_string(), pay(1)), &Context::default()).unwrap();
        for (how, state) in [("first command", &fresh), ("next command", &kept)] {
            let decide_it = || {
                let mut state = state.clone();
                if how == "first command" {
                    state.kept = Kept::default();
                }
                let decision = decide(&state, black_box(&command), &Context::default()).unwrap();
                for event in decision.events {
                    let version = state.version.unwrap().next();
                    let (effective_on, booked_on, recorded_at) =
                        (decision.effective_on, command.booked_on, command.recorded_at);
                    let stored =
                        Stored { version, effective_on, booked_on, recorded_at, key: key.clone(), request, event };
                    state = state.evolve(&stored).unwrap();
                }
                state
            };
            group.bench_function(BenchmarkId::new(name, how), |bench| bench.iter(decide_it));
        }
    }
    group.finish();
}

criterion_group!(benches, folds, repayments);
criterion_main!(benches);
