//! Ledgers on a cluster as an operator has them, on the double of EventStoreDB's protocol.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use esdb_double::{Double, Settings};
use tokio::runtime::Runtime;

/// A double that runs beside the program.
struct Cluster {
    double: Double,
    _runtime: Runtime,
}

impl Cluster {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = Settings { nodes: 3, ..Settings::default() };
        let double = runtime.block_on(Double::start(settings)).unwrap();
        Self { double, _runtime: runtime }
    }

    fn ledger(&self, name: &str) -> String {
        format!("{}&ledger={name}&patience=5", self.double.address())
    }
}

fn root(place: &Place, store: &str) -> (u64, String) {
    let digest = place.json(&["--store", store, "digest"]);
    (digest["size"].as_u64().unwrap(), digest["root"].as_str().unwrap().to_owned())
}

/// What the views say, without the position, which is the store's own.
fn views(place: &Place, store: &str) -> Vec<String> {
    let asked: [&[&str]; 4] = [&["balance"], &["overdue"], &["classify"], &["loan", "list"]];
    let format = ["--format", "csv", "--store", store, "--booked-on", "2025-12-31"];
    asked.iter().map(|view| place.done(&[&format[..], *view].concat())).collect()
}

#[test]
fn a_ledger_goes_to_the_cluster_and_back() {
    let (place, cluster) = (Place::empty(), Cluster::start());
    place.done(&["--quiet", "--store", "first", "demo", "--loans", "24", "--seed", "5"]);
    let there = cluster.ledger("books");
    let copied = place.json(&["copy", "--from", "first", "--to", &there]);
    let (size, digest) = root(&place, "first");
    assert!(size > 200, "{size}");
    assert_eq!((copied["events"].as_u64(), copied["copied"].as_u64()), (Some(size), Some(size)));
    assert_eq!(copied["root"], digest.as_str());
    // again: nothing is left to do
    assert_eq!(place.json(&["copy", "--from", "first", "--to", &there])["copied"], 0);
    place.done(&["copy", "--from", &there, "--to", "second"]);
    let expected = views(&place, "first");
    assert!(expected.iter().all(|view| view.lines().count() > 3), "{expected:?}");
    for store in [&*there, "second"] {
        assert_eq!(root(&place, store), (size, digest.clone()), "{store}");
        assert_eq!(views(&place, store), expected, "{store}");
        place.done(&["--store", store, "verify"]);
        place.done(&["--store", store, "replay"]);
    }
    // evidence from the cluster: by ordinals, of an event and of growth
    place.done(&["--store", &there, "prove", "70", "--output", "there.json"]);
    place.done(&["--store", "second", "prove", "70", "--output", "second.json"]);
    let proof = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    assert_eq!(proof("there.json"), proof("second.json"));
    // a copy that was begun goes on; a store with other events is refused
    let store = ["--store", &*there];
    place.done(
        &[
            &store[..],
            &["loan", "open", "NEW", "--product", "annuity-12", "--principal", "900", "--booked-on", "2026-01-02"],
        ]
        .concat(),
    );
    let copied = place.json(&["copy", "--from", &there, "--to", "second"]);
    assert!(copied["copied"].as_u64().unwrap() > 0 && copied["events"].as_u64().unwrap() > size);
    assert_eq!(root(&place, "second"), root(&place, &there));
    let output = place.run(&["copy", "--from", "first", "--to", "second"]);
    assert_eq!(output.code, 4, "{}", output.err);
    assert!(output.err.contains("target-differs"), "{}", output.err);
}

#[test]
fn a_ledger_lives_on_the_cluster() {
    let (place, cluster) = (Place::empty(), Cluster::start());
    let there = cluster.ledger("live");
    let there = &*there;
    let on = |more: &[&'static str]| [&["--store", there, "--booked-on", "2024-03-01"], more].concat();
    let before = place.run(&on(&["loan", "list"]));
    assert_eq!(before.code, 6, "{}", before.err);
    assert!(before.err.contains("iledger init"), "{}", before.err);
    place.done(&on(&["init", "--time-zone", "Asia/Shanghai", "--currency", "CNY"]));
    let again = place.run(&on(&["init"]));
    assert_eq!(again.code, 4, "{}", again.err);
    place.done(&on(&["loan", "open", "L-1", "--product", "annuity-12", "--principal", "12000", "--disburse"]));
    place.done(&on(&["repay", "L-1", "100", "--reference", "P-1"]));
    // a second time, and while another node leads
    cluster.double.lead(1);
    place.done(&on(&["repay", "L-1", "100", "--reference", "P-1"]));
    // what stands there anyone can read: the leaf of the log's tree
    let (kind, payload) = cluster.double.stored("live:loan-L-1", 0).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(
        (kind.as_str(), &payload["schema"], &payload["stream"]),
        ("loan-originated", &1.into(), &"loan-L-1".into())
    );
    // another machine has nothing but the address
    let other = Place::empty();
    assert_eq!(root(&other, there), root(&place, there));
    assert_eq!(
        other.done(&on(&["--format", "json", "loan", "show", "L-1"])),
        place.done(&on(&["--format", "json", "loan", "show", "L-1"]))
    );
    other.done(&on(&["replay"]));
}

#[test]
fn what_a_scavenge_took_is_noticed() {
    let (place, cluster) = (Place::empty(), Cluster::start());
    place.done(&["--quiet", "--store", "first", "demo", "--loans", "24", "--seed", "5"]);
    let there = cluster.ledger("books");
    place.done(&["copy", "--from", "first", "--to", &there]);
    place.done(&["--store", &there, "verify"]);
    root(&place, &there);
    let stream = place.json(&["--store", "first", "loan", "list"])["loans"][0]["loan"].as_str().unwrap().to_owned();
    cluster.double.scavenge(&format!("books:loan-{stream}"), 1);
    let output = place.run(&["--store", &there, "verify"]);
    assert_eq!(output.code, 3, "{}", output.err);
}

#[test]
fn a_secret_is_never_said() {
    let place = Place::empty();
    for address in [
        "esdb://me:hunter2@localhost:1?tls=false",
        "esdb://localhost:1?tls=false&user=me",
        "esdb://localhost:1?tls=false&user=me&password-env=NOT_SET_ANYWHERE",
        "esdb://localhost:1?tls=false&user=me&password-file=/does/not/exist",
    ] {
        let output = place.run(&["--store", address, "loan", "list"]);
        assert_eq!(output.code, 2, "{address}: {}", output.err);
        assert!(!output.err.contains("hunter2"), "{}", output.err);
    }
}
