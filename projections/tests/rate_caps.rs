//! Rate caps: the files that come with the program, what is wrong with others, and the check.
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::calendar::Date;
use ledger_core::cost::{CostError, CostMethod};
use ledger_core::money::Rate;
use projections::rate_caps::{CapOutcome, CapQuery, Mark, Policy, RateCap, ReferenceRate, check_caps};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn query<'a>(lender: &'a str, product: &'a str, on: &str) -> CapQuery<'a> {
    CapQuery { jurisdiction: "CN", lender, product, on: date(on), term_months: Some(12) }
}

fn outcomes(query: &CapQuery<'_>, ratio: &str) -> Vec<(String, CapOutcome)> {
    let (caps, references) = (RateCap::builtin().unwrap(), ReferenceRate::builtin().unwrap());
    let rate: Rate = ratio.parse().unwrap();
    let findings = check_caps(&caps, &references, query, |_, _| Ok::<_, CostError>(rate));
    findings.into_iter().map(|one| (one.cap.id.clone(), one.outcome)).collect()
}

fn one(id: &str, outcome: CapOutcome) -> Vec<(String, CapOutcome)> {
    vec![(id.to_owned(), outcome)]
}

#[test]
fn the_limit_depends_on_the_date_and_the_kind_of_lender() {
    use CapOutcome::{Exceeded, Within};
    assert_eq!(outcomes(&query("micro-loan", "any", "2025-11-30"), "0.30"), vec![]);
    assert_eq!(outcomes(&query("micro-loan", "any", "2026-01-15"), "0.24"), one("cn-micro-loan-24", Within));
    assert_eq!(outcomes(&query("micro-loan", "any", "2026-01-15"), "0.24005"), one("cn-micro-loan-24", Exceeded));
    // what rounding instalments to the cent makes of 24 % is 24.00 %
    assert_eq!(outcomes(&query("micro-loan", "any", "2026-01-15"), "0.24000834"), one("cn-micro-loan-24", Within));
    assert_eq!(outcomes(&query("commercial-bank", "card", "2024-01-15"), "0.25"), one("cn-licensed-24", Exceeded));
    let assisted = outcomes(&query("commercial-bank", "internet-assisted", "2025-10-01"), "0.25");
    assert_eq!(assisted.len(), 2, "the judicial line and the rule on assisted loans: {assisted:?}");
}

#[test]
fn four_times_the_lpr_follows_the_contracts_date() {
    // 4 x 3.85 % = 15.4 %, the line that the courts named when the rule came; 4 x 3.0 % = 12 %
    for (on, limit) in [("2020-08-20", "0.154"), ("2025-12-15", "0.12")] {
        let (caps, references) = (RateCap::builtin().unwrap(), ReferenceRate::builtin().unwrap());
        let found = check_caps(&caps, &references, &query("private", "any", on), |_, _| {
            Ok::<_, CostError>(limit.parse().unwrap())
        });
        let cap = found.iter().find(|one| one.cap.id == "cn-private-lending-4-lpr").unwrap();
        assert_eq!((cap.limit, &cap.outcome), (Some(limit.parse().unwrap()), &CapOutcome::Within), "{on}");
    }
}

#[test]
fn a_limit_that_nobody_knows_is_not_kept_to() {
    let short = CapQuery { term_months: Some(1), ..query("micro-loan", "any", "2028-03-01") };
    assert_eq!(outcomes(&short, "0.2"), one("cn-micro-loan-short-24", CapOutcome::Within));
    let long = outcomes(&query("micro-loan", "any", "2028-03-01"), "0.01");
    assert!(matches!(&long[..], [(_, CapOutcome::Unknown(why))] if why.contains("2025-12-31")), "{long:?}");
    let unknown = CapQuery { term_months: None, ..query("micro-loan", "any", "2028-03-01") };
    assert_eq!(outcomes(&unknown, "0.2").len(), 2, "without a term both bind");
}

#[test]
fn a_cost_without_a_rate_is_not_within() {
    let caps = RateCap::builtin().unwrap();
    let found = check_caps(&caps, &[], &query("micro-loan", "any", "2026-01-15"), |_, _| Err(CostError::NoSolution));
    assert!(matches!(found[0].outcome, CapOutcome::Unknown(_)));
}

#[test]
fn every_cap_that_comes_with_the_program_says_where_it_stands() {
    let (caps, references) = (RateCap::builtin().unwrap(), ReferenceRate::builtin().unwrap());
    assert!(caps.iter().any(|cap| cap.policy == Policy::Reject) && caps.iter().any(|cap| cap.policy == Policy::Warn));
    assert!(caps.iter().all(|cap| !cap.source.is_empty() && !cap.counts.is_empty()));
    let (rate, mark) = references[0].on(date("2024-08-01")).unwrap();
    assert_eq!((rate, mark), ("0.0335".parse().unwrap(), Mark::R));
    assert!(references[0].on(date("2019-08-19")).is_err());
    assert!(references[0].on(date("2026-01-01")).unwrap_err().to_string().contains("2026-01-01"));
}

const GOOD: &str = r#"# a comment
[[cap]]
id = "x"
title = "X"
jurisdiction = "CN"
lenders = ["any"]
products = ["any"]
effective_from = "2025-01-01"
limit = { annual = "24%" }
method = "irr-monthly-x12"
method_mark = "R"
counts = ["interest", "late-fee"]
policy = "reject"
mark = "S"
source = "somewhere"
"#;

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    assert_eq!(RateCap::parse("f", GOOD).unwrap()[0].method, CostMethod::IrrMonthlyX12);
    for (from, to, line, words) in [
        (r#"annual = "24%""#, r#"annual = "24 percent""#, "line 9", "not a rate"),
        (r#"annual = "24%""#, r#"annual = "-1%""#, "line 9", "more than nothing"),
        (r#"{ annual = "24%" }"#, r#"{ reference = "y" }"#, "line 9", "times"),
        (r#""irr-monthly-x12""#, r#""apr""#, "line 10", "apr"),
        (r#"lenders = ["any"]"#, "lenders = []", "line 6", "any"),
        (r#"["interest", "late-fee"]"#, r#"["late-fee"]"#, "line 12", "normal performance"),
        (r#"source = "somewhere""#, r#"source = " ""#, "line 15", "empty"),
        ("method_mark", "decimals = 13\nmethod_mark", "line 11", "exact"),
        ("policy", "polcy", "line 13", "polcy"),
        (r#"effective_from = "2025-01-01""#, r#"effective_from = "2025-02-30""#, "line 8", "2025-02-30"),
    ] {
        let error = RateCap::parse("caps.toml", &GOOD.replace(from, to)).unwrap_err().to_string();
        assert!(error.starts_with("caps.toml: ") && error.contains(line) && error.contains(words), "{error}");
    }
    let twice = RateCap::parse("caps.toml", &format!("{GOOD}{GOOD}")).unwrap_err().to_string();
    assert!(twice.contains("line 18") && twice.contains("twice"), "{twice}");
}

#[test]
fn reference_rates_stand_in_the_order_of_their_dates() {
    let good = r#"[[rate]]
id = "r"
title = "R"
jurisdiction = "CN"
source = "somewhere"
known_through = "2025-12-31"
values = [{ from = "2025-01-01", annual = "3%", mark = "R" }, { from = "2025-02-01", annual = "2%", mark = "R" }]
"#;
    assert_eq!(ReferenceRate::parse("f", good).unwrap().len(), 1);
    for (from, to, line) in [
        ("2025-02-01", "2024-02-01", "line 7"),
        ("2025-12-31", "2025-01-15", "line 6"),
        ("3%", "three", "line 7"),
        (r#"source = "somewhere""#, r#"source = """#, "line 5"),
    ] {
        let error = ReferenceRate::parse("f", &good.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(line), "{error}");
    }
}
