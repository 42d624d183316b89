//! How days become fractions of a year.

use super::{Date, DateError, PeriodContext, ReferencePeriod, act_act, thirty_360};
use crate::money::Overflow;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The day count conventions that terms may name, each by one exact code (ISDA 2006 section 4.16 where it has them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DayCount {
    /// Bond basis, ISDA 2006 4.16(f): no rule for February.
    #[serde(rename = "30/360-bond")]
    Thirty360Bond,
    /// US (SIA): with the end-of-February rule.
    #[serde(rename = "30/360-us")]
    Thirty360Us,
    /// Eurobond basis, ISDA 2006 4.16(g): 31 becomes 30 on both sides, no rule for February.
    #[serde(rename = "30e/360")]
    ThirtyE360,
    /// ISDA 2006 4.16(h): end of February becomes 30, but not on the termination date.
    #[serde(rename = "30e/360-isda")]
    ThirtyE360Isda,
    /// Every whole period counts its nominal length in 30-day months (month = 30/360, week = 7/360, day = 1/360), and a
    /// part of a period its share of that by actual days.
    #[serde(rename = "30/360-by-period")]
    Thirty360ByPeriod,
    /// ISDA 2006 4.16(b): days in leap years over 366, the others over 365.
    #[serde(rename = "act/act-isda")]
    ActActIsda,
    /// ICMA rule 251 (ISDA 2006 4.16(c)): days over (periods a year × days of the reference period).
    #[serde(rename = "act/act-icma")]
    ActActIcma,
    /// AFB: whole years back from the end, the rest over 366 if it holds 29 February.
    #[serde(rename = "act/act-afb")]
    ActActAfb,
    /// Days over 366 if the year of the period's first day is a leap year, else over 365.
    #[serde(rename = "act/act-by-period-start")]
    ActActByPeriodStart,
    /// Actual days over 360, ISDA 2006 4.16(e).
    #[serde(rename = "act/360")]
    Act360,
    /// Actual days over 364.
    #[serde(rename = "act/364")]
    Act364,
    /// Actual days over 365, also in leap years, ISDA 2006 4.16(d).
    #[serde(rename = "act/365f")]
    Act365Fixed,
}

/// Why a day count has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DayCountError {
    /// The convention counts in periods, and the context names none.
    #[error("the day count {} needs a reference period, and there is none", .0.code())]
    NoReferencePeriod(DayCount),
    /// The reference period has no days.
    #[error("the reference period from {start} to {end} has no days")]
    EmptyReferencePeriod {
        /// Its start.
        start: Date,
        /// Its end.
        end: Date,
    },
    /// A regular period before or after the reference period leaves the calendar.
    #[error("a period of the day count lies beyond the calendar: {0}")]
    Date(#[from] DateError),
    /// The result has no place in a decimal.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// A text that is no day count's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day count (the codes are {codes})", codes = DayCount::ALL.map(DayCount::code).join(", "))]
pub struct UnknownDayCount(pub String);

impl DayCount {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Thirty360Bond,
        Self::Thirty360Us,
        Self::ThirtyE360,
        Self::ThirtyE360Isda,
        Self::Thirty360ByPeriod,
        Self::ActActIsda,
        Self::ActActIcma,
        Self::ActActAfb,
        Self::ActActByPeriodStart,
        Self::Act360,
        Self::Act364,
        Self::Act365Fixed,
    ];

    /// The exact code that product files and the log name it by.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Thirty360Bond => "30/360-bond",
            Self::Thirty360Us => "30/360-us",
            Self::ThirtyE360 => "30e/360",
            Self::ThirtyE360Isda => "30e/360-isda",
            Self::Thirty360ByPeriod => "30/360-by-period",
            Self::ActActIsda => "act/act-isda",
            Self::ActActIcma => "act/act-icma",
            Self::ActActAfb => "act/act-afb",
            Self::ActActByPeriodStart => "act/act-by-period-start",
            Self::Act360 => "act/360",
            Self::Act364 => "act/364",
            Self::Act365Fixed => "act/365f",
        }
    }

    /// The days from `from` (counted) to `to` (not counted), as the convention counts them; negative if `to` is
    /// earlier.
    ///
    /// `30/360-by-period` counts the nominal days of whole periods and rounds parts of them down (the year fraction
    /// does not); without a usable reference period it counts actual days.
    #[must_use]
    pub fn days(self, from: Date, to: Date, context: &PeriodContext) -> i64 {
        if to < from {
            return self.days(to, from, context).saturating_neg();
        }
        match self {
            Self::Thirty360Bond | Self::Thirty360Us | Self::ThirtyE360 | Self::ThirtyE360Isda => {
                thirty_360::days(self, from, to, context.termination)
            }
            Self::Thirty360ByPeriod => nominal_days(from, to, context).unwrap_or_else(|| to.days_since(from)),
            _ => to.days_since(from),
        }
    }

    /// The fraction of a year from `from` (counted) to `to` (not counted), with 28 digits; negative if `to` is earlier.
    ///
    /// # Errors
    /// [`DayCountError`] if the convention needs a reference period and has none, or if the result has no place.
    pub fn year_fraction(self, from: Date, to: Date, context: &PeriodContext) -> Result<Decimal, DayCountError> {
        if to < from {
            let mut fraction = self.year_fraction(to, from, context)?;
            fraction.set_sign_negative(!fraction.is_zero());
            return Ok(fraction);
        }
        let reference = || context.reference.ok_or(DayCountError::NoReferencePeriod(self));
        let days = self.days(from, to, context);
        match self {
            Self::Thirty360Bond | Self::Thirty360Us | Self::ThirtyE360 | Self::ThirtyE360Isda | Self::Act360 => {
                Ok(ratio(days, 360)?)
            }
            Self::Act364 => Ok(ratio(days, 364)?),
            Self::Act365Fixed => Ok(ratio(days, 365)?),
            Self::ActActIsda => act_act::isda(from, to),
            Self::ActActAfb => act_act::afb(from, to),
            Self::ActActByPeriodStart => {
                let first = context.reference.map_or(from, |period| period.start);
                Ok(ratio(days, if first.in_leap_year() { 366 } else { 365 })?)
            }
            Self::ActActIcma => {
                let period = reference()?;
                let (per_year, every) = period.frequency.periods_per_year_ratio();
                by_period(&period, from, to, i64::from(every), i64::from(per_year))
            }
            Self::Thirty360ByPeriod => {
                let period = reference()?;
                by_period(&period, from, to, period.frequency.nominal_days(), 360)
            }
        }
    }
}

/// The periods that [from, to) covers, each worth `numerator / denominator` of a year.
fn by_period(
    period: &ReferencePeriod,
    from: Date,
    to: Date,
    numerator: i64,
    denominator: i64,
) -> Result<Decimal, DayCountError> {
    let cover = period.cover(from, to)?;
    let mut sum = ratio(cover.whole.checked_mul(numerator).ok_or(Overflow)?, denominator)?;
    for (days, length) in cover.parts {
        let numerator = days.checked_mul(numerator).ok_or(Overflow)?;
        let denominator = length.checked_mul(denominator).ok_or(Overflow)?;
        sum = sum.checked_add(ratio(numerator, denominator)?).ok_or(Overflow)?;
    }
    Ok(sum)
}

fn nominal_days(from: Date, to: Date, context: &PeriodContext) -> Option<i64> {
    let period = context.reference?;
    let nominal = period.frequency.nominal_days();
    let cover = period.cover(from, to).ok()?;
    cover.parts.iter().try_fold(cover.whole.checked_mul(nominal)?, |sum, (days, length)| {
        sum.checked_add(days.checked_mul(nominal)?.checked_div(*length)?)
    })
}

/// An exact quotient of integers, rounded to 28 digits once.
pub(super) fn ratio(numerator: i64, denominator: i64) -> Result<Decimal, Overflow> {
    Decimal::from(numerator).checked_div(Decimal::from(denominator)).ok_or(Overflow)
}

impl fmt::Display for DayCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for DayCount {
    type Err = UnknownDayCount;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|convention| convention.code() == text)
            .ok_or_else(|| UnknownDayCount(text.chars().take(40).collect()))
    }
}
