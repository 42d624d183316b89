//! The 30/360 family: every month has 30 days, and the conventions differ in what they do with the 31st and with the
//! end of February (ISDA 2006 section 4.16(f) to (h); the US rule as in Mayle, Standard Securities Calculation
//! Methods).

use super::{Date, DayCount};

/// The days of a convention of the family from `from` to `to`, which is not before it.
pub(super) fn days(convention: DayCount, from: Date, to: Date, termination: Option<Date>) -> i64 {
    let (mut first, mut last) = (i64::from(from.day()), i64::from(to.day()));
    match convention {
        DayCount::ThirtyE360 => {
            first = first.min(30);
            last = last.min(30);
        }
        DayCount::ThirtyE360Isda => {
            if from.is_end_of_month() {
                first = 30;
            }
            // 4.16(h): the end of February stays where it is only on the termination date; the 31st never does
            if to.is_end_of_month() && (last == 31 || termination != Some(to)) {
                last = 30;
            }
        }
        DayCount::Thirty360Us => {
            if end_of_february(from) {
                if end_of_february(to) {
                    last = 30;
                }
                first = 30;
            }
            (first, last) = bond(first, last);
        }
        _ => (first, last) = bond(first, last),
    }
    let months = months_of(to).saturating_sub(months_of(from));
    months.saturating_mul(30).saturating_add(last.saturating_sub(first))
}

/// 4.16(f): a first 31st is a 30th; a last 31st is one only if the first day is a 30th by now.
fn bond(first: i64, last: i64) -> (i64, i64) {
    let first = first.min(30);
    (first, if first == 30 { last.min(30) } else { last })
}

fn end_of_february(date: Date) -> bool {
    date.month() == 2 && date.is_end_of_month()
}

fn months_of(date: Date) -> i64 {
    i64::from(date.year()).saturating_mul(12).saturating_add(i64::from(date.month()))
}
