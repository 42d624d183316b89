//! How often an instalment falls due, how days become fractions of a year, and what a holiday does to a due date.

use serde::{Deserialize, Serialize};

/// The unit of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodUnit {
    /// Calendar days.
    Day,
    /// Seven days.
    Week,
    /// Calendar months.
    Month,
}

/// One instalment every `every` days, weeks or months, counted from the anchor (the k-th is anchor + k periods,
/// the day clamped to the month), never from the previous due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frequency {
    /// Number of units, at least 1.
    pub every: u32,
    /// The unit.
    pub unit: PeriodUnit,
    /// If the anchor is the last day of its month, every due date is the last day of its month. Months only.
    pub end_of_month: bool,
}

/// The day count conventions that terms may name, each by one exact code (REGULATION: ISDA 2006 section 4.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DayCount {
    /// Bond basis, ISDA 2006 4.16(f): no rule for February.
    #[serde(rename = "30/360-bond")]
    Thirty360Bond,
    /// US (SIA): with the end-of-February rule.
    #[serde(rename = "30/360-us")]
    Thirty360Us,
    /// Eurobond basis: 31 becomes 30 on both sides, no rule for February.
    #[serde(rename = "30e/360")]
    ThirtyE360,
    /// ISDA 2006 4.16(h): end of February becomes 30, but not on the termination date.
    #[serde(rename = "30e/360-isda")]
    ThirtyE360Isda,
    /// Every whole period counts its nominal length in 30-day months (month = 30/360, week = 7/360, day = 1/360).
    #[serde(rename = "30/360-by-period")]
    Thirty360ByPeriod,
    /// ISDA 2006 4.16(b): days in leap years over 366, the others over 365.
    #[serde(rename = "act/act-isda")]
    ActActIsda,
    /// ICMA rule 251: days over (periods a year × days of the reference period).
    #[serde(rename = "act/act-icma")]
    ActActIcma,
    /// AFB: whole years back from the end, the rest over 366 if it holds 29 February.
    #[serde(rename = "act/act-afb")]
    ActActAfb,
    /// Days over 366 if the year of the period's first day is a leap year, else over 365.
    #[serde(rename = "act/act-by-period-start")]
    ActActByPeriodStart,
    /// Actual days over 360.
    #[serde(rename = "act/360")]
    Act360,
    /// Actual days over 364.
    #[serde(rename = "act/364")]
    Act364,
    /// Actual days over 365, also in leap years.
    #[serde(rename = "act/365f")]
    Act365Fixed,
}

/// What happens to a due date that is no business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustment {
    /// It stays.
    #[default]
    Unadjusted,
    /// It moves to the next business day.
    Following,
    /// It moves to the next business day, or to the one before if that lies in another month.
    ModifiedFollowing,
    /// It moves to the business day before.
    Preceding,
    /// It moves to the business day before, or to the next one if that lies in another month.
    ModifiedPreceding,
}
