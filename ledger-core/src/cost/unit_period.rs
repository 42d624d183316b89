//! The unit period of Regulation Z, Appendix J, section (b), and times counted in it.

use super::arithmetic::div;
use super::time_measure::whole_months;
use super::{CostError, DatedFlow, TimedFlow, TimedFlows};
use crate::calendar::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt;

/// The period in which a transaction counts its time, at most one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitPeriod {
    /// So many days: 365 / n a year.
    Days(i64),
    /// So many weeks: 52 / n a year.
    Weeks(i64),
    /// Twice a month: 24 a year, of 15 days.
    Semimonth,
    /// So many months: 12 / n a year, of 30 days each; twelve months are a year of 365 days.
    Months(i64),
}

impl UnitPeriod {
    /// How many a year has, not rounded.
    ///
    /// # Errors
    /// [`CostError::NoUnitPeriod`] for a period of nothing.
    pub fn per_year(self) -> Result<Decimal, CostError> {
        let (year, count) = match self {
            Self::Days(days) => (365, days),
            Self::Weeks(weeks) => (52, weeks),
            Self::Semimonth => (24, 1),
            Self::Months(months) => (12, months),
        };
        Decimal::from(year).checked_div(Decimal::from(count)).ok_or(CostError::NoUnitPeriod)
    }

    /// Its days, for comparing lengths: twelfths of 365 days for months.
    fn twelfths_of_days(self) -> i64 {
        match self {
            Self::Days(days) => days.saturating_mul(12),
            Self::Weeks(weeks) => weeks.saturating_mul(84),
            Self::Semimonth => 182,
            Self::Months(months) => months.saturating_mul(365),
        }
    }
}

impl fmt::Display for UnitPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(1) => f.pad("1 day"),
            Self::Days(days) => f.pad(&format!("{days} days")),
            Self::Weeks(1) => f.pad("1 week"),
            Self::Weeks(weeks) => f.pad(&format!("{weeks} weeks")),
            Self::Semimonth => f.pad("half a month"),
            Self::Months(12) => f.pad("1 year"),
            Self::Months(1) => f.pad("1 month"),
            Self::Months(months) => f.pad(&format!("{months} months")),
        }
    }
}

/// The unit period of a transaction, and where its term starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPeriods {
    /// The unit period.
    pub unit: UnitPeriod,
    /// The start of the term: the first flow.
    pub start: Date,
    /// Two neighbouring due dates of a semimonthly transaction.
    pair: Option<(Date, Date)>,
}

impl UnitPeriods {
    /// Finds the unit period: the interval between advances, or between payments (from the start of the term to the first
    /// one too), that occurs most often, the smaller of two; the average of all intervals, in whole weeks or months, if
    /// each occurs once; never more than a year. A single advance with a single payment has its term as the unit period.
    ///
    /// # Errors
    /// [`CostError::Empty`] and [`CostError::NoSignChange`] without an advance and a later payment.
    pub fn determine(dated: &[DatedFlow]) -> Result<Self, CostError> {
        let start = dated.iter().map(|flow| flow.date).min().ok_or(CostError::Empty)?;
        let mut net: BTreeMap<Date, Decimal> = BTreeMap::new();
        for flow in dated {
            let sum = net.entry(flow.date).or_default();
            *sum = super::arithmetic::add(*sum, flow.amount)?;
        }
        let of_sign = |negative: bool| -> Vec<Date> {
            let flows = net.iter().filter(|(_, amount)| !amount.is_zero() && amount.is_sign_negative() == negative);
            flows.map(|(date, _)| *date).collect()
        };
        let (advances, payments) = (of_sign(false), of_sign(true));
        if let ([advance], [payment]) = (advances.as_slice(), payments.as_slice()) {
            let unit = of_term(*advance.min(payment), *advance.max(payment))?;
            return Ok(Self { unit, start, pair: None });
        }
        if advances.is_empty() || payments.is_empty() {
            return Err(CostError::NoSignChange);
        }
        let mut intervals: Vec<(Date, Date)> = neighbours(&advances).chain(neighbours(&payments)).collect();
        intervals.extend(payments.first().filter(|first| **first > start).map(|first| (start, *first)));
        let pair = semimonthly(&payments)?;
        let unit = most_frequent(&intervals, pair.map_or(0, |_| payments.len().saturating_sub(1)))?;
        Ok(Self { unit, start, pair })
    }

    /// The flows in unit periods of this transaction.
    ///
    /// # Errors
    /// Dates beyond the calendar.
    pub fn time(&self, dated: &[DatedFlow]) -> Result<TimedFlows, CostError> {
        let flow = |one: &DatedFlow| {
            let (whole, fraction) = self.count(one.date)?;
            Ok(TimedFlow { time: Decimal::from(whole), fraction, amount: one.amount })
        };
        let flows = dated.iter().map(flow).collect::<Result<_, CostError>>()?;
        Ok(TimedFlows { flows, units_per_year: self.unit.per_year()? })
    }

    /// Whole unit periods and the fraction of one from the start of the term to a date, counted back from the date: whole
    /// unit periods first, then whole months of 30 days, then days.
    ///
    /// # Errors
    /// Dates beyond the calendar.
    pub fn count(&self, date: Date) -> Result<(i64, Decimal), CostError> {
        let days = date.days_since(self.start);
        let (whole, rest, length) = match self.unit {
            UnitPeriod::Days(n) => (days.checked_div(n), days.checked_rem(n), n),
            UnitPeriod::Weeks(n) => {
                let length = n.saturating_mul(7);
                (days.checked_div(length), days.checked_rem(length), length)
            }
            UnitPeriod::Semimonth => {
                let (whole, rest) = self.semimonths(date)?;
                (Some(whole), Some(rest), 15)
            }
            UnitPeriod::Months(n) => {
                let (months, point) = whole_months(self.start, date)?;
                let (whole, over) = (months.checked_div(n), months.checked_rem(n).unwrap_or_default());
                let odd = point.days_since(self.start);
                if n == 12 && odd > 0 {
                    let years = whole.unwrap_or_default();
                    let point = date.plus_months(years.saturating_mul(-12))?;
                    (whole, Some(point.days_since(self.start)), 365)
                } else if n == 12 {
                    (whole, Some(over), 12)
                } else {
                    (whole, Some(over.saturating_mul(30).saturating_add(odd)), n.saturating_mul(30))
                }
            }
        };
        let (Some(mut whole), Some(mut rest)) = (whole, rest) else { return Err(CostError::NoUnitPeriod) };
        // 31 days of a month, or the 366 of a leap year, are one unit period and nothing or a day
        if rest >= length {
            (whole, rest) = (whole.saturating_add(1), rest.saturating_sub(length));
        }
        Ok((whole, div(Decimal::from(rest), Decimal::from(length))?))
    }

    fn semimonths(&self, date: Date) -> Result<(i64, i64), CostError> {
        let (months, point) = whole_months(self.start, date)?;
        let whole = months.saturating_mul(2);
        let days = point.days_since(self.start);
        let before = match self.pair {
            Some((first, second)) if is_whole(first.min(date), first.max(date))? => last_before(second, point)?,
            Some((first, second)) if is_whole(second.min(date), second.max(date))? => last_before(first, point)?,
            _ => point.plus_days(-15)?,
        };
        if before >= self.start {
            return Ok((whole.saturating_add(1), before.days_since(self.start)));
        }
        Ok((whole, days))
    }
}

/// The last date of a monthly series before a day.
fn last_before(of_series: Date, day: Date) -> Result<Date, CostError> {
    let years = i64::from(day.year()).saturating_sub(i64::from(of_series.year()));
    let months = i64::from(day.month()).saturating_sub(i64::from(of_series.month()));
    let months = years.saturating_mul(12).saturating_add(months);
    let date = of_series.plus_months(months)?;
    if date < day { Ok(date) } else { Ok(of_series.plus_months(months.saturating_sub(1))?) }
}

fn neighbours(dates: &[Date]) -> impl Iterator<Item = (Date, Date)> {
    dates.iter().copied().zip(dates.iter().skip(1).copied())
}

fn is_whole(from: Date, to: Date) -> Result<bool, CostError> {
    Ok(whole_months(from, to)?.1 == from)
}

/// A single payment: the term in whole months, or in days; at most a year.
fn of_term(from: Date, to: Date) -> Result<UnitPeriod, CostError> {
    let (months, point) = whole_months(from, to)?;
    Ok(match months {
        12.. => UnitPeriod::Months(12),
        1.. if point == from => UnitPeriod::Months(months),
        _ => UnitPeriod::Days(to.days_since(from)),
    })
}

/// Two neighbouring due dates, if every second payment lies a month after and neighbours about half a month apart.
fn semimonthly(payments: &[Date]) -> Result<Option<(Date, Date)>, CostError> {
    for (from, to) in payments.iter().zip(payments.iter().skip(2)) {
        let (months, point) = whole_months(*from, *to)?;
        if months != 1 || point != *from {
            return Ok(None);
        }
    }
    let halves = neighbours(payments).all(|(from, to)| (13..=16).contains(&to.days_since(from)));
    Ok(match payments {
        [first, second, _, ..] if halves => Some((*first, *second)),
        _ => None,
    })
}

/// The interval that occurs most often.
fn most_frequent(intervals: &[(Date, Date)], semimonths: usize) -> Result<UnitPeriod, CostError> {
    let mut votes: BTreeMap<UnitPeriod, usize> = BTreeMap::new();
    let mut vote = |unit| {
        let count = votes.entry(unit).or_default();
        *count = count.saturating_add(1);
    };
    for (from, to) in intervals {
        let (months, point) = whole_months(*from, *to)?;
        let (days, whole) = (to.days_since(*from), months > 0 && point == *from);
        if months >= 12 {
            vote(UnitPeriod::Months(12));
        } else if whole {
            vote(UnitPeriod::Months(months));
        }
        // a February of 28 days is four weeks too: which of the two is meant, the other intervals decide
        if days.checked_rem(7) == Some(0) && days <= 364 {
            vote(UnitPeriod::Weeks(days.checked_div(7).unwrap_or_default()));
        } else if !whole && days < 365 {
            vote(UnitPeriod::Days(days));
        }
    }
    if semimonths > 1 {
        votes.insert(UnitPeriod::Semimonth, semimonths);
    }
    let best = votes.iter().max_by_key(|(unit, count)| (**count, unit.twelfths_of_days().saturating_neg()));
    match best {
        Some((unit, count)) if *count > 1 => Ok(*unit),
        Some((unit, _)) if intervals.len() == 1 => Ok(*unit),
        _ => Ok(average(intervals)),
    }
}

/// The whole number of weeks or months, or the day, that is nearest to the average of all intervals; the smaller of two.
fn average(intervals: &[(Date, Date)]) -> UnitPeriod {
    let total: i64 = intervals.iter().map(|(from, to)| to.days_since(*from)).fold(0, i64::saturating_add);
    let count = i64::try_from(intervals.len()).unwrap_or(i64::MAX);
    let weeks = (1..=52).map(UnitPeriod::Weeks);
    let standard = std::iter::once(UnitPeriod::Days(1)).chain(weeks).chain((1..=12).map(UnitPeriod::Months));
    let distance = |unit: &UnitPeriod| {
        let length = unit.twelfths_of_days();
        (length.saturating_mul(count).saturating_sub(total.saturating_mul(12)).saturating_abs(), length)
    };
    standard.min_by_key(distance).unwrap_or(UnitPeriod::Months(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows(list: &[(&str, i64)]) -> Vec<DatedFlow> {
        list.iter()
            .map(|(date, amount)| DatedFlow { date: date.parse().unwrap(), amount: Decimal::from(*amount) })
            .collect()
    }

    fn unit(list: &[(&str, i64)]) -> UnitPeriod {
        UnitPeriods::determine(&flows(list)).unwrap().unit
    }

    #[test]
    fn a_quarter_is_counted_back_from_the_payment() {
        // Appendix J (c)(1)(iv)
        let periods = UnitPeriods { unit: UnitPeriod::Months(3), start: "1978-05-23".parse().unwrap(), pair: None };
        assert_eq!(periods.count("1978-10-01".parse().unwrap()), Ok((1, Decimal::from(39) / Decimal::from(90))));
    }

    #[test]
    fn the_unit_period_is_what_occurs_most_often() {
        assert_eq!(unit(&[("2023-01-31", 100), ("2023-02-28", -50), ("2023-03-31", -50)]), UnitPeriod::Months(1));
        assert_eq!(unit(&[("2024-01-01", 100), ("2024-01-15", -50), ("2024-01-29", -50)]), UnitPeriod::Weeks(2));
        let halves = [("2024-01-10", 100), ("2024-02-01", -30), ("2024-02-16", -30), ("2024-03-01", -50)];
        assert_eq!(unit(&halves), UnitPeriod::Semimonth);
        assert_eq!(unit(&[("2024-01-01", 100), ("2024-01-11", -50), ("2024-01-21", -60)]), UnitPeriod::Days(10));
    }

    #[test]
    fn without_a_common_interval_it_is_the_average() {
        // 20, 40 and 31 days: 30.3 on average
        let odd = [("2024-01-01", 100), ("2024-01-21", -30), ("2024-03-01", -30), ("2024-04-01", -45)];
        assert_eq!(unit(&odd), UnitPeriod::Months(1));
    }

    #[test]
    fn a_single_payment_has_its_term_as_unit_period_up_to_a_year() {
        assert_eq!(unit(&[("2024-01-15", 100), ("2024-07-15", -110)]), UnitPeriod::Months(6));
        assert_eq!(unit(&[("2024-01-15", 100), ("2024-01-29", -110)]), UnitPeriod::Days(14));
        assert_eq!(unit(&[("2024-01-15", 100), ("2026-01-29", -110)]), UnitPeriod::Months(12));
    }

    #[test]
    fn no_fraction_reaches_one() {
        let periods = UnitPeriods::determine(&flows(&[
            ("2024-03-01", 100),
            ("2024-03-31", -10),
            ("2024-04-30", -10),
            ("2024-05-30", -90),
        ]));
        let periods = periods.unwrap();
        for days in 0..800 {
            let date = periods.start.plus_days(days).unwrap();
            for unit in [periods.unit, UnitPeriod::Months(1), UnitPeriod::Months(3), UnitPeriod::Months(12)] {
                let (whole, fraction) = UnitPeriods { unit, ..periods.clone() }.count(date).unwrap();
                assert!(whole >= 0 && fraction >= Decimal::ZERO && fraction < Decimal::ONE, "{unit} {date}");
            }
        }
    }

    #[test]
    fn one_way_flows_have_no_unit_period() {
        assert_eq!(UnitPeriods::determine(&flows(&[("2024-01-15", 100)])), Err(CostError::NoSignChange));
        assert_eq!(UnitPeriods::determine(&[]), Err(CostError::Empty));
    }
}
