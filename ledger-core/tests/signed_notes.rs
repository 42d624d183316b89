//! Signed notes and checkpoints against what other implementations publish.
//!
//! Vectors: golang.org/x/mod, sumdb/note/note_test.go and example_test.go; C2SP `signed-note`, `tlog-checkpoint` and
//! `tlog-cosignature`; github.com/transparency-dev/formats, note/note_cosigv1_test.go.
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::evidence::{Checkpoint, KeyError, Note, NoteError, SignatureType, SignerKey, VerifierKey};
use proptest::prelude::*;

const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str =
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
const COSIGNED: &str = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

#[test]
fn a_key_of_go_signs_the_same_bytes_as_go() {
    let signer = SignerKey::from_secret_text(PETER_SECRET).unwrap();
    assert_eq!(signer.secret_text().as_str(), PETER_SECRET);
    assert_eq!(signer.verifier().to_string(), PETER);
    assert_eq!(signer.verifier(), key(PETER));
    let mut note = Note::new(TEXT.to_owned()).unwrap();
    note.sign(&signer, 0);
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_LINE}"));
    note.sign(&signer, 0);
    assert_eq!(note.signatures().len(), 1, "a key signs once");
}

#[test]
fn notes_of_go_are_verified_as_go_does() {
    let both = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
    let note = Note::parse(both.as_bytes()).unwrap();
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.to_string(), both);
    let (peter, enoch) = (key(PETER), key(ENOCH));
    assert_eq!(note.verify(std::slice::from_ref(&peter)).unwrap(), [&peter]);
    assert_eq!(note.verify(&[enoch.clone(), peter.clone()]).unwrap(), [&peter, &enoch]);
    assert_eq!(note.verify(&[]), Err(NoteError::Unknown));
    let wrong = format!("{TEXT}\n{}ABCD{}", &PETER_LINE[..60], &PETER_LINE[60..]);
    let wrong = Note::parse(wrong.as_bytes()).unwrap();
    assert_eq!(wrong.verify(std::slice::from_ref(&peter)), Err(NoteError::Wrong("PeterNeumann".to_owned())));
    // the name or the id alone makes no known key
    let misnamed = format!("{TEXT}\n{}", PETER_LINE.replace("PeterNeumann", "CarmenSandiego"));
    assert_eq!(Note::parse(misnamed.as_bytes()).unwrap().verify(std::slice::from_ref(&peter)), Err(NoteError::Unknown));
    let other_id = format!("{TEXT}\n{}", PETER_LINE.replace("x08g", "xxxx"));
    assert_eq!(Note::parse(other_id.as_bytes()).unwrap().verify(&[peter]), Err(NoteError::Unknown));
    for bad in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}\n{}", PETER_LINE.trim_end()),
        format!("\u{1}{TEXT}\n{PETER_LINE}"),
        format!("{TEXT}\n{}", PETER_LINE.replace("PeterNeumann", "Bad Name")),
        format!("{TEXT}\n{PETER_LINE}Unexpected line.\n"),
        format!("{TEXT}\n{}", PETER_LINE.repeat(101)),
    ] {
        assert!(matches!(Note::parse(bad.as_bytes()), Err(NoteError::Malformed(_))), "{bad:?}");
    }
    assert!(Note::parse(&[b"\xff", format!("{TEXT}\n{PETER_LINE}").as_bytes()].concat()).is_err());
    assert!(Note::new("abc".to_owned()).is_err());
}

#[test]
fn no_mangled_key_is_a_key() {
    for text in [PETER, ENOCH, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"] {
        assert_eq!(key(text).to_string(), text);
        for from in 0..text.len() {
            for to in from + 1..=text.len() {
                assert!((from, to) == (0, text.len()) || text[from..to].parse::<VerifierKey>().is_err());
            }
        }
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] += 1;
            assert!(std::str::from_utf8(&bytes).is_ok_and(|text| text.parse::<VerifierKey>().is_err()));
        }
    }
    for at in 0..PETER_SECRET.len() {
        let mut bytes = PETER_SECRET.as_bytes().to_vec();
        bytes[at] += 1;
        assert!(SignerKey::from_secret_text(std::str::from_utf8(&bytes).unwrap()).is_err());
    }
    let wrong_length = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    assert!(wrong_length.parse::<VerifierKey>().is_err());
    let other_type = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(other_type.parse::<VerifierKey>(), Err(KeyError::Type(0x65)));
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb"] {
        assert!(SignerKey::from_seed(name, SignatureType::Ed25519, &[7; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn keys_of_witnesses_and_the_example_of_the_specification_are_read() {
    assert_eq!(key("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6").kind(), SignatureType::Ed25519);
    let witness = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    assert_eq!(key(witness).kind(), SignatureType::Cosignature);
    assert_eq!(key(witness).to_string(), witness);
    let note = Note::parse(COSIGNED.as_bytes()).unwrap();
    assert_eq!(note.to_string(), COSIGNED);
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.head.size, 20_852_163);
    assert_eq!(checkpoint.head.root.to_string(), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    assert_eq!(checkpoint.to_string(), note.text());
    let times: Vec<Option<u64>> = note.signatures().iter().map(|signature| signature.seconds(&key(witness))).collect();
    assert_eq!(times[1], Some(1_679_315_147), "the time in the specification's example");
}

/// A checkpoint of a public Certificate Transparency log, with the signatures of six keys of four types, two of which we know.
#[test]
fn a_real_checkpoint_with_a_real_witness_is_verified() {
    let text = "arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
";
    let log = key("arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f");
    let witness = key("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2");
    let note = Note::parse(text.as_bytes()).unwrap();
    let keys = [log.clone(), witness.clone()];
    assert_eq!(note.verify(&keys).unwrap(), [&log, &witness]);
    let later = Note::parse(text.replace("1432088532", "1432088533").as_bytes()).unwrap();
    for known in keys {
        assert_eq!(later.verify(std::slice::from_ref(&known)), Err(NoteError::Wrong(known.name().to_owned())));
    }
}

#[test]
fn a_text_that_is_no_checkpoint_is_refused() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for bad in [
        String::new(),
        format!("o\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("o\n01\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        "o\n1\nAAAA\n".to_owned(),
        format!("o\n1\n{root}=\n"),
        format!("o\n1\n{root}\n\n"),
        "o\n1\n".to_owned(),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
    let extended = format!("o\n0\n{root}\nmore\n");
    assert_eq!(Checkpoint::parse(&extended).unwrap().to_string(), extended);
}

#[test]
fn a_witness_signs_the_time_and_the_whole_text() {
    let log = SignerKey::from_seed("log.example/1", SignatureType::Ed25519, &[1; 32]).unwrap();
    let witness = SignerKey::from_seed("witness.example/1", SignatureType::Cosignature, &[2; 32]).unwrap();
    let text = "log.example/1\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let mut note = Note::new(text.to_owned()).unwrap();
    note.sign(&log, 0);
    let signed_by_log = note.clone();
    note.sign(&witness, 1_700_000_000);
    let keys = [log.verifier(), witness.verifier()];
    assert_eq!(note.verify(&keys).unwrap().len(), 2);
    assert_eq!(note.signatures()[1].seconds(&keys[1]), Some(1_700_000_000));
    // the same seed as another type is another key with another id
    let as_log = SignerKey::from_seed("witness.example/1", SignatureType::Ed25519, &[2; 32]).unwrap();
    assert_ne!(as_log.verifier().id(), witness.verifier().id());
    assert_eq!(note.verify(&[as_log.verifier()]), Err(NoteError::Unknown));
    // a witness's signature comes back in a note of its own and is merged
    let mut kept = signed_by_log;
    assert_eq!(kept.merge(&note).unwrap(), 1);
    assert_eq!(kept.merge(&note).unwrap(), 0);
    assert_eq!(kept, note);
    let mut other = Note::new(text.replace("\n5\n", "\n6\n")).unwrap();
    assert!(other.merge(&note).is_err());
    other.sign(&log, 0);
    assert_eq!(other.signatures().len(), 1);
}

proptest! {
    /// Every byte of a note is covered: of the text and of the signatures by the signatures, of the rest by the form.
    #[test]
    fn an_altered_note_is_not_verified_by_all_its_keys(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let note = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
        let mut bytes = note.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let keys = [key(PETER), key(ENOCH)];
        let verified = Note::parse(&bytes).ok().and_then(|note| note.verify(&keys).ok().map(|keys| keys.len()));
        prop_assert!(verified.is_none_or(|keys| keys < 2));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = Note::parse(&bytes);
        let _ = Note::parse(format!("{text}\n\n— {text}\n").as_bytes());
        let _ = Checkpoint::parse(&text);
        let _ = text.parse::<VerifierKey>();
    }
}
