//! The ledger as a service: keys, conflicts, day ends, on memory.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, meta, open, pay, stream, terms};
use ledger_core::ledger::{Answer, DayEnd, Ledger, LedgerError};
use ledger_core::loan::{Rejection, Status};
use ledger_core::money::Currency;
use ledger_core::store::{EventReader, MemoryStore};
use ledger_core::stream::Version;
use std::sync::Arc;

async fn with_a_loan() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    ledger
        .execute_one(open("L", terms("annuity-12", 120_000, Currency::CNY, "2024-01-15"), "2024-01-15"))
        .await
        .unwrap();
    ledger
}

async fn length<S: EventReader>(store: &S) -> usize {
    store.read_all(None, usize::MAX).await.unwrap().len()
}

#[tokio::test]
async fn the_same_command_twice_is_recorded_once() {
    let ledger = with_a_loan().await;
    let payment = command("2024-02-15", 7, pay(10_000, Currency::CNY));
    let first = ledger.execute(&stream("L"), payment.clone()).await.unwrap();
    assert!(matches!(first, Answer::Executed { first: Version(2), last: Version(2), .. }), "{first:?}");
    let length_then = length(ledger.store()).await;
    // a retry may come a day later, from a program that was started anew
    let mut later = payment.clone();
    later.booked_on = day("2024-02-16");
    let again = Ledger::open(ledger_store(ledger)).await.unwrap();
    let answer = again.execute(&stream("L"), later).await.unwrap();
    assert_eq!(answer, Answer::AlreadyApplied { first: Version(2), last: Version(2) });
    let mut other = command("2024-02-15", 7, pay(10_001, Currency::CNY));
    other.key = payment.key;
    let error = again.execute(&stream("L"), other).await.unwrap_err();
    assert!(matches!(error, LedgerError::Rejected(Rejection::KeyReused { version: Version(2), .. })), "{error:?}");
    assert_eq!(length(again.store()).await, length_then);
}

fn ledger_store(ledger: Ledger<MemoryStore>) -> MemoryStore {
    ledger.into_store()
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_answers_the_same() {
    let ledger = with_a_loan().await;
    let payment = command("2024-02-15", 7, pay(10_000, Currency::CNY));
    let before = length(ledger.store()).await;
    let dry = ledger.decide_only(&stream("L"), payment.clone()).await.unwrap();
    assert_eq!(length(ledger.store()).await, before);
    let wet = ledger.execute(&stream("L"), payment).await.unwrap();
    assert_eq!(dry.events(), wet.events());
}

#[tokio::test]
async fn work_for_one_loan_is_stored_whole_or_not_at_all() {
    let ledger = with_a_loan().await;
    let before = length(ledger.store()).await;
    let work = ledger_core::ledger::Work {
        stream: stream("L"),
        commands: vec![
            command("2024-02-15", 1, pay(10_000, Currency::CNY)),
            command("2024-02-15", 2, pay(10_000, Currency::USD)),
        ],
    };
    let error = ledger.execute_one(work).await.unwrap_err();
    assert!(matches!(error, LedgerError::Rejected(Rejection::WrongCurrency { .. })));
    assert_eq!(length(ledger.store()).await, before);
    assert_eq!(ledger.state(&stream("L")).await.unwrap().version, Some(Version(1)));
}

#[tokio::test]
async fn two_ledgers_on_one_store_decide_again_after_a_conflict() {
    let store = Arc::new(MemoryStore::new());
    let one = Arc::new(Ledger::open(store.clone()).await.unwrap());
    let two = Arc::new(Ledger::open(store.clone()).await.unwrap());
    one.execute_one(open("L", terms("annuity-12", 120_000, Currency::CNY, "2024-01-15"), "2024-01-15")).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..40 {
        let ledger = if number % 2 == 0 { one.clone() } else { two.clone() };
        tasks.push(tokio::spawn(async move {
            // a conflict may go on for longer than the ledger tries: then the caller tries again
            loop {
                match ledger.execute(&stream("L"), command("2024-02-15", number, pay(100, Currency::CNY))).await {
                    Err(LedgerError::Append(_)) => tokio::task::yield_now().await,
                    other => return other.map(|_| ()),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let state = Ledger::open(store.clone()).await.unwrap().state(&stream("L")).await.unwrap();
    assert_eq!(state.version, Some(Version(41)));
    let report = ledger_core::replay::audit(&store, std::num::NonZeroUsize::MIN, |_| true).await.unwrap();
    assert_eq!(report.differences, []);
}

#[tokio::test]
async fn a_day_that_is_closed_twice_changes_nothing() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    let before = length(ledger.store()).await;
    let days = DayEnd::new().close(&ledger, day("2024-06-30"), &meta("2024-06-30")).await.unwrap();
    assert_eq!(days, []);
    assert_eq!(length(ledger.store()).await, before);
    let days = DayEnd::new().close(&ledger, day("2024-07-02"), &meta("2024-07-02")).await.unwrap();
    assert_eq!(days.len(), 2);
}

#[tokio::test]
async fn a_day_end_assesses_what_fell_due_on_each_day_and_closes_what_is_settled() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    let terms = terms("us-annuity-36-up", 100_000, Currency::USD, "2024-01-15");
    ledger.execute_one(open("L", terms, "2024-01-15")).await.unwrap();
    DayEnd::new().close(&ledger, day("2024-04-29"), &meta("2024-04-29")).await.unwrap();
    let history = ledger.history(&stream("L")).await.unwrap();
    let fees: Vec<String> = history
        .iter()
        .filter(|(_, stored)| stored.event.facts.kind() == "late-fee-assessed")
        .map(|(record, stored)| format!("{} {}", stored.effective_on, record.envelope.booked_on))
        .collect();
    // 15 grace days after the 15th: assessed on the 2nd or 31st, each booked on its own day
    assert_eq!(fees, ["2024-03-02 2024-03-02", "2024-03-31 2024-03-31"]);
    // paid on the last of the grace days: the fee of 1 May never falls due
    let owed = ledger_core::loan::position(&ledger.state(&stream("L")).await.unwrap(), day("2024-04-30")).unwrap();
    let all = owed.outstanding.total().unwrap().minor();
    ledger.execute(&stream("L"), command("2024-04-30", 0, pay(all, Currency::USD))).await.unwrap();
    DayEnd::new().close(&ledger, day("2024-04-30"), &meta("2024-04-30")).await.unwrap();
    assert_eq!(ledger.state(&stream("L")).await.unwrap().status().unwrap(), Status::Closed);
}
