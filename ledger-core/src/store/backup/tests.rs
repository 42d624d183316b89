//! Backups of logs of several segments.

use super::*;
use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, NewRecord, Record, Version};
use crate::store::{Append, BlockStore, EngineKind, EventAppender, EventReader, ExpectedVersion, OpenOptions};
use std::fs;
use std::sync::Arc;
use uuid::Uuid;

fn append(stream: u64, version: u64) -> Append {
    let day = Date::from_days_since_epoch(19_000).unwrap();
    let envelope = Envelope {
        id: Uuid::from_u128(u128::from(stream) << 64 | u128::from(version)),
        kind: Arc::from("repayment-received"),
        schema: 1,
        effective_on: day,
        booked_on: day,
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000).unwrap(),
        actor: Arc::from("teller"),
        key: Arc::from(version.to_string()),
        request: [7; 32],
    };
    let expected =
        version.checked_sub(1).map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(Version(last)));
    let events = vec![NewRecord { envelope, body: vec![stream as u8; 20] }];
    Append { stream: format!("loan-{stream}").parse().unwrap(), expected, events }
}

/// One more event for each of so many streams.
async fn grow(store: &BlockStore, streams: u64, version: u64) {
    let items = (0..streams).map(|stream| append(stream, version)).collect();
    assert!(store.append_many(items).await.iter().all(Result::is_ok));
}

async fn everything(store: &BlockStore) -> Vec<Record> {
    store.read_all(None, usize::MAX).await.unwrap()
}

fn back_up(store: &BlockStore, to: &Path) -> Result<Written, BackupError> {
    let files = vec![("ledger.toml".to_owned(), b"settings".to_vec()), ("a/b".to_owned(), b"other".to_vec())];
    Backup { store, files, to, dry_run: false }.run(|_| true)
}

fn options(engine: EngineKind) -> OpenOptions {
    OpenOptions::of(engine)
}

#[tokio::test]
async fn a_backup_grows_by_what_is_new_and_gives_the_same_log_on_either_engine() {
    let dir = tempfile::tempdir().unwrap();
    let (path, to) = (dir.path().join("log"), dir.path().join("backup"));
    let store = BlockStore::create(&path, options(EngineKind::Sled)).unwrap();
    for version in 0..6 {
        grow(&store, 2_000, version).await;
    }
    let first = back_up(&store, &to).unwrap();
    assert_eq!((first.manifest.events, first.kept, first.written), (12_000, 0, 3));
    let again = back_up(&store, &to).unwrap();
    assert_eq!((again.kept, again.written, &again.manifest), (3, 0, &first.manifest));
    for version in 0..70 {
        store.append(append(99_999, version)).await.unwrap();
    }
    let more = back_up(&store, &to).unwrap();
    assert_eq!((more.manifest.events, more.kept, more.written), (12_070, 2, 1));
    assert_eq!(fs::read_dir(to.join(SEGMENTS)).unwrap().count(), 3, "what the manifest does not name is gone");
    verify(&to, |_| true).unwrap();
    for engine in EngineKind::ALL {
        let place = dir.path().join(engine.name());
        restore(&to, &place.join("log"), &place, options(engine), |_| true).unwrap();
        assert_eq!(fs::read(place.join("a/b")).unwrap(), b"other");
        let back = BlockStore::open(place.join("log"), OpenOptions::default()).unwrap();
        assert_eq!((back.id(), back.engine()), (store.id(), engine));
        assert!(everything(&back).await == everything(&store).await, "other events");
        let stats = back.stats().unwrap();
        assert_eq!((stats.events, stats.streams), (12_070, 2_001));
        // What is restored goes on, and so does its backup.
        back.append(append(99_999, 70)).await.unwrap();
        assert_eq!(back.read_stream(&"loan-99999".parse().unwrap(), Version(0), 99).await.unwrap().len(), 71);
        drop(back);
        let report = BlockStore::check(place.join("log"), dir.path(), |_| true).unwrap().unwrap();
        assert_eq!((report.findings, report.intact), (vec![], vec![0..=12_070]));
        let back = BlockStore::open(place.join("log"), OpenOptions::default()).unwrap();
        let twin = dir.path().join(format!("{engine}-backup"));
        fs::create_dir(&twin).unwrap();
        assert_eq!(back_up(&back, &twin).unwrap().manifest.segments[..2], more.manifest.segments[..2]);
    }
}

#[tokio::test]
async fn every_file_of_a_backup_is_checked_and_a_damaged_one_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let (path, to) = (dir.path().join("log"), dir.path().join("backup"));
    let store = BlockStore::create(&path, options(EngineKind::Redb)).unwrap();
    for version in 0..3 {
        grow(&store, 2_000, version).await;
    }
    let written = back_up(&store, &to).unwrap();
    let names = written.manifest.segments.iter().map(Segment::path);
    let names: Vec<PathBuf> = names.chain(written.manifest.files.iter().map(BackupFile::stored)).collect();
    assert_eq!(names.len(), 4);
    for (number, name) in names.iter().map(|name| to.join(name)).enumerate() {
        let good = fs::read(&name).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() * 2 / 3] ^= 1;
        for bad in [Some(flipped), Some(good[..good.len() - 1].to_vec()), None] {
            match bad {
                Some(bad) => fs::write(&name, bad).unwrap(),
                None => fs::remove_file(&name).unwrap(),
            }
            let place = dir.path().join("place");
            for error in [
                verify(&to, |_| true).unwrap_err(),
                restore(&to, &place.join("log"), &place, options(EngineKind::Redb), |_| true).unwrap_err(),
            ] {
                assert!(matches!(&error, BackupError::Damaged { path, .. } if *path == name), "{error}");
            }
            fs::remove_dir_all(place).unwrap();
            let again = back_up(&store, &to).unwrap();
            assert_eq!(again.repaired.len(), usize::from(number < 2));
            verify(&to, |_| true).unwrap();
        }
    }
    let manifest = fs::read_to_string(to.join(MANIFEST)).unwrap();
    for (from, into) in [
        ("\"events\": 6000", "\"events\": 6001"),
        ("ledger.toml", "../ledger.toml"),
        ("backup 1", "backup 2"),
        ("{", ""),
    ] {
        assert!(manifest.contains(from));
        fs::write(to.join(MANIFEST), manifest.replacen(from, into, 1)).unwrap();
        assert!(matches!(verify(&to, |_| true), Err(BackupError::Damaged { .. })), "{into}");
        assert!(matches!(back_up(&store, &to), Err(BackupError::Damaged { .. })), "{into}");
    }
}

#[tokio::test]
async fn a_backup_that_stops_leaves_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let (path, to) = (dir.path().join("log"), dir.path().join("backup"));
    let store = BlockStore::create(&path, options(EngineKind::Redb)).unwrap();
    grow(&store, 2_000, 0).await;
    back_up(&store, &to).unwrap();
    let dry = |store| Backup { store, files: vec![], to: &dir.path().join("new"), dry_run: true }.run(|_| true);
    assert_eq!(dry(&store).unwrap().manifest.events, 2_000);
    assert!(!dir.path().join("new").exists());
    for version in 1..6 {
        grow(&store, 2_000, version).await;
    }
    for steps in 0..3 {
        let mut left = steps;
        let stopped = Backup { store: &store, files: vec![], to: &to, dry_run: false }.run(|_| {
            left -= 1;
            left >= 0
        });
        assert_eq!(stopped, Err(BackupError::Stopped));
        assert_eq!(verify(&to, |_| true).unwrap().events, 2_000);
    }
    assert_eq!(back_up(&store, &to).unwrap().manifest.events, 12_000);
}

#[tokio::test]
async fn another_log_does_not_go_into_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let store = BlockStore::create(at("log"), options(EngineKind::Redb)).unwrap();
    for version in 0..3 {
        grow(&store, 2_000, version).await;
    }
    back_up(&store, &at("backup")).unwrap();
    let other = BlockStore::create(at("other"), options(EngineKind::Redb)).unwrap();
    assert!(matches!(back_up(&other, &at("backup")), Err(BackupError::OtherStore { .. })));
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full").join("x"), "x").unwrap();
    assert!(matches!(back_up(&store, &at("full")), Err(BackupError::NotABackup(_))));
    assert!(matches!(verify(&at("full"), |_| true), Err(BackupError::Missing(_))));
    // One that has the id, and fewer events; and one that has other events.
    let back = |name: &str, streams: u64, versions: u64| {
        let place = at(name);
        let empty = at(&format!("{name}-backup"));
        fs::create_dir_all(&empty).unwrap();
        Manifest::new(store.id(), vec![], vec![]).write(&empty).unwrap();
        restore(&empty, &place.join("log"), &place, options(EngineKind::Redb), |_| true).unwrap();
        let back = BlockStore::open(place.join("log"), OpenOptions::default()).unwrap();
        async move {
            for version in 0..versions {
                grow(&back, streams, version).await;
            }
            back
        }
    };
    let shorter = back("shorter", 2_000, 1).await;
    assert!(matches!(back_up(&shorter, &at("backup")), Err(BackupError::Diverged { why, .. }) if why.contains("2000")));
    let others = back("others", 1_000, 7).await;
    assert!(
        matches!(back_up(&others, &at("backup")), Err(BackupError::Diverged { why, .. }) if why.contains("are others"))
    );
    verify(&at("backup"), |_| true).unwrap();
}
