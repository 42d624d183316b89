//! Regulatory reports on the command line.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;

/// 3,600.00 USD, paid out and booked on 2024-01-15; the first instalment falls due on 2024-02-15.
fn place() -> Place {
    let place = Place::with_ledger();
    let open = ["loan", "open", "L-1", "--product", "us-annuity-36-up", "--principal", "3600", "--disburse"];
    place.done(&[&open[..], &["--booked-on", "2024-01-15"]].concat());
    place
}

fn row(place: &Place, args: &[&str]) -> serde_json::Value {
    place.json(args)["loans"][0].clone()
}

#[test]
fn classes_change_on_their_boundary_days_and_say_why() {
    let place = place();
    for (rule, as_of, class) in [
        ("cn-five-tier", "2024-02-15", "normal"),
        ("cn-five-tier", "2024-05-15", "special-mention"), // 90 days
        ("cn-five-tier", "2024-05-16", "substandard"),     // 91
        ("cn-five-tier", "2024-11-11", "substandard"),     // 270
        ("cn-five-tier", "2024-11-12", "doubtful"),        // 271
        ("cn-five-tier", "2025-02-09", "doubtful"),        // 360
        ("cn-five-tier", "2025-02-10", "loss"),            // 361
        ("ifrs9", "2024-03-16", "stage-1"),                // 30
        ("ifrs9", "2024-03-17", "stage-2"),                // 31
        ("in-sma-npa", "2024-02-14", "standard"),
        ("in-sma-npa", "2024-02-15", "sma-0"),
        ("in-sma-npa", "2024-05-14", "sma-2"),
        ("in-sma-npa", "2024-05-15", "npa"),
    ] {
        let row = row(&place, &["report", "classes", "--rule", rule, "--as-of", as_of]);
        assert_eq!(row["class"], class, "{rule} {as_of}");
        assert_eq!((row["instalment"].as_i64(), row["due_on"].as_str()), (Some(1), Some("2024-02-15")));
        assert!(!row["because"].as_str().unwrap().is_empty());
        // version 1 of the loan's stream is the disbursement, which planned the instalment
        assert_eq!(row["event"], 1, "{row}");
    }
    let npa = row(&place, &["report", "classes", "--rule", "in-sma-npa", "--as-of", "2024-06-30"]);
    assert_eq!(npa["since"], "2024-05-15");
    let band = row(&place, &["report", "finrep-f18", "--as-of", "2024-03-17"]);
    assert_eq!(band["band"], "performing, over 30 up to 90 days");
}

#[test]
fn provisions_and_their_ratios_are_counted() {
    let place = place();
    let report = place.json(&["report", "provisions", "--as-of", "2024-05-16"]);
    // substandard: 25 % and the general 1 %
    assert_eq!(report["provisions"][0]["provision"], "936.00");
    let ratios: Vec<(String, String)> = report["ratios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["ratio"].as_str().unwrap().to_owned(), row["value"].as_str().unwrap().to_owned()))
        .collect();
    let of = |name: &str| ratios.iter().find(|(ratio, _)| ratio == name).unwrap().1.clone();
    assert_eq!(of("provisions-to-loans"), "26%");
    assert_eq!(of("provisions-to-non-performing"), "26%");
    assert_eq!(of("over-90-to-non-performing"), "100%");
    // 150 % of 3600.00 less 936.00
    assert_eq!(report["ratios"][1]["missing"], "4464.00");
}

#[test]
fn expected_losses_need_a_table_for_every_class() {
    let place = place();
    let table = |stages: &str| {
        let head = "id = \"own\"\neffective_from = \"2024-01-01\"\nsource = \"own\"\nclassification = \"ifrs9\"\n";
        format!("{head}{stages}")
    };
    let defaulted = "[[stage]]\nclass = \"stage-3\"\nhorizon = \"defaulted\"\nlgd = \"0.5\"\nsource = \"own\"\n";
    place.file("own.toml", table(defaulted));
    let said = place.run(&["report", "ecl", "--table", "own.toml", "--as-of", "2024-02-20"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("stage-1") && said.err.contains("[[stage]]"), "{}", said.err);
    let row = row(&place, &["report", "ecl", "--table", "own.toml", "--as-of", "2024-05-16"]);
    let cents = |key: &str| row[key].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    // half of the principal and of the interest of the instalments that are due
    assert!(cents("exposure") > 360_000);
    assert_eq!(cents("ecl"), (cents("exposure") + 1) / 2);
}

#[test]
fn a_frozen_report_stays_and_a_changed_one_is_found() {
    let place = place();
    place.done(&["close-day", "--through", "2024-03-31"]);
    let freeze = ["report", "freeze", "--through", "2024-03-31", "--provisions", "cn-guideline-2002"];
    let freeze = [&freeze[..], &["--output", "2024-03.json"]].concat();
    place.done(&freeze);
    let report: serde_json::Value = serde_json::from_str(&place.read("2024-03.json")).unwrap();
    assert_eq!(report["controls"][0]["difference"], "0");
    assert_eq!(report["controls"][0]["books"], "360000");
    assert_eq!(report["root"], place.json(&["digest"])["root"]);
    assert_eq!(report["row_count"], 1);
    // what comes later changes nothing
    place.done(&["repay", "L-1", "150", "--on", "2024-02-20"]);
    place.done(&["report", "check", "2024-03.json"]);
    let said = place.run(&freeze);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("not written over"), "{}", said.err);
    place.file("forged.json", place.read("2024-03.json").replacen("\"360000\"", "\"350000\"", 1));
    let said = place.run(&["report", "check", "forged.json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("350000"), "{}", said.err);
    place.file("other.json", "{\"a\": 1}");
    assert_eq!(place.run(&["report", "check", "other.json"]).code, 4);
    let newer = place.done(&["report", "freeze", "--through", "2024-03-31"]);
    assert_ne!(newer, place.read("2024-03.json"));
}
