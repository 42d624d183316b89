//! What one unit of money earns over some days: annual rate × fraction of a year (SERVICING section 1).

use super::{Model, Period, moved};
use crate::calendar::{Date, PeriodUnit};
use crate::money::Overflow;
use crate::money::Precision;
use crate::servicing::ServicingError;
use crate::servicing::rules::{InterestPeriod, InterestRules, MonthBasis, YearBasis};
use rust_decimal::Decimal;

/// The factor of a segment for the level instalment: a period of nominal months counts by its nominal length.
pub(super) fn for_instalment(model: &Model, period: &Period, from: Date, due: Date) -> Result<Decimal, ServicingError> {
    let every = Decimal::from(model.rules().frequency.every);
    factor(model, period, from, due, |_| Ok(every))
}

/// The factor from a segment's start to the period's due date: a period of irregular length counts the nominal periods that it
/// really holds.
pub(super) fn for_interest(model: &Model, period: &Period, from: Date) -> Result<Decimal, ServicingError> {
    factor(model, period, from, period.due, |model| nominal_periods(model, period))
}

fn factor(
    model: &Model,
    period: &Period,
    from: Date,
    due: Date,
    nominal: impl Fn(&Model) -> Result<Decimal, ServicingError>,
) -> Result<Decimal, ServicingError> {
    let rules = model.rules();
    let precision = Precision::new(rules.significant_digits);
    let rate = model.rate_on(from);
    if rate.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let days = Decimal::from(due.days_since(from));
    let length = Decimal::from(period.due.days_since(period.from));
    let spread = |nominal_days: Decimal, year: Decimal| -> Result<Decimal, ServicingError> {
        if length.is_zero() {
            return Ok(Decimal::ZERO);
        }
        let part = precision.mul(rate, precision.div(nominal_days, year)?)?;
        scaled(precision.div(precision.mul(part, days)?, length)?, rules)
    };
    let every = Decimal::from(rules.frequency.every);
    if let InterestPeriod::SameAsRepayment { .. } = rules.period {
        match rules.frequency.unit {
            PeriodUnit::Month => return spread(every, Decimal::from(12)),
            PeriodUnit::Week => return spread(every, Decimal::from(52)),
            PeriodUnit::Day => {}
        }
    }
    let leap_day = holds_leap_day(period.from, period.due)?;
    let by_years = match rules.year {
        YearBasis::Actual => true,
        YearBasis::ActualLeapDay => leap_day,
        _ => false,
    };
    if by_years && due.year() > from.year() {
        let fractions = year_fractions(rules, from, due)?;
        return scaled(precision.mul(rate, fractions)?, rules);
    }
    let year = Decimal::from(match rules.year {
        YearBasis::Actual if from.in_leap_year() => 366,
        YearBasis::ActualLeapDay if from.in_leap_year() && leap_day => 366,
        YearBasis::Actual | YearBasis::ActualLeapDay | YearBasis::Days365 => 365,
        YearBasis::Days364 => 364,
        YearBasis::Days360 => 360,
    });
    match rules.month {
        MonthBasis::Actual => scaled(precision.mul(rate, precision.div(days, year)?)?, rules),
        MonthBasis::Days30 => {
            let days_each = match rules.frequency.unit {
                PeriodUnit::Day => 1,
                PeriodUnit::Week => 7,
                PeriodUnit::Month => 30,
            };
            spread(precision.mul(Decimal::from(days_each), nominal(model)?)?, year)
        }
    }
}

/// A factor has as many decimals as decimals have significant digits.
fn scaled(factor: Decimal, rules: &InterestRules) -> Result<Decimal, ServicingError> {
    Ok(factor.round_dp(u32::from(rules.significant_digits)))
}

/// Whether 29 February lies in (from, due].
fn holds_leap_day(from: Date, due: Date) -> Result<bool, ServicingError> {
    for year in from.year()..=due.year() {
        let first = Date::new(year, 1, 1)?;
        if first.in_leap_year() {
            let leap_day = Date::new(year, 2, 29)?;
            if leap_day > from && leap_day <= due {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The days of each calendar year over the days that it has.
fn year_fractions(rules: &InterestRules, from: Date, due: Date) -> Result<Decimal, ServicingError> {
    let precision = Precision::new(rules.significant_digits);
    let mut sum = Decimal::ZERO;
    let mut start = from;
    for year in from.year()..=due.year() {
        let end = if year == due.year() {
            due
        } else if rules.year_cut_on_new_year {
            Date::new(year.checked_add(1).ok_or(Overflow)?, 1, 1)?
        } else {
            Date::new(year, 12, 31)?
        };
        let length = if Date::new(year, 1, 1)?.in_leap_year() { 366 } else { 365 };
        let part = precision.div(Decimal::from(end.days_since(start)), Decimal::from(length))?;
        sum = precision.add(sum, part)?;
        start = end;
    }
    Ok(sum)
}

/// How many nominal units (months, weeks, days) a period holds, counted from the seed of the schedule if the period is a regular
/// one, else from its own start.
fn nominal_periods(model: &Model, period: &Period) -> Result<Decimal, ServicingError> {
    let rules = model.rules();
    let precision = Precision::new(rules.significant_digits);
    let unit = rules.frequency.unit;
    let seed = seed_date(model, period)?;
    let before = whole_units(seed, period.from, unit)?;
    let mut count = before.checked_add(1).ok_or(Overflow)?;
    let mut date = period.from;
    while date < period.due {
        date = moved(seed, count, unit)?;
        if date <= period.due {
            count = count.checked_add(1).ok_or(Overflow)?;
        } else {
            let full = date;
            count = count.checked_sub(before).and_then(|count| count.checked_sub(1)).ok_or(Overflow)?;
            let start = moved(seed, count, unit)?;
            let (rest, whole) = (period.due.days_since(start), full.days_since(start));
            let part = precision.div(Decimal::from(rest), Decimal::from(whole))?;
            return Ok(part.checked_add(Decimal::from(count)).ok_or(Overflow)?);
        }
    }
    let count = count.checked_sub(before).and_then(|count| count.checked_sub(1)).ok_or(Overflow)?;
    Ok(Decimal::from(count))
}

fn seed_date(model: &Model, period: &Period) -> Result<Date, ServicingError> {
    let unit = model.rules().frequency.unit;
    let Some(seed) = model.start() else { return Ok(period.from) };
    let mut count = 1_i64;
    let mut date = moved(seed, count, unit)?;
    while date < period.due {
        count = count.checked_add(1).ok_or(Overflow)?;
        date = moved(seed, count, unit)?;
    }
    let back = i64::from(model.rules().frequency.every).checked_neg().ok_or(Overflow)?;
    Ok(if date == period.due && moved(date, back, unit)? == period.from { seed } else { period.from })
}

/// Whole units from `from` to `to`; a month that ends on the last day of a shorter month is whole.
fn whole_units(from: Date, to: Date, unit: PeriodUnit) -> Result<i64, ServicingError> {
    let days = to.days_since(from);
    Ok(match unit {
        PeriodUnit::Day => days,
        PeriodUnit::Week => days.checked_div(7).ok_or(Overflow)?,
        PeriodUnit::Month => {
            let to = if to.is_end_of_month() && from.day() > to.day() { to.tomorrow()? } else { to };
            let years = i64::from(to.year()).checked_sub(i64::from(from.year())).ok_or(Overflow)?;
            let months = years
                .checked_mul(12)
                .and_then(|months| months.checked_add(i64::from(to.month())))
                .and_then(|months| months.checked_sub(i64::from(from.month())))
                .ok_or(Overflow)?;
            if to.day() < from.day() && months > 0 { months.checked_sub(1).ok_or(Overflow)? } else { months }
        }
    })
}
