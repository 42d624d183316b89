//! `fsck`, `backup`, `restore`: what keeps a log over damage.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ENGINES: [(&str, &str); 2] = [("sled", "db"), ("redb", "log.redb")];

/// A ledger with so many loans, and a checkpoint of its tree.
fn lived(place: &Place, engine: &str, loans: u32) {
    let store = format!("{engine}:books");
    place.done(&["init", "--store", &store, "--currency", "USD"]);
    for loan in 0..loans {
        let id = format!("L-{loan}");
        let open = ["loan", "open", &id, "--product", "us-annuity-36-up", "--principal", "3600", "--on", "2024-01-15"];
        place.done(&[&open[..], &["--disburse", "--store", &store]].concat());
    }
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(at) = dirs.pop() {
        for entry in std::fs::read_dir(at).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                dirs.push(entry.path());
            } else {
                files.insert(entry.path(), std::fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

#[test]
fn fsck_reads_everything_and_changes_nothing() {
    for (engine, _) in ENGINES {
        let place = Place::empty();
        lived(&place, engine, 3);
        let before = files(place.path());
        let report = place.json(&["fsck", "--store", "books"]);
        assert_eq!(files(place.path()), before);
        assert_eq!((&report["engine"], &report["intact_events"]), (&engine.into(), &6.into()), "{report}");
        assert_eq!(report["acknowledged_events"], 6);
        assert_eq!(report["findings"].as_array().unwrap().len(), 0);
        assert_eq!(report["intact"][0]["last"], 5);
        assert!(place.done(&["fsck", "--store", "books"]).contains("everything is intact"));
    }
}

#[test]
fn fsck_names_what_is_damaged_and_a_backup_brings_it_back() {
    for (engine, file) in ENGINES {
        let place = Place::empty();
        lived(&place, engine, 3);
        let events = place.done(&["export", "events", "--store", "books"]);
        place.done(&["backup", "kept", "--store", "books"]);
        let log = place.path().join("books/log").join(file);
        let good = std::fs::read(&log).unwrap();
        let used = good.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let mut found = 0;
        let flips = (1..24).map(|n| {
            let mut bad = good.clone();
            bad[used * n / 24] ^= 0x20;
            bad
        });
        let cuts = [0, 1, 100, used / 2, used - 1].map(|len| good[..len].to_vec());
        for bad in flips.chain(cuts) {
            std::fs::write(&log, bad).unwrap();
            let before = files(place.path());
            let said = place.run(&["fsck", "--store", "books", "--format", "json"]);
            assert_eq!(files(place.path()), before, "fsck changed the store");
            let report: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
            let findings = report["findings"].as_array().unwrap().len();
            assert_eq!(said.code, if findings == 0 { 0 } else { 3 }, "{said:?}");
            if findings == 0 {
                // The byte was in what the engine does not need any more.
                assert_eq!(report["intact_events"], 6, "{engine}: {report}");
                assert_eq!(place.done(&["export", "events", "--store", "books"]), events);
            } else {
                found += 1;
                assert!(!report["findings"][0]["place"].as_str().unwrap().is_empty());
                let said = place.run(&["export", "events", "--store", "books"]);
                assert!(said.code == 3 || (said.code, &said.out) == (0, &events), "{engine}: {said:?}");
            }
        }
        assert!(found > 8, "{engine}: {found}");
        std::fs::remove_dir_all(place.path().join("books")).unwrap();
        let report = place.json(&["restore", "kept", "--store", "books"]);
        assert_eq!((&report["events"], &report["dry_run"]), (&6.into(), &false.into()));
        assert_eq!(place.done(&["export", "events", "--store", "books"]), events);
        place.done(&["fsck", "--store", "books"]);
        place.done(&["balance", "--store", "books"]);
    }
}

#[test]
fn a_backup_moves_a_ledger_to_the_other_engine() {
    let place = Place::empty();
    lived(&place, "sled", 2);
    place.done(&["checkpoint", "key", "generate", "books.example.com/ledger", "--output", "signer.key"]);
    place.done(&["checkpoint", "create", "--signer", "signer.key", "--store", "books"]);
    let said = place.json(&["backup", "kept", "--store", "books"]);
    assert_eq!((&said["events"], &said["segments_written"]), (&4.into(), &1.into()));
    place.done(&["restore", "kept", "--store", "redb:moved"]);
    assert!(place.path().join("moved/log/log.redb").is_file());
    let all = |store| place.done(&["export", "events", "--store", store]);
    assert_eq!(all("books"), all("moved"));
    let verified = place.json(&["verify", "--store", "moved"]);
    assert_eq!(verified["checkpoints_confirmed"], 1, "{verified}");
    place.done(&["repay", "L-1", "10", "--on", "2024-02-15", "--store", "moved"]);
    // The backup goes on from the ledger that was restored.
    let said = place.json(&["backup", "kept", "--store", "moved"]);
    assert_eq!(said["events"], 5);
}

#[test]
fn dry_runs_write_nothing() {
    let place = Place::empty();
    lived(&place, "sled", 1);
    let said = place.json(&["backup", "kept", "--store", "books", "--dry-run"]);
    assert_eq!((&said["events"], &said["dry_run"]), (&2.into(), &true.into()));
    assert!(!place.path().join("kept").exists());
    place.done(&["backup", "kept", "--store", "books"]);
    place.done(&["restore", "kept", "--store", "new", "--dry-run"]);
    assert!(!place.path().join("new").exists());
}

#[test]
fn a_restore_needs_a_free_place_and_an_intact_backup() {
    let place = Place::empty();
    lived(&place, "sled", 1);
    place.done(&["backup", "kept", "--store", "books"]);
    let before = files(place.path());
    let expect = |args: &[&str], code: i32, text: &str| {
        let said = place.run(args);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
        assert!(said.err.contains(text), "{}", said.err);
    };
    expect(&["restore", "kept", "--store", "books"], 4, "is not empty");
    expect(&["restore", "nothing", "--store", "new"], 6, "there is no backup");
    expect(&["backup", "books", "--store", "books"], 4, "no backup");
    expect(&["fsck", "--store", "nothing"], 6, "there is no store");
    assert_eq!(files(place.path()), before);
    let segment = std::fs::read_dir(place.path().join("kept/segments")).unwrap().next().unwrap().unwrap().path();
    let mut bad = std::fs::read(&segment).unwrap();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    std::fs::write(&segment, bad).unwrap();
    let before = files(place.path());
    expect(&["restore", "kept", "--store", "new"], 3, "SHA-256");
    expect(&["restore", "kept", "--store", "new", "--dry-run"], 3, "SHA-256");
    assert_eq!(files(place.path()), before, "something half-written was left");
    // The next backup repairs it.
    let said = place.run(&["backup", "kept", "--store", "books"]);
    assert_eq!(said.code, 0);
    assert!(said.err.contains("was damaged in the backup"), "{}", said.err);
    place.done(&["restore", "kept", "--store", "new"]);
}

#[test]
fn a_store_in_use_is_not_checked() {
    for (engine, _) in ENGINES {
        let place = Place::empty();
        lived(&place, engine, 1);
        let path = place.path().join("books/log");
        let held = ledger_core::store::BlockStore::open(path, ledger_core::store::OpenOptions::default()).unwrap();
        let said = place.run(&["fsck", "--store", "books"]);
        assert_eq!((said.code, said.out.as_str()), (6, ""), "{engine}: {said:?}");
        assert!(said.err.contains("open in another process"), "{}", said.err);
        drop(held);
    }
}
