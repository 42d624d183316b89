//! What the command line promises as a whole: completions, manual pages, colours, dry runs, day ends, the demo, the replay.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Place, said};
use ledger_core::loan::Effect;
use ledger_core::record::{Event, NewRecord, codec};
use ledger_core::store::OpenOptions;
use ledger_core::store::{Append, BlockStore, EventAppender as _, EventReader as _, ExpectedVersion};
use ledger_core::stream::{StreamName, Version};
use std::process::Stdio;

#[test]
fn completions_know_the_commands() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.done(&["completions", shell]);
        assert!(script.contains("repayments") && script.contains("close-day"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let place = Place::empty();
    place.done(&["man", "--output", "man"]);
    for page in ["iledger.1", "iledger-repay.1", "iledger-import-tape.1", "iledger-loan-open.1"] {
        assert!(place.read(&format!("man/{page}")).contains("iledger"), "{page}");
    }
}

#[test]
fn help_begins_with_examples() {
    let place = Place::empty();
    for command in [&["--help"][..], &["repay", "--help"], &["import", "--help"], &["import", "tape", "--help"]] {
        let help = place.done(command);
        assert!(help.starts_with("Examples:\n  iledger "), "{command:?}: {help}");
    }
}

/// Who closes the pipe early has what he wanted, whatever the format.
#[test]
fn a_pipe_that_is_closed_early_is_no_error() {
    let place = Place::empty();
    for format in ["table", "json", "csv", "jsonl"] {
        let dates = ["calc", "due-dates", "--anchor", "2024-01-31", "--every", "1m", "--count", "1200"];
        let mut command = place.command(&[&dates[..], &["--format", format]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = said(&child.wait_with_output().unwrap());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{format}");
    }
}

#[test]
fn no_colours_without_a_terminal_or_with_no_color() {
    let place = Place::empty();
    for no_color in ["", "1"] {
        let output = place.command(&["balance"]).env("NO_COLOR", no_color).output().unwrap();
        let said = said(&output);
        assert!(!said.err.contains('\u{1b}') && said.err.starts_with("error"), "{}", said.err);
    }
}

/// Every command that writes, with `--dry-run`: it answers as the real one does, and nothing is recorded.
#[test]
fn a_dry_run_records_nothing() {
    let place = Place::with_loan();
    place.done(&["loan", "open", "L-2", "--product", "us-annuity-36-up", "--principal", "900", "--on", "2024-01-15"]);
    place.done(&["repay", "L-1", "10", "--on", "2024-02-01", "--reference", "P-1"]);
    place.done(&["fee", "L-1", "7", "--reason", "copy"]);
    let commands: [&[&str]; 8] = [
        &["loan", "open", "L-3", "--product", "us-annuity-36-up", "--principal", "900", "--disburse"],
        &["loan", "disburse", "L-2"],
        &["repay", "L-1", "118"],
        &["reverse", "L-1", "2", "--reason", "bounced"],
        &["fee", "L-1", "5", "--reason", "copy"],
        &["waive", "L-1", "fee", "--reason", "goodwill"],
        &["write-off", "L-1", "--reason", "lost"],
        &["loan", "close", "L-2"],
    ];
    let log = place.log();
    for command in &commands[..7] {
        let said = place.run(&[command, &["--dry-run"][..]].concat());
        assert_eq!(said.code, 0, "{command:?}: {}", said.err);
        assert_eq!(place.log(), log, "{command:?}");
    }
    // a dry run refuses what the real one refuses
    assert_eq!(place.run(&[commands[7], &["--dry-run"]].concat()).code, 4);
    for command in &commands[..7] {
        place.done(command);
    }
    assert!(place.log().lines().count() >= log.lines().count() + 8);
}

#[test]
fn a_day_that_is_closed_twice_changes_nothing() {
    let place = Place::with_loan();
    place.done(&["close-day", "--through", "2024-04-30"]);
    let log = place.log();
    assert!(log.contains("late-fee-assessed") && log.contains("day-closed"));
    let again = place.done(&["close-day", "--through", "2024-04-30"]);
    assert!(again.contains("nothing to close"), "{again}");
    place.done(&["close-day", "--through", "2024-03-01"]);
    assert_eq!(place.log(), log);
}

#[test]
fn days_are_closed_from_the_day_on_which_a_book_was_taken_over() {
    let place = Place::with_ledger();
    place.file("book.csv", include_str!("fixtures/book.csv"));
    place.file("book.toml", include_str!("fixtures/book.toml"));
    place.run(&["import", "tape", "book.csv", "--mapping", "book.toml"]);
    let days = place.json(&["close-day", "--through", "2024-06-02"])["days"].clone();
    let days: Vec<&str> = days.as_array().unwrap().iter().map(|day| day["day"].as_str().unwrap()).collect();
    assert_eq!(days, ["2024-05-31", "2024-06-01", "2024-06-02"]);
}

#[test]
fn the_same_seed_gives_the_same_log_and_another_seed_another() {
    let place = Place::empty();
    let log = |seed: &str, store: &str| {
        place.done(&["--store", store, "--quiet", "demo", "--loans", "60", "--seed", seed]);
        place.done(&["--store", store, "export", "events"])
    };
    let first = log("7", "a");
    assert!(first.lines().count() > 500);
    assert_eq!(first, log("7", "b"));
    assert_ne!(first, log("8", "c"));
    assert_eq!(place.run(&["--store", "a", "replay"]).code, 0);
}

#[test]
fn a_pipe_that_is_closed_is_no_error() {
    use std::process::Stdio;
    let place = Place::with_loan();
    let mut child = place.command(&["export", "events"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

/// A copy of the log in which one cent was moved from interest to principal, appended anew, so that every checksum is valid.
#[test]
fn a_rewritten_outcome_is_found_with_its_place() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "118.00", "--on", "2024-02-15"]);
    place.done(&["repay", "L-1", "118.00", "--on", "2024-03-15"]);
    assert_eq!(place.run(&["replay"]).code, 0);
    std::fs::create_dir(place.path().join("copy")).unwrap();
    std::fs::copy(place.path().join(".iledger/ledger.toml"), place.path().join("copy/ledger.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let honest = BlockStore::open(place.path().join(".iledger/log"), OpenOptions::default()).unwrap();
        let copy = BlockStore::create(place.path().join("copy/log"), OpenOptions::default()).unwrap();
        let loan = StreamName::loan("L-1").unwrap();
        for record in honest.read_stream(&loan, Version(0), 100).await.unwrap() {
            let mut body = record.body.clone();
            if record.version == Version(2) {
                let Event::Loan(mut event) = codec::decode_record(&record).unwrap() else { panic!("no loan event") };
                let cent = ledger_core::money::Amount::from_minor(1);
                for line in &mut event.outcome.lines {
                    match line.effect {
                        Effect::Paid(ledger_core::terms::Component::Interest) => {
                            line.amount = line.amount.minus(cent).unwrap()
                        }
                        Effect::Paid(ledger_core::terms::Component::Principal) => {
                            line.amount = line.amount.plus(cent).unwrap()
                        }
                        _ => {}
                    }
                }
                body = codec::encode(&Event::Loan(event)).unwrap();
                assert_ne!(body, record.body);
            }
            let expected = match record.version {
                Version(0) => ExpectedVersion::NoStream,
                Version(next) => ExpectedVersion::Exact(Version(next - 1)),
            };
            let events = vec![NewRecord { envelope: record.envelope.clone(), body }];
            copy.append(Append { stream: loan.clone(), expected, events }).await.unwrap();
        }
    });
    let said = place.run(&["--store", "copy", "replay", "--format", "json"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&found["stream"], &found["version"]), (&"loan-L-1".into(), &2.into()), "{found}");
    assert!(!found["position"].is_null() && found["recorded"] != found["derived"], "{found}");
    // the balances of the copy add up all the same: only the replay sees it
    assert_eq!(place.run(&["--store", "copy", "balance"]).code, 0);
}
