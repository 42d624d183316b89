//! What only this store can do wrong.

use super::*;
use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, NewRecord};
use crate::store::ExpectedVersion;
use crate::store::engine::{Engine, Space};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;

fn event(id: u128, body: Vec<u8>) -> NewRecord {
    let day = Date::from_days_since_epoch(19_000).unwrap();
    let envelope = Envelope {
        id: Uuid::from_u128(id),
        kind: Arc::from("repayment-received"),
        schema: 1,
        effective_on: day,
        booked_on: day,
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000).unwrap(),
        actor: Arc::from("teller"),
        key: Arc::from(id.to_string()),
        request: [7; 32],
    };
    NewRecord { envelope, body }
}

fn append(stream: &str, last: Option<u64>, events: Vec<NewRecord>) -> Append {
    let expected = last.map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(Version(last)));
    Append { stream: stream.parse().unwrap(), expected, events }
}

/// Appends one event per item to a stream, `ids` also being the versions.
fn singles(stream: &str, ids: std::ops::Range<u64>) -> Vec<Append> {
    ids.map(|id| append(stream, id.checked_sub(1), vec![event(id.into(), vec![id as u8; 40])])).collect()
}

fn temp() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    (dir, path)
}

/// Each of these cases on each engine.
macro_rules! on_each_engine {
    ($($case:ident),* $(,)?) => {
        mod on_sled {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::EngineKind::Sled).await;
            })*
        }

        mod on_redb {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::EngineKind::Redb).await;
            })*
        }
    };
}

mod damage;
mod frames;
mod power_loss;

on_each_engine!(
    small_appends_become_blocks_of_full_size_and_few_runs,
    what_was_acknowledged_is_in_a_copy_of_the_open_store,
    damage_is_named_and_never_answered,
    damage_of_index_and_tail_is_found_on_opening_or_use,
    opening_says_what_is_wrong,
    a_small_batch_before_a_large_one_is_one_run,
    a_store_of_the_first_format_is_read_and_goes_on,
);

fn create(path: &Path, engine: EngineKind) -> BlockStore {
    BlockStore::create(path, OpenOptions::of(engine)).unwrap()
}

fn get(engine: &dyn Engine, space: Space, key: &[u8]) -> Vec<u8> {
    engine.get(space, key).unwrap().unwrap()
}

fn put(engine: &dyn Engine, space: Space, key: &[u8], value: &[u8]) {
    engine.apply(space, vec![(key.to_vec(), value.to_vec())]).unwrap();
    engine.sync().unwrap();
}

fn open(path: &Path) -> Result<BlockStore, OpenError> {
    BlockStore::open(path, OpenOptions::default())
}

fn open_with(path: &Path, engine: EngineKind) -> Result<BlockStore, OpenError> {
    BlockStore::open(path, OpenOptions::of(engine))
}

async fn count(store: &BlockStore) -> Result<usize, ReadError> {
    store.read_all(None, usize::MAX).await.map(|records| records.len())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn frames(store: &BlockStore) -> Vec<u32> {
    let (from, to) = keys::all(keys::FRAME);
    let mut counts = Vec::new();
    let visit = &mut |_: &[u8], value: &[u8]| {
        counts.push(frame::span(value)?.count);
        Ok(ControlFlow::Continue(()))
    };
    store.core.engine.scan(Space::Log, &from, &to, visit).unwrap();
    counts
}

async fn small_appends_become_blocks_of_full_size_and_few_runs(kind: EngineKind) {
    let (_dir, path) = temp();
    let store = create(&path, kind);
    for (id, item) in (1..).zip(singles("a", 0..200)) {
        store.append(item).await.unwrap();
        assert_eq!(store.stats().unwrap().tail, id % 64);
    }
    assert_eq!(frames(&store), [64, 64, 64]);
    assert_eq!((store.stats().unwrap().runs, store.stats().unwrap().tail), (1, 8));
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!(store.stats().unwrap().tail, 8);
    // A larger call takes the tail with it; its slots are known to be old.
    assert!(store.append_many(singles("a", 200..300)).await.iter().all(Result::is_ok));
    assert_eq!(frames(&store), [64, 64, 64, 54, 54]);
    get(&*store.core.engine, Space::Head, &keys::slot(0));
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!((store.stats().unwrap().tail, store.stats().unwrap().events, count(&store).await), (0, 300, Ok(300)));
    for chunk in 0..50 {
        assert!(store.append_many(singles("a", 300 + chunk * 100..400 + chunk * 100)).await.iter().all(Result::is_ok));
    }
    assert_eq!(store.stats().unwrap().runs, 2);
    assert_eq!(store.read_stream(&"a".parse().unwrap(), Version(0), usize::MAX).await.unwrap().len(), 5_300);
}

/// The directory as a killed process leaves it: copied between the acknowledgement and anything else.
async fn what_was_acknowledged_is_in_a_copy_of_the_open_store(kind: EngineKind) {
    let (dir, path) = temp();
    let store = create(&path, kind);
    let mut stored = 0_u64;
    for (round, size) in [1_u64, 1, 70, 1, 3_000, 2, 61, 1, 200, 12_000, 1].into_iter().enumerate() {
        let results = store.append_many(singles("a", stored..stored + size)).await;
        assert!(results.iter().all(Result::is_ok));
        stored += size;
        let twin = dir.path().join(format!("copy-{round}"));
        copy(&path, &twin);
        let twin = open(&twin).unwrap();
        assert_eq!(count(&twin).await, Ok(usize::try_from(stored).unwrap()));
        assert_eq!(twin.read_all(None, usize::MAX).await, store.read_all(None, usize::MAX).await);
        // And it goes on from there.
        let next = twin.append_many(singles("a", stored..stored + 2)).await;
        assert!(next.iter().all(Result::is_ok), "{next:?}");
    }
}

async fn damage_is_named_and_never_answered(kind: EngineKind) {
    let (_dir, path) = temp();
    let store = create(&path, kind);
    assert!(store.append_many(singles("a", 0..200)).await.iter().all(Result::is_ok));
    assert!(store.append_many(singles("b", 0..3)).await.iter().all(Result::is_ok));
    let key = keys::key(keys::FRAME, 50);
    let good = get(&*store.core.engine, Space::Log, &key);
    drop(store);
    for at in (0..good.len()).step_by(97) {
        let store = open(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        put(&*store.core.engine, Space::Log, &key, &bad);
        for error in [
            store.read_all(None, usize::MAX).await.unwrap_err(),
            store.read_stream(&"a".parse().unwrap(), Version(60), 1).await.unwrap_err(),
        ] {
            assert!(matches!(&error, ReadError::Corrupt(what) if what.contains("events from 50:")), "{error}");
        }
        let resend = store.append(append("a", Some(59), vec![event(60, vec![])])).await;
        assert!(matches!(resend, Err(AppendError::Corrupt(_))), "{resend:?}");
        // The rest can be read, and the log goes on.
        assert_eq!(store.read_stream(&"a".parse().unwrap(), Version(100), 999).await.unwrap().len(), 100);
        assert_eq!(store.read_all(Some(Position(99)), 999).await.unwrap().len(), 103);
        put(&*store.core.engine, Space::Log, &key, &good);
        assert_eq!(count(&store).await, Ok(203));
    }
    let store = open(&path).unwrap();
    // A block where none can begin: what should follow here is missing.
    put(&*store.core.engine, Space::Log, &keys::key(keys::FRAME, 60), &good);
    let error = store.read_all(None, usize::MAX).await.unwrap_err();
    assert_eq!(error, ReadError::Corrupt("the events from 100 on are missing".into()));
    put(&*store.core.engine, Space::Log, &key, &good);
    let moved = get(&*store.core.engine, Space::Log, &keys::key(keys::FRAME, 100));
    put(&*store.core.engine, Space::Log, &key, &moved);
    let error = store.read_all(None, usize::MAX).await.unwrap_err();
    assert_eq!(error, ReadError::Corrupt("block of the events from 50: it says that it begins at 100".into()));
    put(&*store.core.engine, Space::Log, &key, &good);
}

async fn damage_of_index_and_tail_is_found_on_opening_or_use(kind: EngineKind) {
    let (_dir, path) = temp();
    let store = create(&path, kind);
    assert!(store.append_many(singles("a", 0..200)).await.iter().all(Result::is_ok));
    store.append(append("b", None, vec![event(1, vec![1])])).await.unwrap();
    let flip = |engine: &dyn Engine, space: Space, key: &[u8]| {
        let mut value = get(engine, space, key);
        let last = value.last_mut().unwrap();
        *last ^= 4;
        put(engine, space, key, &value);
    };
    let (run, summary) = (keys::key(keys::RUN, 0), keys::key(keys::SUMMARY, 0));
    flip(&*store.core.engine, Space::Log, &run);
    let error = store.read_stream(&"a".parse().unwrap(), Version(0), 1).await.unwrap_err();
    assert!(matches!(&error, ReadError::Corrupt(what) if what.contains("index of the events from 0")), "{error}");
    assert_eq!(count(&store).await, Ok(201));
    flip(&*store.core.engine, Space::Log, &run);
    drop(store);
    let damages = [
        ("summary of the index of the events from 0", Space::Log, summary.to_vec()),
        ("tail", Space::Head, keys::slot(0).to_vec()),
        ("block of the events from 150", Space::Log, keys::key(keys::FRAME, 150).to_vec()),
    ];
    for (place, space, key) in damages {
        // Behind the store's back, there and back again.
        let flip_in_place = || flip(&*kind.open(&path, 1 << 20, false).unwrap(), space, &key);
        flip_in_place();
        let error = open(&path).unwrap_err();
        assert!(matches!(&error, OpenError::Damaged { what, .. } if what.contains(place)), "{error}");
        flip_in_place();
        assert_eq!(count(&open(&path).unwrap()).await, Ok(201));
    }
}

async fn opening_says_what_is_wrong(kind: EngineKind) {
    let (dir, path) = temp();
    assert_eq!(open(&path).unwrap_err(), OpenError::Missing(path.clone()));
    let store = create(&path, kind);
    assert_eq!(open(&path).unwrap_err(), OpenError::InUse(path.clone()));
    assert!(open(&path).unwrap_err().to_string().contains("open in another process"));
    assert!(matches!(BlockStore::create(&path, OpenOptions::of(kind)), Err(OpenError::Exists(_))));
    put(&*store.core.engine, Space::Head, keys::FORMAT_KEY, b"iledger-log 99");
    drop(store);
    assert!(matches!(open(&path), Err(OpenError::UnknownFormat { found, .. }) if found == "iledger-log 99"));

    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(open(&empty).unwrap_err(), OpenError::Missing(empty.clone()));
    let file = dir.path().join("file");
    fs::write(&file, "text").unwrap();
    assert!(matches!(open(&file), Err(OpenError::NotAStore { .. })));
    assert!(matches!(open(&file.join("x")), Err(OpenError::NotAStore { .. })));
    assert!(matches!(BlockStore::create(file.join("x"), OpenOptions::of(kind)), Err(OpenError::NotAStore { .. })));
    assert!(matches!(BlockStore::create(&file, OpenOptions::of(kind)), Err(OpenError::Exists(_))));
    assert!(matches!(open(dir.path()), Err(OpenError::NotAStore { .. })));
    let other = EngineKind::ALL.into_iter().find(|other| *other != kind).unwrap();
    let named = open_with(&path, other).unwrap_err();
    assert_eq!(named, OpenError::OtherEngine { path: path.clone(), found: kind, wanted: other });
}

#[test]
fn databases_of_other_programs_are_no_stores() {
    let (dir, _) = temp();
    let foreign = dir.path().join("sled");
    drop(sled::open(&foreign).unwrap());
    assert!(matches!(open(&foreign), Err(OpenError::NotAStore { .. })));
    assert!(!sled::open(&foreign).unwrap().tree_names().iter().any(|name| *name == *b"head"));
    let foreign = dir.path().join("redb");
    fs::create_dir(&foreign).unwrap();
    drop(redb::Database::create(foreign.join(EngineKind::Redb.file())).unwrap());
    assert!(matches!(open(&foreign), Err(OpenError::NotAStore { .. })));
}

/// A store that was written before there were slots, with a block and a tail of format 1.
async fn a_store_of_the_first_format_is_read_and_goes_on(kind: EngineKind) {
    let (_dir, path) = temp();
    let store = create(&path, kind);
    let frame = include_bytes!("frame-format-1.bin");
    let record = frame::decode(frame, 9).unwrap().remove(0);
    for id in 0..4_u64 {
        store.append(append(record.stream.as_str(), id.checked_sub(1), vec![event(id.into(), vec![])])).await.unwrap();
    }
    assert!(store.append_many(singles("a", 0..5)).await.iter().all(Result::is_ok));
    // What stands in slots goes to a block.
    assert!(store.append_many(singles("b", 0..70)).await.iter().all(Result::is_ok));
    let before = store.read_all(None, 9).await.unwrap()[..9].to_vec();
    drop(store);
    let (_dir, path) = temp();
    let store = create(&path, kind);
    let mut encoder = frame::Encoder::new().unwrap();
    let mut value = Vec::new();
    for frame in [encoder.encode(0, &before).unwrap().as_slice(), frame] {
        value.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_be_bytes());
        value.extend_from_slice(frame);
    }
    put(&*store.core.engine, Space::Head, keys::TAIL_KEY, &value);
    put(&*store.core.engine, Space::Head, keys::FORMAT_KEY, b"iledger-log 1");
    drop(store);
    let report = BlockStore::check(&path, path.parent().unwrap(), |_| true).unwrap().unwrap();
    assert_eq!((report.findings, report.intact), (vec![], vec![0..=9]));
    let store = open(&path).unwrap();
    assert_eq!(get(&*store.core.engine, Space::Head, keys::FORMAT_KEY), keys::FORMAT.as_bytes());
    let mut all = [before, vec![record.clone()]].concat();
    assert_eq!(store.read_all(None, 99).await.as_ref(), Ok(&all));
    for id in 5..100_u64 {
        store.append(append(record.stream.as_str(), Some(id - 1), vec![event(id.into(), vec![])])).await.unwrap();
        if id % 30 == 0 {
            all = store.read_all(None, 999).await.unwrap();
            assert_eq!(all.len() as u64, id + 6);
        }
    }
    drop(store);
    let store = open(&path).unwrap();
    assert!(store.read_all(None, 999).await.unwrap().starts_with(&all));
    assert_eq!(store.read_stream(&record.stream, Version(0), 999).await.unwrap().len(), 100);
}

/// What one sync makes durable is not read back before it.
async fn a_small_batch_before_a_large_one_is_one_run(kind: EngineKind) {
    let (_dir, path) = temp();
    let store = create(&path, kind);
    let large = |stream: &str| append(stream, None, (0..9_000).map(|id| event(id, vec![])).collect());
    let items = vec![
        append("a", None, vec![event(1, vec![1])]),
        large("b"),
        large("c"),
        append("a", Some(0), vec![event(2, vec![2])]),
    ];
    assert!(store.append_many(items).await.iter().all(Result::is_ok));
    assert!(store.append_many(singles("d", 0..100)).await.iter().all(Result::is_ok));
    let all = store.read_all(None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 18_102);
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!(store.read_all(None, usize::MAX).await.as_ref(), Ok(&all));
    assert_eq!(store.read_stream(&"a".parse().unwrap(), Version(0), 9).await.unwrap().len(), 2);
}
