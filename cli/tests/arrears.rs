//! Arrears and risk on the command line: the examples of the page, and what the page does not show.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use serde_json::Value;

/// Every example of `docs/RISK.md`, as it stands there. `TRYCMD=overwrite` writes them anew.
#[test]
fn the_examples_of_the_page_on_risk() {
    let place = Place::empty();
    place.done(&["demo", "--loans", "120", "--store", "book", "--quiet"]);
    trycmd::TestCases::new()
        .env("ILEDGER_STORE", place.path().join("book").display().to_string())
        .case("../docs/RISK.md");
}

/// The amounts of a column, in minor units, added up over the rows in a currency.
fn sum(rows: &Value, currency: &str, column: &str) -> i64 {
    let of_currency = rows.as_array().unwrap().iter().filter(|row| row["currency"] == currency);
    of_currency.map(|row| row[column].as_str().unwrap().replace('.', "").parse::<i64>().unwrap()).sum()
}

#[test]
fn ageing_and_forecast_foot_to_the_balances_of_any_day() {
    let place = Place::empty();
    place.done(&["demo", "--loans", "60", "--store", "book", "--quiet"]);
    for day in ["2024-06-15", "2025-03-31", "2025-12-31"] {
        for known in [&[][..], &["--known-at", "2024-12-31T00:00:00Z"]] {
            let view = |words: &[&str]| place.json(&[words, &["--store", "book", "--as-of", day], known].concat());
            let (balances, ageing) = (view(&["balance", "--status", "active"]), view(&["arrears", "ageing"]));
            let forecast = view(&["arrears", "forecast"]);
            for currency in ["CNY", "USD"] {
                let outstanding = sum(&balances["loans"], currency, "outstanding");
                assert!(outstanding > 0, "{currency} {day} {known:?}");
                assert_eq!(sum(&ageing["buckets"], currency, "outstanding"), outstanding, "{currency} {day} {known:?}");
                assert_eq!(sum(&forecast["months"], currency, "total"), outstanding, "{currency} {day} {known:?}");
            }
        }
    }
}

#[test]
fn every_view_answers_in_every_format_as_of_and_known_at() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "100", "--on", "2024-02-20"]);
    let views: [&[&str]; 14] = [
        &["balance"],
        &["loan", "list"],
        &["overdue"],
        &["classify"],
        &["explain", "L-1", "overdue"],
        &["arrears", "ageing"],
        &["arrears", "roll-rates"],
        &["arrears", "migration"],
        &["arrears", "vintages"],
        &["arrears", "first-payment-default"],
        &["arrears", "early-warning"],
        &["arrears", "worklist"],
        &["arrears", "forecast"],
        &["arrears", "efficiency"],
    ];
    for view in views {
        for format in ["table", "json", "csv", "jsonl"] {
            let cut = ["--as-of", "2024-04-30", "--known-at", "2100-01-01T00:00:00Z", "--format", format];
            let answer = place.done(&[view, &cut].concat());
            // everything was known by then
            let now = place.done(&[view, &["--as-of", "2024-04-30", "--format", format]].concat());
            assert_eq!(answer, now, "{view:?} {format}");
            assert!(!answer.is_empty() || format == "jsonl", "{view:?} {format}");
        }
        // before the first event nothing is known
        let nothing = place.run(&[view, &["--as-of", "2024-04-30", "--known-at", "2000-01-01T00:00:00Z"]].concat());
        assert_eq!(nothing.code, if view[0] == "explain" { 4 } else { 0 }, "{view:?}: {}", nothing.err);
        assert!(!nothing.out.contains("L-1"), "{view:?}: {}", nothing.out);
    }
}

#[test]
fn what_cannot_be_shown_says_why() {
    let place = Place::with_loan();
    let gap = include_str!("../../projections/data/collections.toml").replacen("from = 8", "from = 9", 1);
    place.file("gap.toml", gap);
    for (words, code, text) in [
        (&["arrears", "ageing", "--buckets", "1-30,32-60"][..], 4, "must start at 31"),
        (&["arrears", "ageing", "--buckets", "none.toml"], 4, "none.toml: it cannot be read"),
        (&["arrears", "ageing", "--bucket", "9-9"], 2, "there are current, 1-30"),
        (&["arrears", "roll-rates", "--through", "2024-07"], 2, "2024-07 has not ended"),
        (&["arrears", "roll-rates", "--through", "2024-13"], 2, "not a month"),
        (&["arrears", "efficiency", "--through", "2024-07"], 2, "2024-07 has not begun"),
        (&["arrears", "worklist", "--rules", "gap.toml"], 4, "gap.toml: stage[2].from"),
        (&["arrears", "worklist", "--stage", "nice"], 2, "there is no stage `nice`; there are fee-only, reminder"),
        (&["arrears", "early-warning", "--signal", "x"], 2, "there is no signal `x`"),
        (&["arrears", "migration", "--from", "1-30"], 2, "--to"),
        (&["explain", "L-1", "profit"], 2, "`profit` is not a figure"),
        (&["explain", "L-2"], 4, "there is no loan `L-2`"),
    ] {
        let said = place.run(words);
        assert_eq!(said.code, code, "{words:?}: {}{}", said.out, said.err);
        assert!(said.err.contains(text), "{words:?}: {}", said.err);
        assert!(said.out.is_empty(), "{words:?}: {}", said.out);
    }
}

#[test]
fn an_explanation_names_events_corrections_and_time() {
    let place = Place::with_loan();
    place.done(&["repay", "L-1", "118", "--on", "2024-03-10"]);
    // dated before it, recorded after it: what was paid on the 10th is restated
    place.done(&["repay", "L-1", "50", "--on", "2024-02-15"]);
    let explained = place.json(&["explain", "L-1", "paid.principal"]);
    let lines = explained["lines"].as_array().unwrap();
    assert_eq!(sum(&explained["lines"], "USD", "amount"), {
        explained["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap()
    });
    let restated: Vec<_> = lines.iter().filter(|line| line["event"] == "loan-restated").collect();
    assert!(!restated.is_empty() && restated.iter().all(|line| line["corrects"] == 2), "{explained}");
    let before = restated[0]["recorded_at"].as_str().unwrap();
    assert!(lines.iter().any(|line| line["recorded_at"].as_str().unwrap() < before), "{explained}");
}
