//! A calendar date and an instant, with the wire forms of the log.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A date of the proleptic Gregorian calendar, without time and zone.
///
/// Binary form: days since 1970-01-01 as a zigzag varint. JSON: `2024-02-29`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// Why something is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not a date as ISO 8601 writes it.
    #[error("`{0}` is not a date (write it as 2024-02-29)")]
    NotADate(String),
    /// Before the year 1 or after the year 9999 (the log's range; jiff allows a little more).
    #[error("a date outside the years 0001 to 9999")]
    OutOfRange,
}

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl Date {
    /// The date of a year, month and day.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] if there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        jiff::civil::Date::new(year, month, day).map_err(|_| DateError::OutOfRange).and_then(Self::in_range)
    }

    /// A civil date, if the log can hold it: ISO 8601 writes the years before 1 with a sign, which the log does not.
    fn in_range(date: jiff::civil::Date) -> Result<Self, DateError> {
        if date.year() >= 1 { Ok(Self(date)) } else { Err(DateError::OutOfRange) }
    }

    /// The underlying civil date.
    #[must_use]
    pub const fn civil(self) -> jiff::civil::Date {
        self.0
    }

    /// Wraps a civil date.
    #[must_use]
    pub const fn from_civil(date: jiff::civil::Date) -> Self {
        Self(date)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days_since_epoch(self) -> i32 {
        self.0.since((jiff::Unit::Day, EPOCH)).map_or(0, |span| span.get_days())
    }

    /// The date that lies `days` days after 1970-01-01.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] beyond the calendar.
    pub fn from_days_since_epoch(days: i32) -> Result<Self, DateError> {
        Self(EPOCH).plus_days(i64::from(days))
    }

    /// This date and `days` days.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] beyond the calendar.
    pub fn plus_days(self, days: i64) -> Result<Self, DateError> {
        let span = jiff::Span::new().try_days(days).map_err(|_| DateError::OutOfRange)?;
        self.0.checked_add(span).map_err(|_| DateError::OutOfRange).and_then(Self::in_range)
    }

    /// This date and `months` calendar months; a day that the month does not have becomes its last one.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] beyond the calendar.
    pub fn plus_months(self, months: i64) -> Result<Self, DateError> {
        let span = jiff::Span::new().try_months(months).map_err(|_| DateError::OutOfRange)?;
        self.0.checked_add(span).map_err(|_| DateError::OutOfRange).and_then(Self::in_range)
    }

    /// The last day of this date's month.
    #[must_use]
    pub fn end_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// Whether this is the last day of its month.
    #[must_use]
    pub fn is_end_of_month(self) -> bool {
        self.day() == self.0.days_in_month()
    }

    /// Whether this date lies in a leap year.
    #[must_use]
    pub fn in_leap_year(self) -> bool {
        self.0.in_leap_year()
    }

    /// Whole days from `earlier` to this date; negative if this date is before it.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        i64::from(self.days_since_epoch()).saturating_sub(i64::from(earlier.days_since_epoch()))
    }

    /// The next day.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] at the end of the calendar.
    pub fn tomorrow(self) -> Result<Self, DateError> {
        self.plus_days(1)
    }

    /// Calendar year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }
}

impl FromStr for Date {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || DateError::NotADate(text.chars().take(32).collect());
        let bytes = text.as_bytes();
        // exactly YYYY-MM-DD: jiff accepts more forms than a ledger should
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(wrong());
        }
        text.parse().map_err(|_| wrong()).and_then(Self::in_range)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            serializer.serialize_i32(self.days_since_epoch())
        }
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            Self::from_days_since_epoch(i32::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

/// A UTC instant in whole microseconds.
///
/// Binary form: microseconds since 1970-01-01T00:00:00Z as a zigzag varint. JSON: `2024-02-29T08:15:00.000001Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant of microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`DateError::OutOfRange`] beyond the calendar.
    pub fn from_micros(micros: i64) -> Result<Self, DateError> {
        jiff::Timestamp::from_microsecond(micros).map(|_| Self(micros)).map_err(|_| DateError::OutOfRange)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at: jiff::Timestamp = text.parse().map_err(|_| DateError::NotADate(text.chars().take(40).collect()))?;
        Ok(Self(at.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => f.pad(&at.to_string()),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            Self::from_micros(i64::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}
