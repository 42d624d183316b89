//! The store on EventStoreDB while the cluster fails, on the double: nothing is lost, nothing doubled, every order kept.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use esdb_double::{Double, Fault, Operation};
use iledger_tests::conformance::{read_everything, read_whole};
use iledger_tests::drafts::{drafts, items};
use iledger_tests::esdb;
use iledger_tests::samples::{append, event, events, expect, stream};
use ledger_core::record::{Position, Record, StreamName, Version};
use ledger_core::store::esdb_store::{EsdbStore, OpenError};
use ledger_core::store::{Append, AppendError, Appended, EventAppender, EventReader, MemoryStore, ReadError};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn ids(records: &[Record]) -> Vec<u128> {
    records.iter().map(|record| record.envelope.id.as_u128()).collect()
}

/// Many kinds of faults, often; more at first, so that every kind is met.
fn many_faults(double: &Double) {
    double.faults().set(|operation, number| match (operation, number % 61) {
        (Operation::Append, 7) => Some(Fault::AnswerLost),
        (Operation::Append, 19) => Some(Fault::Cut { after: 0 }),
        (Operation::Append, 23) => Some(Fault::Unavailable),
        (Operation::Append, 5 | 29 | 41) => Some(Fault::Duplicate),
        (Operation::Append, 37) => Some(Fault::Slow(Duration::from_millis(15))),
        (Operation::Read, 11 | 47) => Some(Fault::Cut { after: 2 }),
        (Operation::Read, 31) => Some(Fault::Unavailable),
        _ => None,
    });
}

/// Every writer's events on one stream, each appended with what the writer believes; returns what was acknowledged.
async fn write(store: Arc<EsdbStore>, name: StreamName, writer: u128, count: u128) -> Vec<(Version, u128)> {
    let mut acknowledged = Vec::new();
    let mut last: Option<u64> = None;
    for id in writer * 1_000..writer * 1_000 + count {
        loop {
            match store.append(append(&name, last, [id, id + 500])).await {
                Ok(done) => {
                    last = Some(done.last.0);
                    acknowledged.push((done.first, id));
                    break;
                }
                Err(AppendError::Conflict { actual, .. }) => last = actual.map(|version| version.0),
                Err(other) => panic!("{other}"),
            }
        }
    }
    acknowledged
}

/// What was acknowledged is what is stored, in the order of the versions.
async fn check(store: &EsdbStore, name: &StreamName, mut acknowledged: Vec<(Version, u128)>) {
    acknowledged.sort_unstable();
    let expected: Vec<_> = acknowledged.iter().flat_map(|(_, id)| [*id, *id + 500]).collect();
    assert_eq!(ids(&read_whole(store, name).await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_with_conflicts_and_faults() {
    let double = esdb::double(1).await;
    let store = Arc::new(esdb::create(&double, "books").await);
    many_faults(&double);
    let tasks: Vec<_> = (0..64_u128)
        .map(|writer| {
            let (store, name) = (store.clone(), stream(writer % 8));
            tokio::spawn(async move { (writer % 8, write(store, name, writer, 4).await) })
        })
        .collect();
    let mut by_stream = vec![Vec::new(); 8];
    for task in tasks {
        let (name, acknowledged) = task.await.unwrap();
        by_stream[usize::try_from(name).unwrap()].extend(acknowledged);
    }
    assert!(double.faults().injected() > 20, "{} faults", double.faults().injected());
    double.faults().clear();
    for (name, acknowledged) in by_stream.into_iter().enumerate() {
        assert_eq!(acknowledged.len(), 8 * 4);
        check(&store, &stream(name), acknowledged).await;
    }
    assert_eq!(read_everything(&*store, 1_000).await.len(), 64 * 4 * 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_changes_under_load() {
    let double = esdb::double(3).await;
    let store = Arc::new(esdb::create(&double, "books").await);
    let tasks: Vec<_> = (0..16_u128)
        .map(|writer| {
            let (store, name) = (store.clone(), stream(writer));
            tokio::spawn(async move { write(store, name, writer, 150).await })
        })
        .collect();
    // gracefully, and by the death of the leader
    for round in 0..8_usize {
        tokio::time::sleep(Duration::from_millis(60)).await;
        let (old, new) = (double.leader(), (double.leader() + 1) % 3);
        double.lead(new);
        if round % 2 == 1 {
            double.stop(old);
            tokio::time::sleep(Duration::from_millis(60)).await;
            double.restart(old);
        }
    }
    for (writer, task) in tasks.into_iter().enumerate() {
        let acknowledged = task.await.unwrap();
        assert_eq!(acknowledged.len(), 150);
        check(&store, &stream(writer), acknowledged).await;
    }
    assert_eq!(read_everything(&*store, 1_000).await.len(), 16 * 150 * 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_misses_nothing_and_sees_nothing_twice() {
    let double = esdb::double(3).await;
    let store = Arc::new(esdb::create(&double, "books").await);
    // another process, and another ledger on the same cluster
    let reading = Arc::new(EsdbStore::open(esdb::address(&double, "books", "")).await.unwrap());
    let other = esdb::create(&double, "other").await;
    many_faults(&double);
    let follower = tokio::spawn({
        let store = reading.clone();
        async move {
            let mut seen: Vec<Record> = Vec::new();
            while seen.len() < 600 {
                let after = seen.last().map(|record| record.position);
                store.wait_after(after).await.unwrap();
                seen.extend(store.read_all(after, 7).await.unwrap());
            }
            seen
        }
    });
    for id in 0..600_u64 {
        let name = stream(id % 3);
        store.append(append(&name, (id / 3).checked_sub(1), [u128::from(id)])).await.unwrap();
        other.append(append(&name, (id / 3).checked_sub(1), [u128::from(id) + 10_000])).await.unwrap();
        if id % 200 == 100 {
            let old = double.leader();
            double.lead((old + 1) % 3);
            double.stop(old);
        } else if id % 200 == 150 {
            (0..3).for_each(|node| double.restart(node));
        }
    }
    let seen = tokio::time::timeout(Duration::from_secs(60), follower).await.expect("the follower ends").unwrap();
    double.faults().clear();
    assert_eq!(ids(&seen), (0..600).collect::<Vec<u128>>());
    assert_eq!(seen, read_everything(&*store, 100).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_events_in_the_order_of_the_calls() {
    let double = esdb::double(1).await;
    let store = esdb::create(&double, "books").await;
    double.faults().set(|operation, number| match (operation, number % 9_973) {
        (Operation::Append, 4_000) => Some(Fault::AnswerLost),
        (Operation::Append, 7_000) => Some(Fault::Cut { after: 0 }),
        (Operation::Append, 9_000) => Some(Fault::Duplicate),
        _ => None,
    });
    for batch in 0..20_u128 {
        let items = (0..2_500_u128).map(|item| {
            let id = (batch * 2_500 + item) * 2;
            let last = u64::try_from(batch).unwrap().checked_sub(1).map(|before| before * 2 + 1);
            append(&stream(item), last, [id, id + 1])
        });
        let results = store.append_many(items.collect()).await;
        assert!(results.iter().all(|result| result.as_ref().is_ok_and(|done| !done.already)));
    }
    assert!(double.faults().injected() >= 10, "{} faults", double.faults().injected());
    double.faults().clear();
    let all = read_everything(&store, 4_000).await;
    assert_eq!(ids(&all), (0..100_000).collect::<Vec<u128>>());
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_is_noticed() {
    let double = esdb::double(1).await;
    let a = stream("a");
    let first = esdb::create(&double, "books").await;
    let stored = first.append(append(&a, None, [1, 2])).await.unwrap();
    let second = EsdbStore::open(esdb::address(&double, "books", "")).await.unwrap();
    assert_eq!(second.id(), first.id());
    // stored by another process before this one began
    assert_eq!(second.append(append(&a, None, [1, 2])).await, Ok(Appended { already: true, ..stored }));
    // what the second does not know
    first.append(append(&a, Some(1), [3])).await.unwrap();
    assert!(matches!(
        second.append(append(&a, Some(1), [4])).await,
        Err(AppendError::Conflict { actual: Some(Version(2)), .. })
    ));
    second.append(append(&a, Some(2), [4])).await.unwrap();
    first.append(append(&a, Some(3), [5])).await.unwrap();
    // the server would take the same id for a resend, whatever the content
    first.append(Append { stream: stream("b"), expected: expect(None), events: vec![event(7, "one")] }).await.unwrap();
    let other = Append { stream: stream("b"), expected: expect(None), events: vec![event(7, "another")] };
    assert!(matches!(second.append(other).await, Err(AppendError::IdReused { .. })));
    assert_eq!(ids(&read_everything(&second, 10).await), [1, 2, 3, 4, 5, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gives_up_with_a_clear_error_and_works_again_afterwards() {
    let double = esdb::double(1).await;
    drop(esdb::create(&double, "books").await);
    let store = EsdbStore::open(esdb::address(&double, "books", "patience=1")).await.unwrap();
    let a = stream("a");
    store.append(append(&a, None, [1])).await.unwrap();
    double.stop(0);
    let error = store.append(append(&a, Some(0), [2])).await.unwrap_err();
    assert!(matches!(&error, AppendError::UnknownOutcome(text) if text.contains("tried for 1 s")), "{error}");
    let error = store.read_stream(&a, Version(0), 10).await.unwrap_err();
    assert!(matches!(&error, ReadError::Unavailable(text) if text.contains("ledger `books`")), "{error}");
    let missing = EsdbStore::open(esdb::address(&double, "books", "patience=1")).await.unwrap_err();
    assert!(matches!(missing, OpenError::Unavailable(_)), "{missing}");
    double.restart(0);
    store.append(append(&a, Some(0), [2])).await.unwrap();
    assert_eq!(ids(&read_whole(&store, &a).await), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_removed_is_damage() {
    let double = esdb::double(1).await;
    let store = esdb::create(&double, "books").await;
    let (a, b) = (stream("a"), stream("b"));
    store.append(append(&a, None, [1, 2, 3])).await.unwrap();
    store.append(append(&b, None, [4])).await.unwrap();
    double.scavenge("books:loan-a", 1);
    assert!(matches!(store.read_stream(&a, Version(0), 10).await, Err(ReadError::Corrupt(_))));
    double.tombstone("books:loan-b");
    assert!(matches!(store.read_stream(&b, Version(0), 10).await, Err(ReadError::Corrupt(_))));
    assert!(matches!(store.append(append(&b, Some(0), [5])).await, Err(AppendError::Corrupt(_))));
    // the lane works on
    store.append(append(&stream("c"), None, [6])).await.unwrap();
}

/// A handle that does not know a stream's head sends the first append of a stream as a guess. What follows it keeps its place
/// and its answer, should the guess be wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_wrong_guess_is_stored_in_its_place() {
    let double = esdb::double(1).await;
    let name = stream("a");
    esdb::create(&double, "books").await.append(append(&name, None, [1, 2])).await.unwrap();
    let store = EsdbStore::open(esdb::address(&double, "books", "")).await.unwrap();
    let calls = [append(&name, None, [3, 4, 5, 6]), append(&name, Some(1), [7, 8]), append(&stream("b"), None, [9])];
    let answers = store.append_many(calls.to_vec()).await;
    assert!(
        matches!(&answers[0], Err(AppendError::Conflict { actual, .. }) if *actual >= Some(Version(1))),
        "{answers:?}"
    );
    assert!(matches!(&answers[1], Ok(done) if done.first == Version(2) && done.last == Version(3)), "{answers:?}");
    assert!(answers[2].is_ok(), "{answers:?}");
    assert_eq!(ids(&read_everything(&store, 10).await), [1, 2, 7, 8, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_made_once() {
    let double = esdb::double(1).await;
    let address = || esdb::address(&double, "books", "");
    assert!(matches!(EsdbStore::open(address()).await, Err(OpenError::Missing(_))));
    let store = EsdbStore::create(address(), "some = 1").await.unwrap();
    assert!(matches!(EsdbStore::create(address(), "").await, Err(OpenError::Exists(_))));
    let again = EsdbStore::open(address()).await.unwrap();
    assert_eq!((again.id(), again.settings()), (store.id(), "some = 1"));
    assert_eq!(again.head().await.unwrap(), None);
}

/// Without what differs by nature: positions.
fn anywhere(result: Result<Appended, AppendError>) -> Result<Appended, AppendError> {
    result.map(|done| Appended { position: Position(0), ..done })
}

/// The same answer. The version that a conflict names is looked up after the refusal: it may be one that a later append of the
/// same call has made, but none before that which memory names.
fn agree(got: &Result<Appended, AppendError>, expected: &Result<Appended, AppendError>) -> bool {
    match (got, expected) {
        (
            Err(AppendError::Conflict { stream, expected: asked, actual }),
            Err(AppendError::Conflict { stream: of, expected, actual: then }),
        ) => stream == of && asked == expected && actual >= then,
        _ => got == expected,
    }
}

fn placeless(records: Vec<Record>) -> Vec<Record> {
    records.into_iter().map(|record| Record { position: Position(0), ..record }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is sent, also while the cluster fails, the answers are those of the store in memory, and so is the log.
    #[test]
    fn it_does_what_memory_does(calls in drafts(1..30, 1..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let double = esdb::double(1).await;
            let mut store = esdb::create(&double, "books").await;
            let memory = MemoryStore::new();
            many_faults(&double);
            let mut sent: Vec<Append> = Vec::new();
            for (round, call) in calls.into_iter().enumerate() {
                let items = items(call, &memory, &mut sent, round).await;
                let expected: Vec<_> = memory.append_many(items.clone()).await.into_iter().map(anywhere).collect();
                let got: Vec<_> = store.append_many(items).await.into_iter().map(anywhere).collect();
                prop_assert_eq!(got.len(), expected.len());
                for (got, expected) in got.iter().zip(&expected) {
                    prop_assert!(agree(got, expected), "{got:?}, in memory {expected:?}");
                }
                if round % 3 == 2 {
                    drop(store);
                    store = EsdbStore::open(esdb::address(&double, "books", "")).await.unwrap();
                }
            }
            prop_assert_eq!(placeless(read_everything(&store, 13).await), placeless(read_everything(&memory, 1_000).await));
            Ok(())
        })?;
    }
}

/// A server that takes an append and says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_asked_again() {
    let double = esdb::double(1).await;
    let store = esdb::create(&double, "books").await;
    // the first append is stored and never answered: after ten seconds it is sent again
    double.faults().set(|operation, number| (operation == Operation::Append && number < 3).then_some(Fault::Silent));
    let done =
        store.append(Append { stream: stream("a"), expected: expect(None), events: events([1, 2]) }).await.unwrap();
    assert_eq!((done.first, done.last), (Version(0), Version(1)));
    assert_eq!(ids(&read_everything(&store, 10).await), [1, 2]);
}
