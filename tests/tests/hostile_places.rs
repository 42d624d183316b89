//! Places that a store cannot be written in: a disk that is full, a directory that may only be read.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use iledger_tests::conformance::read_everything;
use iledger_tests::samples::{append, event, expect, noise, stream};
use ledger_core::store::{
    Append, AppendError, BlockStore, EngineKind, EventAppender, EventReader as _, OpenError, OpenOptions, ReadError,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const DIRECTORY: &str = "ILEDGER_HOSTILE_PLACE";
const FULL: &str = "until_the_disk_is_full";
const READ_ONLY: &str = "where_nothing_may_be_written";
/// Whoever has no rights.
const NOBODY: u32 = 65_534;

/// Events that fill a disk soon.
fn large(n: u64) -> Append {
    let events = (0..4).map(|k| event(u128::from(n * 4 + k), noise(n * 4 + k, 3_000))).collect();
    Append { stream: stream(n), expected: expect(None), events }
}

/// Not a test of its own: appends until the disk is full. Says what it was told.
#[tokio::test]
async fn until_the_disk_is_full() {
    let Some(path) = std::env::var_os(DIRECTORY) else { return };
    let store = BlockStore::open(&path, OpenOptions::default()).unwrap();
    let mut acknowledged = 0;
    for n in store.stats().unwrap().events / 4.. {
        match tokio::time::timeout(Duration::from_secs(60), store.append(large(n))).await.expect("an answer") {
            Ok(done) => acknowledged = done.position.0 + 1,
            Err(error) => {
                assert!(matches!(&error, AppendError::UnknownOutcome(_) | AppendError::Unavailable(_)), "{error:?}");
                println!("\nacknowledged {acknowledged}: {error}");
                // From then on it is said at once, and what was acknowledged can be read.
                let next = store.append(append(&stream("next"), None, [1])).await.unwrap_err();
                assert!(
                    matches!(&next, AppendError::Unavailable(why) if why.contains("open the store again")),
                    "{next:?}"
                );
                // what is stored can be read, or the engine has given up whole
                match store.read_all(None, usize::MAX).await {
                    Ok(read) => assert!(read.len() as u64 >= acknowledged),
                    Err(ReadError::Unavailable(_)) => {}
                    Err(other) => panic!("{other}"),
                }
                return;
            }
        }
    }
}

/// This program again, with one of its children's tests.
fn child(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(DIRECTORY, path).env("RUST_BACKTRACE", "0");
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the child said of the disk that was full; what is there afterwards, when there is room again.
async fn went_on(path: &Path, output: &Output) {
    let said = text(output);
    assert!(output.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("acknowledged ")).unwrap_or_else(|| panic!("{said}"));
    let (acknowledged, error) = line.split_once(": ").unwrap();
    println!("{acknowledged} events, then: {error}");
    let acknowledged: usize = acknowledged.parse().unwrap();
    assert!(acknowledged > 0);
    let store = BlockStore::open(path, OpenOptions::default()).unwrap();
    let all = read_everything(&store, 100).await;
    assert!(all.len() >= acknowledged && all.len() % 4 == 0, "{} of {acknowledged}", all.len());
    let (n, k) = ((all.len() / 4) as u64, (all.len() / 4 + 1) as u64);
    assert!(all.iter().zip((0..n).flat_map(|n| large(n).events)).all(|(one, sent)| one.body == sent.body));
    store.append(large(n)).await.unwrap();
    store.append(large(k)).await.unwrap();
    assert_eq!(read_everything(&store, 100).await.len(), all.len() + 8);
}

/// A limit to the length of a file: every write beyond it fails, as on a disk that is full.
async fn a_file_that_cannot_grow(engine: EngineKind) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    drop(BlockStore::create(&path, OpenOptions::of(engine)).unwrap());
    let mut command = Command::new("sh");
    // In units of 512 bytes; redb begins with a file of more than 1 MiB.
    command.args(["-c", "trap '' XFSZ; ulimit -f 8000; exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().unwrap()).args([FULL, "--exact", "--nocapture"]);
    let output = command.env(DIRECTORY, &path).env("RUST_BACKTRACE", "0").output().unwrap();
    went_on(&path, &output).await;
}

#[tokio::test]
async fn a_file_that_cannot_grow_on_sled() {
    a_file_that_cannot_grow(EngineKind::Sled).await;
}

#[tokio::test]
async fn a_file_that_cannot_grow_on_redb() {
    a_file_that_cannot_grow(EngineKind::Redb).await;
}

/// A file system of its own, so small that it is soon full: where one may be mounted.
async fn a_file_system_that_is_full(engine: EngineKind) {
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    fs::create_dir(&small).unwrap();
    let mount = |options: &str| {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "iledger-test"]).arg(&small).output();
        done.is_ok_and(|output| output.status.success())
    };
    if !mount("size=6m") {
        println!("skipped: no file system may be mounted here");
        return;
    }
    let path = small.join("log");
    drop(BlockStore::create(&path, OpenOptions::of(engine)).unwrap());
    let output = child(FULL, &path).output().unwrap();
    let more = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&small).status();
    let result = tokio::spawn(async move {
        assert!(more.unwrap().success());
        went_on(&path, &output).await;
    });
    let result = result.await;
    assert!(Command::new("umount").arg(&small).status().unwrap().success());
    result.unwrap();
}

#[tokio::test]
async fn a_file_system_that_is_full_on_sled() {
    a_file_system_that_is_full(EngineKind::Sled).await;
}

#[tokio::test]
async fn a_file_system_that_is_full_on_redb() {
    a_file_system_that_is_full(EngineKind::Redb).await;
}

/// Not a test of its own: a store that may be read only, opened by somebody without rights.
#[tokio::test]
async fn where_nothing_may_be_written() {
    let Some(path) = std::env::var_os(DIRECTORY) else { return };
    let path = Path::new(&path);
    let opened = BlockStore::open(path, OpenOptions::default());
    assert!(matches!(&opened, Err(OpenError::NotWritable { path: named, .. }) if named == path), "{opened:?}");
    for engine in EngineKind::ALL {
        let new = path.parent().unwrap().join("new");
        let made = BlockStore::create(&new, OpenOptions::of(engine));
        assert!(matches!(&made, Err(OpenError::NotWritable { path: named, .. }) if *named == new), "{made:?}");
    }
    println!("\nrefused");
}

fn read_only(engine: EngineKind) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    drop(BlockStore::create(&path, OpenOptions::of(engine)).unwrap());
    let set = |write: u32| {
        let mut dirs = vec![dir.path().to_path_buf()];
        while let Some(at) = dirs.pop() {
            for entry in fs::read_dir(&at).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    dirs.push(entry.path());
                } else {
                    fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o444 | write)).unwrap();
                }
            }
            fs::set_permissions(at, fs::Permissions::from_mode(0o555 | write)).unwrap();
        }
    };
    set(0);
    // Whoever may do everything (root) is refused nothing; so somebody else is asked.
    let everything = fs::write(dir.path().join("probe"), "").is_ok();
    let mut command = child(READ_ONLY, &path);
    if everything {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output();
    set(0o200);
    match output {
        Ok(output) if text(&output).contains("\nrefused") => assert!(output.status.success(), "{}", text(&output)),
        Ok(output) => panic!("{}", text(&output)),
        Err(error) if everything => println!("skipped: this program cannot be run by somebody else: {error}"),
        Err(error) => panic!("{error}"),
    }
    drop(BlockStore::open(&path, OpenOptions::default()).unwrap());
}

#[test]
fn a_directory_that_may_only_be_read_on_sled() {
    read_only(EngineKind::Sled);
}

#[test]
fn a_directory_that_may_only_be_read_on_redb() {
    read_only(EngineKind::Redb);
}
