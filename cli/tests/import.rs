//! Tapes, loans and repayments from files.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

fn book(place: &Place) {
    place.file("book.csv", include_str!("fixtures/book.csv"));
    place.file("book.toml", include_str!("fixtures/book.toml"));
}

const TAPE: [&str; 5] = ["import", "tape", "book.csv", "--mapping", "book.toml"];

#[test]
fn a_tape_is_taken_over_row_by_row() {
    let place = Place::with_ledger();
    book(&place);
    let said = place.run(&[&TAPE[..], &["--format", "json"]].concat());
    assert_eq!(said.code, 4, "{}", said.err);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    for (field, count) in [("rows", 10), ("recorded", 6), ("already_recorded", 0), ("rejected", 4), ("events", 14)] {
        assert_eq!(report[field], count, "{field}: {report}");
    }
    let rejects = place.read("book.rejects.csv");
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines.len(), 5, "{rejects}");
    assert!(lines[1].starts_with("8,state,unknown-status,") && lines[1].contains("`vanished`"), "{rejects}");
    assert!(lines[2].starts_with("9,lent,bad-amount,") && lines[2].contains("`12x0.00`"), "{rejects}");
    assert!(lines[3].starts_with("10,number,repeated,") && lines[3].contains("line 2"), "{rejects}");
    assert!(
        lines[4].starts_with("11,(row),bad-conversion,") && lines[4].contains("before the disbursement"),
        "{rejects}"
    );
}

#[test]
fn the_balances_give_back_what_the_tape_says() {
    let place = Place::with_ledger();
    book(&place);
    place.run(&TAPE);
    let loans = place.json(&["balance"])["loans"].clone();
    let row = |loan: &str| loans.as_array().unwrap().iter().find(|row| row["loan"] == loan).unwrap().clone();
    // a cent more or less than was lent is how sources round
    for (loan, principal, waived) in
        [("B-1", "1200.00", "0.00"), ("B-2", "1199.99", "0.01"), ("B-3", "1200.01", "0.00")]
    {
        let row = row(loan);
        assert_eq!(row["received_principal"], principal, "{loan}");
        assert_eq!(row["waived"], waived, "{loan}");
        assert_eq!(row["outstanding"], "0.00", "{loan}");
        assert_eq!(row["status"], "settled", "{loan}");
    }
    assert_eq!(row("B-2")["received_penalty"], "15.00");
    assert_eq!(row("B-4")["principal"], "1900.00");
    let lost = row("B-6");
    assert_eq!(lost["status"], "written-off");
    assert_eq!(lost["received_principal"], "1000.01", "half a cent is rounded up");
    assert_eq!(lost["written_off_principal"], "1999.99");
    assert_eq!(lost["recovered"], "250.50");
    assert_eq!(lost["principal_lost"], "1749.49");
    assert_eq!(place.run(&["replay"]).code, 0);
}

#[test]
fn arrears_without_a_date_are_unknown_and_never_0() {
    let place = Place::with_ledger();
    book(&place);
    place.run(&TAPE);
    let overdue = place.json(&["overdue", "--as-of", "2024-06-30"])["loans"].clone();
    let days = |loan: &str| {
        let rows = overdue.as_array().unwrap();
        rows.iter().find(|row| row["loan"] == loan).map(|row| row["days_past_due"].clone())
    };
    assert_eq!(days("B-4"), Some(151.into()), "2024-01-31 to 2024-06-30");
    assert_eq!(days("B-5"), Some("unknown".into()));
    assert_eq!(days("B-1"), None);
    let classes = place.json(&["classify", "--rules", "cn-five-tier", "--as-of", "2024-06-30"]);
    let row = classes["loans"].as_array().unwrap().iter().find(|row| row["loan"] == "B-5").unwrap();
    assert!(row.to_string().contains("unknown"), "{row}");
}

#[test]
fn instalments_are_compared_to_the_cent() {
    let place = Place::with_ledger();
    book(&place);
    let said = place.run(&[&TAPE[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(place.read("book.instalments.csv").lines().next(), Some("line,loan,currency,given,computed,difference"));
    // 1,200 at 12 % over 12 months is 106.6185 a month, 2,400 at 9.6 % over 24 is 110.3053, 3,000 at 20 % over 12 is 277.9035:
    // each with its cents rounded up
    assert_eq!(report["instalments_differ"], 1, "{}", place.read("book.instalments.csv"));
    assert_eq!(place.read("book.instalments.csv").lines().nth(1), Some("5,B-4,USD,110.30,110.31,-0.01"));
}

#[test]
fn the_same_tape_again_adds_nothing_and_a_changed_row_is_refused() {
    let place = Place::with_ledger();
    book(&place);
    place.run(&TAPE);
    let log = place.log();
    let said = place.run(&[&TAPE[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&report["recorded"], &report["already_recorded"]), (&0.into(), &6.into()));
    assert_eq!(place.log(), log);
    let changed = include_str!("fixtures/book.csv").replace("1200.00,79.44", "1200.00,79.45");
    place.file("book.csv", changed);
    place.run(&TAPE);
    let rejects = place.read("book.rejects.csv");
    assert!(rejects.contains("2,(row),key-reused,the loan was imported before with other facts"), "{rejects}");
    assert_eq!(place.log(), log);
}

#[test]
fn a_dry_run_says_what_would_be_and_records_nothing() {
    let place = Place::with_ledger();
    book(&place);
    let log = place.log();
    let dry = place.run(&[&TAPE[..], &["--dry-run", "--format", "json"]].concat());
    assert_eq!(place.log(), log);
    let wet = place.run(&[&TAPE[..], &["--format", "json"]].concat());
    assert_eq!((dry.code, dry.out), (wet.code, wet.out));
}

#[test]
fn a_dry_run_of_payments_knows_the_ledger() {
    let place = Place::with_loan();
    place.file(
        "pay.csv",
        "loan,date,amount,reference\nL-1,2024-02-15,118.00,P-1\nL-1,2024-02-10,1.00,P-2\nL-9,2024-02-15,1.00,P-3\n",
    );
    let log = place.log();
    let dry = place.run(&["import", "repayments", "pay.csv", "--dry-run", "--format", "json"]);
    assert_eq!(place.log(), log);
    let wet = place.run(&["import", "repayments", "pay.csv", "--format", "json"]);
    assert_eq!((dry.code, &dry.out), (wet.code, &wet.out));
    assert!(place.read("pay.rejects.csv").contains("4,loan,not-originated,there is no loan `L-9`"));
}

#[test]
fn payments_are_booked_once_however_they_come() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "118.00", "--on", "2024-02-15", "--channel", "bank", "--reference", "P-1"]);
    place.file(
        "pay.csv",
        "loan,date,amount,channel,reference\nL-1,2024-02-15,118.00,bank,P-1\nL-1,2024-03-15,118.00,bank,P-2\n",
    );
    let first = place.json(&["import", "repayments", "pay.csv"]);
    assert_eq!((&first["recorded"], &first["already_recorded"]), (&1.into(), &1.into()), "{first}");
    let log = place.log();
    let second = place.json(&["import", "repayments", "pay.csv"]);
    assert_eq!((&second["recorded"], &second["already_recorded"]), (&0.into(), &2.into()), "{second}");
    assert_eq!(place.log(), log);
    assert_eq!(place.json(&["balance", "L-1"])["loans"][0]["received"], "236.00");
    assert!(!place.path().join("pay.rejects.csv").exists());
}

#[test]
fn payments_through_a_mapping_with_other_names_and_dates_and_compressed() {
    let place = Place::with_loan();
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(b"contract;x,paid,sum,id\nL-1,15/02/2024,118.00,77\n").unwrap();
    place.file("bank.csv.gz", gz.finish().unwrap());
    place.file(
        "bank.toml",
        "date_format = \"%d/%m/%Y\"\n[columns]\nloan = \"contract;x\"\ndate = \"paid\"\namount = \"sum\"\n\
         reference = { column = \"id\", prefix = \"BANK-\" }\nchannel = { value = \"bank\" }\n",
    );
    place.done(&["import", "repayments", "bank.csv.gz", "--mapping", "bank.toml"]);
    let log = place.log();
    assert!(log.contains("BANK-77") && log.contains("2024-02-15"), "{log}");
    // cut off in the middle: what is wrong is said, and nothing is recorded twice afterwards
    let whole = std::fs::read(place.path().join("bank.csv.gz")).unwrap();
    place.file("cut.csv.gz", &whole[..whole.len() - 12]);
    let said = place.run(&["import", "repayments", "cut.csv.gz", "--mapping", "bank.toml"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("cut.csv.gz"), "{}", said.err);
    assert_eq!(place.log(), log);
}

#[test]
fn backdated_payments_in_any_order_end_the_same() {
    let sums = |rows: &[&str]| {
        let place = Place::with_loan();
        place.file("pay.csv", format!("loan,date,amount,reference\n{}\n", rows.join("\n")));
        place.done(&["import", "repayments", "pay.csv"]);
        place.json(&["balance"])["loans"].clone()
    };
    let (a, b, c) = ("L-1,2024-02-15,118.00,P-1", "L-1,2024-03-20,100.00,P-2", "L-1,2024-05-01,200.00,P-3");
    assert_eq!(sums(&[a, b, c]), sums(&[c, b, a]));
}

#[test]
fn new_loans_are_opened_and_paid_out() {
    let place = Place::with_ledger();
    place.file(
        "loans.csv",
        "loan,product,currency,principal,opened_on,disbursed_on,annual_rate,instalments,borrower\n\
         N-1,us-annuity-36-up,,3600,2024-01-15,2024-01-20,9.9%,24,b-1\n\
         N-2,,CNY,12000,2024-01-15,,,,b-2\n\
         N-3,us-annuity-36-up,USD,100,2024-01-15,,,,\n\
         N-4,no-such,USD,1000,2024-01-15,,,,\n\
         N-5,us-annuity-36-up,EUR,1000,2024-01-15,,,,\n",
    );
    let said = place.run(&["import", "loans", "loans.csv", "--product", "annuity-12"]);
    assert_eq!(said.code, 4, "{}", said.err);
    let rejects = place.read("loans.rejects.csv");
    assert!(rejects.contains("4,principal,bad-terms,"), "{rejects}");
    assert!(rejects.contains("5,product,no-such-product,"), "{rejects}");
    assert!(rejects.contains("6,currency,bad-terms,"), "{rejects}");
    let loan = place.json(&["loan", "show", "N-1"]);
    assert_eq!((&loan["annual_rate"], &loan["instalments"]), (&"9.9%".into(), &24.into()));
    assert_eq!(loan["disbursed_on"], "2024-01-20");
    assert_eq!(place.json(&["loan", "show", "N-2"])["status"], "pending");
    let log = place.log();
    place.run(&["import", "loans", "loans.csv", "--product", "annuity-12"]);
    assert_eq!(place.log(), log);
    // paid out later, by the same file
    place.run(&["import", "loans", "loans.csv", "--product", "annuity-12", "--disburse"]);
    assert_eq!(place.json(&["loan", "show", "N-2"])["status"], "active");
    assert_eq!(place.log().lines().count(), log.lines().count() + 1);
}

#[test]
fn columns_that_are_not_read_are_told() {
    let place = Place::with_loan();
    place.file("pay.csv", "loan,date,amount,reference,chanel\nL-1,2024-02-15,10,P-1,bank\n");
    let said = place.run(&["import", "repayments", "pay.csv"]);
    assert_eq!(said.code, 0);
    assert!(said.err.contains("warning: columns that are not read: chanel"), "{}", said.err);
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_is_run_again_and_ends_the_same() {
    use std::process::{Command, Stdio};
    let rows: Vec<String> = (1..=9_000).map(|at| format!("N-{at},{}.00,2024-01-15\n", 500 + at % 700)).collect();
    let mapping =
        "product = \"us-annuity-36-up\"\n[columns]\nloan = \"loan\"\nprincipal = \"principal\"\nopened_on = \"on\"\n";
    let header = "loan,principal,on\n";
    let place = Place::with_ledger();
    place.file("m.toml", mapping);
    assert!(Command::new("mkfifo").arg(place.path().join("pipe")).status().unwrap().success());
    let args = ["import", "loans", "pipe", "--mapping", "m.toml"];
    let child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = std::fs::OpenOptions::new().write(true).open(place.path().join("pipe")).unwrap();
    pipe.write_all(header.as_bytes()).unwrap();
    let (before, after) = rows.split_at(3_000);
    pipe.write_all(before.concat().as_bytes()).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    std::thread::sleep(std::time::Duration::from_millis(200));
    // it stops after the batch that is under way, and then nobody reads the pipe
    let _ = pipe.write_all(after.concat().as_bytes());
    drop(pipe);
    let said = common::said(&child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}{}", said.out, said.err);
    assert!(said.err.contains("interrupted"), "{}", said.err);
    let recorded = place.json(&["balance", "--totals"])["totals"][0]["loans"].as_u64().unwrap();
    assert!((1..9_000).contains(&recorded), "{recorded}");

    place.file("whole.csv", format!("{header}{}", rows.concat()));
    let again = place.json(&["import", "loans", "whole.csv", "--mapping", "m.toml"]);
    assert_eq!(again["already_recorded"].as_u64(), Some(recorded));
    assert_eq!(again["recorded"].as_u64(), Some(9_000 - recorded));
    let at_once = Place::with_ledger();
    at_once.file("m.toml", mapping);
    at_once.file("whole.csv", format!("{header}{}", rows.concat()));
    at_once.done(&["import", "loans", "whole.csv", "--mapping", "m.toml"]);
    assert_eq!(place.json(&["balance"]), at_once.json(&["balance"]));
}

/// Ctrl-C has to be possible while the program waits for input, too: the second one ends it at once.
#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_the_program_and_the_store_opens() {
    use std::process::{Command, Stdio};
    let place = Place::with_loan();
    place.file(
        "m.toml",
        "[columns]\nloan = \"loan\"\ndate = \"date\"\namount = \"amount\"\nreference = \"reference\"\n",
    );
    assert!(Command::new("mkfifo").arg(place.path().join("pipe")).status().unwrap().success());
    let args = ["import", "repayments", "pipe", "--mapping", "m.toml"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = std::fs::OpenOptions::new().write(true).open(place.path().join("pipe")).unwrap();
    pipe.write_all(b"loan,date,amount,reference\nL-1,2024-02-15,10,P-1\n").unwrap();
    let status = loop {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        std::thread::sleep(std::time::Duration::from_millis(100));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
    drop(pipe);
    assert_eq!(place.log().lines().count(), 2, "the store opens, and the payment that was not confirmed is not there");
}
