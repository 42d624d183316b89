//! What only this store can do wrong.

use super::durable::Syncer;
use super::*;
use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, NewRecord};
use crate::store::ExpectedVersion;
use std::fs;
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

fn noise(len: usize) -> Vec<u8> {
    let blocks = (0..len as u64 / 32 + 1).flat_map(|n| {
        use sha2::Digest;
        sha2::Sha256::digest(n.to_be_bytes())
    });
    blocks.take(len).collect()
}

fn temp() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    (dir, path)
}

fn create(path: &Path) -> SledStore {
    SledStore::create(path, OpenOptions::default()).unwrap()
}

fn open(path: &Path) -> Result<SledStore, OpenError> {
    SledStore::open(path, OpenOptions::default())
}

async fn count(store: &SledStore) -> Result<usize, ReadError> {
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

fn frames(store: &SledStore) -> Vec<u32> {
    let values = store.core.db.scan_prefix([keys::FRAME]);
    values.map(|entry| frame::span(&entry.unwrap().1).unwrap().count).collect()
}

#[tokio::test]
async fn small_appends_become_blocks_of_full_size_and_few_runs() {
    let (_dir, path) = temp();
    let store = create(&path);
    for (id, item) in (1..).zip(singles("a", 0..200)) {
        store.append(item).await.unwrap();
        assert_eq!(store.stats().unwrap().tail, id % 64);
    }
    assert_eq!(frames(&store), [64, 64, 64]);
    assert_eq!((store.stats().unwrap().runs, store.stats().unwrap().tail), (1, 8));
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!(store.stats().unwrap().tail, 8);
    // A larger call takes the tail with it; the old value of the tail is known to be old.
    assert!(store.append_many(singles("a", 200..300)).await.iter().all(Result::is_ok));
    assert_eq!(frames(&store), [64, 64, 64, 54, 54]);
    assert!(store.core.head.get(keys::TAIL_KEY).unwrap().is_some());
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
#[tokio::test]
async fn what_was_acknowledged_is_in_a_copy_of_the_open_store() {
    let (dir, path) = temp();
    let store = create(&path);
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

#[tokio::test]
async fn damage_is_named_and_never_answered() {
    let (_dir, path) = temp();
    let store = create(&path);
    assert!(store.append_many(singles("a", 0..200)).await.iter().all(Result::is_ok));
    assert!(store.append_many(singles("b", 0..3)).await.iter().all(Result::is_ok));
    let key = keys::key(keys::FRAME, 50);
    let good = store.core.db.get(key).unwrap().unwrap();
    drop(store);
    for at in (0..good.len()).step_by(97) {
        let store = open(&path).unwrap();
        let mut bad = good.to_vec();
        bad[at] ^= 1;
        store.core.db.insert(key, bad).unwrap();
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
        store.core.db.insert(key, &good).unwrap();
        assert_eq!(count(&store).await, Ok(203));
    }
    let store = open(&path).unwrap();
    store.core.db.remove(key).unwrap();
    let error = store.read_all(None, usize::MAX).await.unwrap_err();
    assert_eq!(error, ReadError::Corrupt("the events from 50 on are missing".into()));
    store.core.db.insert(key, &good).unwrap();
    let moved = store.core.db.get(keys::key(keys::FRAME, 100)).unwrap().unwrap();
    store.core.db.insert(key, moved).unwrap();
    let error = store.read_all(None, usize::MAX).await.unwrap_err();
    assert_eq!(error, ReadError::Corrupt("block of the events from 50: it says that it begins at 100".into()));
    store.core.db.insert(key, &good).unwrap();
}

#[tokio::test]
async fn damage_of_index_and_tail_is_found_on_opening_or_use() {
    let (_dir, path) = temp();
    let store = create(&path);
    assert!(store.append_many(singles("a", 0..200)).await.iter().all(Result::is_ok));
    store.append(append("b", None, vec![event(1, vec![1])])).await.unwrap();
    let flip = |tree: &sled::Tree, key: &[u8]| {
        let mut value = tree.get(key).unwrap().unwrap().to_vec();
        let last = value.last_mut().unwrap();
        *last ^= 4;
        tree.insert(key, value).unwrap();
    };
    let (run, summary) = (keys::key(keys::RUN, 0), keys::key(keys::SUMMARY, 0));
    flip(&store.core.db, &run);
    let error = store.read_stream(&"a".parse().unwrap(), Version(0), 1).await.unwrap_err();
    assert!(matches!(&error, ReadError::Corrupt(what) if what.contains("index of the events from 0")), "{error}");
    assert_eq!(count(&store).await, Ok(201));
    flip(&store.core.db, &run);
    drop(store);
    let damages = [
        ("summary of the index of the events from 0", false, summary.to_vec()),
        ("tail", true, keys::TAIL_KEY.to_vec()),
        ("block of the events from 150", false, keys::key(keys::FRAME, 150).to_vec()),
    ];
    for (place, in_head_tree, key) in damages {
        // Behind the store's back, there and back again.
        let flip_in_place = || {
            let db = sled::open(&path).unwrap();
            let head = db.open_tree(keys::HEAD_TREE).unwrap();
            flip(if in_head_tree { &head } else { &db }, &key);
        };
        flip_in_place();
        let error = open(&path).unwrap_err();
        assert!(matches!(&error, OpenError::Damaged { what, .. } if what.contains(place)), "{error}");
        flip_in_place();
        assert_eq!(count(&open(&path).unwrap()).await, Ok(201));
    }
}

#[test]
fn opening_says_what_is_wrong() {
    let (dir, path) = temp();
    assert_eq!(open(&path).unwrap_err(), OpenError::Missing(path.clone()));
    let store = create(&path);
    assert_eq!(open(&path).unwrap_err(), OpenError::InUse(path.clone()));
    assert!(open(&path).unwrap_err().to_string().contains("open in another process"));
    assert!(matches!(SledStore::create(&path, OpenOptions::default()), Err(OpenError::Exists(_))));
    store.core.head.insert(keys::FORMAT_KEY, b"iledger-log 99").unwrap();
    drop(store);
    assert!(matches!(open(&path), Err(OpenError::UnknownFormat { found, .. }) if found == "iledger-log 99"));

    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(open(&empty).unwrap_err(), OpenError::Missing(empty.clone()));
    let file = dir.path().join("file");
    fs::write(&file, "text").unwrap();
    assert!(matches!(open(&file), Err(OpenError::NotAStore { .. })));
    assert!(matches!(open(&file.join("x")), Err(OpenError::NotAStore { .. })));
    assert!(matches!(SledStore::create(file.join("x"), OpenOptions::default()), Err(OpenError::NotAStore { .. })));
    assert!(matches!(SledStore::create(&file, OpenOptions::default()), Err(OpenError::Exists(_))));
    assert!(matches!(open(dir.path()), Err(OpenError::NotAStore { .. })));
    let foreign = dir.path().join("foreign");
    drop(sled::open(&foreign).unwrap());
    assert!(matches!(open(&foreign), Err(OpenError::NotAStore { .. })));
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = temp();
    drop(create(&path));
    let modes = |mode: u32| {
        fs::set_permissions(path.join("db"), fs::Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode | 0o111)).unwrap();
    };
    modes(0o444);
    if fs::OpenOptions::new().append(true).open(path.join("db")).is_ok() {
        println!("skipped: this user may write everything, whatever the permissions say");
    } else {
        assert!(matches!(open(&path), Err(OpenError::NotWritable { .. })));
        let new = dir.path().join("new");
        assert!(matches!(SledStore::create(new, OpenOptions::default()), Err(OpenError::NotWritable { .. })));
    }
    modes(0o644);
}

/// A value of more than 128 KiB is in a file of its own, and that file is synced before the log.
#[tokio::test]
async fn files_of_large_values_are_synced() {
    let (_dir, path) = temp();
    let store = create(&path);
    store.append(append("a", None, vec![event(1, vec![1; 100])])).await.unwrap();
    let mut syncer = Syncer::new(&path).unwrap();
    syncer.sync().unwrap();
    assert_eq!(syncer.sync().unwrap(), [path.join("db")]);
    let blobs = || fs::read_dir(path.join("blobs")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert!(blobs().is_empty());
    store.append(append("a", Some(0), vec![event(2, noise(300_000))])).await.unwrap();
    let files = blobs();
    assert!(!files.is_empty());
    let synced = syncer.sync().unwrap();
    assert!(files.iter().all(|file| synced.contains(file)), "{synced:?}");
    assert_eq!(synced.last(), Some(&path.join("db")));
    assert_eq!(syncer.sync().unwrap(), [path.join("db")]);
    drop(store);
    let store = open(&path).unwrap();
    let back = store.read_stream(&"a".parse().unwrap(), Version(1), 1).await.unwrap();
    assert_eq!(back[0].body, noise(300_000));
}

#[test]
fn frames_are_cut_evenly_and_by_size() {
    let record = |len: usize| Record {
        position: Position(0),
        stream: "a".parse().unwrap(),
        version: Version(0),
        envelope: event(1, vec![]).envelope,
        body: vec![0; len],
    };
    let lengths = |records: &[Record]| frame::cut(records).iter().map(|cut| cut.len()).collect::<Vec<_>>();
    assert_eq!(lengths(&[]), [0; 0]);
    assert_eq!(lengths(&vec![record(10); 65]), [33, 32]);
    assert_eq!(lengths(&vec![record(10); 640]), [64; 10]);
    assert_eq!(lengths(&[record(10), record(500_000), record(500_000), record(10)]), [1, 1, 1, 1]);
}

/// The decoder of format 1 is kept for ever: these bytes are what it was pinned with.
#[test]
fn a_frame_of_format_1_is_pinned() {
    let new = event(5, vec![1, 2, 3]);
    let stream = StreamName::loan("x").unwrap();
    let record = Record { position: Position(9), stream, version: Version(4), envelope: new.envelope, body: new.body };
    let value = frame::Encoder::new().unwrap().encode(9, std::slice::from_ref(&record)).unwrap();
    assert_eq!(frame::decode(&value, 9), Ok(vec![record.clone()]));
    let pinned = include_bytes!("frame-format-1.bin");
    assert_eq!(frame::decode(pinned, 9), Ok(vec![record]));
    for at in 0..pinned.len() {
        let mut bad = pinned.to_vec();
        bad[at] ^= 0x20;
        assert!(frame::decode(&bad, 9).is_err(), "byte {at}");
        assert!(frame::decode(&pinned[..at], 9).is_err());
    }
}

/// A flipped byte in sled's file makes sled drop what follows, without a word: the store notices, whatever the place.
#[tokio::test]
async fn a_log_that_sled_cuts_short_is_not_opened() {
    let (dir, path) = temp();
    let store = create(&path);
    for chunk in 0..4 {
        assert!(store.append_many(singles("a", chunk * 500..(chunk + 1) * 500)).await.iter().all(Result::is_ok));
    }
    store.append_many(singles("a", 2_000..2_001)).await.pop().unwrap().unwrap();
    let whole = store.read_all(None, usize::MAX).await.unwrap();
    drop(store);
    let good = fs::read(path.join("db")).unwrap();
    let mut found = 0;
    for place in 0..40 {
        let twin = dir.path().join(format!("twin-{place}"));
        copy(&path, &twin);
        let mut bad = good.clone();
        bad[place * 7_919 * 131 % good.len()] ^= 0x40;
        fs::write(twin.join("db"), bad).unwrap();
        match open(&twin) {
            // The byte was in what sled does not need any more.
            Ok(store) => assert_eq!(store.read_all(None, usize::MAX).await.as_ref(), Ok(&whole), "place {place}"),
            Err(OpenError::Damaged { .. }) => found += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(found > 20, "{found}");
    fs::remove_file(path.join(watermark::FILE)).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Damaged { what, .. }) if what.contains("acknowledged")));
}
