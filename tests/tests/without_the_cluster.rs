//! A build without the feature `eventstore` has nothing of tonic in it.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use std::process::Command;

fn tree(more: &[&str]) -> String {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments = [
        "tree",
        "--offline",
        "-p",
        "ledger-core",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--manifest-path",
        manifest,
    ];
    let output = Command::new(env!("CARGO")).args(arguments).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_the_feature_there_is_no_tonic() {
    let has = |tree: &str, name: &str| tree.lines().any(|line| line.starts_with(&format!("{name} v")));
    let heavy = ["tonic", "prost", "hyper", "rustls", "eventstore", "reqwest"];
    let with = tree(&["--features", "eventstore"]);
    let without = tree(&[]);
    for name in heavy {
        assert!(has(&with, name), "{name} has another name now: this test checks nothing");
        assert!(!has(&without, name), "{name} is in a build that has no use for it");
    }
}
