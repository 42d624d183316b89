//! Loans that are serviced by the day, on the command line: every operation, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Place, Said};
use serde_json::Value;

/// A loan `L-1` of a product, paid out on 2024-01-01.
fn with_loan(product: &str, principal: &str) -> Place {
    let place = Place::with_ledger();
    on(&place, "2024-01-01", &["loan", "open", "L-1", "--product", product, "--principal", principal, "--disburse"]);
    place
}

/// Runs a command on a business day.
fn run(place: &Place, day: &str, args: &[&str]) -> Said {
    place.run(&[args, &["--booked-on", day]].concat())
}

/// Runs a command that must succeed on a business day, and gives its answer.
fn on(place: &Place, day: &str, args: &[&str]) -> Value {
    place.json(&[args, &["--booked-on", day]].concat())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

/// The sum of a column of the schedule in cents.
fn scheduled(place: &Place, day: &str, column: &str) -> i64 {
    let schedule = on(place, day, &["loan", "schedule", "L-1"]);
    schedule["instalments"].as_array().unwrap().iter().map(|row| cents(text(row, column))).sum()
}

/// Schedule, `loan show` and the statement say the same is owed.
fn agrees(place: &Place, day: &str) {
    let open = scheduled(place, day, "outstanding");
    let shown = on(place, day, &["loan", "show", "L-1"]);
    assert_eq!(cents(text(&shown, "outstanding")), open, "{day}: {shown}");
    let statement = on(place, day, &["loan", "statement", "L-1"]);
    let last = statement["lines"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(cents(text(&last, "balance")), open - cents(text(&shown, "credit")), "{day}: {last}");
}

/// The whole life of a loan with every operation, each booked on its day; the figures agree after each of them.
#[test]
fn every_operation_runs_and_the_views_agree() {
    let place = with_loan("daily-annuity-12", "1200");
    let steps: &[(&str, &[&str], &str)] = &[
        ("2024-02-01", &["repay", "L-1", "105.45", "--reference", "P-1"], "repayment-received"),
        ("2024-02-02", &["loan", "charge", "L-1", "5", "--reason", "copy"], "charge-levied"),
        (
            "2024-02-02",
            &["loan", "charge", "L-1", "2%", "--of", "both", "--penalty", "--reason", "late"],
            "charge-levied",
        ),
        ("2024-02-02", &["loan", "charge", "L-1", "1", "--every-instalment", "--reason", "keeping"], "charge-levied"),
        ("2024-02-03", &["loan", "waive-charge", "L-1", "3", "--reason", "oops"], "charge-waived"),
        ("2024-02-05", &["loan", "merchant-refund", "L-1", "100", "--reference", "RMA-1"], "interest-refunded"),
        ("2024-02-06", &["loan", "payout-refund", "L-1", "50", "--no-interest-refund"], "payout-refund-received"),
        ("2024-02-07", &["loan", "goodwill", "L-1", "3"], "goodwill-credit-given"),
        ("2024-02-08", &["loan", "interest-refund", "L-1", "1", "--of", "9"], "interest-refund-given"),
        ("2024-02-09", &["loan", "interest-waiver", "L-1", "0.50"], "interest-payment-waived"),
        ("2024-02-10", &["loan", "down-payment", "L-1", "10", "--of", "1"], "down-payment-received"),
        ("2024-02-11", &["loan", "chargeback", "L-1", "2", "20", "--reason", "disputed"], "payment-charged-back"),
        ("2024-02-12", &["loan", "adjust-charge", "L-1", "4", "1"], "charge-adjusted"),
        (
            "2024-02-13",
            &["loan", "reschedule", "L-1", "--from", "2024-04-01", "--due", "2024-04-10", "--reason", "payday"],
            "loan-rescheduled",
        ),
        (
            "2024-02-14",
            &[
                "loan",
                "reschedule",
                "L-1",
                "--from",
                "2024-05-10",
                "--rate",
                "7%",
                "--extra",
                "2",
                "--reason",
                "longer",
            ],
            "loan-rescheduled",
        ),
        (
            "2024-02-15",
            &["loan", "pause-interest", "L-1", "2024-03-01", "2024-03-10", "--reason", "holiday"],
            "interest-paused",
        ),
        ("2024-02-16", &["loan", "capitalise-income", "L-1", "30", "--reason", "arrangement"], "income-capitalised"),
        ("2024-02-17", &["loan", "adjust-income", "L-1", "10"], "capitalised-income-adjusted"),
        ("2024-02-18", &["loan", "buy-down-fee", "L-1", "12"], "buy-down-fee-received"),
        ("2024-02-19", &["loan", "expect-tranche", "L-1", "2024-06-01", "100"], "tranche-expected"),
        ("2024-02-20", &["loan", "pause-delinquency", "L-1", "--reason", "flood"], "delinquency-paused"),
        ("2024-03-20", &["loan", "resume-delinquency", "L-1", "--reason", "over"], "delinquency-resumed"),
        ("2024-04-16", &["loan", "re-amortise", "L-1", "--reason", "agreed"], "loan-re-amortised"),
        (
            "2024-04-20",
            &["loan", "re-age", "L-1", "--start", "2024-05-15", "--instalments", "4", "--reason", "agreed"],
            "loan-re-aged",
        ),
        (
            "2024-04-21",
            &["loan", "transfer", "L-1", "FUND-2", "--price", "900", "--reason", "sale"],
            "loan-transferred",
        ),
        ("2024-05-16", &["loan", "terminate", "L-1", "--reason", "breach"], "contract-terminated"),
        ("2024-05-17", &["loan", "charge-off", "L-1", "--reason", "lost"], "loan-charged-off"),
        ("2024-05-20", &["repay", "L-1", "2000"], "repayment-received"),
        ("2024-05-21", &["loan", "credit-refund", "L-1", "10", "--channel", "bank"], "credit-balance-refunded"),
    ];
    for (day, args, event) in steps {
        let trial = place.log();
        place.done(&[*args, &["--booked-on", day, "--dry-run"]].concat());
        assert_eq!(place.log(), trial, "{args:?}");
        let answer = on(&place, day, args);
        assert!(text(&answer, "event").contains(event), "{args:?}: {answer}");
        agrees(&place, day);
    }
    let shown = on(&place, "2024-05-21", &["loan", "show", "L-1"]);
    assert_eq!((text(&shown, "status"), text(&shown, "owner")), ("overpaid", "FUND-2"));
    assert_eq!((text(&shown, "charged_off_on"), text(&shown, "terminated_on")), ("2024-05-17", "2024-05-16"));
    let moved = on(&place, "2024-05-21", &["loan", "transactions", "L-1"]);
    let names: Vec<&str> =
        moved["transactions"].as_array().unwrap().iter().map(|row| text(row, "transaction")).collect();
    for name in ["loan-disbursed", "goodwill-credit-given", "accrual", "capitalized-income-amortization"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    // any fact can be taken back, here the goodwill
    let goodwill = moved["transactions"].as_array().unwrap().iter();
    let goodwill = goodwill.into_iter().find(|row| row["transaction"] == "goodwill-credit-given").unwrap();
    let version = goodwill["version"].to_string();
    let answer = on(&place, "2024-05-22", &["reverse", "L-1", &version, "--reason", "wrong loan"]);
    assert!(text(&answer, "event").starts_with("fact-reversed"), "{answer}");
    agrees(&place, "2024-05-22");
    let answer = on(&place, "2024-05-23", &["loan", "undo-disbursement", "L-1", "--all", "--reason", "cancelled"]);
    assert!(text(&answer, "event").starts_with("disbursements-undone, fact-reversed"), "{answer}");
    let shown = on(&place, "2024-05-23", &["loan", "show", "L-1"]);
    assert_eq!((text(&shown, "status"), text(&shown, "outstanding")), ("pending", "0.00"));
    assert!(place.done(&["replay"]).contains("differences       0"));
    let rebuilt = place.json(&["rebuild"]);
    let projections = rebuilt["projections"].as_array().unwrap();
    assert!(projections.len() == 3 && projections.iter().all(|one| one["stopped"].is_null()), "{rebuilt}");
    place.done(&["verify"]);
    let balance = place.json(&["books", "trial-balance"]);
    let sums = |key: &str| -> i64 {
        balance["accounts"].as_array().unwrap().iter().map(|row| cents(text(row, key))).sum::<i64>()
    };
    assert_eq!(sums("debits"), sums("credits"));
    // everything was undone: no account of this loan holds anything
    for row in balance["accounts"].as_array().unwrap() {
        assert_eq!(text(row, "debits"), text(row, "credits"), "{row}");
    }
    let journal = place.done(&["export", "hledger"]);
    assert!(journal.contains("L-1") && journal.contains("merchant-refund-received"), "{journal}");
}

#[test]
fn a_payoff_closes_the_loan_on_its_day_and_saves_interest() {
    let place = with_loan("daily-annuity-12", "1200");
    on(&place, "2024-02-01", &["repay", "L-1", "105.45"]);
    // the balance of 1,104.64 for 19 days at 9.9 % over 365: 5.69
    let quote = on(&place, "2024-02-10", &["loan", "payoff", "L-1", "--on", "2024-02-20"]);
    assert_eq!((text(&quote, "principal"), text(&quote, "interest")), ("1104.64", "5.69"));
    assert_eq!((text(&quote, "payoff"), text(&quote, "by_the_schedule")), ("1110.33", "1159.89"));
    assert_eq!(text(&quote, "interest_saved"), "49.56");
    on(&place, "2024-02-20", &["repay", "L-1", "1110.33"]);
    let shown = on(&place, "2024-02-20", &["loan", "show", "L-1"]);
    assert_eq!((text(&shown, "status"), text(&shown, "credit")), ("settled", "0.00"));
    let quote = on(&place, "2024-02-21", &["loan", "payoff", "L-1"]);
    assert_eq!(text(&quote, "payoff"), "0.00");
}

#[test]
fn a_payoff_of_a_loan_that_keeps_its_plan_saves_nothing() {
    let place = Place::with_loan();
    let quote = place.json(&["loan", "payoff", "L-1", "--on", "2024-07-31"]);
    assert_eq!((text(&quote, "payoff"), text(&quote, "interest_saved")), (text(&quote, "by_the_schedule"), "0.00"));
}

#[test]
fn a_down_payment_is_paid_by_the_disbursement() {
    let place = with_loan("pay-in-4-serviced", "100");
    let schedule = on(&place, "2024-01-01", &["loan", "schedule", "L-1"]);
    let rows: Vec<(&str, &str, &str)> = schedule["instalments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "due_on"), text(row, "total"), text(row, "outstanding")))
        .collect();
    let expected = [
        ("2024-01-01", "25.00", "0.00"),
        ("2024-01-15", "25.00", "25.00"),
        ("2024-01-29", "25.00", "25.00"),
        ("2024-02-12", "25.00", "25.00"),
    ];
    assert_eq!(rows, expected);
    // what comes back lowers the last instalment first
    on(&place, "2024-01-05", &["loan", "merchant-refund", "L-1", "40"]);
    let schedule = on(&place, "2024-01-05", &["loan", "schedule", "L-1"]);
    let open: Vec<&str> =
        schedule["instalments"].as_array().unwrap().iter().map(|row| text(row, "outstanding")).collect();
    assert_eq!(open, ["0.00", "25.00", "10.00", "0.00"]);
}

#[test]
fn flat_interest_is_the_same_in_every_instalment() {
    let place = with_loan("flat-interest-12", "1200");
    // 6 % of 1,200 a year: 72, or 6 in each of 12
    let schedule = on(&place, "2024-01-01", &["loan", "schedule", "L-1"]);
    for row in schedule["instalments"].as_array().unwrap() {
        assert_eq!((text(row, "principal"), text(row, "interest")), ("100.00", "6.00"));
    }
    let plan =
        place.json(&["offer", "disclose", "--product", "flat-interest-12", "--principal", "1200", "--currency", "USD"]);
    assert!(plan.to_string().contains("1272.00"), "{plan}");
}

const LATE: &str = r#"
[[product]]
id = "late"
name = "Late fee by the terms"
currency = "USD"
amortisation = "annuity"
instalments = 3
frequency = "1 month"
annual_rate = "12%"
day_count = "act/365f"
grace_days = 3
late_fee = { fixed = "5.00" }
[product.servicing]
"#;

#[test]
fn the_end_of_days_recognises_income_and_assesses_late_fees() {
    let place = Place::with_ledger();
    place.file("p.toml", LATE);
    let open = ["loan", "open", "L-1", "--product", "late", "--products", "p.toml", "--principal", "300", "--disburse"];
    on(&place, "2024-01-01", &open);
    // 300 at 12 % by the day: 3.06 in 31 days, then 102 a month
    assert_eq!(scheduled(&place, "2024-01-01", "interest"), 306 + 192 + 103);
    on(&place, "2024-02-10", &["close-day", "--through", "2024-02-10"]);
    let schedule = on(&place, "2024-02-10", &["loan", "schedule", "L-1"]);
    assert_eq!(text(&schedule["instalments"][0], "charged"), "5.00");
    agrees(&place, "2024-02-10");
    let moved = on(&place, "2024-02-10", &["loan", "transactions", "L-1"]);
    let accrued: Vec<&Value> =
        moved["transactions"].as_array().unwrap().iter().filter(|row| row["transaction"] == "accrual").collect();
    // interest of the 39 days until 2024-02-09, overdue principal included
    let interest: i64 = accrued.iter().map(|row| cents(text(row, "interest"))).sum();
    assert_eq!(interest, 385);
    assert_eq!(accrued.iter().map(|row| cents(text(row, "penalty"))).sum::<i64>(), 500);
    // the first events are contract, disbursement, late fee
    let answer = on(&place, "2024-02-11", &["reverse", "L-1", "2", "--reason", "the bank was closed"]);
    assert_eq!(text(&answer, "event"), "fact-reversed");
    assert_eq!(scheduled(&place, "2024-02-11", "charged"), 0);
    agrees(&place, "2024-02-11");
    assert!(place.done(&["replay"]).contains("differences       0"));
}

#[test]
fn tranches_that_are_expected_are_the_plan() {
    let place = Place::with_ledger();
    let open = ["loan", "open", "L-1", "--product", "daily-annuity-12", "--principal", "1200"];
    let tranches = ["--expect", "2024-01-01:700", "--expect", "2024-03-15:500"];
    on(&place, "2024-01-01", &[&open[..], &tranches].concat());
    assert_eq!(scheduled(&place, "2024-01-01", "principal"), 120_000);
    on(&place, "2024-01-01", &["loan", "disburse", "L-1", "--amount", "700"]);
    assert_eq!(scheduled(&place, "2024-01-01", "principal"), 70_000);
    on(&place, "2024-03-15", &["loan", "disburse", "L-1", "--amount", "500"]);
    assert_eq!(scheduled(&place, "2024-03-15", "principal"), 120_000);
    on(&place, "2024-03-16", &["loan", "undo-disbursement", "L-1", "--reason", "paid out twice"]);
    assert_eq!(scheduled(&place, "2024-03-16", "principal"), 70_000);
    agrees(&place, "2024-03-16");
}

/// What is wrong is refused with a stable code and exit code 4 (2 for what does not fit together on the command line), and
/// nothing is recorded.
#[test]
fn what_cannot_be_is_refused() {
    let place = with_loan("daily-annuity-12", "1200");
    on(&place, "2024-02-01", &["repay", "L-1", "105.45"]);
    on(&place, "2024-02-02", &["loan", "charge", "L-1", "5", "--reason", "copy"]);
    place.done(&["loan", "open", "P-1", "--product", "us-annuity-36-up", "--principal", "900", "--disburse"]);
    place.done(&["loan", "open", "P-2", "--product", "daily-annuity-12", "--principal", "900"]);
    let log = place.log();
    let why: &[&str] = &["--reason", "x"];
    let cases: &[(&[&str], i32, &str)] = &[
        // credits
        (&["loan", "merchant-refund", "L-1", "0"], 4, "amount-not-positive"),
        (&["loan", "merchant-refund", "L-1", "1.001"], 4, "bad-amount"),
        (&["loan", "merchant-refund", "P-1", "1"], 4, "not-serviced-by-the-day"),
        (&["loan", "merchant-refund", "L-9", "1"], 4, "loan-not-originated"),
        (&["loan", "goodwill", "L-1", "1", "--currency", "EUR"], 4, "wrong-currency"),
        (&["loan", "goodwill", "L-1", "1", "--on", "2023-12-31"], 4, "before-start"),
        (&["loan", "payout-refund", "L-1", "1", "--on", "2024-12-31"], 4, "future-dated"),
        (&["loan", "interest-refund", "L-1", "1", "--of", "77"], 4, "no-such-event"),
        (&["loan", "credit-refund", "L-1", "1"], 4, "exceeds-limit"),
        (&["loan", "chargeback", "L-1", "2", "105.46", "--reason", "x"], 4, "exceeds-limit"),
        (&["loan", "chargeback", "L-1", "3", "--reason", "x"], 4, "wrong-target"),
        (&["loan", "chargeback", "L-1", "1", "--reason", "x"], 4, "wrong-target"),
        (
            &["loan", "merchant-refund", "L-1", "1", "--interest-refund", "--no-interest-refund"],
            2,
            "cannot be used with",
        ),
        // charges
        (&["loan", "charge", "L-1", "-5", "--reason", "x"], 4, "amount-not-positive"),
        (&["loan", "charge", "L-1", "x%", "--of", "both", "--reason", "x"], 4, "bad-rate"),
        (&["loan", "charge", "L-1", "0%", "--of", "both", "--reason", "x"], 4, "bad-field"),
        (&["loan", "charge", "L-1", "2%", "--reason", "x"], 2, "--of principal|interest|both"),
        (&["loan", "charge", "L-1", "2", "--of", "both", "--reason", "x"], 2, "is no percentage"),
        (&["loan", "charge", "L-1", "2", "--reason", ""], 4, "bad-text"),
        (&["loan", "waive-charge", "L-1", "2", "--reason", "x"], 4, "wrong-target"),
        (&["loan", "adjust-charge", "L-1", "9", "1"], 4, "no-such-event"),
        // restructurings
        (&["loan", "re-age", "L-1", "--start", "2024-08-01", "--instalments", "0", "--reason", "x"], 4, "bad-field"),
        (&["loan", "reschedule", "L-1", "--from", "2024-08-01", "--reason", "x"], 4, "bad-field"),
        (
            &["loan", "reschedule", "L-1", "--from", "2024-08-01", "--due", "2024-08-01", "--reason", "x"],
            4,
            "bad-field",
        ),
        (&["loan", "reschedule", "L-1", "--from", "2024-08-01", "--rate", "12", "--reason", "x"], 2, "write 12% if"),
        (&["loan", "pause-interest", "L-1", "2024-08-02", "2024-08-01", "--reason", "x"], 4, "bad-field"),
        (&["loan", "pause-delinquency", "L-1", "--until", "2024-01-02", "--reason", "x"], 4, "bad-field"),
        (&["loan", "re-amortise", "P-1", "--reason", "x"], 4, "not-serviced-by-the-day"),
        // income, endings, reversals, views
        (&["loan", "capitalise-income", "L-1", "0", "--reason", "x"], 4, "amount-not-positive"),
        (&["loan", "buy-down-fee", "L-1", "1", "--currency", "EUR"], 4, "wrong-currency"),
        (&["loan", "expect-tranche", "L-1", "2024-13-01", "5"], 2, "2024-13-01"),
        (&["loan", "transfer", "L-1", "F", "--price", "0", "--reason", "x"], 4, "amount-not-positive"),
        (&["loan", "transfer", "L-1", "", "--reason", "x"], 4, "bad-text"),
        (&["loan", "charge-off", "P-1", "--reason", "x"], 4, "not-serviced-by-the-day"),
        (&["reverse", "L-1", "0", "--reason", "x"], 4, "no-such-event"),
        (&["waive", "L-1", "fee", "--reason", "x"], 4, "serviced-otherwise"),
        (&["loan", "payoff", "L-1", "--on", "2024-02-01"], 4, "payoff-too-early"),
        (&["loan", "payoff", "P-2"], 4, "loan-not-disbursed"),
        (&["loan", "transactions", "P-1"], 4, "not-serviced-by-the-day"),
        (
            &["loan", "open", "L-2", "--product", "daily-annuity-12", "--principal", "1", "--expect", "x"],
            4,
            "bad-tranche",
        ),
        (
            &["loan", "open", "L-2", "--product", "us-annuity-36-up", "--principal", "900", "--expect", "2024-01-01:5"],
            4,
            "bad-terms",
        ),
    ];
    for (args, code, expected) in cases {
        let said = run(&place, "2024-06-30", args);
        assert!(said.code == *code && said.err.contains(expected), "{args:?}: {} {}", said.code, said.err);
    }
    assert_eq!(place.log(), log);
    on(&place, "2024-06-30", &[&["loan", "charge-off", "L-1"], why].concat());
    let again = run(&place, "2024-06-30", &[&["loan", "charge-off", "L-1"], why].concat());
    assert!(again.code == 4 && again.err.contains("charged off already"), "{}", again.err);
    on(&place, "2024-06-30", &["write-off", "L-1", "--reason", "x"]);
    let late = run(&place, "2024-06-30", &["loan", "goodwill", "L-1", "1"]);
    assert!(late.code == 4 && late.err.contains("loan-written-off"), "{}", late.err);
}

#[test]
fn the_same_reference_is_recorded_once() {
    let place = with_loan("daily-annuity-12", "1200");
    let refund = ["loan", "merchant-refund", "L-1", "40", "--reference", "RMA-1"];
    on(&place, "2024-02-10", &refund);
    let log = place.log();
    let again = on(&place, "2024-02-10", &refund);
    assert_eq!(again["already_applied"], true);
    assert_eq!(place.log(), log);
    let other = run(&place, "2024-02-10", &["loan", "merchant-refund", "L-1", "41", "--reference", "RMA-1"]);
    assert!(other.code == 4 && other.err.contains("key-reused"), "{}", other.err);
}

#[test]
fn the_help_of_every_operation_begins_with_an_example_of_it() {
    let place = Place::empty();
    let help = place.done(&["loan", "--help"]);
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("\nOptions:").unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names: Vec<&str> = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
    assert!(names.len() > 30 && names.contains(&"undo-disbursement"), "{names:?}");
    for name in names {
        let help = place.done(&["loan", name, "--help"]);
        assert!(help.starts_with(&format!("Examples:\n  iledger loan {name}")), "{name}: {help}");
    }
}

#[test]
fn products_show_how_they_are_serviced() {
    let place = Place::empty();
    let shown = place.json(&["product", "show", "pay-in-4-serviced"]);
    let rows = shown["servicing"].as_array().unwrap();
    let value = |name: &str| text(rows.iter().find(|row| row["parameter"] == name).unwrap(), "value").to_owned();
    assert_eq!((value("down_payment.share"), value("future_instalments")), ("25%".to_owned(), "last".to_owned()));
    place.file("p.toml", place.done(&["product", "show", "annuity-12"]));
    let bad = place.run(&["product", "check", "p.toml"]);
    assert!(bad.code == 4 && bad.err.contains("p.toml:1:"), "{}", bad.err);
    let text = "[[product]]\nid = \"x\"\nname = \"X\"\namortisation = \"annuity\"\ninstalments = 3\nfrequency = \"1 month\"\n\
                annual_rate = \"5%\"\nday_count = \"act/360\"\n[product.servicing]\nfixed_length = 0\n";
    place.file("p.toml", text);
    let bad = place.run(&["product", "check", "p.toml"]);
    assert!(bad.err.contains("p.toml:10: product `x`: `servicing.fixed_length` is 0; choose 1 to"), "{}", bad.err);
    place.file("p.toml", text.replace("= 0", "= 90"));
    let good = place.json(&["product", "check", "p.toml"]);
    assert_eq!(good["products"][0]["product"], "x");
}

/// What the lender settles without money is its expense, a chargeback is cash that goes back, capitalised income and a fee
/// for a lower rate are liabilities until they are earned.
#[test]
fn the_books_know_money_from_credits() {
    let place = with_loan("daily-annuity-12", "1200");
    let account = |name: &str| -> i64 {
        let balance = place.json(&["books", "trial-balance", "--as-of", "2024-02-10"]);
        let row = balance["accounts"].as_array().unwrap().iter().find(|row| row["account"] == name).cloned();
        row.map_or(0, |row| cents(text(&row, "debits")) - cents(text(&row, "credits")))
    };
    assert_eq!((account("Assets:Cash"), account("Assets:Loan-Clearing")), (-120_000, 0));
    on(&place, "2024-02-01", &["loan", "goodwill", "L-1", "50"]);
    assert_eq!((account("Assets:Cash"), account("Expenses:Credits-Given")), (-120_000, 5_000));
    on(&place, "2024-02-01", &["repay", "L-1", "105.45"]);
    assert_eq!(account("Assets:Cash"), -109_455);
    let version = {
        let rows = place.json(&["loan", "transactions", "L-1"]);
        let rows = rows["transactions"].as_array().unwrap().clone();
        let repayment = rows.into_iter().find(|row| row["transaction"] == "repayment-received").unwrap();
        repayment["version"].to_string()
    };
    on(&place, "2024-02-05", &["loan", "chargeback", "L-1", &version, "20", "--reason", "disputed"]);
    assert_eq!((account("Assets:Cash"), account("Assets:Loan-Clearing")), (-111_455, 0));
    on(&place, "2024-02-06", &["loan", "capitalise-income", "L-1", "30", "--reason", "insurance"]);
    assert_eq!((account("Liabilities:Deferred-Income"), account("Assets:Loan-Clearing")), (-3_000, 0));
    on(&place, "2024-02-06", &["loan", "buy-down-fee", "L-1", "10"]);
    assert_eq!((account("Liabilities:Deferred-Income"), account("Assets:Cash")), (-4_000, -110_455));
}

/// Interest of a loan that is serviced by the day is income as the days go by, not when it is planned.
#[test]
fn the_books_accrue_interest_by_the_day() {
    let place = with_loan("daily-annuity-12", "1200");
    let income = |day: &str| -> i64 {
        let balance = place.json(&["books", "trial-balance", "--as-of", day]);
        let row =
            balance["accounts"].as_array().unwrap().iter().find(|row| row["account"] == "Income:Interest").cloned();
        row.map_or(0, |row| cents(text(&row, "credits")) - cents(text(&row, "debits")))
    };
    assert_eq!(income("2024-01-01"), 0);
    // 10.09 over the 31 days of the first instalment, then by the plan 8.69 (1,104.64 for 29 days) of the second
    assert_eq!((income("2024-01-16"), income("2024-02-01")), (488, 1_009));
    assert_eq!(income("2024-03-01"), 1_009 + 869);
    // a payment makes interest of later days less, and nothing that is earned
    on(&place, "2024-02-01", &["repay", "L-1", "605.45"]);
    assert_eq!(income("2024-02-01"), 1_009);
    assert!(income("2024-03-01") < 1_009 + 869);
}
