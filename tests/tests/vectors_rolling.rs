//! Every published case of due dates, business days and days past due.

use ledger_core::calendar::{
    Adjustment, BusinessCalendar, Date, Frequency, PeriodUnit, builtin, days_past_due, days_past_due_inclusive,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    kind: String,
    input: Value,
    expected: Value,
    is_business_day: Option<bool>,
    #[serde(rename = "source")]
    _source: String,
}

impl Case {
    fn text(&self, field: &str) -> &str {
        self.input[field].as_str().unwrap_or_else(|| panic!("{}: no {field}", self.id))
    }

    fn date(&self, field: &str) -> Date {
        self.text(field).parse().expect("a date")
    }

    fn calendar(&self) -> BusinessCalendar {
        let id = match self.text("calendar") {
            "China.IB" => "cn-ib",
            "China.SSE" => "cn-sse",
            "TARGET" => "target",
            "UnitedStates.FederalReserve" => "us-fed",
            "UnitedStates.Settlement" => "us-settlement",
            "UnitedKingdom.Settlement" => "gb-settlement",
            "WeekendsOnly" => "weekends-only",
            other => panic!("{}: no calendar for {other}", self.id),
        };
        BusinessCalendar::parse(builtin(id).expect("it comes with the ledger")).expect("it reads")
    }

    /// The due dates that the ledger makes of the case's anchor.
    fn due_dates(&self, frequency: Frequency) -> Value {
        let count = self.input["count"].as_i64().expect("a count");
        dates((1..=count).map(|k| frequency.date(self.date("anchor"), k).expect("a date")))
    }

    fn run(&self) -> (Value, Value) {
        let monthly = Frequency::MONTHLY;
        let expected = self.expected.clone();
        match self.kind.as_str() {
            "monthly_anchored" => (self.due_dates(monthly), expected),
            "monthly_end_of_month_rule" => {
                let end_of_month = self.input["eom"].as_bool().expect("a flag");
                (self.due_dates(Frequency { end_of_month, ..monthly }), expected)
            }
            "periodic_anchored" => {
                let frequency = self.text("period").parse().unwrap_or_else(|e| panic!("{}: {e}", self.id));
                (self.due_dates(frequency), expected)
            }
            "monthly_chained_WRONG" => {
                // the vector shows what chaining makes of the anchor; the ledger's dates must differ from it
                assert_eq!(dates(chained(self.date("anchor"), self.input["count"].as_i64())), expected, "{}", self.id);
                (Value::Bool(self.due_dates(monthly) == expected), Value::Bool(false))
            }
            "business_day" => {
                let (calendar, date) = (self.calendar(), self.date("date"));
                assert_eq!(calendar.is_business_day(date).ok(), self.is_business_day, "{}", self.id);
                let adjusted = Adjustment::ALL.map(|adjustment| {
                    let moved = calendar.adjust(date, adjustment).expect("a known date");
                    (format!("{adjustment:?}"), Value::String(moved.to_string()))
                });
                (Value::Object(adjusted.into_iter().collect()), expected)
            }
            "china_ib_year" => {
                let calendar = self.calendar();
                let year = |list: &[Date]| {
                    dates(list.iter().copied().filter(|date| i64::from(date.year()) == self.input["year"]))
                };
                let lists = serde_json::json!({
                    "working_weekends": year(calendar.working_weekends()),
                    "weekday_holidays": year(calendar.holidays()),
                });
                (lists, expected)
            }
            "days_past_due" => {
                let (due, as_of) = (self.date("due"), self.date("as_of_day_end"));
                let counts = serde_json::json!({
                    "dpd_exclusive": days_past_due(due, as_of),
                    "dpd_inclusive_rbi": days_past_due_inclusive(due, as_of),
                });
                (counts, expected)
            }
            other => panic!("{}: no test for {other}", self.id),
        }
    }
}

fn dates(dates: impl IntoIterator<Item = Date>) -> Value {
    dates.into_iter().map(|date| Value::String(date.to_string())).collect()
}

/// What the ledger never does: each date counted from the one before.
fn chained(anchor: Date, count: Option<i64>) -> Vec<Date> {
    let month = Frequency::new(1, PeriodUnit::Month);
    let mut dates = vec![anchor];
    for _ in 0..count.expect("a count") {
        dates.push(month.date(dates[dates.len() - 1], 1).expect("a date"));
    }
    dates.split_off(1)
}

#[test]
fn every_rolling_vector() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/rolling.json")).unwrap();
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let (got, expected) = case.run();
        if got != expected {
            wrong.push(format!("{} {} {}: {got}, expected {expected}", case.id, case.kind, case.input));
        }
        *ran.entry(&case.kind).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(ran.values().sum::<usize>(), 42, "{ran:?}");
}
