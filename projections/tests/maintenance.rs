//! Looking after projections: comparing them with the log, naming what stops them, following the log, rebuilding some.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use async_trait::async_trait;
use common::{Log, cents, day, pay, run};
use ledger_core::loan::{Effect, Facts, Line, LoanEvent, Outcome, Payment};
use ledger_core::money::Currency;
use ledger_core::record::{Event, Position, Record, StreamName, Version, codec};
use ledger_core::store::{EventReader, ReadError};
use ledger_core::terms::Component;
use projections::balances::BalanceFilter;
use projections::checkpoint::MemoryCheckpoints;
use projections::{Projections, Selection, open};
use std::sync::atomic::{AtomicUsize, Ordering};

const USD: Currency = Currency::USD;

fn log() -> Log {
    let mut log = Log::default();
    for loan in ["a", "b", "c"] {
        log.lend(loan, "2024-01-15", "0.12", USD);
        log.then(loan, "2024-02-15", pay(10_662, USD));
    }
    log.then("a", "2024-03-15", pay(5_000, USD));
    log
}

/// A payment on an instalment that does not exist: the loan's state cannot take it, the balances can.
fn poison(log: &mut Log, loan: &str) -> Record {
    let facts = Facts::RepaymentReceived { amount: cents(100), currency: USD, payment: Payment::default() };
    let line = Line { instalment: 99, effect: Effect::Paid(Component::Fee), amount: cents(100) };
    let event = Event::Loan(LoanEvent { facts, outcome: Outcome { lines: vec![line], ..Outcome::default() } });
    log.push(StreamName::loan(loan).unwrap(), day("2024-05-01"), "bad", &event)
}

fn fresh() -> Projections {
    Projections::open(Box::new(MemoryCheckpoints::default()), "store").unwrap()
}

#[test]
fn the_list_is_what_there_is() {
    let status = fresh().status().unwrap();
    let listed: Vec<_> = Projections::LIST.iter().map(|one| (one.name, one.version)).collect();
    assert_eq!(listed, status.iter().map(|one| (one.name, one.version)).collect::<Vec<_>>());
    assert_eq!(Selection::of(&["overdue", "balances", "classification"]).unwrap(), Selection::ALL);
    assert_eq!(Selection::of::<&str>(&[]).unwrap(), Selection::ALL);
    let error = Selection::of(&["overdu"]).unwrap_err().to_string();
    assert_eq!(error, "there is no projection `overdu`; there are balances, overdue, classification");
}

#[test]
fn a_projection_that_is_not_what_the_log_says_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    run(open(dir.path(), "store").unwrap().catch_up(&log)).unwrap();
    let stored = || open(dir.path(), "store").unwrap();
    let compared = run(stored().compare(&log, Selection::ALL)).unwrap();
    assert!(compared.iter().all(|one| one.is_same() && one.stopped.is_none()), "{compared:?}");
    assert!(compared.iter().all(|one| one.position == log.records.last().map(|last| last.position)));

    // the log says otherwise of `b`, before the event at which the checkpoints stand
    let mut other = log.clone();
    let at =
        other.records.iter().position(|one| one.stream.loan_id() == Some("b") && one.version == Version(2)).unwrap();
    let Event::Loan(mut event) = codec::decode_record(&other.records[at]).unwrap() else { panic!() };
    event.outcome.lines[0].amount = event.outcome.lines[0].amount.minus(cents(1)).unwrap();
    other.records[at].body = codec::encode(&Event::Loan(event)).unwrap();
    // a loan that the stored ones do not know comes later: they read it first
    other.lend("d", "2024-04-01", "0", USD);
    let before = std::fs::read(dir.path().join("balances.v2.proj")).unwrap();
    let compared = run(stored().compare(&other, Selection::ALL)).unwrap();
    for one in &compared {
        assert!(!one.is_same() && one.distrusted.is_none(), "{one:?}");
        assert_eq!(one.differences.changed.iter().map(|loan| &**loan).collect::<Vec<_>>(), ["b"]);
        assert!(one.differences.only_here.is_empty() && one.differences.only_there.is_empty());
    }
    assert_eq!(std::fs::read(dir.path().join("balances.v2.proj")).unwrap(), before, "nothing is changed");

    // only the balances are built again
    let report = run(stored().rebuild_only(&other, Selection::of(&["balances"]).unwrap())).unwrap();
    assert_eq!(report.projections.iter().map(|one| one.name).collect::<Vec<_>>(), ["balances"]);
    let compared = run(stored().compare(&other, Selection::ALL)).unwrap();
    assert_eq!(compared.iter().map(projections::Comparison::is_same).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn a_checkpoint_that_was_not_used_is_no_equal_one() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    run(open(dir.path(), "store").unwrap().catch_up(&log)).unwrap();
    let path = dir.path().join("balances.v2.proj");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let compared = run(open(dir.path(), "store").unwrap().compare(&log, Selection::ALL)).unwrap();
    assert!(compared[0].distrusted.is_some() && !compared[0].is_same());
    assert!(compared[1].is_same());
}

#[test]
fn the_event_that_stops_a_projection_is_named_without_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = log();
    run(open(dir.path(), "store").unwrap().catch_up(&log)).unwrap();
    let bad = poison(&mut log, "b");
    let stops = run(open(dir.path(), "store").unwrap().stops(&log)).unwrap();
    assert!(stops[0].is_none());
    for stop in stops[1..].iter().map(|stop| stop.as_ref().unwrap()) {
        assert_eq!((stop.position, &stop.stream, stop.version), (bad.position, &bad.stream, bad.version));
        assert!(stop.to_string().contains("there is no instalment 99"), "{stop}");
    }
    let stops = run(open(dir.path(), "store").unwrap().stops(&log.first(log.records.len() - 1))).unwrap();
    assert_eq!(stops, [None, None, None]);
}

/// A log of which more is to be seen each time that one waits for it.
struct Growing {
    whole: Log,
    seen: AtomicUsize,
}

#[async_trait]
impl EventReader for Growing {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.whole.first(self.seen.load(Ordering::SeqCst)).read_stream(stream, from, limit).await
    }
    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.whole.first(self.seen.load(Ordering::SeqCst)).read_all(after, limit).await
    }
    async fn head(&self) -> Result<Option<Position>, ReadError> {
        self.whole.first(self.seen.load(Ordering::SeqCst)).head().await
    }
    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        assert_eq!(after, self.head().await?, "one waits for what comes after the last event");
        self.seen.fetch_add(3, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn following_a_log_comes_to_what_one_pass_comes_to() {
    let mut whole = log();
    whole.then("c", "2024-06-01", pay(100, USD));
    let growing = Growing { whole: whole.clone(), seen: AtomicUsize::new(0) };
    let mut follower = fresh();
    let (mut passes, mut events) = (0, 0);
    run(follower.follow(&growing, |report| {
        passes += 1;
        events += report.projections[0].events;
        events < whole.records.len() as u64
    }))
    .unwrap();
    assert_eq!(passes, 1 + whole.records.len().div_ceil(3));
    let mut at_once = fresh();
    run(at_once.catch_up(&whole)).unwrap();
    let all = BalanceFilter::default();
    assert_eq!(follower.balances(&all).unwrap(), at_once.balances(&all).unwrap());
}

#[test]
fn a_stopped_projection_does_not_hold_up_the_others_that_follow() {
    let mut whole = log();
    let bad = poison(&mut whole, "b");
    whole.then("a", "2024-06-01", pay(100, USD));
    whole.then("c", "2024-06-01", pay(100, USD));
    let growing = Growing { whole: whole.clone(), seen: AtomicUsize::new(0) };
    let last = whole.records.last().map(|last| last.position);
    let mut follower = fresh();
    run(follower.follow(&growing, |report| report.projections[0].to < last)).unwrap();
    let positions: Vec<_> = follower.status().unwrap().into_iter().map(|one| one.position).collect();
    let before = Some(Position(bad.position.0 - 1));
    assert_eq!(positions, [last, before, before]);
}
