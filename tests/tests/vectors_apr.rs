//! Every published case of an annualised cost, within its own tolerance; and the times of Regulation Z from dates alone.
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::cost::{AprCase, CostMethod, UnitPeriods, annualised, percent, time_flows};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;

fn cases() -> Vec<(Value, AprCase)> {
    let values: Vec<Value> = serde_json::from_str(include_str!("../fixtures/apr.json")).unwrap();
    values.into_iter().map(|value| (value.clone(), serde_json::from_value(value).unwrap())).collect()
}

/// A number of the case, as its text has it.
fn number(case: &Value, field: &str) -> Decimal {
    let text = case[field].to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).unwrap_or_else(|e| panic!("{field}: {text}: {e}"))
}

#[test]
fn every_apr_vector() {
    let (mut wrong, mut by_method) = (Vec::new(), BTreeMap::<CostMethod, usize>::new());
    for (value, case) in cases() {
        let id = case.id.clone().unwrap_or_default();
        let found = case.rate().map(|rate| percent(rate, 12));
        let (expected, tolerance) = (number(&value, "expected_apr_pct"), number(&value, "tolerance"));
        match found {
            Ok(found) if (found - expected).abs() <= tolerance => {
                *by_method.entry(case.method().unwrap()).or_default() += 1;
            }
            other => wrong.push(format!("{id}: {other:?}, expected {expected} ± {tolerance}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let counts: Vec<usize> = CostMethod::ALL.iter().map(|method| by_method[method]).collect();
    assert_eq!(counts, [16, 45, 7, 6]);
}

/// What another solver in binary floating point computed agrees to the eight decimals that it printed.
#[test]
fn the_rates_agree_with_another_solver_in_eight_decimals() {
    for (value, case) in cases() {
        let found = percent(case.rate().unwrap(), 12);
        let off = (found - number(&value, "computed")).abs();
        let allowed = Decimal::new(6, 9).max(found.abs() * Decimal::new(1, 11));
        assert!(off <= allowed, "{:?}: {found} is off by {off}", case.id);
    }
}

/// The unit period and every time are found from the dates alone, as the published case gives them.
#[test]
fn regulation_z_times_from_dates() {
    let mut checked = 0;
    for (value, case) in cases().into_iter().filter(|(_, case)| case.method() == Ok(CostMethod::UsRegZAppendixJ)) {
        let dated = case.dated().unwrap();
        let (given, found) = (case.timed().unwrap(), time_flows(CostMethod::UsRegZAppendixJ, &dated).unwrap());
        let id = case.id.unwrap_or_default();
        assert_eq!(
            found.units_per_year.normalize(),
            given.units_per_year.normalize(),
            "{id}: {}",
            value["unit_period"]
        );
        for (at, (one, other)) in given.flows.iter().zip(&found.flows).enumerate() {
            assert_eq!(one.time, other.time, "{id}: flow {at} of {}", dated[at].date);
            assert!((one.fraction - other.fraction).abs() < Decimal::new(1, 14), "{id}: flow {at}: {other:?}");
        }
        let rate = annualised(CostMethod::UsRegZAppendixJ, &found).unwrap();
        assert!((percent(rate, 8) - number(&value, "expected_apr_pct")).abs() <= number(&value, "tolerance"), "{id}");
        assert_eq!(UnitPeriods::determine(&dated).unwrap().start, dated[0].date, "{id}");
        checked += 1;
    }
    assert_eq!(checked, 16);
}
