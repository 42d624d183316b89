//! Checkpoints that cannot be trusted, and events that cannot be applied.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::*;
use ledger_core::loan::{Effect, Facts, Line, LoanEvent, Outcome, Payment};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{Event, Position, StreamName, Version};
use projections::balances::{BalanceFilter, Balances};
use projections::checkpoint::{CheckpointStore, DirectoryCheckpoints, Distrust};
use projections::classification::Classification;
use projections::engine::{ApplyError, Projection, State};
use projections::overdue::{Buckets, Overdue};
use projections::{Projections, open};
use std::fs;
use std::path::Path;

const USD: Currency = Currency::USD;
const NAMES: [&str; 3] = ["balances", "overdue", "classification"];

/// The file of a checkpoint.
fn file(name: &str) -> String {
    let version = match name {
        "balances" => Balances::VERSION,
        "overdue" => Overdue::VERSION,
        _ => Classification::VERSION,
    };
    format!("{name}.v{version}.proj")
}

fn log() -> Log {
    let mut log = Log::default();
    for loan in ["a", "b", "c"] {
        log.lend(loan, "2024-01-15", "0.12", USD);
        log.then(loan, "2024-02-15", pay(10_662, USD));
    }
    log.close_day("2024-02-15");
    log.then("a", "2024-03-20", pay(5_000, USD));
    log.then("a", "2024-02-10", pay(1_000, USD)); // backdated: restates the two others
    log.then("b", "2024-02-15", reverse(2));
    log.then("c", "2024-08-01", write_off());
    log.then("c", "2024-09-01", recover(2_000, USD));
    log
}

fn files(dir: &Path) -> Vec<Vec<u8>> {
    NAMES.map(|name| fs::read(dir.join(file(name))).unwrap()).to_vec()
}

fn caught_up(dir: &Path, log: &Log) -> Projections {
    let mut projections = open(dir, "store").unwrap();
    run(projections.catch_up(log)).unwrap();
    projections
}

/// Opens, catches up, and expects that every projection distrusted its checkpoint and came to the same files.
fn rebuilt_because(dir: &Path, log: &Log, expected: &[Vec<u8>], why: impl Fn(&Distrust) -> bool) {
    let mut projections = open(dir, "store").unwrap();
    let report = run(projections.catch_up(log)).unwrap();
    for one in &report.projections {
        let reason = one.distrusted.as_ref().unwrap_or_else(|| panic!("{} was trusted", one.name));
        assert!(why(reason), "{reason:?}");
        assert_eq!(one.from, None);
        assert_eq!(one.events, log.records.len() as u64);
    }
    assert_eq!(files(dir), expected);
}

#[test]
fn a_rebuild_gives_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    for events in 1..log.records.len() {
        caught_up(dir.path(), &log.first(events));
    }
    let mut projections = caught_up(dir.path(), &log);
    let incremental = files(dir.path());
    run(projections.rebuild(&log)).unwrap();
    assert_eq!(files(dir.path()), incremental);
    let fresh = tempfile::tempdir().unwrap();
    caught_up(fresh.path(), &log);
    assert_eq!(files(fresh.path()), incremental);
}

#[test]
fn nothing_new_changes_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    caught_up(dir.path(), &log);
    let path = dir.path().join(file("overdue"));
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.catch_up(&log)).unwrap();
    assert!(report.projections.iter().all(|one| one.events == 0 && one.distrusted.is_none()));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    let status = projections.status().unwrap();
    assert_eq!(status.iter().map(|one| one.name).collect::<Vec<_>>(), NAMES);
    assert!(status.iter().all(|one| one.rows == 3 && one.position == log.records.last().map(|last| last.position)));
    assert!(status.iter().all(|one| one.bytes.is_some_and(|bytes| bytes > 0)));
}

#[test]
fn a_damaged_checkpoint_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    caught_up(dir.path(), &log);
    let good = files(dir.path());
    // every byte is under a checksum
    for at in 0..good[1].len() {
        let mut bad = good[1].clone();
        bad[at] ^= 0x20;
        let why = State::<Overdue>::decode(&bad, "store").err();
        assert!(matches!(why, Some(Distrust::Damaged(_) | Distrust::OtherFormat)), "byte {at}: {why:?}");
    }
    for part in 0..5 {
        for (name, bytes) in NAMES.iter().zip(&good) {
            let mut bad = bytes.clone();
            bad[(bytes.len() - 1) * part / 4] ^= 0x20;
            fs::write(dir.path().join(file(name)), &bad).unwrap();
        }
        rebuilt_because(dir.path(), &log, &good, |why| matches!(why, Distrust::Damaged(_) | Distrust::OtherFormat));
    }
    for cut in [0, 3, 8, 12, 16, 40, 500] {
        for (name, bytes) in NAMES.iter().zip(&good) {
            let end = cut.min(bytes.len() - 1);
            fs::write(dir.path().join(file(name)), &bytes[..end]).unwrap();
        }
        rebuilt_because(dir.path(), &log, &good, |why| matches!(why, Distrust::Damaged(_) | Distrust::OtherFormat));
    }
    for (name, bytes) in NAMES.iter().zip(&good) {
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        fs::write(dir.path().join(file(name)), longer).unwrap();
    }
    rebuilt_because(dir.path(), &log, &good, |why| matches!(why, Distrust::Damaged(_)));
}

#[test]
fn a_checkpoint_of_another_store_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    caught_up(dir.path(), &log);
    let good = files(dir.path());
    let mut other = open(dir.path(), "another").unwrap();
    run(other.catch_up(&log)).unwrap();
    assert_ne!(files(dir.path()), good);
    rebuilt_because(dir.path(), &log, &good, |why| *why == Distrust::OtherStore("another".into()));
}

#[test]
fn a_checkpoint_of_another_version_is_not_read_and_goes() {
    /// The arrears with another fold.
    struct Newer;
    impl Projection for Newer {
        const NAME: &'static str = Overdue::NAME;
        const VERSION: u32 = Overdue::VERSION + 1;
        type Row = <Overdue as Projection>::Row;
        type Hint = <Overdue as Projection>::Hint;
        type Shared = ();
        fn apply(
            row: &mut Option<Self::Row>,
            record: &ledger_core::record::Record,
            event: &LoanEvent,
        ) -> Result<(), ApplyError> {
            Overdue::apply(row, record, event)
        }
        fn hint(row: &Self::Row) -> Self::Hint {
            Overdue::hint(row)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    caught_up(dir.path(), &log);
    let (old, new) = (dir.path().join(file("overdue")), dir.path().join(format!("overdue.v{}.proj", Newer::VERSION)));
    // under the newer name, the older state is still of the older version
    let why = State::<Newer>::decode(&fs::read(&old).unwrap(), "store").err().unwrap();
    assert_eq!(why, Distrust::OtherProjection { name: "overdue".into(), version: Overdue::VERSION });

    let checkpoints = DirectoryCheckpoints::open(dir.path()).unwrap();
    assert!(checkpoints.load(Newer::NAME, Newer::VERSION).unwrap().is_none());
    let mut state = State::<Newer>::default();
    let pass = projections::engine::Pass {
        checkpoints: Some(&checkpoints),
        save_every: 1000,
        ..projections::engine::Pass::over(&log, "store")
    };
    assert!(old.exists());
    run(projections::engine::catch_up(&pass, &mut [&mut state])).unwrap();
    assert!(new.exists() && !old.exists(), "the older one is removed once the newer one is on disk");
    assert!(dir.path().join(file("balances")).exists());
}

#[test]
fn a_checkpoint_ahead_of_a_restored_log_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let log = log();
    let backup = log.first(6);
    caught_up(dir.path(), &backup);
    let good = files(dir.path());
    caught_up(dir.path(), &log);
    rebuilt_because(dir.path(), &backup, &good, |why| {
        matches!(why, Distrust::AheadOfLog { head: Some(Position(5)), .. })
    });
    caught_up(dir.path(), &log);
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.catch_up(&Log::default())).unwrap();
    assert!(report.projections.iter().all(|one| one.to.is_none() && one.distrusted.is_some()));
    assert_eq!(projections.balances(&BalanceFilter::default()).unwrap().rows, vec![]);
}

#[test]
fn a_checkpoint_of_a_log_that_went_another_way_is_rebuilt() {
    let (dir, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut one_way = Log::default();
    one_way.lend("a", "2024-01-15", "0", USD);
    let mut other_way = one_way.clone();
    one_way.then("a", "2024-02-15", pay(10_000, USD));
    other_way.then("a", "2024-02-15", pay(9_000, USD));
    caught_up(dir.path(), &one_way);
    caught_up(fresh.path(), &other_way);
    rebuilt_because(dir.path(), &other_way, &files(fresh.path()), |why| {
        *why == Distrust::OtherHistory { position: Position(2) }
    });
}

/// A line on an instalment that does not exist: the balances can add it up, the loan's state cannot take it.
fn poison() -> Event {
    let facts = Facts::RepaymentReceived { amount: cents(100), currency: USD, payment: Payment::default() };
    let line = Line {
        instalment: 99,
        effect: Effect::Paid(ledger_core::terms::Component::Fee),
        amount: Amount::from_minor(100),
    };
    Event::Loan(LoanEvent { facts, outcome: Outcome { lines: vec![line], ..Outcome::default() } })
}

#[test]
fn a_poisonous_event_stops_one_projection_alone() {
    let (dir, clean) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut log = log();
    caught_up(clean.path(), &log);
    let stream = StreamName::loan("b").unwrap();
    let bad = log.push(stream.clone(), day("2024-05-01"), "bad", &poison());
    log.then("a", "2024-06-01", pay(100, USD));
    for attempt in 0..2 {
        let mut projections = open(dir.path(), "store").unwrap();
        let report = run(projections.catch_up(&log)).unwrap();
        let [balances, overdue, classification] = &report.projections[..] else { panic!() };
        assert_eq!(balances.stopped, None);
        assert_eq!(balances.to, log.records.last().map(|last| last.position));
        for one in [overdue, classification] {
            let stop = one.stopped.as_ref().unwrap_or_else(|| panic!("{} went on", one.name));
            assert_eq!((stop.position, &stop.stream, stop.version), (bad.position, &stream, bad.version));
            assert!(stop.to_string().contains("there is no instalment 99"), "{stop}");
            assert_eq!(one.to, Some(Position(bad.position.0 - 1)));
            assert_eq!(one.events, if attempt == 0 { bad.position.0 } else { 0 });
        }
        // up to the event before, the row of the loan included, they are what they were
        assert_eq!(files(dir.path())[1..], files(clean.path())[1..]);
        let rows = projections.overdue(day("2024-05-01"), &Buckets::builtin().unwrap()).unwrap().rows;
        assert!(rows.iter().any(|row| &*row.loan == "b"));
    }
    // a rebuild stops at the same place and changes nothing
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.rebuild(&log)).unwrap();
    assert_eq!(report.stopped().count(), 2);
    assert_eq!(files(dir.path())[1..], files(clean.path())[1..]);
}

#[test]
fn an_event_that_does_not_decode_stops_all() {
    let mut log = log();
    let mut record = log.push(StreamName::loan("b").unwrap(), day("2024-05-01"), "bad", &poison());
    record.body.push(0);
    *log.records.last_mut().unwrap() = record;
    let dir = tempfile::tempdir().unwrap();
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.catch_up(&log)).unwrap();
    assert_eq!(report.stopped().count(), 3);
    for one in report.stopped() {
        assert!(matches!(one.stopped.as_ref().unwrap().reason, ApplyError::Codec(_)));
    }
}

#[test]
fn gaps_and_misplaced_events_are_seen() {
    let mut log = Log::default();
    log.lend("a", "2024-01-15", "0", USD);
    log.then("a", "2024-02-15", pay(10_000, USD));
    log.records[2].version = Version(3);
    let dir = tempfile::tempdir().unwrap();
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.catch_up(&log)).unwrap();
    assert_eq!(report.stopped().count(), 3);

    let mut log = Log::default();
    log.push(StreamName::ledger(), day("2024-01-15"), "x", &poison());
    let dir = tempfile::tempdir().unwrap();
    let mut projections = open(dir.path(), "store").unwrap();
    let report = run(projections.catch_up(&log)).unwrap();
    for one in report.stopped() {
        assert!(matches!(one.stopped.as_ref().unwrap().reason, ApplyError::Misplaced { .. }));
    }
    assert_eq!(report.stopped().count(), 3);
}
