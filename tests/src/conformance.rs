//! What every store must do, as one suite: the definition of the store's contract that can be run.

use crate::samples::{append, event, events, expect, noise, stream};
use ledger_core::record::{NewRecord, Position, Record, StreamName, Version};
use ledger_core::store::{Append, AppendError, Appended, EventStore, ExpectedVersion, MAX_APPEND_BYTES};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Runs the whole suite. `factory` gives an empty store for each case.
pub async fn run<S, F, Fut>(factory: F)
where
    S: EventStore + 'static,
    F: Fn() -> Fut,
    Fut: Future<Output = S>,
{
    empty_log(&factory().await).await;
    expected_versions(&factory().await).await;
    resends(&factory().await).await;
    reused_ids(&factory().await).await;
    limits(&factory().await).await;
    many_at_once(&factory().await).await;
    reading(&factory().await).await;
    everything_comes_back(&factory().await).await;
    waiting(Arc::new(factory().await)).await;
    concurrent_writers(Arc::new(factory().await)).await;
    concurrent_streams(Arc::new(factory().await)).await;
    big_batches(&factory().await).await;
}

/// All events of the log, read in pages.
pub async fn read_everything(store: &(impl EventStore + ?Sized), page: usize) -> Vec<Record> {
    let mut all: Vec<Record> = Vec::new();
    loop {
        let records = store.read_all(all.last().map(|record| record.position), page).await.unwrap();
        if records.is_empty() {
            return all;
        }
        all.extend(records);
    }
}

/// The events of a stream.
pub async fn read_whole(store: &(impl EventStore + ?Sized), stream: &StreamName) -> Vec<Record> {
    store.read_stream(stream, Version(0), usize::MAX).await.unwrap()
}

fn fresh(result: Result<Appended, AppendError>) -> (u64, u64) {
    let done = result.unwrap();
    assert!(!done.already, "stored before: {done:?}");
    (done.first.0, done.last.0)
}

fn conflict(result: &Result<Appended, AppendError>) -> Option<u64> {
    match result {
        Err(AppendError::Conflict { actual, .. }) => actual.map(|version| version.0),
        other => panic!("no conflict: {other:?}"),
    }
}

fn reused(result: &Result<Appended, AppendError>) -> u128 {
    match result {
        Err(AppendError::IdReused { id, .. }) => id.as_u128(),
        other => panic!("not an id that is reused: {other:?}"),
    }
}

fn ids(records: &[Record]) -> Vec<u128> {
    records.iter().map(|record| record.envelope.id.as_u128()).collect()
}

async fn empty_log(store: &impl EventStore) {
    assert_eq!(store.head().await.unwrap(), None);
    assert!(store.read_all(None, 10).await.unwrap().is_empty());
    assert!(store.read_all(Some(Position(7)), 10).await.unwrap().is_empty());
    assert!(read_whole(store, &stream("a")).await.is_empty());
    assert!(store.append_many(Vec::new()).await.is_empty());
}

async fn expected_versions(store: &impl EventStore) {
    let (a, b) = (stream("a"), stream("b"));
    assert_eq!(conflict(&store.append(append(&a, Some(0), [1])).await), None);
    assert_eq!(fresh(store.append(append(&a, None, [1, 2])).await), (0, 1));
    assert_eq!(conflict(&store.append(append(&a, None, [3])).await), Some(1));
    assert_eq!(conflict(&store.append(append(&a, Some(0), [3])).await), Some(1));
    assert_eq!(conflict(&store.append(append(&a, Some(2), [3])).await), Some(1));
    assert_eq!(fresh(store.append(append(&a, Some(1), [3])).await), (2, 2));
    assert_eq!(fresh(store.append(append(&b, None, [4])).await), (0, 0));
    assert_eq!(ids(&read_whole(store, &a).await), [1, 2, 3]);
    assert_eq!(ids(&read_everything(store, 2).await), [1, 2, 3, 4]);
}

async fn resends(store: &impl EventStore) {
    let a = stream("a");
    let first = store.append(append(&a, None, [1, 2])).await.unwrap();
    let second = store.append(append(&a, Some(1), [3, 4, 5])).await.unwrap();
    let again = Appended { already: true, ..first };
    assert_eq!(store.append(append(&a, None, [1, 2])).await, Ok(again));
    let again = Appended { already: true, ..second };
    assert_eq!(store.append(append(&a, Some(1), [3, 4, 5])).await, Ok(again));
    // The events after the expectation begin with those that were sent: as the cluster answers it.
    let part = store.append(append(&a, Some(1), [3, 4])).await.unwrap();
    assert_eq!((part.first, part.last, part.already), (Version(2), Version(3), true));
    assert!(part.position < second.position);
    // The same only in part.
    assert_eq!(conflict(&store.append(append(&a, Some(1), [3, 9])).await), Some(4));
    assert_eq!(conflict(&store.append(append(&a, Some(1), [9, 4])).await), Some(4));
    assert_eq!(conflict(&store.append(append(&a, Some(1), [3, 4, 5, 6])).await), Some(4));
    assert_eq!(ids(&read_whole(store, &a).await), [1, 2, 3, 4, 5]);
    // The same ids in another stream are other events.
    assert_eq!(fresh(store.append(append(&stream("b"), None, [1, 2])).await), (0, 1));
    // In one call, before anything of it is durable.
    let twice = store.append_many(vec![append(&a, Some(4), [6, 7]), append(&a, Some(4), [6, 7])]).await;
    assert_eq!(fresh(twice[0].clone()), (5, 6));
    assert_eq!(twice[1], twice[0].clone().map(|done| Appended { already: true, ..done }));
}

async fn reused_ids(store: &impl EventStore) {
    let a = stream("a");
    store.append(append(&a, None, [1, 2])).await.unwrap();
    let with = |last, events: Vec<NewRecord>| Append { stream: a.clone(), expected: expect(last), events };
    let other_body = event(2, "something else");
    assert_eq!(reused(&store.append(with(Some(0), vec![other_body.clone()])).await), 2);
    assert_eq!(reused(&store.append(with(None, vec![events([1])[0].clone(), other_body])).await), 2);
    let mut other_key = events([2]);
    other_key[0].envelope.key = Arc::from("another key");
    assert_eq!(reused(&store.append(with(Some(0), other_key)).await), 2);
    let mut other_clock = events([1, 2]);
    other_clock[0].envelope.schema += 1;
    assert_eq!(reused(&store.append(with(None, other_clock)).await), 1);
    assert_eq!(reused(&store.append(append(&a, Some(1), [3, 4, 3])).await), 3);
    assert_eq!(ids(&read_everything(store, 10).await), [1, 2]);
}

async fn limits(store: &impl EventStore) {
    let a = stream("a");
    let empty = Append { stream: a.clone(), expected: ExpectedVersion::NoStream, events: Vec::new() };
    assert_eq!(store.append(empty).await, Err(AppendError::Empty(a.clone())));
    let sized = |id, len| Append { events: vec![event(id, noise(1, len))], ..append(&a, None, []) };
    match store.append(sized(1, MAX_APPEND_BYTES)).await {
        Err(AppendError::TooLarge { bytes, .. }) => assert!(bytes > MAX_APPEND_BYTES && bytes < MAX_APPEND_BYTES + 300),
        other => panic!("not too large: {other:?}"),
    }
    let mut halves = sized(1, MAX_APPEND_BYTES / 2);
    halves.events.push(event(2, noise(2, MAX_APPEND_BYTES / 2)));
    assert!(matches!(store.append(halves).await, Err(AppendError::TooLarge { .. })));
    assert_eq!(store.head().await.unwrap(), None);
    assert_eq!(fresh(store.append(sized(1, MAX_APPEND_BYTES - 300)).await), (0, 0));
    assert_eq!(read_whole(store, &a).await[0].body, noise(1, MAX_APPEND_BYTES - 300));
    // Many tiny events count their envelopes too.
    let tiny = Append { stream: a.clone(), expected: expect(Some(0)), events: events(10..13_000) };
    assert!(matches!(store.append(tiny).await, Err(AppendError::TooLarge { .. })));
    assert_eq!(fresh(store.append(append(&a, Some(0), 10..8_000)).await), (1, 7_990));
    assert_eq!(
        ids(&read_whole(store, &a).await),
        (10..8_000).fold(vec![1], |mut all, id| {
            all.push(id);
            all
        })
    );
}

async fn many_at_once(store: &impl EventStore) {
    let (a, b, c) = (stream("a"), stream("b"), stream("c"));
    let results = store
        .append_many(vec![
            append(&a, None, [1, 2]),
            append(&b, Some(3), [10]),
            append(&a, Some(1), [3]),
            append(&c, None, []),
            append(&a, Some(1), [4]),
            append(&c, None, [20]),
            append(&a, Some(2), [4, 5]),
            append(&c, Some(0), [21, 21]),
            append(&b, None, [10]),
        ])
        .await;
    assert_eq!(results.len(), 9);
    assert_eq!(fresh(results[0].clone()), (0, 1));
    assert_eq!(conflict(&results[1]), None);
    assert_eq!(fresh(results[2].clone()), (2, 2));
    assert_eq!(results[3], Err(AppendError::Empty(c.clone())));
    assert_eq!(conflict(&results[4]), Some(2));
    assert_eq!(fresh(results[5].clone()), (0, 0));
    assert_eq!(fresh(results[6].clone()), (3, 4));
    assert_eq!(reused(&results[7]), 21);
    assert_eq!(fresh(results[8].clone()), (0, 0));
    assert_eq!(ids(&read_everything(store, 3).await), [1, 2, 3, 20, 4, 5, 10]);
    assert_eq!(ids(&read_whole(store, &a).await), [1, 2, 3, 4, 5]);
    let positions: Vec<_> = results.iter().flatten().map(|done| done.position).collect();
    assert!(positions.is_sorted() && store.head().await.unwrap() == positions.last().copied());
}

async fn reading(store: &impl EventStore) {
    let (a, b) = (stream("a"), stream("b"));
    for round in 0..40_u64 {
        let id = u128::from(round) * 10;
        let last = round.checked_sub(1);
        store.append(append(&a, last.map(|last| last * 3 + 2), [id, id + 1, id + 2])).await.unwrap();
        store.append(append(&b, last, [id + 3])).await.unwrap();
    }
    let whole = read_whole(store, &a).await;
    assert_eq!(whole.len(), 120);
    for (version, record) in (0..).zip(&whole) {
        assert_eq!((record.version, &record.stream), (Version(version), &a));
    }
    for (from, limit) in [(0, 1), (0, 0), (7, 5), (118, 10), (119, 1), (120, 4), (u64::MAX, 1), (64, usize::MAX)] {
        let expected: Vec<_> = whole.iter().filter(|record| record.version.0 >= from).take(limit).cloned().collect();
        assert_eq!(store.read_stream(&a, Version(from), limit).await.unwrap(), expected, "{limit} from {from}");
    }
    // The whole log in order: exclusive of the position, at least one event, no gap and nothing twice.
    let all = read_everything(store, 1_000).await;
    assert_eq!(all.len(), 160);
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
    assert_eq!(store.head().await.unwrap(), all.last().map(|record| record.position));
    for page in [1, 2, 7, 64, 65, 159, 160] {
        assert_eq!(read_everything(store, page).await, all, "pages of {page}");
    }
    for (at, record) in all.iter().enumerate() {
        let rest = store.read_all(Some(record.position), 3).await.unwrap();
        assert_eq!(rest.first(), all.get(at + 1));
    }
    let per_stream: Vec<_> = all.iter().filter(|record| record.stream == a).cloned().collect();
    assert_eq!(per_stream, whole);
}

async fn everything_comes_back(store: &impl EventStore) {
    let name: StreamName = "ledger".parse().unwrap();
    let mut sent = vec![event(0, Vec::new()), event(u128::MAX, noise(3, 5_000)), event(1 << 90, vec![0; 70_000])];
    sent[0].envelope.key = Arc::from("");
    sent[0].envelope.actor = Arc::from("Jürgen \u{1f600}");
    sent[1].envelope.schema = u16::MAX;
    sent[1].envelope.request = [0xff; 32];
    sent[2].envelope.effective_on = "0001-01-01".parse().unwrap();
    sent[2].envelope.booked_on = "9999-12-31".parse().unwrap();
    sent[2].envelope.recorded_at = "1969-12-31T23:59:59.999999Z".parse().unwrap();
    let expected = ExpectedVersion::NoStream;
    store.append(Append { stream: name.clone(), expected, events: sent.clone() }).await.unwrap();
    let back = read_whole(store, &name).await;
    let back: Vec<_> = back.into_iter().map(|r| NewRecord { envelope: r.envelope, body: r.body }).collect();
    assert_eq!(back, sent);
}

async fn waiting<S: EventStore + 'static>(store: Arc<S>) {
    let a = stream("a");
    let not_yet = tokio::time::timeout(Duration::from_millis(30), store.wait_after(None)).await;
    assert!(not_yet.is_err(), "an empty log has nothing to wait for");
    // Catch up, then live, with a writer beside it.
    let follower = tokio::spawn({
        let store = store.clone();
        async move {
            let mut seen: Vec<Record> = Vec::new();
            while seen.len() < 100 {
                let after = seen.last().map(|record| record.position);
                store.wait_after(after).await.unwrap();
                let new = store.read_all(after, 7).await.unwrap();
                assert!(!new.is_empty(), "woken for nothing");
                seen.extend(new);
            }
            seen
        }
    });
    for id in 0..100_u64 {
        store.append(append(&a, id.checked_sub(1), [u128::from(id)])).await.unwrap();
    }
    let seen = tokio::time::timeout(Duration::from_secs(20), follower).await.expect("the follower ends").unwrap();
    assert_eq!(seen, read_everything(&*store, 1_000).await);
    store.wait_after(None).await.unwrap();
    let head = store.head().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(30), store.wait_after(head)).await.is_err());
}

/// 64 tasks on one stream, each with what it believes: exactly what was acknowledged is there.
async fn concurrent_writers<S: EventStore + 'static>(store: Arc<S>) {
    let a = stream("a");
    let tasks: Vec<_> = (0..64_u128)
        .map(|task| {
            let (store, a) = (store.clone(), a.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                let mut last: Option<u64> = None;
                for id in task * 100..task * 100 + 4 {
                    loop {
                        match store.append(append(&a, last, [id, id + 50])).await {
                            Ok(done) => {
                                assert!(!done.already);
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
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    acknowledged.sort_unstable();
    let stored = read_whole(&*store, &a).await;
    assert_eq!(stored.len(), 64 * 4 * 2);
    assert!((0..).zip(&stored).all(|(version, record)| record.version == Version(version)));
    let expected: Vec<_> = acknowledged.iter().flat_map(|(_, id)| [*id, *id + 50]).collect();
    assert_eq!(ids(&stored), expected);
    assert!(acknowledged.iter().zip((0..).step_by(2)).all(|((first, _), version)| *first == Version(version)));
}

/// Many tasks, each on its own stream, share syncs; a reader beside them sees a prefix that only grows.
async fn concurrent_streams<S: EventStore + 'static>(store: Arc<S>) {
    let tasks: Vec<_> = (0..32_u128)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let name = stream(task);
                for version in 0..20_u64 {
                    let done =
                        store.append(append(&name, version.checked_sub(1), [u128::from(version)])).await.unwrap();
                    let head = store.head().await.unwrap();
                    assert!(head >= Some(done.position), "acknowledged but not visible");
                    let back = store.read_stream(&name, done.first, 10).await.unwrap();
                    assert_eq!(ids(&back), [u128::from(version)]);
                }
            })
        })
        .collect();
    let mut before = Vec::new();
    while before.len() < 32 * 20 {
        store.wait_after(before.last().map(|record: &Record| record.position)).await.unwrap();
        let now = read_everything(&*store, 50).await;
        assert!(now.starts_with(&before));
        before = now;
    }
    for task in tasks {
        task.await.unwrap();
    }
    for task in 0..32 {
        assert_eq!(read_whole(&*store, &stream(task)).await.len(), 20);
    }
}

async fn big_batches(store: &impl EventStore) {
    let items: Vec<_> = (0..10_000_u128)
        .map(|item| {
            if item % 5 == 4 {
                append(&stream(item), Some(3), [item])
            } else {
                append(&stream(item), None, [item, item + 100_000])
            }
        })
        .collect();
    let results = store.append_many(items.clone()).await;
    assert_eq!(results.len(), items.len());
    for (at, result) in results.iter().enumerate() {
        if at % 5 == 4 { assert_eq!(conflict(result), None) } else { assert_eq!(fresh(result.clone()), (0, 1)) }
    }
    let more: Vec<_> = (0..5_000_u128)
        .filter(|item| item % 5 != 4)
        .map(|item| append(&stream(item), Some(1), [item + 200_000]))
        .collect();
    assert!(store.append_many(more).await.iter().all(Result::is_ok));
    let all = read_everything(store, 3_000).await;
    assert_eq!(all.len(), 16_000 + 4_000);
    // Everything once more: the first results.
    for (first, again) in results.iter().zip(store.append_many(items).await) {
        assert_eq!(again, first.clone().map(|done| Appended { already: true, ..done }));
    }
    assert_eq!(read_everything(store, 20_000).await, all);
    for item in [0_u128, 1, 2_500, 4_998, 9_998] {
        let whole = read_whole(store, &stream(item)).await;
        let third = (item < 5_000 && item % 5 != 4).then_some(item + 200_000);
        let expected =
            if item % 5 == 4 { Vec::new() } else { [item, item + 100_000].into_iter().chain(third).collect() };
        assert_eq!(ids(&whole), expected);
    }
}
