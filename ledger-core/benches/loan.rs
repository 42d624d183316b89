//! The hot paths of the core, one loan at a time: `cargo bench -p ledger-core`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use criterion::{Criterion, criterion_group, criterion_main};
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::{Command, Context, Facts, LoanState, Payment, Stored, decide, position};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{Event, codec};
use ledger_core::schedule;
use ledger_core::stream::Version;
use ledger_core::terms::{Overrides, ProductFile, Terms};
use std::hint::black_box;
use std::sync::Arc;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn terms(product: &str, principal: i64, currency: Currency) -> Terms {
    let products = ProductFile::builtin().unwrap();
    let product = products.iter().find(|one| one.id == product).unwrap();
    product.terms(Amount::from_minor(principal), currency, day("2024-01-31"), &Overrides::default()).unwrap()
}

fn command(on: &str, facts: Facts) -> Command {
    Command {
        facts,
        effective_on: day(on),
        booked_on: day("2026-01-01"),
        recorded_at: Timestamp::from_micros(0).unwrap(),
        actor: "bench".to_owned(),
        key: on.to_owned(),
    }
}

fn apply(state: LoanState, command: &Command) -> (LoanState, Vec<Stored>) {
    let decision = decide(&state, command, &Context::default()).unwrap();
    let mut state = state;
    let mut log = Vec::new();
    for event in decision.events {
        let stored = Stored {
            version: state.version.map_or(Version(0), Version::next),
            effective_on: decision.effective_on,
            booked_on: command.booked_on,
            recorded_at: command.recorded_at,
            key: Arc::from(command.key.as_str()),
            request: command.request_hash().unwrap(),
            event,
        };
        state = state.evolve(&stored).unwrap();
        log.push(stored);
    }
    (state, log)
}

fn pay(on: &str, amount: i64) -> Command {
    let facts = Facts::RepaymentReceived {
        amount: Amount::from_minor(amount),
        currency: Currency::USD,
        payment: Payment::default(),
    };
    command(on, facts)
}

fn benches(c: &mut Criterion) {
    let terms = terms("us-annuity-36-up", 2_000_000, Currency::USD);
    c.bench_function("schedule of 36 annuity rows", |b| {
        b.iter(|| schedule::generate(black_box(&terms), day("2024-01-31"), terms.principal, None).unwrap());
    });

    let originated = Facts::Originated { terms: Box::new(terms.clone()), borrower: None, references: Vec::new() };
    let (state, mut log) = apply(LoanState::default(), &command("2024-01-31", originated));
    let disbursed = Facts::Disbursed { amount: terms.principal, currency: Currency::USD, payment: Payment::default() };
    let (state, more) = apply(state, &command("2024-01-31", disbursed));
    log.extend(more);
    let (mut state, mut log) = (state, log);
    for month in 2..=12 {
        let (next, more) = apply(state, &pay(&format!("2024-{month:02}-28"), 65_686));
        (state, log) = (next, log.into_iter().chain(more).collect());
    }

    c.bench_function("decide a repayment", |b| {
        let command = pay("2025-01-31", 65_686);
        b.iter(|| decide(black_box(&state), &command, &Context::default()).unwrap());
    });
    c.bench_function("decide a repayment backdated by 10 months", |b| {
        let command = pay("2024-03-01", 65_686);
        b.iter(|| decide(black_box(&state), &command, &Context::default()).unwrap());
    });
    c.bench_function("fold 13 events", |b| {
        b.iter(|| log.iter().try_fold(LoanState::default(), LoanState::evolve).unwrap());
    });
    c.bench_function("position at a date", |b| {
        b.iter(|| position(black_box(&state), day("2025-03-01")).unwrap());
    });
    let body = codec::encode(&Event::Loan(log.last().unwrap().event.clone())).unwrap();
    c.bench_function("decode a repayment", |b| {
        b.iter(|| codec::decode("repayment-received", codec::SCHEMA, black_box(&body)).unwrap());
    });
}

criterion_group!(all, benches);
criterion_main!(all);
