//! The audit replay derives every outcome again, and finds the one that was rewritten.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book;
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Facts, LoanEvent};
use ledger_core::money::{Amount, Rounding};
use ledger_core::record::{Event, NewRecord, Record, codec};
use ledger_core::replay::{self, Report};
use ledger_core::store::{Append, EventAppender, EventReader, ExpectedVersion, MemoryStore};
use ledger_core::stream::Version;
use std::num::NonZeroUsize;

async fn all(store: &MemoryStore) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let chunk = store.read_all(records.last().map(|last: &Record| last.position), 1000).await.unwrap();
        if chunk.is_empty() {
            return records;
        }
        records.extend(chunk);
    }
}

async fn a_book() -> Vec<Record> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    all(ledger.store()).await
}

/// A copy of a log whose checksums are valid: every record appended anew.
async fn copy(records: &[Record]) -> MemoryStore {
    let store = MemoryStore::new();
    for record in records {
        let expected = match record.version {
            Version(0) => ExpectedVersion::NoStream,
            Version(next) => ExpectedVersion::Exact(Version(next - 1)),
        };
        let events = vec![NewRecord { envelope: record.envelope.clone(), body: record.body.clone() }];
        store.append(Append { stream: record.stream.clone(), expected, events }).await.unwrap();
    }
    store
}

async fn audit(store: &MemoryStore, threads: usize) -> Report {
    replay::audit(store, NonZeroUsize::new(threads).unwrap(), |_| true).await.unwrap()
}

fn loan_event(record: &Record) -> Option<LoanEvent> {
    match codec::decode_record(record).unwrap() {
        Event::Loan(event) => Some(event),
        _ => None,
    }
}

fn rewrite(record: &mut Record, event: LoanEvent) {
    record.body = codec::encode(&Event::Loan(event)).unwrap();
}

#[tokio::test]
async fn an_honest_log_has_no_difference() {
    let store = copy(&a_book().await).await;
    for threads in [1, 2, 5] {
        let report = audit(&store, threads).await;
        assert_eq!(report.differences, []);
        assert_eq!(report.loans, 7);
        assert!(report.outcomes > 40, "{report:?}");
    }
}

#[tokio::test]
async fn one_rewritten_outcome_is_found_wherever_it_is() {
    let honest = a_book().await;
    let mut tried = 0;
    for at in 0..honest.len() {
        let Some(mut event) = loan_event(&honest[at]) else { continue };
        let cent = Amount::from_minor(1);
        if let Some(line) = event.outcome.lines.first_mut() {
            line.amount = line.amount.plus(cent).unwrap();
        } else if let Some(restated) = event.outcome.restated.last_mut() {
            restated.difference.amount = restated.difference.amount.minus(cent).unwrap();
        } else if let Some(change) = event.outcome.plan.last_mut() {
            change.new.planned.interest = change.new.planned.interest.plus(cent).unwrap();
        } else {
            continue;
        }
        let mut records = honest.clone();
        rewrite(&mut records[at], event);
        let report = audit(&copy(&records).await, 2).await;
        let first = report.differences.first().unwrap_or_else(|| panic!("{:?} went unnoticed", honest[at]));
        assert_eq!(first.stream, honest[at].stream);
        assert_eq!(first.version, honest[at].version);
        assert_eq!(first.position, honest[at].position);
        assert!(first.recorded.is_some() && first.derived.is_some());
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[tokio::test]
async fn another_rounding_mode_than_the_one_of_then_is_found() {
    let mut records = a_book().await;
    // the terms say another rounding, with the request hash to match: the outcomes of then cannot be derived from it
    for record in &mut records {
        let Some(mut event) = loan_event(record) else { continue };
        let Facts::Originated { terms, .. } = &mut event.facts else { continue };
        terms.rounding = Rounding::Down;
        let command = ledger_core::loan::Command {
            facts: event.facts.clone(),
            effective_on: record.envelope.effective_on,
            booked_on: record.envelope.booked_on,
            recorded_at: record.envelope.recorded_at,
            actor: String::new(),
            key: String::new(),
        };
        record.envelope.request = command.request_hash().unwrap();
        rewrite(record, event);
    }
    let report = audit(&copy(&records).await, 2).await;
    let first = report.differences.first().unwrap();
    assert!(first.reason.contains("cannot be derived again"), "{first:?}");
}

#[tokio::test]
async fn a_missing_restatement_and_changed_facts_are_found() {
    let honest = a_book().await;
    let at = honest.iter().rposition(|record| &*record.envelope.kind == "loan-restated").unwrap();
    let stream = honest[at].stream.clone();
    let mut records = honest.clone();
    // cut the stream before its restatement
    let cut = honest[at].version;
    records.retain(|record| record.stream != stream || record.version < cut);
    let report = audit(&copy(&records).await, 2).await;
    assert!(report.differences[0].reason.contains("loan-restated event should follow"), "{:?}", report.differences);

    let at = honest.iter().position(|record| &*record.envelope.kind == "repayment-received").unwrap();
    let mut records = honest.clone();
    let mut event = loan_event(&records[at]).unwrap();
    if let Facts::RepaymentReceived { amount, .. } = &mut event.facts {
        *amount = amount.plus(Amount::from_minor(1)).unwrap();
    }
    rewrite(&mut records[at], event);
    let report = audit(&copy(&records).await, 2).await;
    assert!(report.differences[0].reason.contains("hash of the command"), "{:?}", report.differences);
}

/// A log as it was written on the day when its calculation rules were made. If code changes what these rules compute, this
/// fails: give the change a new version of the rules instead.
#[tokio::test]
async fn the_log_of_then_is_derived_again_by_the_code_of_now() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/log_rules_1.jsonl");
    let written: Vec<serde_json::Value> =
        a_book().await.iter().map(|record| ledger_core::record::json::to_json(record).unwrap()).collect();
    if std::env::var_os("ILEDGER_WRITE_FIXTURES").is_some() {
        let lines: Vec<String> = written.iter().map(ToString::to_string).collect();
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let then: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(written.len(), then.len());
    for (now, then) in written.iter().zip(&then) {
        assert_eq!(now, then, "the same commands led to another event");
    }
}
