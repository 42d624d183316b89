//! Borrowers: sealed in the log, shown with their key, erased for good, while the proofs hold.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use std::path::Path;

const PERSON: &str = r#"{"name": "Zinaida Quixworth", "national-id": "X-4417-8890"}"#;
const SECRETS: [&str; 2] = ["Zinaida", "4417-8890"];

fn registered() -> Place {
    let place = Place::with_loan();
    place.file("person.json", PERSON);
    place.done(&["borrower", "register", "B-1", "--fields", "person.json", "--key", "k-1"]);
    place
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Whether a text stands in any file below a directory.
fn stands_in(directory: &Path, text: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            stands_in(&entry.path(), text)
        } else {
            std::fs::read(entry.path()).unwrap().windows(text.len()).any(|window| window == text)
        }
    })
}

#[test]
fn what_was_erased_is_unreadable_everywhere_and_the_log_still_verifies() {
    let place = registered();
    place.file("phone.json", r#"{"phone": "+1 555 0100"}"#);
    place.done(&["borrower", "update", "B-1", "--fields", "phone.json"]);
    let shown = place.done(&["borrower", "show", "B-1"]);
    assert!(shown.contains("Zinaida Quixworth") && shown.contains("+1 555 0100"), "{shown}");
    place.done(&["checkpoint", "key", "generate", "books.example", "--output", "ledger.key"]);
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    place.done(&["prove", "borrower-B-1@0", "--output", "proof.json"]);
    // a backup of the ledger has no keys; the copy of the keys is what an operator must not make
    copy(&place.path().join(".iledger"), &place.path().join("backup"));
    copy(&place.path().join(".iledger-keys"), &place.path().join("copied-keys"));
    for secret in SECRETS {
        assert!(!stands_in(&place.path().join("backup"), secret.as_bytes()), "{secret}");
        assert!(!place.log().contains(secret), "{secret}");
    }
    let log = place.log();
    place.done(&["borrower", "erase", "B-1", "--reason", "request 17", "--dry-run"]);
    assert!(place.log() == log && place.done(&["borrower", "show", "B-1"]).contains("Zinaida"));

    place.done(&["borrower", "erase", "B-1", "--reason", "request 17", "--key", "e-1"]);
    assert!(place.log().starts_with(&log), "no byte of what was recorded before changes");
    let erased = place.json(&["borrower", "show", "B-1"]);
    assert_eq!((&erased["readable"], &erased["reason"]), (&false.into(), &"request 17".into()));
    assert!(erased["fields"].as_array().unwrap().iter().all(|field| field["value"].is_null()));
    assert_eq!(erased["fields"].as_array().unwrap().len(), 3);
    // in the backup the erasure is not recorded; the key is gone all the same
    let words = ["--store", "backup", "borrower", "show", "B-1", "--key-store", ".iledger-keys"];
    let backup = place.json(&words);
    assert_eq!((&backup["readable"], &backup["erased_on"]), (&false.into(), &serde_json::Value::Null));
    assert!(backup["fields"].as_array().unwrap().iter().all(|field| field["value"].is_null()));
    // keys that were put back are not used against a recorded erasure
    let words = ["borrower", "show", "B-1", "--key-store", "copied-keys"];
    assert!(!place.done(&words).contains("Zinaida"));

    for store in [".iledger", "backup"] {
        place.done(&["--store", store, "verify", "--verifier", "ledger.key.pub"]);
    }
    place.done(&["verify-proof", "proof.json", "--verifier", "ledger.key.pub"]);
    place.done(&["prove", "borrower-B-1@0", "--size", "5", "--output", "after.json"]);
    assert_eq!(place.run(&["replay"]).code, 0);
    assert_eq!(place.run(&["balance"]).code, 0);
    // the same command again is answered, another one is refused: the id is not used again
    assert!(place.done(&["borrower", "erase", "B-1", "--reason", "request 17", "--key", "e-1"]).contains("before"));
    for words in [
        &["borrower", "register", "B-1", "--fields", "person.json"][..],
        &["borrower", "update", "B-1", "--fields", "phone.json"],
        &["borrower", "erase", "B-1", "--reason", "again"],
    ] {
        let said = place.run(words);
        assert!(said.code == 4 && said.err.contains("borrower-erased"), "{words:?}: {}", said.err);
    }
}

#[test]
fn the_same_command_is_recorded_once() {
    let place = registered();
    let log = place.log();
    place.done(&["borrower", "register", "B-1", "--fields", "person.json", "--key", "k-1"]);
    place.done(&["borrower", "register", "B-2", "--fields", "person.json", "--dry-run"]);
    assert_eq!(place.log(), log);
    place.file("other.json", r#"{"name": "Somebody"}"#);
    for (words, code) in [
        (&["borrower", "register", "B-1", "--fields", "other.json", "--key", "k-1"][..], "key-reused"),
        (&["borrower", "register", "B-1", "--fields", "other.json"], "borrower-registered"),
        (&["borrower", "register", "B-1", "--fields", "other.json", "--dry-run"], "borrower-registered"),
        (&["borrower", "update", "B-9", "--fields", "other.json"], "borrower-not-registered"),
        (&["borrower", "erase", "B-9", "--reason", "x"], "borrower-not-registered"),
        (&["borrower", "show", "B-9"], "borrower-not-registered"),
        (&["borrower", "show", "B-1", "--key-store", "elsewhere"], "borrower-key-missing"),
        (&["borrower", "show", "B-1", "--key-store", ".iledger/keys"], "key-store-inside"),
    ] {
        let said = place.run(words);
        assert!(said.code == 4 && said.err.contains(code), "{words:?}: {} {}", said.code, said.err);
    }
    assert_eq!(place.log(), log);
    let listed = place.json(&["borrower", "list"])["borrowers"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["borrower"], &listed[0]["events"]), (&"B-1".into(), &1.into()));
}

#[test]
fn a_message_never_repeats_personal_data() {
    let place = Place::with_ledger();
    let long = format!(r#"{{"name": "{}"}}"#, "Zinaida".repeat(600));
    for bad in [
        r#"{"name": "Zinaida""#,
        r#"{"name": {"first": "Zinaida"}}"#,
        r#"{"name": "Zinaida", "name": "Zinaida"}"#,
        r#"["Zinaida"]"#,
        r#""Zinaida""#,
        r#"{"name": ""}"#,
        r#"{"Full Name": "Zinaida"}"#,
        "{}",
        &long,
    ] {
        place.file("bad.json", bad);
        let said = place.run(&["borrower", "register", "B-1", "--fields", "bad.json"]);
        assert!(said.code == 4 && !said.err.contains("Zinaida"), "{bad}: {} {}", said.code, said.err);
    }
    assert!(!place.path().join(".iledger-keys").exists(), "no key is made for what is not recorded");
    assert_eq!(place.log(), "");
}

#[cfg(unix)]
#[test]
fn keys_that_others_may_read_are_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = registered();
    let keys = place.path().join(".iledger-keys");
    assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&keys).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let said = place.run(&["borrower", "show", "B-1"]);
    assert!(said.code == 4 && said.err.contains("chmod 600"), "{}", said.err);
}
