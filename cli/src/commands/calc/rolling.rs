//! Cases about dates in a JSON file: due dates, business days, days past due.

use super::cases::{Answer, CaseFailure};
use super::due_dates::due_dates;
use crate::render::Json;
use ledger_core::calendar::{
    Adjustment, BUILTIN_IDS, BusinessCalendar, Date, Frequency, builtin, days_past_due, days_past_due_inclusive,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Case {
    kind: String,
    input: Input,
}

/// What the kinds need, each a part of it.
#[derive(Debug, Deserialize)]
struct Input {
    anchor: Option<Date>,
    count: Option<u32>,
    eom: Option<bool>,
    period: Option<String>,
    calendar: Option<String>,
    date: Option<Date>,
    year: Option<i16>,
    due: Option<Date>,
    as_of_day_end: Option<Date>,
}

/// The most due dates of one case.
const MOST: u32 = 10_000;

/// Answers a case: `result` has the shape of the case's `expected`.
pub fn compute(value: &Value) -> Result<Answer, CaseFailure> {
    let Case { kind, input } = Case::deserialize(value).map_err(|error| CaseFailure::new("bad-case", error))?;
    let mut answer: Answer = vec![("kind", Json::Text(kind.clone()))];
    let result = match kind.as_str() {
        // due dates are never chained: this kind's anchor has the same due dates as the anchored one
        "monthly_anchored" | "monthly_chained_WRONG" => input.due_dates(Frequency::MONTHLY)?,
        "monthly_end_of_month_rule" => {
            let end_of_month = needed(input.eom, "eom")?;
            input.due_dates(Frequency { end_of_month, ..Frequency::MONTHLY })?
        }
        "periodic_anchored" => {
            let period = needed(input.period.as_deref(), "period")?;
            input.due_dates(period.parse().map_err(|error| CaseFailure::new("bad-frequency", error))?)?
        }
        "business_day" => {
            let (calendar, date) = (input.calendar()?, needed(input.date, "date")?);
            let unknown = |error| CaseFailure::new("unknown-date", error);
            let is_business_day = calendar.is_business_day(date).map_err(unknown)?;
            let moved = |rule: Adjustment| {
                let moved = calendar.adjust(date, rule).map_err(unknown)?;
                Ok((format!("{rule:?}").into(), Json::Text(moved.to_string())))
            };
            answer.push(("is_business_day", Json::Flag(is_business_day)));
            Json::Object(Adjustment::ALL.into_iter().map(moved).collect::<Result<_, CaseFailure>>()?)
        }
        "china_ib_year" => {
            let (calendar, year) = (input.calendar()?, needed(input.year, "year")?);
            if year < calendar.known_from().year() || year > calendar.known_through().year() {
                let (from, through) = (calendar.known_from(), calendar.known_through());
                let text = format!("the calendar knows the days from {from} through {through}, and not {year}");
                return Err(CaseFailure::new("unknown-date", text));
            }
            let list = |list: &[Date]| dates(list.iter().copied().filter(|date| date.year() == year));
            Json::Object(vec![
                ("working_weekends".into(), list(calendar.working_weekends())),
                ("weekday_holidays".into(), list(calendar.holidays())),
            ])
        }
        "days_past_due" => {
            let (due, as_of) = (needed(input.due, "due")?, needed(input.as_of_day_end, "as_of_day_end")?);
            Json::Object(vec![
                ("dpd_exclusive".into(), Json::Number(days_past_due(due, as_of))),
                ("dpd_inclusive_rbi".into(), Json::Number(days_past_due_inclusive(due, as_of))),
            ])
        }
        other => return Err(CaseFailure::new("bad-case", format!("`kind`: `{other}` is not known"))),
    };
    answer.push(("result", result));
    Ok(answer)
}

impl Input {
    fn due_dates(&self, frequency: Frequency) -> Result<Json, CaseFailure> {
        let (anchor, count) = (needed(self.anchor, "anchor")?, needed(self.count, "count")?);
        if count > MOST {
            return Err(CaseFailure::new("bad-case", format!("`input.count` is {count}, and at most {MOST}")));
        }
        Ok(dates(due_dates(frequency, anchor, count, Adjustment::Unadjusted, None)?))
    }

    fn calendar(&self) -> Result<BusinessCalendar, CaseFailure> {
        let name = needed(self.calendar.as_deref(), "calendar")?;
        // QuantLib's names beside our own
        let id = match name {
            "China.IB" => "cn-ib",
            "China.SSE" => "cn-sse",
            "TARGET" => "target",
            "UnitedStates.FederalReserve" => "us-fed",
            "UnitedStates.Settlement" => "us-settlement",
            "UnitedKingdom.Settlement" => "gb-settlement",
            "WeekendsOnly" => "weekends-only",
            other => other,
        };
        let wrong = |text: String| CaseFailure::new("bad-calendar", text);
        let text = builtin(id)
            .ok_or_else(|| wrong(format!("`input.calendar`: `{name}` is none of {}", BUILTIN_IDS.join(", "))))?;
        BusinessCalendar::parse(text).map_err(|error| wrong(error.to_string()))
    }
}

fn dates(dates: impl IntoIterator<Item = Date>) -> Json {
    Json::List(dates.into_iter().map(|date| Json::Text(date.to_string())).collect())
}

fn needed<T>(value: Option<T>, field: &str) -> Result<T, CaseFailure> {
    value.ok_or_else(|| CaseFailure::new("bad-case", format!("`input.{field}` is missing")))
}
