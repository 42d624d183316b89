//! Actual days over the actual length of years, where the conventions differ in what a year is.

use super::{Date, DateError, DayCountError, day_count::ratio};
use crate::money::Overflow;
use rust_decimal::Decimal;

/// ISDA 2006 4.16(b): the days that lie in leap years over 366 and the other ones over 365.
pub(super) fn isda(from: Date, to: Date) -> Result<Decimal, DayCountError> {
    let (mut leap, mut common) = (0_i64, 0_i64);
    let mut at = from;
    while at < to {
        // year 10000 has no date, but then `to` lies before it
        let end = first_of_next_year(at).map_or(to, |next| next.min(to));
        let days = end.days_since(at);
        if at.in_leap_year() {
            leap = leap.saturating_add(days);
        } else {
            common = common.saturating_add(days);
        }
        at = end;
    }
    Ok(ratio(leap, 366)?.checked_add(ratio(common, 365)?).ok_or(Overflow)?)
}

/// AFB (as in ISDA's memo of 1999 on the actual/actual day count fraction): whole years are counted
/// back from the end, and the days before them are taken over 366 if 29 February is one of them, else over 365.
pub(super) fn afb(from: Date, to: Date) -> Result<Decimal, DayCountError> {
    let mut years: i64 = 0;
    let mut rest_end = to;
    while let Ok(earlier) = back(to, years.saturating_add(1)) {
        if earlier < from {
            break;
        }
        years = years.saturating_add(1);
        rest_end = earlier;
    }
    let days_of_year = if holds_29_february(from, rest_end) { 366 } else { 365 };
    Ok(Decimal::from(years).checked_add(ratio(rest_end.days_since(from), days_of_year)?).ok_or(Overflow)?)
}

/// `years` years before `end`. The memo: from 28 February one counts back to 28 February, unless that year has a 29th.
fn back(end: Date, years: i64) -> Result<Date, DateError> {
    let date = end.plus_months(years.saturating_mul(-12))?;
    Ok(if date.month() == 2 && date.day() == 28 { date.end_of_month() } else { date })
}

/// Whether a 29 February lies in [from, to), which is at most one year long.
fn holds_29_february(from: Date, to: Date) -> bool {
    [from.year(), to.year()].into_iter().any(|year| Date::new(year, 2, 29).is_ok_and(|day| from <= day && day < to))
}

fn first_of_next_year(date: Date) -> Option<Date> {
    Date::new(date.year().checked_add(1)?, 1, 1).ok()
}
