//! Bad input is normal input: one clear message, the exit code of the contract, and the log as it was.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{ILEDGER, Place, said};
use ledger_core::store::BlockStore;
use ledger_core::store::OpenOptions;
use std::process::Command;

/// A command that is refused with a code and words, and records nothing.
fn refused(place: &Place, args: &[&str], exit: i32, words: &[&str]) {
    let before = place.log();
    let said = place.run(args);
    assert_eq!(said.code, exit, "{args:?}: {}", said.err);
    assert_eq!(said.out, "", "{args:?}: data for an error");
    let errors = said.err.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 1, "{args:?}: {}", said.err);
    for word in words {
        assert!(said.err.contains(word), "{args:?} does not say `{word}`: {}", said.err);
    }
    assert!(said.err.len() < 1_500, "{args:?}: {} bytes of message", said.err.len());
    assert_eq!(place.log(), before, "{args:?} changed the log");
}

/// A row of a file that is refused with line, column, code and words; nothing of the file is recorded.
fn row_refused(place: &Place, args: &[&str], rejects: &str, row: (&str, &str, &str), words: &str) {
    let before = place.log();
    let said = place.run(args);
    assert_eq!(said.code, 4, "{args:?}: {}", said.err);
    assert!(said.err.contains("error[rows-rejected]: 1 of 1 rows were rejected"), "{}", said.err);
    assert!(said.err.len() < 2_000, "{args:?}: {} bytes of message", said.err.len());
    let text = place.read(rejects);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1, "{text}");
    assert_eq!((&found[0][0], &found[0][1], &found[0][2]), row, "{text}");
    assert!(found[0][3].contains(words), "`{words}`: {text}");
    assert_eq!(place.log(), before, "{args:?} changed the log");
}

/// One payment from a file.
fn payment_refused(row: &[u8], field: &str, code: &str, words: &str) {
    let place = Place::with_loan();
    let content = [b"loan,date,amount,channel,reference\n".as_slice(), row, b"\n"].concat();
    place.file("pay.csv", content);
    row_refused(&place, &["import", "repayments", "pay.csv"], "pay.rejects.csv", ("2", field, code), words);
}

#[test]
fn a_wrong_date() {
    let place = Place::with_loan();
    refused(&place, &["repay", "L-1", "10", "--on", "2024-02-30"], 2, &["2024-02-30", "write it as 2024-02-29"]);
    refused(&place, &["close-day", "--through", "31.03.2024"], 2, &["31.03.2024"]);
    refused(&place, &["repay", "L-1", "10", "--on", "2024-01-14"], 4, &["2024-01-14", "2024-01-15", "disbursed"]);
    refused(&place, &["repay", "L-1", "10", "--on", "2024-07-01"], 4, &["2024-07-01", "after the business date"]);
    payment_refused(b"L-1,2024-02-30,10,bank,P-1", "date", "bad-date", "`2024-02-30` is not a date");
    payment_refused(b"L-1,2024-07-01,10,bank,P-1", "date", "future-dated", "after the business date");
    payment_refused(b"L-1,,10,bank,P-1", "date", "empty-field", "empty");
}

#[test]
fn a_negative_amount() {
    let place = Place::with_loan();
    refused(&place, &["repay", "L-1", "-10"], 4, &["more than zero"]);
    refused(&place, &["repay", "L-1", "0"], 4, &["more than zero"]);
    refused(&place, &["loan", "open", "L-2", "--product", "us-annuity-36-up", "--principal", "-600"], 4, &["500.00"]);
    payment_refused(b"L-1,2024-02-15,-10,bank,P-1", "amount", "bad-amount", "negative");
}

#[test]
fn a_third_decimal_of_a_cent() {
    let place = Place::with_loan();
    refused(&place, &["repay", "L-1", "10.005"], 4, &["10.005", "2 decimals of USD"]);
    payment_refused(b"L-1,2024-02-15,10.005,bank,P-1", "amount", "bad-amount", "2 decimals of USD");
    payment_refused(b"L-1,2024-02-15,1e3,bank,P-1", "amount", "bad-amount", "write it as 1234.56");
    payment_refused("L-1,2024-02-15,１０,bank,P-1".as_bytes(), "amount", "bad-amount", "is not an amount");
    payment_refused(b"L-1,2024-02-15,99999999999999999999,bank,P-1", "amount", "bad-amount", "range of amounts");
}

#[test]
fn an_unknown_or_another_currency() {
    let place = Place::with_loan();
    refused(&place, &["repay", "L-1", "10", "--currency", "XYZ"], 2, &["XYZ"]);
    refused(&place, &["repay", "L-1", "10", "--currency", "EUR"], 4, &["EUR", "the loan is in USD"]);
    place.file("pay.csv", "loan,date,amount,currency,reference\nL-1,2024-02-15,10,XYZ,P-1\n");
    let args = ["import", "repayments", "pay.csv"];
    row_refused(&place, &args, "pay.rejects.csv", ("2", "currency", "bad-currency"), "XYZ");
    place.file("pay.csv", "loan,date,amount,currency,reference\nL-1,2024-02-15,10,EUR,P-1\n");
    row_refused(&place, &args, "pay.rejects.csv", ("2", "currency", "wrong-currency"), "the loan is in USD");
}

#[test]
fn a_repeated_reference() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "118.00", "--on", "2024-02-15", "--reference", "P-1"]);
    refused(
        &place,
        &["repay", "L-1", "119.00", "--on", "2024-02-15", "--reference", "P-1"],
        4,
        &["P-1", "other facts"],
    );
    let log = place.log();
    let again = place.done(&["repay", "L-1", "118.00", "--on", "2024-02-15", "--reference", "P-1"]);
    assert!(again.contains("already"), "{again}");
    assert_eq!(place.log(), log);
    place.file("pay.csv", "loan,date,amount,reference\nL-1,2024-02-15,120,P-1\n");
    let args = ["import", "repayments", "pay.csv"];
    row_refused(&place, &args, "pay.rejects.csv", ("2", "reference", "key-reused"), "another date, amount or channel");
}

#[test]
fn a_reference_that_stands_twice_in_one_file() {
    let place = Place::with_loan();
    place.file("pay.csv", "loan,date,amount,reference\nL-1,2024-02-15,10,P-1\nL-1,2024-02-16,10,P-1\n");
    let said = place.run(&["import", "repayments", "pay.csv"]);
    assert_eq!(said.code, 4);
    assert_eq!(
        place.read("pay.rejects.csv"),
        "line,field,code,reason\n3,reference,repeated,the same reference stands on line 2 already\n"
    );
    assert_eq!(place.log().lines().count(), 3, "the first of the two is recorded");
}

#[test]
fn a_field_of_a_megabyte() {
    let long = "x".repeat(1 << 20);
    payment_refused(format!("L-1,2024-02-15,10,{long},P-1").as_bytes(), "channel", "field-too-long", "1048576 bytes");
    payment_refused(format!("{long},2024-02-15,10,bank,P-1").as_bytes(), "loan", "field-too-long", "1048576 bytes");
    payment_refused(format!("L-1,2024-02-15,{long},bank,P-1").as_bytes(), "amount", "field-too-long", "1048576");
    let place = Place::with_loan();
    let reason = "y".repeat(100_000);
    refused(&place, &["fee", "L-1", "5", "--reason", &reason], 4, &["reason", "100000"]);
    refused(&place, &["repay", &reason, "5"], 2, &["is no name for a stream or loan"]);
}

#[test]
fn a_missing_column_and_a_row_of_another_width() {
    let place = Place::with_loan();
    place.file("pay.csv", "loan,date,sum,reference\nL-1,2024-02-15,10,P-1\n");
    let args = ["import", "repayments", "pay.csv"];
    refused(&place, &args, 4, &["missing-column", "pay.csv:1", "no column `amount`", "loan, date, sum, reference"]);
    place.file("pay.csv", "loan,date,amount,amount,reference\nL-1,2024-02-15,10,10,P-1\n");
    refused(&place, &args, 4, &["two columns `amount`"]);
    place.file("pay.csv", "");
    refused(&place, &args, 4, &["pay.csv:1"]);
    place.file("pay.csv", "loan,date,amount,reference\nL-1,2024-02-15,1,000.00,P-1\n");
    row_refused(&place, &args, "pay.rejects.csv", ("2", "(row)", "bad-row"), "5 fields, the header has 4");
    refused(&place, &["import", "repayments", "absent.csv"], 4, &["absent.csv", "cannot be read"]);
}

#[test]
fn a_file_that_is_not_utf_8() {
    payment_refused(b"L-1,2024-02-15,10,\xff\xfe,P-1", "channel", "not-utf-8", "not UTF-8");
    let place = Place::with_loan();
    place.file("pay.csv", b"loan,date,amount,\xd6ffnung,reference\nL-1,2024-02-15,10,bank,P-1\n");
    refused(&place, &["import", "repayments", "pay.csv"], 4, &["pay.csv:1", "not UTF-8"]);
    let utf_16: Vec<u8> = "\u{feff}loan,date\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    place.file("pay.csv", utf_16);
    refused(&place, &["import", "repayments", "pay.csv"], 4, &["pay.csv:1", "not UTF-8"]);
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let place = Place::with_loan();
    place.file("pay.csv", "\u{feff}loan,date,amount,reference\nL-1,2024-02-15,10,P-1\n");
    place.done(&["import", "repayments", "pay.csv"]);
}

#[test]
fn a_mapping_that_is_wrong() {
    let place = Place::with_loan();
    place.file("pay.csv", "a,b\n1,2\n");
    let args = ["import", "repayments", "pay.csv", "--mapping", "m.toml"];
    refused(&place, &args, 4, &["m.toml", "cannot be read", "lendingclub-2007-2011"]);
    place.file("m.toml", "[columns]\nlaon = \"a\"\n");
    refused(&place, &args, 4, &["columns.laon", "no such field"]);
    place.file("m.toml", "[columns]\nloan = 3\n");
    refused(&place, &args, 4, &["m.toml:2"]);
    place.file("m.toml", "[columns]\nloan = \"a\"\n");
    refused(&place, &args, 4, &["columns.date"]);
}

#[test]
fn a_store_directory_that_cannot_be_written() {
    let place = Place::empty();
    let file = place.file("a-file", "not a directory");
    let said = place.run(&["init", "--store", "a-file/store"]);
    assert_eq!(said.code, 6, "{}", said.err);
    assert!(said.err.contains("`a-file/store` cannot be created"), "{}", said.err);
    assert_eq!(std::fs::read(file).unwrap(), b"not a directory");
    let said = place.run(&["init", "--store", "a-file"]);
    assert_eq!(said.code, 6, "{}", said.err);
    let said = place.run(&["balance", "--store", "nowhere"]);
    assert_eq!((said.code, said.out.as_str()), (6, ""), "{}", said.err);
    assert!(said.err.contains("there is no ledger at `nowhere`") && said.err.contains("iledger init"), "{}", said.err);
    assert!(!place.path().join("nowhere").exists(), "reading created a directory");
}

#[cfg(unix)]
#[test]
fn a_store_without_the_right_to_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::empty();
    let locked = place.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    // whoever may do everything (root) cannot be refused
    let refused = std::fs::write(locked.join("probe"), "").is_err();
    let said = place.run(&["init", "--store", "locked/store"]);
    if refused {
        assert_eq!(said.code, 6, "{}", said.err);
        assert!(said.err.contains("cannot be created"), "{}", said.err);
    } else {
        assert_eq!(said.code, 0, "{}", said.err);
    }
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_store_that_is_open_elsewhere() {
    let place = Place::with_loan();
    let before = place.log();
    let held = BlockStore::open(place.path().join(".iledger/log"), OpenOptions::default()).unwrap();
    for args in [&["balance"][..], &["repay", "L-1", "10"], &["demo", "--store", ".iledger", "--replace"]] {
        let said = place.run(args);
        let expected = if args[0] == "demo" { 4 } else { 6 };
        assert_eq!((said.code, said.out.as_str()), (expected, ""), "{args:?}: {}", said.err);
        assert_eq!(said.err.lines().filter(|line| line.starts_with("error")).count(), 1, "{}", said.err);
    }
    let said = place.run(&["repay", "L-1", "10"]);
    assert!(said.err.contains("open"), "{}", said.err);
    drop(held);
    assert_eq!(place.log(), before);
}

#[test]
fn usage_errors_are_exit_code_2_and_need_no_store() {
    for args in [&["no-such-command"][..], &["repay"], &["balance", "--no-such-option"], &["repay", "a b", "1"]] {
        let place = Place::empty();
        let said = said(&Command::new(ILEDGER).args(args).current_dir(place.path()).output().unwrap());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{args:?}: {}", said.err);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
