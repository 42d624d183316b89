//! Dates as files write them.

use crate::refusal::{Reason, Refusal, shorten};
use ledger_core::calendar::Date;

fn wrong(text: &str, line: u64) -> Refusal {
    Refusal::at(line, Reason::Date, format!("`{}` is not a date", shorten(text)))
}

fn number(digits: &str) -> Option<i16> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) { None } else { digits.parse().ok() }
}

fn of_parts(year: Option<i16>, month: Option<i16>, day: Option<i16>) -> Option<Date> {
    Date::new(year?, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
}

/// `2024-02-29`, with whatever stands behind it (a time, a zone): the date as written.
pub(crate) fn iso(text: &str, line: u64) -> Result<Date, Refusal> {
    let text = text.trim();
    text.get(..10).and_then(|date| date.replace('/', "-").parse().ok()).ok_or_else(|| wrong(text, line))
}

/// `20240229`, with whatever stands behind it.
pub(crate) fn compact(text: &str, line: u64) -> Result<Date, Refusal> {
    let text = text.trim();
    let part = |from: usize, to: usize| text.get(from..to).and_then(number);
    of_parts(part(0, 4), part(4, 6), part(6, 8)).ok_or_else(|| wrong(text, line))
}

/// A date that was read, and whether its day does not exist and was read as the last of its month: banks that count 30 days
/// a month write a 30 February.
pub(crate) struct Swift {
    /// The date.
    pub date: Date,
    /// Its day does not exist.
    pub clamped: bool,
}

/// `YYMMDD` of SWIFT messages; years to 79 are of this century.
pub(crate) fn swift(text: &str, line: u64) -> Result<Swift, Refusal> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(number);
    let year = part(0, 2).map(|year| if year < 80 { year.saturating_add(2000) } else { year.saturating_add(1900) });
    clamped(year, part(2, 4), part(4, 6)).ok_or_else(|| wrong(text, line))
}

/// `MMDD` beside a date: in the year that brings it closest.
pub(crate) fn beside(text: &str, near: Date, line: u64) -> Result<Swift, Refusal> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(number);
    let (month, day) = (part(0, 2), part(2, 4));
    let years = [near.year(), near.year().saturating_sub(1), near.year().saturating_add(1)];
    years
        .into_iter()
        .filter_map(|year| clamped(Some(year), month, day))
        .min_by_key(|found| found.date.days_since(near).abs())
        .ok_or_else(|| wrong(text, line))
}

fn clamped(year: Option<i16>, month: Option<i16>, day: Option<i16>) -> Option<Swift> {
    if let Some(date) = of_parts(year, month, day) {
        return Some(Swift { date, clamped: false });
    }
    let day = day?;
    if !(29..=31).contains(&day) {
        return None;
    }
    of_parts(year, month, Some(1)).map(|first| Swift { date: first.end_of_month(), clamped: true })
}

/// By a `strftime` pattern, such as `%d.%m.%Y`; what stands behind it is left out.
pub(crate) fn pattern(text: &str, pattern: &str, line: u64) -> Result<Date, Refusal> {
    let text = text.trim();
    let parsed = jiff::fmt::strtime::BrokenDownTime::parse_prefix(pattern, text).ok();
    let date = parsed.and_then(|(time, _)| time.to_date().ok());
    let date = date.and_then(|date| Date::new(date.year(), date.month(), date.day()).ok());
    date.ok_or_else(|| {
        Refusal::at(line, Reason::Date, format!("`{}` is not a date of the pattern {pattern}", shorten(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_format() {
        assert_eq!(iso("2015-03-10T18:43:50+00:00", 1).unwrap().to_string(), "2015-03-10");
        assert_eq!(compact("20071015021529.000[-8:PST]", 1).unwrap().to_string(), "2007-10-15");
        let february = swift("160230", 1).unwrap();
        assert_eq!((february.date.to_string().as_str(), february.clamped), ("2016-02-29", true));
        assert_eq!(beside("1231", swift("160102", 1).unwrap().date, 1).unwrap().date.to_string(), "2015-12-31");
        assert_eq!(pattern("29.02.2024 10:11", "%d.%m.%Y", 1).unwrap().to_string(), "2024-02-29");
        for bad in ["", "2015", "2015-13-01", "x", "20151301"] {
            assert!(iso(bad, 7).is_err() && compact(bad, 7).is_err() && swift(bad, 7).is_err(), "{bad}");
        }
    }
}
