//! Every published day-count case: exact days, and the fraction of a year within 1e-12.

use ledger_core::calendar::{Date, DayCount, Frequency, PeriodContext, PeriodUnit};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::str::FromStr;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    convention: String,
    start: Date,
    end: Date,
    days: i64,
    year_fraction: serde_json::Number,
    termination: Option<Date>,
    ref_start: Option<Date>,
    ref_end: Option<Date>,
    #[serde(rename = "source")]
    _source: String,
}

impl Case {
    fn convention(&self) -> DayCount {
        match self.convention.as_str() {
            "30/360_BOND_BASIS" => DayCount::Thirty360Bond,
            "30/360_US" => DayCount::Thirty360Us,
            "30E/360" => DayCount::ThirtyE360,
            "30E/360_ISDA" => DayCount::ThirtyE360Isda,
            "ACT/360" => DayCount::Act360,
            "ACT/365F" => DayCount::Act365Fixed,
            "ACT/ACT_ISDA" => DayCount::ActActIsda,
            "ACT/ACT_ICMA" => DayCount::ActActIcma,
            "ACT/ACT_AFB" => DayCount::ActActAfb,
            other => panic!("{}: no convention for {other}", self.id),
        }
    }

    fn context(&self) -> PeriodContext {
        let context = match (self.ref_start, self.ref_end) {
            (Some(start), Some(end)) => {
                // the vectors leave out the frequency; the publisher rounds the reference period to whole months
                let months = (end.days_since(start) * 24 + 365) / 730;
                PeriodContext::of(
                    start,
                    end,
                    Frequency::new(u32::try_from(months).expect("a forward period"), PeriodUnit::Month),
                )
            }
            _ => PeriodContext::NONE,
        };
        PeriodContext { termination: self.termination, ..context }
    }

    /// The number as its text has it: the comparison uses no binary fraction.
    fn year_fraction(&self) -> Decimal {
        let text = self.year_fraction.to_string();
        Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).expect("a JSON number")
    }
}

#[test]
fn every_day_count_vector() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/daycount.json")).unwrap();
    let tolerance = Decimal::new(1, 12);
    let mut wrong = Vec::new();
    for case in &cases {
        let (convention, context) = (case.convention(), case.context());
        let days = convention.days(case.start, case.end, &context);
        let fraction = convention.year_fraction(case.start, case.end, &context).unwrap();
        let off = fraction.checked_sub(case.year_fraction()).unwrap().abs();
        if days != case.days || off > tolerance {
            wrong.push(format!(
                "{} {convention} {} to {}: {days} days, {fraction}; expected {} days, {}",
                case.id, case.start, case.end, case.days, case.year_fraction
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), 116);
}
