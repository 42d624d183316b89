//! The examples of the page on cost, and what the page does not show.
#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// Every example of `docs/COST.md`, as it stands there.
#[test]
fn the_examples_of_the_page_on_cost() {
    trycmd::TestCases::new().case("../docs/COST.md");
}

fn iledger(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iledger"));
    command.current_dir(directory).env("ILEDGER_TODAY", "2024-01-31").env_remove("ILEDGER_STORE");
    command.args(words).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Vectors in, answers in the same order out.
#[test]
fn whole_files_of_vectors_are_answered_in_their_order() {
    let place = tempfile::tempdir().unwrap();
    for (command, file, field) in [
        ("apr", "apr.json", "apr_pct"),
        ("day-count", "daycount.json", "days"),
        ("due-dates", "rolling.json", "result"),
    ] {
        let output = iledger(place.path(), &["calc", command, &fixture(file), "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let (cases, answers) = (std::fs::read_to_string(fixture(file)).unwrap(), json(&output));
        let cases: Value = serde_json::from_str(&cases).unwrap();
        let (cases, answers) = (cases.as_array().unwrap(), answers.as_array().unwrap());
        assert_eq!(cases.len(), answers.len(), "{file}");
        for (case, answer) in cases.iter().zip(answers) {
            assert_eq!(case["id"], answer["id"], "{file}");
            match field {
                "days" => assert_eq!(case["days"], answer["days"], "{}", case["id"]),
                "result" if case["kind"] != "monthly_chained_WRONG" => {
                    assert_eq!(case["expected"], answer["result"], "{}", case["id"]);
                }
                "apr_pct" => assert!(answer["apr_pct"].is_number(), "{}", case["id"]),
                _ => assert_ne!(case["expected"], answer["result"], "due dates are never chained"),
            }
        }
    }
}

/// The contract of a loan costs what its offer said, whatever happens to the loan afterwards.
#[test]
fn a_loan_costs_what_its_offer_said() {
    let place = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let output = iledger(place.path(), words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    };
    let wishes = ["--product", "annuity-12", "--principal", "12000", "--rate", "13.2%"];
    let costs = ["--cost", "guarantee:300:upfront:guarantor", "--collected-by", "interest=bank", "--format", "json"];
    run(&["init", "--time-zone", "Asia/Shanghai", "--currency", "CNY"]);
    run(&[["loan", "open", "L-1"].as_slice(), &wishes, &["--disburse"]].concat());
    let offer = json(&run(&[["offer", "disclose"].as_slice(), &wishes, &costs].concat()));
    let before = json(&run(&[["loan", "disclosure", "L-1"].as_slice(), &costs].concat()));
    run(&["repay", "L-1", "5000", "--reference", "PAY-1"]);
    let after = json(&run(&[["loan", "disclosure", "L-1"].as_slice(), &costs].concat()));
    for part in ["rates", "costs", "payments", "contingent", "amount_financed", "finance_charge", "total_of_payments"] {
        assert_eq!(offer[part], before[part], "{part}");
        assert_eq!(before[part], after[part], "{part}");
    }
    assert_eq!(offer["costs"][0]["collector"], "bank");
    let missing = iledger(place.path(), &["loan", "disclosure", "L-9"]);
    assert_eq!(missing.status.code(), Some(4));
}

/// One clear error for what people get wrong.
#[test]
fn bad_input_is_one_clear_error() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("broken.json"), "{\n  \"method\": eu\n}").unwrap();
    let disclose = ["offer", "disclose", "--product", "annuity-12", "--principal"];
    for (words, code, text) in [
        (vec!["calc", "apr", "broken.json"], 4, "broken.json:2:"),
        (vec!["calc", "apr", "nowhere.json"], 4, "cannot be read"),
        (vec!["calc", "day-count", "2024-01-01", "2024-02-01"], 2, "--convention"),
        (vec!["calc", "day-count", "--convention", "act/anything", "2024-01-01", "2024-02-01"], 4, "act/365f"),
        (vec!["calc", "day-count", "--convention", "act/360", "2024-01-01", "2024-02-30"], 2, "2024-02-30"),
        (vec!["calc", "due-dates", "--anchor", "9999-12-01", "--every", "1m", "--count", "3"], 4, "9999"),
        (vec!["calc", "due-dates", "--anchor", "2024-01-01", "--every", "0m", "--count", "3"], 2, "period"),
        ([disclose.as_slice(), &["12000", "--cost", "guarantee"]].concat(), 4, "NAME:AMOUNT"),
        ([disclose.as_slice(), &["-5"]].concat(), 4, "annuity-12"),
        ([disclose.as_slice(), &["12000", "--rate-cap", "warn"]].concat(), 2, "--jurisdiction"),
        (vec!["offer", "disclose", "--product", "pay-in-4", "--principal", "400"], 2, "--currency"),
        (
            vec!["offer", "compare", "--principal", "9000", "--plan", "annuity-12", "--plan", "annuity-12,x=1"],
            4,
            "fee-rate",
        ),
    ] {
        let output = iledger(place.path(), &words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
        assert!(error.contains(text), "{words:?}: {error}");
        assert!(output.stdout.is_empty(), "{words:?} printed something");
    }
}
