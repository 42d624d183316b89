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
    let close = ["close-period", "--through", "2024-05-31", "--provisions", "cn-guideline-2002", "--store", "book"];
    place.done(&close);
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
    assert!(ours.keys().any(|(_, account)| account == "Assets:Allowance"));
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

/// A loan that was paid out and booked on 2024-01-15.
fn booked_in_time() -> Place {
    let place = Place::with_ledger();
    let open = ["loan", "open", "L-1", "--product", "us-annuity-36-up", "--principal", "3600", "--disburse"];
    place.done(&[&open[..], &["--booked-on", "2024-01-15"]].concat());
    place
}

fn sums(rows: &serde_json::Value, name: &str) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rows = rows[name].as_array().unwrap().iter();
    rows.map(|row| {
        (text(row.get("line").unwrap_or(&row["account"])), text(row.get("amount").unwrap_or(&row["balance"])))
    })
    .collect()
}

fn of<'a>(sums: &'a [(String, String)], line: &str) -> &'a str {
    &sums.iter().find(|(name, _)| name == line).unwrap_or_else(|| panic!("no {line} in {sums:?}")).1
}

#[test]
fn statements_say_what_was_earned_and_what_there_is() {
    let place = booked_in_time();
    let income = place.json(&["books", "income-statement", "--as-of", "2024-03-31"]);
    let whole = of(&sums(&income, "lines"), "Income:Interest").to_owned();
    let (early, late) = (
        place.json(&["books", "income-statement", "--as-of", "2024-02-14"]),
        place.json(&["books", "income-statement", "--from", "2024-02-15", "--as-of", "2024-03-31"]),
    );
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let parts = [&early, &late].map(|part| cents(of(&sums(part, "lines"), "Income:Interest")));
    assert!(parts.iter().all(|part| *part > 0), "{parts:?}");
    assert_eq!(parts.iter().sum::<i64>(), cents(&whole));
    let sheet = place.json(&["books", "balance-sheet", "--as-of", "2025-06-30"]);
    let lines = sums(&sheet, "lines");
    assert!(cents(of(&lines, "Retained earnings")) > 0 && lines.iter().any(|(line, _)| line == "Result of the year"));
    let (mut assets, mut other) = (0, 0);
    for row in sheet["lines"].as_array().unwrap() {
        let slot = if row["section"] == "Assets" { &mut assets } else { &mut other };
        *slot += cents(row["amount"].as_str().unwrap());
    }
    assert_eq!(assets, other);
    let account = place.json(&["books", "account", "Income:Interest", "--from", "2024-02-15", "--as-of", "2024-03-31"]);
    let opening = account["opening"][0]["balance"].as_str().unwrap();
    assert_eq!(cents(opening), -parts[0]);
    assert_eq!(cents(account["closing"][0]["balance"].as_str().unwrap()), -cents(&whole));
}

#[test]
fn a_period_is_closed_once_and_replayed() {
    let place = booked_in_time();
    let said = place.run(&["close-period", "--through", "2024-03-31"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("days-open") && said.err.contains("close-day"), "{}", said.err);
    place.done(&["close-day", "--through", "2024-03-31"]);
    let args = ["close-period", "--through", "2024-03-31", "--provisions", "cn-guideline-2002"];
    let before = place.json(&["digest"])["size"].clone();
    place.done(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(place.json(&["digest"])["size"], before, "a dry run records nothing");
    let closed = place.json(&args);
    let balances = sums(&closed, "accounts");
    // 46 days past the first due date: 2 % and the general 1 % of the principal
    assert_eq!(of(&balances, "Assets:Receivable:Principal"), "3600.00");
    assert_eq!(of(&balances, "Assets:Allowance"), "-108.00");
    let size = place.json(&["digest"])["size"].clone();
    assert_eq!(place.json(&args), closed, "the same again");
    assert_eq!(place.json(&["digest"])["size"], size);
    place.done(&["repay", "L-1", "100", "--on", "2024-03-01", "--booked-on", "2024-03-31"]);
    let now = place.json(&["books", "trial-balance", "--as-of", "2024-03-31"]);
    assert_eq!(now["accounts"], closed["accounts"]);
    let journal = place.json(&["books", "journal"]);
    let payment =
        journal["postings"].as_array().unwrap().iter().find(|row| row["event"] == "repayment-received").unwrap();
    let dates = ["date", "booked_on", "effective_on"].map(|key| payment[key].as_str().unwrap().to_owned());
    assert_eq!(dates, ["2024-04-01", "2024-03-31", "2024-03-01"]);
    assert_eq!(place.json(&["replay"])["periods"], 1);
}

#[test]
fn own_rules_are_checked_line_by_line() {
    let place = Place::with_loan();
    let rules = include_str!("../../projections/data/general_ledger.toml");
    place.file("own.toml", rules.replace("Assets:Cash", "Assets:Bank:Settlement"));
    let rows = place.json(&["books", "trial-balance", "--rules", "own.toml"]);
    assert!(sums(&rows, "accounts").iter().any(|(account, _)| account == "Assets:Bank:Settlement"));
    place.file("bad.toml", rules.replacen("kind = \"paid\"", "kind = \"payed\"", 1));
    let said = place.run(&["books", "trial-balance", "--rules", "bad.toml"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("bad.toml") && said.err.contains("line ") && said.err.contains("payed"), "{}", said.err);
}
