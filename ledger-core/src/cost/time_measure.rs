//! From dates to times: counted back from the payment, never forward from the drawdown.

use super::arithmetic::{add, div};
use super::{CostError, CostMethod, TimedFlow, TimedFlows, UnitPeriods};
use crate::calendar::Date;
use crate::money::Overflow;
use rust_decimal::Decimal;

/// A flow on a date, from the borrower's side: an advance is positive, a payment negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedFlow {
    /// When.
    pub date: Date,
    /// How much, in whatever unit of money.
    pub amount: Decimal,
}

/// The unit in which the EU's remark (c) counts an interval before it counts days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalUnit {
    /// 1/52 of a year.
    Week,
    /// 1/12 of a year.
    Month,
    /// A year.
    Year,
}

/// Gives every flow its time, measured from the first advance (for Regulation Z from the first flow) as the method says.
///
/// # Errors
/// [`CostError::Empty`], [`CostError::NoSignChange`] if nothing is ever advanced, or dates beyond the calendar.
pub fn time_flows(method: CostMethod, dated: &[DatedFlow]) -> Result<TimedFlows, CostError> {
    if dated.is_empty() {
        return Err(CostError::Empty);
    }
    let advances = dated.iter().filter(|flow| flow.amount > Decimal::ZERO);
    let start = advances.map(|flow| flow.date).min().ok_or(CostError::NoSignChange)?;
    let measured = |unit: &dyn Fn(Date) -> Result<Decimal, CostError>| -> Result<Vec<TimedFlow>, CostError> {
        let flow =
            |one: &DatedFlow| Ok(TimedFlow { time: unit(one.date)?, fraction: Decimal::ZERO, amount: one.amount });
        dated.iter().map(flow).collect()
    };
    match method {
        CostMethod::UsRegZAppendixJ => UnitPeriods::determine(dated)?.time(dated),
        CostMethod::EuAprc => {
            let unit = interval_unit(dated)?;
            let flows = measured(&|date| signed(start, date, |from, to| years_between(unit, from, to)))?;
            Ok(TimedFlows { flows, units_per_year: Decimal::ONE })
        }
        CostMethod::IrrMonthlyX12 | CostMethod::IrrMonthlyCompounded => {
            let flows = measured(&|date| signed(start, date, months_between))?;
            Ok(TimedFlows { flows, units_per_year: Decimal::from(12) })
        }
    }
}

fn signed(
    start: Date,
    date: Date,
    measure: impl Fn(Date, Date) -> Result<Decimal, CostError>,
) -> Result<Decimal, CostError> {
    if date >= start {
        return measure(start, date);
    }
    let mut time = measure(date, start)?;
    time.set_sign_negative(!time.is_zero());
    Ok(time)
}

/// Whole months back from `to`, and the day that they lead to. A month that is whole forward is whole too: from 31 January
/// to 28 February is one month, although one month back from there is 28 January.
pub(super) fn whole_months(from: Date, to: Date) -> Result<(i64, Date), CostError> {
    let years = i64::from(to.year()).saturating_sub(i64::from(from.year()));
    let months = i64::from(to.month()).saturating_sub(i64::from(from.month()));
    let mut count = years.saturating_mul(12).saturating_add(months);
    if from.plus_months(count) == Ok(to) {
        return Ok((count, from));
    }
    let mut point = to.plus_months(count.saturating_neg())?;
    if point < from {
        count = count.saturating_sub(1);
        point = to.plus_months(count.saturating_neg())?;
    }
    Ok((count, point))
}

/// An interval in years after remark (c) of the EU's annex: whole units counted back from `to`, and the days that are left
/// over the 365 or 366 days of the year that ends where they end. `from` is not after `to`.
///
/// # Errors
/// Dates beyond the calendar.
pub fn years_between(unit: IntervalUnit, from: Date, to: Date) -> Result<Decimal, CostError> {
    let (count, per_year, point) = match unit {
        IntervalUnit::Week => {
            let weeks = to.days_since(from).checked_div(7).unwrap_or_default();
            (weeks, 52, to.plus_days(weeks.saturating_mul(-7))?)
        }
        IntervalUnit::Month => {
            let (months, point) = whole_months(from, to)?;
            (months, 12, point)
        }
        IntervalUnit::Year => {
            let (months, point) = whole_months(from, to)?;
            let years = months.checked_div(12).unwrap_or_default();
            let whole = years.saturating_mul(12) == months;
            (years, 1, if whole { point } else { to.plus_months(years.saturating_mul(-12))? })
        }
    };
    let days = point.days_since(from);
    let whole = div(Decimal::from(count), Decimal::from(per_year))?;
    if days == 0 {
        return Ok(whole);
    }
    let days_of_year = point.days_since(point.plus_months(-12)?);
    Ok(add(whole, div(Decimal::from(days), Decimal::from(days_of_year))?)?)
}

/// An interval in months: whole months counted back from `to`, and the days that are left in equal months of 365/12 days.
///
/// # Errors
/// Dates beyond the calendar.
pub fn months_between(from: Date, to: Date) -> Result<Decimal, CostError> {
    let (months, point) = whole_months(from, to)?;
    let days = Decimal::from(point.days_since(from)).checked_mul(Decimal::from(12)).ok_or(Overflow)?;
    Ok(add(Decimal::from(months), div(days, Decimal::from(365))?)?)
}

/// The unit that fits the flows: years if all of them are whole years apart, else weeks if all of them are whole weeks
/// apart and not all whole months, else months.
///
/// # Errors
/// Dates beyond the calendar.
pub fn interval_unit(dated: &[DatedFlow]) -> Result<IntervalUnit, CostError> {
    let mut dates: Vec<Date> = dated.iter().map(|flow| flow.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let (mut years, mut weeks, mut months) = (true, true, true);
    for (from, to) in dates.iter().zip(dates.iter().skip(1)) {
        let (count, point) = whole_months(*from, *to)?;
        let is_whole = point == *from;
        months &= is_whole;
        years &= is_whole && count.checked_rem(12) == Some(0);
        weeks &= to.days_since(*from).checked_rem(7) == Some(0);
    }
    Ok(if years && dates.len() > 1 {
        IntervalUnit::Year
    } else if weeks && !months {
        IntervalUnit::Week
    } else {
        IntervalUnit::Month
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn ratio(a: i64, b: i64) -> Decimal {
        Decimal::from(a) / Decimal::from(b)
    }

    #[test]
    fn the_commissions_examples_of_remark_c() {
        use IntervalUnit::{Month, Year};
        for (unit, from, to, expected) in [
            (Month, "2012-01-12", "2012-02-15", ratio(1, 12) + ratio(3, 365)),
            (Month, "2013-01-12", "2013-02-15", ratio(1, 12) + ratio(3, 366)),
            (Year, "2012-01-12", "2012-02-15", ratio(34, 365)),
            (Month, "2012-03-12", "2012-05-01", ratio(20, 366) + ratio(1, 12)),
            (Month, "2013-02-15", "2013-03-01", ratio(14, 365)),
            (Month, "2012-10-10", "2012-10-15", ratio(5, 366)),
        ] {
            assert_eq!(years_between(unit, date(from), date(to)), Ok(expected), "{from} to {to}");
        }
    }

    #[test]
    fn a_month_that_a_short_february_ends_is_whole() {
        assert_eq!(months_between(date("2023-01-31"), date("2023-02-28")), Ok(Decimal::ONE));
        assert_eq!(months_between(date("2023-01-31"), date("2023-03-31")), Ok(Decimal::TWO));
        assert_eq!(months_between(date("2023-01-30"), date("2023-02-28")), Ok(Decimal::ONE));
        assert_eq!(months_between(date("2023-01-15"), date("2023-01-15")), Ok(Decimal::ZERO));
        assert_eq!(months_between(date("2023-01-10"), date("2023-02-15")), Ok(Decimal::ONE + ratio(60, 365)));
    }

    #[test]
    fn weeks_are_52_to_the_year() {
        let unit = IntervalUnit::Week;
        assert_eq!(years_between(unit, date("2024-01-01"), date("2024-01-29")), Ok(ratio(4, 52)));
        let flows = |dates: &[&str]| -> Vec<DatedFlow> {
            dates.iter().map(|text| DatedFlow { date: date(text), amount: Decimal::ONE }).collect()
        };
        assert_eq!(interval_unit(&flows(&["2024-01-01", "2024-01-15", "2024-01-29"])), Ok(IntervalUnit::Week));
        assert_eq!(interval_unit(&flows(&["2023-02-01", "2023-03-01", "2023-04-01"])), Ok(IntervalUnit::Month));
        assert_eq!(interval_unit(&flows(&["2023-02-01", "2024-02-01"])), Ok(IntervalUnit::Year));
        assert_eq!(interval_unit(&flows(&["2023-02-01", "2023-02-09"])), Ok(IntervalUnit::Month));
    }

    #[test]
    fn a_cost_before_the_first_drawdown_has_a_negative_time() {
        let flow = |text, amount| DatedFlow { date: date(text), amount: Decimal::from(amount) };
        let flows = [flow("2012-01-01", -150), flow("2013-01-01", 30_000), flow("2014-01-01", -31_000)];
        let timed = time_flows(CostMethod::EuAprc, &flows).unwrap();
        assert_eq!(timed.flows[0].time, Decimal::NEGATIVE_ONE);
        assert_eq!(timed.flows[2].time, Decimal::ONE);
    }
}
