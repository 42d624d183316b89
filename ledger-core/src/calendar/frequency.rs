//! How often an instalment falls due, and on which dates.

use super::{Date, DateError};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{fmt, str::FromStr};

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

impl PeriodUnit {
    /// The name, in the singular.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// One instalment every `every` days, weeks or months, counted from the anchor (the k-th is anchor + k periods,
/// the day clamped to the month), never from the previous due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frequency {
    /// Number of units, at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub every: u32,
    /// The unit.
    pub unit: PeriodUnit,
    /// If the anchor is the last day of its month, every due date is the last day of its month. Months only.
    pub end_of_month: bool,
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(D::Error::custom("a period of 0 units (`every` is at least 1)")),
        every => Ok(every),
    }
}

/// Why a text is not a frequency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a frequency (write it as `1 month`, `2 weeks`, `14 days`, or daily, weekly, biweekly, monthly, \
     quarterly, half-yearly, yearly; months may be followed by `, end of month`)"
)]
pub struct FrequencyError(pub String);

const END_OF_MONTH: &str = ", end of month";

impl Frequency {
    /// Every month, on the anchor's day.
    pub const MONTHLY: Self = Self::new(1, PeriodUnit::Month);
    /// Every seven days.
    pub const WEEKLY: Self = Self::new(1, PeriodUnit::Week);

    /// A frequency without the end-of-month rule.
    #[must_use]
    pub const fn new(every: u32, unit: PeriodUnit) -> Self {
        Self { every, unit, end_of_month: false }
    }

    /// The anchor and `k` periods: the k-th due date, or, with a negative `k`, the anchor that lies before a due date.
    ///
    /// Every date comes from the anchor alone, so that the 31st of a loan survives February: 31 Jan, 29 Feb, **31**
    /// Mar.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] beyond the calendar.
    pub fn date(&self, anchor: Date, k: i64) -> Result<Date, DateError> {
        let units = i64::from(self.every).checked_mul(k).ok_or(DateError::OutOfRange)?;
        match self.unit {
            PeriodUnit::Day => anchor.plus_days(units),
            PeriodUnit::Week => anchor.plus_days(units.checked_mul(7).ok_or(DateError::OutOfRange)?),
            PeriodUnit::Month => {
                let date = anchor.plus_months(units)?;
                Ok(if self.end_of_month && anchor.is_end_of_month() { date.end_of_month() } else { date })
            }
        }
    }

    /// How many periods a year has, as a fraction (numerator, denominator): 12 months, 52 weeks or 365 days over
    /// `every`. A period of 14 days is thus 365/14 of a year, while one of 2 weeks is 52/2.
    #[must_use]
    pub fn periods_per_year_ratio(&self) -> (u32, u32) {
        let units = match self.unit {
            PeriodUnit::Day => 365,
            PeriodUnit::Week => 52,
            PeriodUnit::Month => 12,
        };
        (units, self.every.max(1))
    }

    /// How many periods a year has, as a decimal; see [`Frequency::periods_per_year_ratio`] for the exact fraction.
    #[must_use]
    pub fn periods_per_year(&self) -> Decimal {
        let (units, every) = self.periods_per_year_ratio();
        // a division by at least 1 of at most 365 fits in any decimal
        Decimal::from(units).checked_div(Decimal::from(every)).unwrap_or_default()
    }

    /// The days that a whole period counts in a year of 360 days: 30 for a month, 7 for a week.
    #[must_use]
    pub fn nominal_days(&self) -> i64 {
        let unit = match self.unit {
            PeriodUnit::Day => 1,
            PeriodUnit::Week => 7,
            PeriodUnit::Month => 30,
        };
        i64::from(self.every).saturating_mul(unit)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.every == 1 { "" } else { "s" };
        let rule = if self.end_of_month { END_OF_MONTH } else { "" };
        f.pad(&format!("{} {}{plural}{rule}", self.every, self.unit.name()))
    }
}

impl FromStr for Frequency {
    type Err = FrequencyError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || FrequencyError(text.chars().take(40).collect());
        let (period, end_of_month) = match text.strip_suffix(END_OF_MONTH) {
            Some(period) => (period, true),
            None => (text, false),
        };
        let (every, unit) = match period {
            "daily" => (1, PeriodUnit::Day),
            "weekly" => (1, PeriodUnit::Week),
            "biweekly" => (2, PeriodUnit::Week),
            "monthly" => (1, PeriodUnit::Month),
            "quarterly" => (3, PeriodUnit::Month),
            "half-yearly" => (6, PeriodUnit::Month),
            "yearly" => (12, PeriodUnit::Month),
            _ => {
                let (every, unit) = period.split_once(' ').ok_or_else(wrong)?;
                let unit = match unit {
                    "day" | "days" => PeriodUnit::Day,
                    "week" | "weeks" => PeriodUnit::Week,
                    "month" | "months" => PeriodUnit::Month,
                    _ => return Err(wrong()),
                };
                (every.parse().map_err(|_| wrong())?, unit)
            }
        };
        if every == 0 || (end_of_month && unit != PeriodUnit::Month) {
            return Err(wrong());
        }
        Ok(Self { every, unit, end_of_month })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_anchor_keeps_its_day_through_short_months() {
        let due: Vec<_> =
            (1..=3).map(|k| Frequency::MONTHLY.date(date("2024-01-31"), k).unwrap().to_string()).collect();
        assert_eq!(due, ["2024-02-29", "2024-03-31", "2024-04-30"]);
    }

    #[test]
    fn a_negative_k_finds_the_anchor_before_a_first_due_date() {
        assert_eq!(Frequency::MONTHLY.date(date("2024-03-31"), -1).unwrap(), date("2024-02-29"));
        assert_eq!(Frequency::WEEKLY.date(date("2024-03-05"), -1).unwrap(), date("2024-02-27"));
    }

    #[test]
    fn the_end_of_month_rule_needs_an_anchor_at_the_end_of_its_month() {
        let rule = Frequency { end_of_month: true, ..Frequency::MONTHLY };
        assert_eq!(rule.date(date("2023-02-28"), 1).unwrap(), date("2023-03-31"));
        assert_eq!(rule.date(date("2024-02-28"), 1).unwrap(), date("2024-03-28"));
    }

    #[test]
    fn a_date_beyond_the_calendar_is_refused() {
        assert_eq!(Frequency::MONTHLY.date(date("9999-12-31"), 1), Err(DateError::OutOfRange));
        assert_eq!(Frequency::MONTHLY.date(date("0001-01-31"), -1), Err(DateError::OutOfRange));
        assert_eq!(Frequency::WEEKLY.date(date("2024-01-31"), i64::MAX), Err(DateError::OutOfRange));
    }

    #[test]
    fn texts_and_frequencies_match() {
        for (text, every, unit) in [
            ("1 month", 1, PeriodUnit::Month),
            ("2 weeks", 2, PeriodUnit::Week),
            ("14 days", 14, PeriodUnit::Day),
            ("1 day", 1, PeriodUnit::Day),
        ] {
            let frequency = Frequency::new(every, unit);
            assert_eq!(text.parse(), Ok(frequency));
            assert_eq!(frequency.to_string(), text);
        }
        assert_eq!("monthly".parse(), Ok(Frequency::MONTHLY));
        let rule = Frequency { end_of_month: true, ..Frequency::MONTHLY };
        assert_eq!(rule.to_string().parse(), Ok(rule));
        for text in ["0 days", "month", "1 year", "-1 months", "2 weeks, end of month", ""] {
            assert!(text.parse::<Frequency>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_of_no_units_is_refused_when_read() {
        let text = r#"{"every":0,"unit":"month","end_of_month":false}"#;
        assert!(serde_json::from_str::<Frequency>(text).unwrap_err().to_string().contains("at least 1"));
    }

    #[test]
    fn years_have_12_months_52_weeks_365_days() {
        assert_eq!(Frequency::MONTHLY.periods_per_year(), Decimal::from(12));
        assert_eq!(Frequency::new(2, PeriodUnit::Week).periods_per_year(), Decimal::from(26));
        assert_eq!(Frequency::new(5, PeriodUnit::Month).periods_per_year(), Decimal::new(24, 1));
        assert_eq!(Frequency::new(14, PeriodUnit::Day).periods_per_year_ratio(), (365, 14));
    }
}
