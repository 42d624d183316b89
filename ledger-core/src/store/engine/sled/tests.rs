//! What sled alone can do wrong.

use super::*;

/// A value of more than 128 KiB is in a file of its own, and that file is synced before the log.
#[test]
fn files_of_large_values_are_synced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let engine = SledEngine::open(&path, 1 << 20, true).unwrap();
    let put = |key: u8, value: Vec<u8>| engine.apply(Space::Log, vec![(vec![key], value)]).unwrap();
    put(1, vec![1; 100]);
    engine.sync().unwrap();
    let mut syncer = Syncer::new(&path).unwrap();
    syncer.sync().unwrap();
    assert_eq!(syncer.sync().unwrap(), [path.join(FILE)]);
    let blobs = || fs::read_dir(path.join("blobs")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert!(blobs().is_empty());
    put(2, vec![7; 300_000]);
    engine.log.flush().unwrap();
    let files = blobs();
    assert!(!files.is_empty());
    let synced = syncer.sync().unwrap();
    assert!(files.iter().all(|file| synced.contains(file)), "{synced:?}");
    assert_eq!(synced.last(), Some(&path.join(FILE)));
    assert_eq!(syncer.sync().unwrap(), [path.join(FILE)]);
    drop(engine);
    let engine = SledEngine::open(&path, 1 << 20, false).unwrap();
    assert_eq!(engine.get(Space::Log, &[2]).unwrap().unwrap(), vec![7; 300_000]);
}

/// The layout of sled's snapshots is that of the pinned version.
#[test]
fn a_damaged_snapshot_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let engine = SledEngine::open(&path, 1 << 20, true).unwrap();
    engine.apply(Space::Log, vec![(vec![1], vec![2])]).unwrap();
    engine.sync().unwrap();
    drop(engine);
    drop(SledEngine::open(&path, 1 << 20, false).unwrap());
    let snapshot = || {
        let mut names = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        names.find(|name| name.file_name().unwrap().to_string_lossy().starts_with(SNAPSHOT)).unwrap()
    };
    let good = fs::read(snapshot()).unwrap();
    assert!(is_whole(&good) && !is_whole(&[]) && !is_whole(&good[1..]));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(snapshot(), bad).unwrap();
        let engine = SledEngine::open(&path, 1 << 20, false).unwrap();
        assert_eq!(engine.get(Space::Log, &[1]).unwrap(), Some(vec![2]), "byte {at}");
        drop(engine);
        drop(SledEngine::open(&path, 1 << 20, false).unwrap());
    }
}
