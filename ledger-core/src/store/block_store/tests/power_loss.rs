//! The power fails: what was not synced is lost, page by page, as the disk likes.
//!
//! Below the store, every sync is seen (`files::observed`, and a storage backend around redb's). What a file held at its last sync
//! is durable; of what was written since, each page of 4 KiB may have reached the disk or not, and the length with it; a new
//! file is there for certain only once its directory was synced. Just before each sync of a file, and after each answer, such
//! states are made of the directory as it is, and each of them is opened.

use super::*;
use crate::store::engine::RedbEngine;
use crate::store::files::observed;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

on_each_engine!(
    acknowledged_events_survive_the_loss_of_power,
    damage_after_the_loss_of_power_is_noticed,
    a_store_that_does_not_sync_is_caught,
);

const PAGE: usize = 4096;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a directory, by their path in it.
fn read_files(dir: &Path) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(at) = dirs.pop() {
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                dirs.push(entry.path());
            } else if let Ok(bytes) = fs::read(entry.path()) {
                files.insert(entry.path().strip_prefix(dir).unwrap().to_path_buf(), bytes);
            }
        }
    }
    files
}

fn is_snapshot(name: &Path) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("snap.") && !name.ends_with(".generating")
}

/// What the disk is sure to hold, and what it may hold if the power fails now.
struct Disk {
    dir: PathBuf,
    into: PathBuf,
    acknowledged: AtomicU64,
    state: Mutex<State>,
}

struct State {
    durable: Files,
    /// Contents that were synced before their names were.
    nameless: Files,
    random: u64,
    /// Directories, and how many events were acknowledged before the power failed.
    failures: Vec<(PathBuf, u64)>,
    /// Of how many states one is kept.
    every: u64,
    syncs: u64,
}

impl State {
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// A file of which some pages are as they were synced and others as they were written since.
    fn torn(&mut self, old: &[u8], new: &[u8]) -> Vec<u8> {
        let (all, none) = (self.random().is_multiple_of(8), self.random().is_multiple_of(8));
        let len = if self.random().is_multiple_of(2) { old.len() } else { new.len() };
        let mut bytes = vec![0; len];
        for at in (0..len).step_by(PAGE) {
            let end = len.min(at + PAGE);
            let page = &mut bytes[at..end];
            let from = if all || (!none && self.random().is_multiple_of(2)) { new } else { old };
            let part = from.get(at..from.len().min(end)).unwrap_or_default();
            page[..part.len()].copy_from_slice(part);
        }
        bytes
    }
}

impl Disk {
    fn new(dir: &Path, into: &Path, every: u64) -> Arc<Self> {
        let state = State {
            durable: read_files(dir),
            nameless: Files::new(),
            random: 0x9e37_79b9_7f4a_7c15,
            failures: Vec::new(),
            every,
            syncs: 0,
        };
        let state = Mutex::new(state);
        Arc::new(Self { dir: dir.into(), into: into.into(), acknowledged: AtomicU64::new(0), state })
    }

    /// The power fails: what may be on the disk now goes to a directory of its own.
    fn fail(&self) {
        let mut state = self.state.lock().unwrap();
        let now = read_files(&self.dir);
        let mut names: Vec<PathBuf> = now.keys().chain(state.durable.keys()).cloned().collect();
        names.sort();
        names.dedup();
        let place = self.into.join(format!("failure-{}", state.failures.len()));
        fs::create_dir_all(place.join("blobs")).unwrap();
        for name in names {
            let old = state.durable.get(&name).cloned();
            let bytes = match (old, now.get(&name)) {
                (Some(_), Some(new)) if is_snapshot(&name) => new.clone(),
                (Some(old), Some(new)) => state.torn(&old, new),
                // Deleted, or not yet.
                (Some(old), None) if state.random().is_multiple_of(2) => old,
                // sled syncs a snapshot before it gives it its name.
                (None, Some(new)) if is_snapshot(&name) && state.random().is_multiple_of(2) => new.clone(),
                (None, Some(_)) if is_snapshot(&name) => continue,
                // New: its name may be missing, and its content too.
                (None, Some(new)) if state.random().is_multiple_of(2) => state.torn(&[], new),
                _ => continue,
            };
            fs::write(place.join(name), bytes).unwrap();
        }
        state.failures.push((place, self.acknowledged.load(Ordering::SeqCst)));
    }

    fn acknowledge(&self, events: u64) {
        self.acknowledged.store(events, Ordering::SeqCst);
        self.fail();
    }
}

impl observed::Observer for Disk {
    fn before(&self, _: &Path) {
        let due = {
            let mut state = self.state.lock().unwrap();
            state.syncs += 1;
            state.syncs.is_multiple_of(state.every)
        };
        if due {
            self.fail();
        }
    }

    fn after(&self, path: &Path) {
        let mut state = self.state.lock().unwrap();
        let Ok(name) = path.strip_prefix(&self.dir).map(Path::to_path_buf) else { return };
        if path.is_dir() {
            let (named, rest): (Files, Files) =
                std::mem::take(&mut state.nameless).into_iter().partition(|(file, _)| file.parent() == Some(&name));
            state.durable.extend(named);
            state.durable.retain(|file, _| file.parent() != Some(&name) || self.dir.join(file).exists());
            state.nameless = rest;
        } else if let Ok(bytes) = fs::read(path) {
            match state.durable.get_mut(&name) {
                Some(known) => *known = bytes,
                None => drop(state.nameless.insert(name, bytes)),
            }
        }
    }
}

/// redb's own backend for files, with its syncs seen.
#[derive(Debug)]
struct SeenBackend(redb::backends::FileBackend, PathBuf);

impl redb::StorageBackend for SeenBackend {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        observed::before(&self.1);
        self.0.sync_data()?;
        observed::after(&self.1);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> std::io::Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, redb::BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), redb::BackendError> {
        self.0.unlock_range(start, end)
    }
}

/// Opens a store so that every sync of its engine is seen.
fn open_seen(path: &Path, kind: EngineKind) -> BlockStore {
    if kind == EngineKind::Sled {
        return open(path).unwrap();
    }
    let file = path.join(kind.file());
    let backend = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
    let backend = SeenBackend(redb::backends::FileBackend::new(backend).unwrap(), file);
    let engine = RedbEngine::new(redb::Builder::new().create_with_backend(backend).unwrap(), false).unwrap();
    let id = Uuid::from_slice(&get(&engine, Space::Head, keys::ID_KEY)).unwrap();
    BlockStore::start(path, open::start(path, id, kind, Box::new(engine)).unwrap()).unwrap()
}

/// Runs appends of every size, with the power failing all along; gives the log as it was in the end.
async fn live(disk: &Disk, path: &Path, kind: EngineKind, sizes: &[u64]) -> Vec<Record> {
    let store = open_seen(path, kind);
    let mut stored = 0_u64;
    for size in sizes {
        // One append of several events, so that half of it would show.
        let events = (stored..stored + size).map(|id| event(id.into(), vec![id as u8; 40])).collect();
        store.append(append("a", stored.checked_sub(1), events)).await.unwrap();
        stored += size;
        disk.acknowledge(stored);
    }
    store.read_all(None, usize::MAX).await.unwrap()
}

async fn acknowledged_events_survive_the_loss_of_power(kind: EngineKind) {
    let (dir, path) = temp();
    drop(create(&path, kind));
    let path = fs::canonicalize(path).unwrap();
    let disk = Disk::new(&path, dir.path(), 1);
    observed::observe(&path, disk.clone());
    let sizes: Vec<u64> = (0..70).map(|round| [1, 2, 1, 3, 40, 1, 1, 500][round % 8]).chain([6_000, 1, 2, 1]).collect();
    let whole = live(&disk, &path, kind, &sizes).await;
    let ends = sizes.iter().scan(0, |sum, size| {
        *sum += *size as usize;
        Some(*sum)
    });
    let ends: Vec<usize> = ends.collect();
    let failures = std::mem::take(&mut disk.state.lock().unwrap().failures);
    let mut lost = 0;
    for (place, acknowledged) in &failures {
        let store = open(place).unwrap_or_else(|error| panic!("{acknowledged} acknowledged: {error}"));
        let left = store.read_all(None, usize::MAX).await.unwrap();
        let count = left.len();
        assert!(count as u64 >= *acknowledged, "{acknowledged} acknowledged, {count} left");
        assert!(count == 0 || ends.contains(&count), "half an append: {count} events");
        assert!(whole.starts_with(&left), "other events");
        lost += u32::from(count < whole.len() && count as u64 == *acknowledged);
        // And it goes on from there.
        store.append(append("b", None, vec![event(1, vec![])])).await.unwrap();
        drop(store);
        fs::remove_dir_all(place).unwrap();
    }
    println!(
        "{kind}: the power failed {} times, {lost} of them with nothing but what was acknowledged",
        failures.len()
    );
    assert!(failures.len() > 2 * sizes.len(), "{} failures in {} appends", failures.len(), sizes.len());
}

/// The suite itself: if a sync did not do its work, it would be seen.
async fn a_store_that_does_not_sync_is_caught(kind: EngineKind) {
    let (dir, path) = temp();
    drop(create(&path, kind));
    let path = fs::canonicalize(path).unwrap();
    // Nobody tells this disk of any sync.
    let disk = Disk::new(&path, dir.path(), 1);
    live(&disk, &path, kind, &[1; 20]).await;
    let mut caught = 0;
    let failures = std::mem::take(&mut disk.state.lock().unwrap().failures);
    for (place, acknowledged) in failures {
        caught += match open(&place) {
            Ok(store) => u32::from((count(&store).await.unwrap_or(0) as u64) < acknowledged),
            Err(_) => 1,
        };
    }
    assert!(caught > 5, "{caught}");
}

/// After the power failed, a byte goes bad in what was written last. The engine may take it for the end of an interrupted write;
/// the store must not.
async fn damage_after_the_loss_of_power_is_noticed(kind: EngineKind) {
    let (dir, path) = temp();
    drop(create(&path, kind));
    let path = fs::canonicalize(path).unwrap();
    let disk = Disk::new(&path, dir.path(), u64::MAX);
    observed::observe(&path, disk.clone());
    let store = open_seen(&path, kind);
    let durable = || disk.state.lock().unwrap().durable.clone();
    let mut before = Files::new();
    for one in singles("a", 0..20) {
        before = durable();
        store.append(one).await.unwrap();
    }
    // With redb the count is synced when there is nothing else to do.
    let count_of = |files: &Files| files.get(Path::new(watermark::FILE)).cloned();
    for _ in 0..2_000 {
        if count_of(&durable()) == fs::read(path.join(watermark::FILE)).ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The store is still open: what it does when it is closed was not done when the power failed.
    let after = durable();
    drop(store);
    let file = Path::new(kind.file());
    let (old, new) = (&before[file], &after[file]);
    let changed: Vec<usize> = (0..new.len()).filter(|at| old.get(*at) != new.get(*at)).collect();
    let mut noticed = 0;
    for (number, at) in changed.iter().step_by(changed.len() / 40).enumerate() {
        let twin = dir.path().join(format!("twin-{number}"));
        fs::create_dir_all(twin.join("blobs")).unwrap();
        for (name, bytes) in &after {
            fs::write(twin.join(name), bytes).unwrap();
        }
        assert!(number > 0 || count(&open(&twin).unwrap()).await == Ok(20));
        let mut bad = new.clone();
        bad[*at] ^= 0x11;
        fs::write(twin.join(file), bad).unwrap();
        match open(&twin) {
            Err(OpenError::Damaged { .. }) => noticed += 1,
            Err(other) => panic!("{other}"),
            Ok(store) => match count(&store).await {
                Ok(left) => assert_eq!(left, 20, "byte {at}: events vanished, and nobody noticed"),
                Err(_) => noticed += 1,
            },
        }
    }
    println!("{kind}: {noticed} of 40 bytes that the last append wrote were noticed");
    assert!(noticed > 0);
}
