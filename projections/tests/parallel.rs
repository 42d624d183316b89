//! The same result with any number of threads, also where a projection stops.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;
#[path = "common/lives.rs"]
mod lives;

use common::{AtOnce, Log, cents, run};
use ledger_core::loan::{Effect, Facts, Line, LoanEvent, Outcome, Payment};
use ledger_core::money::Currency;
use ledger_core::record::{Event, StreamName, codec};
use ledger_core::terms::Component;
use lives::{live, steps};
use projections::balances::Balances;
use projections::classification::Classification;
use projections::engine::{CaughtUp, Pass, State, catch_up};
use projections::overdue::Overdue;
use proptest::prelude::*;
use std::num::NonZeroUsize;

/// The reports, and the bytes of the checkpoints, of a log that is folded by so many threads; the arrears were at `behind`
/// before, so that the projections start at different places.
fn folded(log: &Log, threads: usize, behind: usize) -> (Vec<CaughtUp>, Vec<Vec<u8>>) {
    let whole = AtOnce(log);
    let pass =
        |log| Pass { threads: NonZeroUsize::new(threads).unwrap(), worth_threads: 0, ..Pass::over(log, "store") };
    let mut balances = State::<Balances>::default();
    let mut overdue = State::<Overdue>::default();
    let mut classification = State::<Classification>::default();
    let before = log.first(behind.min(log.records.len()));
    let start = AtOnce(&before);
    run(catch_up(&pass(&start), &mut [&mut overdue])).unwrap();
    let report = run(catch_up(&pass(&whole), &mut [&mut balances, &mut overdue, &mut classification])).unwrap();
    let bytes = [balances.encode("store"), overdue.encode("store"), classification.encode("store")];
    (report, bytes.into_iter().map(Result::unwrap).collect())
}

/// What a projection cannot apply, in several ways.
fn poison(log: &mut Log, at: usize, how: u8) {
    let at = at % log.records.len();
    let record = &mut log.records[at];
    match how {
        0 => {}
        1 => record.body.push(0),
        2 => record.version = record.version.next(),
        3 => record.stream = StreamName::ledger(),
        _ => {
            // the balances take it, the loan's state does not
            let facts =
                Facts::RepaymentReceived { amount: cents(1), currency: Currency::USD, payment: Payment::default() };
            let line = Line { instalment: 99, effect: Effect::Paid(Component::Fee), amount: cents(1) };
            let event = LoanEvent { facts, outcome: Outcome { lines: vec![line], ..Outcome::default() } };
            record.body = codec::encode(&Event::Loan(event)).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_number_of_threads_comes_to_the_same(
        steps in steps(), at in any::<prop::sample::Index>(), how in 0_u8..5, behind in 0_usize..40,
    ) {
        let mut log = live(&steps);
        log.close_day("2024-08-01");
        poison(&mut log, at.index(1000), how);
        let one = folded(&log, 1, behind);
        for threads in [2, 3, 300] {
            prop_assert_eq!(&one, &folded(&log, threads, behind), "{} threads", threads);
        }
    }
}

#[test]
fn an_event_that_one_thread_has_passed_is_taken_back() {
    let mut log = Log::default();
    for loan in 0..40 {
        log.lend(&format!("L-{loan}"), "2024-01-15", "0", Currency::USD);
    }
    for loan in 0..40 {
        log.then(&format!("L-{loan}"), "2024-02-15", common::pay(10_000, Currency::USD));
    }
    poison(&mut log, 90, 4);
    let (report, bytes) = folded(&log, 4, 0);
    assert_eq!(report.iter().map(|one| one.events).collect::<Vec<_>>(), [120, 90, 90]);
    assert!(report[1].stopped.is_some() && report[0].stopped.is_none());
    let (_, before) = folded(&log.first(90), 1, 0);
    assert_eq!(bytes[1..], before[1..]);
}
