//! A build without the feature `eventstore` has nothing of tonic in it.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use std::process::Command;

fn tree(package: &str, more: &[&str]) -> String {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments =
        ["tree", "--offline", "-p", package, "-e", "normal,build", "--prefix", "none", "--manifest-path", manifest];
    let output = Command::new(env!("CARGO")).args(arguments).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_the_feature_there_is_no_tonic() {
    let has = |tree: &str, name: &str| tree.lines().any(|line| line.starts_with(&format!("{name} v")));
    let heavy = ["tonic", "prost", "hyper", "rustls", "eventstore", "reqwest"];
    // what other features of the program bring is theirs
    for (package, names) in [("ledger-core", &heavy[..]), ("iledger", &["tonic", "prost", "eventstore"])] {
        let with = tree(package, &["--features", "eventstore"]);
        let without = tree(package, &[]);
        for name in names {
            assert!(has(&with, name), "{name} has another name now: this test checks nothing");
            assert!(!has(&without, name), "{name} is in a build of {package} that has no use for it");
        }
    }
}
