//! Reconciliation on the command line: runs, the life of a break, posting.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use serde_json::Value;

/// A CSV in the columns of a Stripe payout reconciliation, which needs no mapping.
fn stripe(rows: &[(&str, &str, &str)]) -> String {
    let mut out = String::from(
        "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,available_on_utc,\
         currency,gross,fee,net,reporting_category,source_id,description\n",
    );
    for (number, (on, amount, text)) in rows.iter().enumerate() {
        let category = if amount.starts_with('-') { "refund" } else { "charge" };
        out.push_str(&format!(
            "po_1,{on} 00:00:00,txn_{number},{on} 10:00:00,{on} 10:00:00,usd,{amount},0.00,{amount},{category},ch_{number},{text}\n"
        ));
    }
    out
}

fn book() -> Place {
    let place = Place::with_loan();
    for (on, reference) in [("2024-02-15", "L-1-A"), ("2024-03-15", "L-1-B"), ("2024-04-15", "L-1-C")] {
        place.done(&["repay", "L-1", "120.00", "--reference", reference, "--on", on]);
    }
    place
}

fn run(place: &Place, args: &[&str]) -> (i32, Value) {
    let said = place.run(&[&["reconcile"], args, &["--format", "json"]].concat());
    let value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{args:?}: {}{}", said.out, said.err));
    (said.code, value)
}

fn kinds(report: &Value) -> Vec<&str> {
    report["breaks"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect()
}

#[test]
fn nothing_is_open_and_the_same_statement_again_changes_nothing() {
    let place = book();
    place.file(
        "s.csv",
        stripe(&[
            ("2024-02-15", "120.00", "L-1-A"),
            ("2024-03-15", "120.00", "L-1-B"),
            ("2024-04-15", "120.00", "L-1-C"),
        ]),
    );
    let (code, report) = run(&place, &["run", "s.csv"]);
    assert_eq!((code, &report["matched_now"], &report["sums_tie"]), (0, &3.into(), &true.into()), "{report}");
    let log = place.log();
    let (code, report) = run(&place, &["run", "s.csv"]);
    assert_eq!((code, &report["matched_now"], &report["known_statements"]), (0, &0.into(), &1.into()), "{report}");
    assert_eq!(place.log(), log);
}

#[test]
fn a_missing_repayment_and_a_bounce_are_posted_after_a_dry_run() {
    let place = book();
    place.file(
        "s.csv",
        stripe(&[
            ("2024-02-15", "120.00", "L-1-A"),
            ("2024-03-15", "120.00", "L-1-B"),
            ("2024-04-15", "120.00", "L-1-C"),
            ("2024-04-16", "-120.00", "L-1-C"),
            ("2024-05-15", "120.00", "L-1-D"),
        ]),
    );
    let log = place.log();
    let (code, report) = run(&place, &["run", "s.csv", "--post", "--dry-run"]);
    assert_eq!(code, 1, "{report}");
    assert_eq!(kinds(&report), ["missing-in-ledger", "reversed-at-bank"], "{report}");
    assert!(report["posted"].as_array().unwrap().iter().all(|row| row["result"] == "would post"), "{report}");
    assert_eq!(place.log(), log, "a dry run records nothing");
    let (code, report) = run(&place, &["run", "s.csv", "--post", "--html", "report.html"]);
    assert_eq!((code, &report["open"], &report["sums_tie"]), (0, &0.into(), &true.into()), "{report}");
    assert!(place.read("report.html").contains("<h2>posted</h2>"));
    let (code, report) = run(&place, &["status", "--all"]);
    assert_eq!(code, 0, "{report}");
    assert!(report["breaks"].as_array().unwrap().iter().all(|row| row["status"] == "posted"), "{report}");
    let again = place.log();
    assert_eq!(run(&place, &["run", "s.csv", "--post"]).0, 0);
    assert_eq!(place.log(), again);
}

#[test]
fn a_break_is_explained_then_accepted_and_not_twice() {
    let place = book();
    place.file("s.csv", stripe(&[("2024-02-15", "119.00", "L-1-A"), ("2024-02-16", "5.00", "unknown")]));
    let (code, report) = run(&place, &["run", "s.csv"]);
    assert_eq!(code, 1);
    let mut found = kinds(&report);
    found.sort_unstable();
    assert_eq!(found, ["amount-differs", "missing-in-ledger"], "{report}");
    for row in report["breaks"].as_array().unwrap() {
        let id = row["break"].as_str().unwrap();
        let (_, said) = run(&place, &["explain", id, "asked the bank"]);
        assert_eq!(said["breaks"][0]["status"], "explained", "{said}");
        let (_, said) = run(&place, &["accept", id, "small"]);
        assert_eq!(said["breaks"][0]["status"], "accepted", "{said}");
        assert_eq!(place.run(&["reconcile", "accept", id, "again"]).code, 4);
    }
    assert_eq!(run(&place, &["status"]).0, 0);
    assert_eq!(place.run(&["reconcile", "accept", "nothing", "x"]).code, 4);
}

#[test]
fn an_unreadable_file_is_refused_before_anything_is_compared() {
    let place = book();
    place.file("good.csv", stripe(&[("2024-02-15", "120.00", "L-1-A")]));
    place.file("bad.txt", "hello");
    let log = place.log();
    let said = place.run(&["reconcile", "run", "good.csv", "bad.txt"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("bad.txt:1:"), "{}", said.err);
    assert_eq!(place.log(), log);
}

#[test]
fn a_payment_that_comes_with_the_next_statement_closes_its_break() {
    let place = book();
    place.file("one.csv", stripe(&[("2024-02-15", "120.00", "L-1-A"), ("2024-03-25", "120.00", "L-1-Z")]));
    let (_, report) = run(&place, &["run", "one.csv"]);
    let mut found = kinds(&report);
    found.sort_unstable();
    assert_eq!(found, ["missing-at-bank", "missing-in-ledger"], "{report}");
    place.file("two.csv", stripe(&[("2024-03-19", "120.00", "L-1-B"), ("2024-04-15", "120.00", "L-1-C")]));
    let (_, report) = run(&place, &["run", "two.csv"]);
    assert_eq!(kinds(&report), ["missing-in-ledger"], "{report}");
    assert_eq!(report["resolved_now"], 1, "{report}");
    // the ledger catches up by hand
    place.done(&["repay", "L-1", "120.00", "--reference", "L-1-Z", "--on", "2024-03-25"]);
    let (code, report) = run(&place, &["run", "two.csv"]);
    assert_eq!((code, &report["resolved_now"]), (0, &1.into()), "{report}");
}

#[test]
fn the_template_of_the_rules_is_a_file_of_rules() {
    let place = Place::with_ledger();
    let template = place.done(&["reconcile", "rules", "--template"]);
    place.file("rules.toml", template);
    assert_eq!(place.json(&["reconcile", "rules", "rules.toml"]), place.json(&["reconcile", "rules"]));
    place.file("bad.toml", "name = \"x\"\nrule = []\nwrong = 1\n");
    assert_eq!(place.run(&["reconcile", "rules", "bad.toml"]).code, 4);
}

/// The demo's statements of every format: what `reconcile run` finds is what was planted, no more and no less.
#[test]
fn the_statements_of_the_demo_hold_what_was_planted() {
    let place = Place::empty();
    place.done(&["demo", "--loans", "150", "--store", "book", "--statements", "sent"]);
    let files = [
        "bank.camt053.xml",
        "bank.mt940.sta",
        "bank.ofx",
        "alipay.csv",
        "wechat.csv",
        "stripe.csv",
        "adyen.csv",
        "bank.csv",
    ];
    for file in files {
        let (path, rules) = (format!("sent/{file}"), format!("sent/{file}.rules.toml"));
        let mut args = vec!["run", &path, "--store", "book", "--account", file, "--rules", &rules];
        args.extend(["--booked-on", "2026-01-15"]);
        if file == "bank.csv" {
            args.extend(["--mapping", "sent/bank.csv.mapping.toml"]);
        }
        let (code, report) = run(&place, &args);
        assert_eq!((code, &report["sums_tie"]), (1, &true.into()), "{file}");
        let mut found: Vec<String> = report["breaks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let mut payments: Vec<&str> = row["payments"].as_str().unwrap().split(", ").collect();
                payments.sort_unstable();
                format!("{} {}", row["kind"].as_str().unwrap(), payments.join(", "))
            })
            .collect();
        let expected = place.read(&format!("sent/{file}.expected.csv"));
        let mut expected: Vec<String> = expected
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                let mut payments: Vec<&str> = cells[2].split(' ').collect();
                payments.sort_unstable();
                format!("{} {}", cells[0], payments.join(", "))
            })
            .collect();
        found.sort();
        expected.sort();
        assert!(expected.len() > 3, "{file}");
        assert_eq!(found, expected, "{file}");
    }
}
