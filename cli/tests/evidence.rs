//! Digests, checkpoints, proofs and verification, as an operator, an auditor and a forger use them.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Place, said};
use ledger_core::record::NewRecord;
use ledger_core::store::OpenOptions;
use ledger_core::store::{Append, BlockStore, EventAppender as _, EventReader as _, ExpectedVersion};
use ledger_core::stream::Version;
use std::path::Path;
use std::process::Command;

/// A ledger with some hundred events: several whole spans of subtree roots, and a rest.
fn book() -> Place {
    let place = Place::empty();
    place.done(&["--quiet", "--store", ".iledger", "demo", "--loans", "30", "--seed", "7"]);
    place
}

fn key(place: &Place) {
    place.done(&["checkpoint", "key", "generate", "books.example/ledger", "--output", "ledger.key"]);
}

fn digest(place: &Place) -> (u64, String) {
    let digest = place.json(&["digest"]);
    (digest["size"].as_u64().unwrap(), digest["root"].as_str().unwrap().to_owned())
}

/// A further event, so that the log grows.
fn grow(place: &Place, id: &str) {
    place.done(&["loan", "open", id, "--product", "us-annuity-36-up", "--principal", "900", "--currency", "USD"]);
}

#[test]
fn an_outsider_recomputes_root_and_proofs_from_the_export() {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3 on this machine");
        return;
    }
    let place = book();
    key(&place);
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    let (old, _) = digest(&place);
    grow(&place, "NEW-1");
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    let (size, root) = digest(&place);
    assert!(old > 130 && size > old, "{old} {size}");
    place.done(&["export", "events", "--output", "events.jsonl"]);
    let mut proofs = Vec::new();
    for event in [0, 63, 64, old - 1, size - 1] {
        proofs.push(format!("event-{event}.json"));
        place.done(&["prove", &event.to_string(), "--output", proofs.last().unwrap()]);
    }
    for (from, to) in [(0, 1), (1, size), (64, 128), (65, 129), (old, size), (size, size)] {
        proofs.push(format!("grown-{from}-{to}.json"));
        let (from, to) = (from.to_string(), to.to_string());
        place.done(&["prove", "--consistent", &from, &to, "--output", proofs.last().unwrap()]);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/check_evidence.py");
    let check = |events: &str| {
        let mut command = Command::new("python3");
        said(&command.arg(&script).arg(events).args(&proofs).current_dir(place.path()).output().unwrap())
    };
    let found = check("events.jsonl");
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(found.out.starts_with(&format!("{size} {root}\n")), "{}", found.out);
    assert_eq!(found.out.matches(" holds").count(), proofs.len());
    // one character of one event
    let events = place.read("events.jsonl").replacen("\"actor\":\"", "\"actor\":\"x", 1);
    place.file("forged.jsonl", events);
    assert_eq!(check("forged.jsonl").code, 1);
}

#[test]
fn a_digest_of_an_earlier_size_stays_and_later_ones_do_not_exist() {
    let place = book();
    let (size, root) = digest(&place);
    grow(&place, "NEW-1");
    let earlier = place.json(&["digest", "--size", &size.to_string()]);
    assert_eq!(earlier["root"], root.as_str());
    assert_ne!(digest(&place).1, root);
    // RFC 6962, 2.1: the hash of nothing
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(place.json(&["digest", "--size", "0"])["root"], empty);
    assert_eq!(place.run(&["digest", "--size", "1000000"]).code, 4);
}

#[test]
fn proofs_hold_without_a_ledger_and_no_longer_when_changed() {
    let place = book();
    key(&place);
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    let (old, _) = digest(&place);
    grow(&place, "NEW-1");
    place.done(&["prove", "70", "--output", "proof.json"]);
    place.file("checkpoint.txt", place.done(&["checkpoint", "show"]));
    let elsewhere = Place::empty();
    for name in ["proof.json", "checkpoint.txt", "ledger.key.pub"] {
        elsewhere.file(name, place.read(name));
    }
    let words = ["verify-proof", "proof.json", "--verifier", "ledger.key.pub", "--checkpoint", "checkpoint.txt"];
    assert!(elsewhere.done(&words).contains("the event is in the tree"));
    let said = elsewhere.run(&["verify-proof", "proof.json"]);
    assert!(said.code == 0 && said.err.contains("nobody vouches"), "{}", said.err);
    // another key than that of the log
    elsewhere.done(&["checkpoint", "key", "generate", "other", "--output", "other.key"]);
    assert_eq!(elsewhere.run(&["verify-proof", "proof.json", "--verifier", "other.key.pub"]).code, 3);
    // the same event by its place and by its id
    let proof: serde_json::Value = serde_json::from_str(&place.read("proof.json")).unwrap();
    let event = &proof["proof"]["inclusion"]["event"];
    let at = format!("{}@{}", event["stream"].as_str().unwrap(), event["version"].as_str().unwrap());
    assert_eq!(place.done(&["prove", &at]), place.read("proof.json"));
    assert_eq!(place.done(&["prove", event["id"].as_str().unwrap()]), place.read("proof.json"));
    // a date of the event, and a size
    let date = event["booked_on"].as_str().unwrap();
    elsewhere.file("forged.json", place.read("proof.json").replace(date, "1999-01-01"));
    assert_eq!(elsewhere.run(&["verify-proof", "forged.json", "--verifier", "ledger.key.pub"]).code, 3);
    elsewhere.file("cut.json", &place.read("proof.json")[..200]);
    assert_eq!(elsewhere.run(&["verify-proof", "cut.json"]).code, 4);
    assert_eq!(elsewhere.run(&["verify-proof", "none.json"]).code, 6);
    // growth: the newer tree is signed by nobody yet
    let (size, old) = (digest(&place).0.to_string(), old.to_string());
    place.done(&["prove", "--consistent", &old, &size, "--output", "grown.json"]);
    assert_eq!(place.run(&["verify-proof", "grown.json", "--verifier", "ledger.key.pub"]).code, 1);
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    place.done(&["prove", "--consistent", &old, &size, "--output", "grown.json"]);
    place.done(&["verify-proof", "grown.json", "--verifier", "ledger.key.pub"]);
    for words in [&["prove", "1000000"][..], &["prove", "loan-none@0"], &["prove", "--consistent", &size, &old]] {
        assert_eq!(place.run(words).code, 4, "{words:?}");
    }
    for words in [&["prove"][..], &["prove", "no event"], &["prove", "1", "--consistent", "1", "2"]] {
        assert_eq!(place.run(words).code, 2, "{words:?}");
    }
}

#[test]
fn witnesses_sign_and_forged_signatures_are_not_added() {
    let place = book();
    key(&place);
    assert_eq!(place.run(&["checkpoint", "show"]).code, 4);
    place.done(&["checkpoint", "create", "--signer", "ledger.key", "--dry-run"]);
    assert_eq!(place.json(&["checkpoint", "list"])["checkpoints"], serde_json::json!([]));
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    let signed = place.done(&["checkpoint", "show"]);
    place.file("checkpoint.txt", &signed);
    place.done(&["checkpoint", "key", "generate", "auditor.example", "--witness", "--output", "witness.key"]);
    let witnessed = place.done(&["checkpoint", "sign", "checkpoint.txt", "--signer", "witness.key"]);
    place.file("witnessed.txt", &witnessed);
    assert_eq!(place.run(&["checkpoint", "add", "witnessed.txt"]).code, 2);
    place.done(&["checkpoint", "add", "witnessed.txt", "--verifier", "witness.key.pub"]);
    assert_eq!(place.done(&["checkpoint", "show"]), witnessed);
    let listed = place.json(&["checkpoint", "list"]);
    assert_eq!(listed["checkpoints"][0]["signatures"], "books.example/ledger, auditor.example");
    // the ledger's own signature forged beside a good one of the witness
    let line = signed.lines().last().unwrap();
    let (head, bytes) = line.rsplit_once(' ').unwrap();
    let forged =
        format!("{head} {}{}", &bytes[..40], bytes[40..].chars().rev().skip_while(|c| *c == '=').collect::<String>());
    let padding = "=".repeat(bytes.len() - bytes.trim_end_matches('=').len());
    place.file("forged.txt", witnessed.replace(line, &format!("{forged}{padding}")));
    let said = place.run(&["checkpoint", "add", "forged.txt", "--verifier", "witness.key.pub"]);
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert_eq!(place.done(&["checkpoint", "show"]), witnessed);
    for verifier in ["ledger.key.pub", "witness.key.pub"] {
        place.done(&["verify", "--verifier", verifier]);
    }
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let place = book();
    key(&place);
    let secret = place.read("ledger.key");
    let again = place.run(&["checkpoint", "key", "generate", "other", "--output", "ledger.key"]);
    assert_eq!((again.code, place.read("ledger.key")), (4, secret.clone()));
    assert_eq!(place.run(&["checkpoint", "key", "generate", "a b", "--output", "x.key"]).code, 4);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = place.path().join("ledger.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let said = place.run(&["checkpoint", "create", "--signer", "ledger.key"]);
        assert!(said.code == 4 && said.err.contains("chmod 600"), "{}", said.err);
        assert!(!said.err.contains(secret.trim_end()));
    }
}

/// A copy of the log in which `change` was made to one record, appended anew, so that every checksum is valid.
fn rewritten(place: &Place, to: &str, keep: usize, change: impl Fn(usize, &mut NewRecord)) {
    let to = place.path().join(to);
    std::fs::create_dir(&to).unwrap();
    std::fs::copy(place.path().join(".iledger/ledger.toml"), to.join("ledger.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let honest = BlockStore::open(place.path().join(".iledger/log"), OpenOptions::default()).unwrap();
        let copy = BlockStore::create(to.join("log"), OpenOptions::default()).unwrap();
        let records = honest.read_all(None, 1_000_000).await.unwrap();
        let mut appends = Vec::new();
        for (at, record) in records.into_iter().take(keep).enumerate() {
            let expected = match record.version {
                Version(0) => ExpectedVersion::NoStream,
                Version(next) => ExpectedVersion::Exact(Version(next - 1)),
            };
            let mut new = NewRecord { envelope: record.envelope, body: record.body };
            change(at, &mut new);
            appends.push(Append { stream: record.stream, expected, events: vec![new] });
        }
        assert!(copy.append_many(appends).await.iter().all(Result::is_ok));
    });
    let kept = place.path().join(".iledger/evidence/checkpoints");
    std::fs::create_dir_all(to.join("evidence/checkpoints")).unwrap();
    for entry in std::fs::read_dir(kept).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join("evidence/checkpoints").join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_log_that_was_rewritten_with_valid_checksums_is_found() {
    let place = book();
    key(&place);
    place.done(&["checkpoint", "create", "--signer", "ledger.key"]);
    let (size, root) = digest(&place);
    let size = usize::try_from(size).unwrap();
    rewritten(&place, "same", size, |_, _| {});
    rewritten(&place, "changed", size, |at, record| {
        if at == 100 {
            record.envelope.actor = "somebody-else".into();
        }
    });
    rewritten(&place, "shorter", size - 1, |_, _| {});
    let verify = |store: &str| {
        let words = ["--store", store, "verify", "--verifier", "ledger.key.pub", "--format", "json"];
        let said = place.run(&words);
        let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        (said.code, found)
    };
    // another store with the same events has the same root
    let (code, same) = verify("same");
    assert_eq!((code, &same["root"], &same["checkpoints_confirmed"]), (0, &root.as_str().into(), &1.into()));
    let (code, changed) = verify("changed");
    assert_eq!((code, &changed["findings"][0]["kind"]), (3, &"checkpoint".into()), "{changed}");
    let (code, shorter) = verify("shorter");
    assert_eq!((code, &shorter["findings"][0]["kind"]), (3, &"shorter".into()), "{shorter}");
    // nothing is signed or proved from such a log
    for store in ["changed", "shorter"] {
        let said = place.run(&["--store", store, "checkpoint", "create", "--signer", "ledger.key"]);
        assert_eq!(said.code, 3, "{store}: {}{}", said.out, said.err);
    }
    assert_eq!(place.run(&["--store", "changed", "prove", "100"]).code, 3);
    // the forger has removed the checkpoint; the auditor has one
    place.file("mine.txt", place.done(&["checkpoint", "show"]));
    std::fs::remove_dir_all(place.path().join("changed/evidence")).unwrap();
    let said = place.run(&["--store", "changed", "verify"]);
    assert!(said.code == 0 && said.err.contains("no checkpoint"), "{}", said.err);
    assert_eq!(place.run(&["--store", "changed", "verify", "--checkpoint", "mine.txt"]).code, 3);
}

#[test]
fn a_checkpoint_signed_by_another_key_is_found() {
    let place = book();
    key(&place);
    place.done(&["checkpoint", "key", "generate", "books.example/ledger", "--output", "forger.key"]);
    place.done(&["checkpoint", "create", "--signer", "forger.key"]);
    place.done(&["verify", "--verifier", "forger.key.pub"]);
    let said = place.run(&["verify", "--verifier", "ledger.key.pub"]);
    assert!(said.code == 3 && said.out.contains("signature"), "{}{}", said.out, said.err);
}

#[test]
fn kept_subtree_roots_are_not_trusted() {
    let place = book();
    let before = digest(&place);
    place.done(&["verify"]);
    let path = place.path().join(".iledger/evidence/subtrees");
    let bytes = std::fs::read(&path).unwrap();
    // 35 bytes of head, then 36 for each span: a root with the checksum that belongs to it, and one without
    assert!(bytes.len() >= 35 + 2 * 36);
    let mut broken = bytes.clone();
    broken[40] ^= 1;
    std::fs::write(&path, &broken).unwrap();
    assert_eq!(digest(&place), before, "a root with a wrong checksum is hashed again");
    let mut forged = bytes.clone();
    forged[40] ^= 1;
    let crc = crc32fast::hash(&[&[0; 8], &forged[35..67]].concat());
    forged[67..71].copy_from_slice(&crc.to_be_bytes());
    std::fs::write(&path, &forged).unwrap();
    let said = place.run(&["verify"]);
    assert!(said.code == 3 && said.out.contains("0 to 63"), "{}{}", said.out, said.err);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(digest(&place), before);
    // another version of the file is begun anew
    let mut other = bytes;
    other[17] = b'9';
    std::fs::write(&path, &other).unwrap();
    assert_eq!(digest(&place), before);
    place.done(&["verify"]);
}
