//! Calendar months.

use ledger_core::calendar::{Date, DateError};
use std::fmt;
use std::str::FromStr;

/// A calendar month, such as 2024-03.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

/// The text names no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month (write it as 2024-03)")]
pub struct MonthError(String);

impl Month {
    /// The month of a day.
    ///
    /// # Errors
    /// Never for a date that is one.
    pub fn of(date: Date) -> Result<Self, DateError> {
        Ok(Self { first: Date::new(date.year(), date.month(), 1)? })
    }

    /// Its first day.
    #[must_use]
    pub const fn first(self) -> Date {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn end(self) -> Date {
        self.first.end_of_month()
    }

    /// The month so many months later, or, negative, earlier.
    ///
    /// # Errors
    /// The month is beyond the range of dates.
    pub fn plus(self, months: i64) -> Result<Self, DateError> {
        Self::of(self.first.plus_months(months)?)
    }

    /// How many months this one lies after another; negative if before.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        let years = i64::from(self.first.year()).saturating_sub(i64::from(earlier.first.year()));
        let months = i64::from(self.first.month()).saturating_sub(i64::from(earlier.first.month()));
        years.saturating_mul(12).saturating_add(months)
    }

    /// The last month that has ended by the end of a day.
    ///
    /// # Errors
    /// The month is beyond the range of dates.
    pub fn last_ended_by(date: Date) -> Result<Self, DateError> {
        let month = Self::of(date)?;
        if date.is_end_of_month() { Ok(month) } else { month.plus(-1) }
    }

    /// The months from this one to another, both included; none if the other is earlier.
    ///
    /// # Errors
    /// The months go beyond the range of dates.
    pub fn through(self, last: Self) -> Result<Vec<Self>, DateError> {
        (0..=last.since(self)).map(|months| self.plus(months)).collect()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.first.year(), self.first.month()))
    }
}

impl FromStr for Month {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let wrong = || MonthError(text.chars().take(20).collect());
        if text.len() != 7 || text.as_bytes().get(4) != Some(&b'-') {
            return Err(wrong());
        }
        let first = format!("{text}-01").parse::<Date>().map_err(|_| wrong())?;
        Ok(Self { first })
    }
}
