//! A process that appends is killed at random moments; what it was told is stored must be there.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use iledger_tests::conformance::read_everything;
use iledger_tests::samples::{append, noise, stream};
use ledger_core::record::Version;
use ledger_core::store::{BlockStore, EngineKind, EventAppender, EventReader, OpenOptions};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const DIRECTORY: &str = "ILEDGER_KILLED_WRITER";
/// How many tasks append at once.
const TASKS: u64 = 4;

/// How many events task `task` appends in round `round` of its own: mostly two, now and then enough for several blocks.
fn size(task: u64, round: u64) -> u64 {
    match (task + round) % 16 {
        3 => 300,
        9 => 70,
        _ => 2,
    }
}

/// The events of one append: their number is in the id of each, so that half an append shows.
fn ids(size: u64, last: u64) -> impl Iterator<Item = u128> {
    (last..last + size).map(move |n| u128::from(size) << 64 | u128::from(n))
}

async fn write(store: Arc<BlockStore>, task: u64) {
    let name = stream(task);
    let stored = store.read_stream(&name, Version(0), usize::MAX).await.unwrap();
    let mut next = stored.len() as u64;
    for round in next / 2.. {
        let size = size(task, round);
        let mut what = append(&name, next.checked_sub(1), ids(size, next));
        if round % 23 == 11 {
            // Too large for sled's file.
            what.events[0].body = noise(next, 200_000);
        }
        store.append(what).await.unwrap();
        next += size;
        // One write each, so that a line is whole or missing.
        let line = format!("ack {task} {next}\n");
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// Not a test of its own: the process that is killed. Says after each append how many events of the stream are acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer() {
    let Some(path) = std::env::var_os(DIRECTORY) else { return };
    let store = Arc::new(BlockStore::open(&path, OpenOptions::default()).unwrap());
    println!("open");
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(write(store.clone(), task))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn start(path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["writer", "--exact", "--nocapture"]).env(DIRECTORY, path).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Kills the writer some time after it has said this.
fn kill(mut child: Child, word: &str, after: Duration) -> String {
    let mut out = child.stdout.take().unwrap();
    let mut said = Vec::new();
    while !said.ends_with(word.as_bytes()) {
        said.push(0);
        out.read_exact(said.last_mut().map(std::slice::from_mut).unwrap()).unwrap();
    }
    let rest = std::thread::spawn(move || {
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).unwrap();
        rest
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(rest.join().unwrap());
    String::from_utf8(said).unwrap()
}

/// The number of acknowledged events by stream, from the lines that are whole.
fn acknowledged(said: &str) -> impl Iterator<Item = (String, u64)> {
    let whole = said.rfind('\n').map_or("", |end| &said[..end]);
    whole.lines().filter_map(|line| {
        let (task, count) = line.rsplit_once("ack ")?.1.split_once(' ')?;
        Some((stream(task).to_string(), count.parse().ok()?))
    })
}

/// 20 rounds on one store; 15 times as many, each 20 on a new one, if there is time.
async fn acknowledged_events_survive_a_kill(engine: EngineKind) {
    let stores = if std::env::var_os("ILEDGER_LONG").is_some() { 15 } else { 1 };
    for _ in 0..stores {
        kill_over_and_over(engine, 20).await;
    }
}

async fn kill_over_and_over(engine: EngineKind, rounds: u32) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    drop(BlockStore::create(&path, OpenOptions::of(engine)).unwrap());
    let mut promised: BTreeMap<String, u64> = BTreeMap::new();
    let mut before = Vec::new();
    let mut grew = 0;
    for round in 0..rounds {
        // Mostly while it writes; now and then before it has, or while it opens and repairs what the last kill left.
        let (word, most) = match round % 5 {
            0 => ("running", 30_000),
            1 => ("open", 30_000),
            _ => ("ack", 60_000),
        };
        let micros = uuid::Uuid::new_v4().as_u128() % most;
        let said = kill(start(&path), word, Duration::from_micros(u64::try_from(micros).unwrap()));
        promised.extend(acknowledged(&said));
        let store = BlockStore::open(&path, OpenOptions::default()).unwrap_or_else(|e| panic!("round {round}: {e}"));
        let all = read_everything(&store, 1_000).await;
        assert!(all.starts_with(&before), "round {round}: what was read before has changed");
        assert!((0..).zip(&all).all(|(place, record)| record.position.0 == place), "round {round}: a gap");
        let mut streams: BTreeMap<String, Vec<u128>> = BTreeMap::new();
        for record in &all {
            let ids = streams.entry(record.stream.to_string()).or_default();
            assert_eq!(record.version.0, ids.len() as u64, "round {round}: a version of {}", record.stream);
            ids.push(record.envelope.id.as_u128());
        }
        for (name, count) in &promised {
            let left = streams.get(name).map_or(0, Vec::len) as u64;
            assert!(left >= *count, "round {round}: {count} acknowledged in {name}, {left} left");
        }
        for (name, stored) in &streams {
            let mut next = 0;
            while let Some(id) = stored.get(usize::try_from(next).unwrap()) {
                let size = u64::try_from(id >> 64).unwrap();
                let end = usize::try_from(next + size).unwrap().min(stored.len());
                let whole: Vec<_> = ids(size, next).collect();
                assert_eq!(
                    stored[usize::try_from(next).unwrap()..end],
                    whole,
                    "round {round}: half an append in {name}"
                );
                next += size;
            }
            let one = store.read_stream(&name.parse().unwrap(), Version(0), usize::MAX).await.unwrap();
            assert!(one.iter().map(|record| record.envelope.id.as_u128()).eq(stored.iter().copied()));
        }
        grew += u32::from(all.len() > before.len());
        before = all;
    }
    println!("{engine}: {} events, {grew} of {rounds} rounds wrote", before.len());
    assert!(grew >= rounds * 3 / 5, "{grew} of {rounds} rounds wrote anything");
}

#[tokio::test]
async fn acknowledged_events_survive_a_kill_on_sled() {
    acknowledged_events_survive_a_kill(EngineKind::Sled).await;
}

#[tokio::test]
async fn acknowledged_events_survive_a_kill_on_redb() {
    acknowledged_events_survive_a_kill(EngineKind::Redb).await;
}
