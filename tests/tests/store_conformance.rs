//! The stores against the one contract, and against each other.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use iledger_tests::conformance::{self, read_everything, read_whole};
use iledger_tests::drafts::{Draft, drafts, items};
use iledger_tests::samples::{append, stream};
use ledger_core::record::Version;
use ledger_core::store::{
    Append, Appended, BlockStore, EngineKind, EventAppender, EventReader, MemoryStore, OpenOptions,
};
use proptest::prelude::*;
use std::cell::RefCell;
use std::path::Path;
use tempfile::TempDir;

fn create(path: &Path, engine: EngineKind) -> BlockStore {
    BlockStore::create(path, OpenOptions::of(engine)).unwrap()
}

fn open(path: &Path) -> BlockStore {
    BlockStore::open(path, OpenOptions::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    conformance::run(async || MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sled_conforms() {
    conforms(EngineKind::Sled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redb_conforms() {
    conforms(EngineKind::Redb).await;
}

async fn conforms(engine: EngineKind) {
    let dirs: RefCell<Vec<TempDir>> = RefCell::default();
    conformance::run(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = create(&dir.path().join("log"), engine);
        dirs.borrow_mut().push(dir);
        std::future::ready(store)
    })
    .await;
}

#[tokio::test]
async fn reopening_gives_the_same_records_on_sled() {
    reopening_gives_the_same_records(EngineKind::Sled).await;
}

#[tokio::test]
async fn reopening_gives_the_same_records_on_redb() {
    reopening_gives_the_same_records(EngineKind::Redb).await;
}

async fn reopening_gives_the_same_records(engine: EngineKind) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er/log");
    let id = create(&path, engine).id();
    let mut before = Vec::new();
    for (round, size) in (0_u128..).zip([3_u128, 60, 1, 1, 500, 2, 5_000, 1, 63, 64, 12_000, 7]) {
        let store = open(&path);
        assert_eq!(store.id(), id);
        assert_eq!(read_everything(&store, 777).await, before);
        let items = (0..size).map(|k| {
            let name = stream(format_args!("{round}-{}", k % 9_000));
            append(&name, (k >= 9_000).then_some(0), [round * 1_000_000 + k])
        });
        let results = store.append_many(items.collect()).await;
        assert!(results.iter().all(Result::is_ok));
        before = read_everything(&store, 1_000).await;
    }
    let store = open(&path);
    assert_eq!(read_everything(&store, 10_000).await, before);
    let mut streams: Vec<_> = before.iter().map(|record| record.stream.clone()).collect();
    streams.sort();
    streams.dedup();
    let stats = store.stats().unwrap();
    assert_eq!((stats.events, stats.streams), (before.len() as u64, streams.len() as u64));
    for name in streams.iter().step_by(97) {
        let expected: Vec<_> = before.iter().filter(|record| record.stream == *name).cloned().collect();
        assert_eq!(read_whole(&store, name).await, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is sent, the two stores answer the same and hold the same, also after the log is opened again.
    #[test]
    fn sled_does_what_memory_does(calls in drafts(1..40, 1..12)) {
        does_what_memory_does(EngineKind::Sled, calls)?;
    }

    #[test]
    fn redb_does_what_memory_does(calls in drafts(1..40, 1..12)) {
        does_what_memory_does(EngineKind::Redb, calls)?;
    }
}

fn does_what_memory_does(engine: EngineKind, calls: Vec<Vec<Draft>>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let memory = MemoryStore::new();
        let mut store = create(&path, engine);
        let mut sent: Vec<Append> = Vec::new();
        for (round, call) in calls.into_iter().enumerate() {
            let items = items(call, &memory, &mut sent, round).await;
            let expected: Vec<Result<Appended, _>> = memory.append_many(items.clone()).await;
            prop_assert_eq!(store.append_many(items).await, expected);
            prop_assert_eq!(store.head().await, memory.head().await);
            if round % 3 == 2 {
                drop(store);
                store = open(&path);
            }
        }
        let all = read_everything(&memory, 1_000).await;
        prop_assert_eq!(&read_everything(&store, 13).await, &all);
        for name in (0..5).map(stream) {
            for (from, limit) in [(0, usize::MAX), (1, 3), (17, 2)] {
                prop_assert_eq!(
                    store.read_stream(&name, Version(from), limit).await,
                    memory.read_stream(&name, Version(from), limit).await
                );
            }
        }
        Ok(())
    })
}
