//! The engines that a ledger can stand on.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;

/// A ledger with a loan and two repayments, on a store that is named so when it is made.
fn lived(place: &Place, store: &str) {
    place.done(&["init", "--store", store, "--currency", "USD"]);
    let open = ["loan", "open", "L-1", "--product", "us-annuity-36-up", "--principal", "3600", "--on", "2024-01-15"];
    place.done(&[&open[..], &["--disburse", "--store", store]].concat());
    for (amount, on) in [("110.25", "2024-02-15"), ("95", "2024-03-20")] {
        place.done(&["repay", "L-1", amount, "--on", on, "--reference", on, "--store", store]);
    }
}

#[test]
fn the_same_book_on_both_engines() {
    let place = Place::empty();
    lived(&place, "sled:one");
    lived(&place, "redb:two");
    assert!(place.path().join("one/log/db").is_file() && !place.path().join("one/log/log.redb").exists());
    assert!(place.path().join("two/log/log.redb").is_file() && !place.path().join("two/log/db").exists());
    // A plain path finds what is there.
    for args in [&["balance"][..], &["loan", "schedule", "L-1"], &["overdue"], &["replay"]] {
        let answers = ["one", "two"].map(|store| place.done(&[args, &["--store", store, "--format", "json"]].concat()));
        assert_eq!(answers[0], answers[1], "{args:?}");
    }
    let events = |store| {
        let text = place.done(&["export", "events", "--store", store]);
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| (line["kind"].clone(), line["request"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(events("one"), events("redb:two"));
    assert_eq!(events("one").len(), 4);
}

#[test]
fn a_plain_path_is_made_with_sled() {
    let place = Place::with_ledger();
    assert!(place.path().join(".iledger/log/db").is_file());
}

#[test]
fn the_wrong_engine_is_named() {
    let place = Place::empty();
    lived(&place, "redb:books");
    let said = place.run(&["balance", "--store", "sled:books"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    assert!(said.err.contains("is kept by redb, not by sled"), "{}", said.err);
    assert_eq!(place.done(&["export", "events", "--store", "books"]).lines().count(), 4);
}

#[test]
fn a_redb_store_that_is_open_elsewhere() {
    let place = Place::empty();
    lived(&place, "redb:books");
    let path = place.path().join("books/log");
    let held = ledger_core::store::BlockStore::open(path, ledger_core::store::OpenOptions::default()).unwrap();
    let said = place.run(&["balance", "--store", "books"]);
    assert_eq!((said.code, said.out.as_str()), (6, ""), "{}", said.err);
    assert!(said.err.contains("open in another process"), "{}", said.err);
    drop(held);
    place.done(&["balance", "--store", "books"]);
}
