//! The books on the command line, and what hledger and Beancount say of them.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use std::collections::BTreeMap;
use std::process::{Command, Output};

/// Runs a program; nothing if it is not on PATH.
fn outside(program: &str, place: &Place, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).current_dir(place.path()).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: `{program}` cannot be run: {error}");
            None
        }
    }
}

fn demo() -> Place {
    let place = Place::empty();
    place.done(&["demo", "--loans", "40", "--store", "book", "--quiet"]);
    place
}

#[test]
fn trial_balance_journal_and_account_agree() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "100", "--on", "2024-03-01"]);
    let rows = place.json(&["books", "trial-balance"]);
    let cash = rows["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "Assets:Cash").unwrap().clone();
    assert_eq!((cash["debits"].as_str(), cash["credits"].as_str()), (Some("100.00"), Some("3600.00")));
    let account = place.json(&["books", "account", "Assets:Cash"]);
    assert_eq!(account["postings"].as_array().unwrap().last().unwrap()["balance"], "-3500.00");
    let journal = place.json(&["books", "journal", "--loan", "L-1"]);
    assert!(journal["postings"].as_array().unwrap().iter().any(|row| row["event"] == "repayment-received"));
    let said = place.run(&["books", "account", "Assets:Till"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("Assets:Till"), "{}", said.err);
}

#[test]
fn hledger_accepts_the_demo_and_has_our_balances() {
    let place = demo();
    place.file("books.journal", place.done(&["export", "hledger", "--store", "book"]));
    let args = ["-f", "books.journal", "check", "-s", "ordereddates"];
    let Some(checked) = outside("hledger", &place, &args) else { return };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let args = ["-f", "books.journal", "bal", "-N", "--flat", "-E", "-O", "csv", "--layout=bare"];
    let balances = outside("hledger", &place, &args).unwrap();
    assert!(balances.status.success(), "{}", String::from_utf8_lossy(&balances.stderr));
    let theirs: BTreeMap<(String, String), String> = String::from_utf8(balances.stdout)
        .unwrap()
        .lines()
        .skip(1)
        .filter_map(|line| {
            let parts: Vec<&str> = line.split(',').map(|part| part.trim_matches('"')).collect();
            let [account, currency, amount] = parts[..] else { panic!("{line}") };
            let nonzero = amount.chars().any(|one| one.is_ascii_digit() && one != '0');
            nonzero.then(|| ((currency.to_owned(), account.to_owned()), amount.to_owned()))
        })
        .collect();
    let rows = place.json(&["books", "trial-balance", "--store", "book"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let ours: BTreeMap<(String, String), String> = rows["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| text(&row["balance"]).chars().any(|one| one.is_ascii_digit() && one != '0'))
        .map(|row| ((text(&row["currency"]), text(&row["account"])), text(&row["balance"])))
        .collect();
    assert!(!ours.is_empty());
    assert_eq!(theirs, ours);
}

#[test]
fn beancount_accepts_the_demo() {
    let place = demo();
    let text = place.done(&["export", "beancount", "--store", "book"]);
    assert!(text.contains("open Assets:Cash") && text.contains("repayment-received"));
    place.file("books.beancount", text);
    let Some(checked) = outside("bean-check", &place, &["books.beancount"]) else { return };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
