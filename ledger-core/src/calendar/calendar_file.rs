//! The TOML file of a business calendar, and what can be wrong with it.

use super::{BusinessCalendar, Date, DateError};
use jiff::civil::Weekday;
use serde::Deserialize;

/// Why a calendar has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A date that the calendar does not know.
    #[error("the calendar `{calendar}` knows the days from {known_from} through {known_through}, and not {date}")]
    Unknown {
        /// The calendar's id.
        calendar: String,
        /// The date asked for.
        date: Date,
        /// The first date that it knows.
        known_from: Date,
        /// The last date that it knows.
        known_through: Date,
    },
    /// The file is no TOML, or has a field too many or too few, or a value of the wrong kind.
    #[error("not a calendar file: {0}")]
    Syntax(String),
    /// A field has a value that it cannot have.
    #[error("not a calendar file: `{field}`: {reason}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The end of all calendars.
    #[error(transparent)]
    Date(#[from] DateError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    name: String,
    source: String,
    known_from: String,
    known_through: String,
    weekend: Vec<String>,
    holidays: Vec<String>,
    working_weekends: Vec<String>,
}

impl BusinessCalendar {
    /// Reads a calendar file. All fields are required, unknown ones are refused, and the lists are ascending: a date
    /// that stands twice or in the wrong place is most often a wrong date.
    ///
    /// # Errors
    /// [`CalendarError::Syntax`] and [`CalendarError::Field`], which name the field and the reason.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let file: File = toml::from_str(text).map_err(|error| CalendarError::Syntax(error.to_string()))?;
        for (field, value) in [("id", &file.id), ("name", &file.name), ("source", &file.source)] {
            if value.trim().is_empty() {
                return Err(wrong(field, "it is empty"));
            }
        }
        if !file.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(wrong("id", format!("`{}` has other characters than a-z, 0-9 and -", file.id)));
        }
        let known_from = date("known_from", &file.known_from)?;
        let known_through = date("known_through", &file.known_through)?;
        if known_through < known_from {
            return Err(wrong("known_through", format!("{known_through} lies before `known_from`, {known_from}")));
        }
        let calendar = Self {
            weekend: file.weekend.iter().map(|day| weekday(day)).collect::<Result<_, _>>()?,
            holidays: dates("holidays", &file.holidays, known_from, known_through)?,
            working_weekends: dates("working_weekends", &file.working_weekends, known_from, known_through)?,
            id: file.id,
            name: file.name,
            source: file.source,
            known_from,
            known_through,
        };
        if let Some(date) = calendar.working_weekends.iter().find(|date| !calendar.is_weekend(**date)) {
            return Err(wrong("working_weekends", format!("{date} is no day of the weekend")));
        }
        if let Some(date) = calendar.holidays.iter().find(|date| calendar.working_weekends.contains(date)) {
            return Err(wrong("holidays", format!("{date} stands in `working_weekends`, too")));
        }
        Ok(calendar)
    }
}

fn wrong(field: &'static str, reason: impl Into<String>) -> CalendarError {
    CalendarError::Field { field, reason: reason.into() }
}

fn date(field: &'static str, text: &str) -> Result<Date, CalendarError> {
    text.parse().map_err(|error: DateError| wrong(field, error.to_string()))
}

fn dates(field: &'static str, texts: &[String], from: Date, through: Date) -> Result<Vec<Date>, CalendarError> {
    let mut dates: Vec<Date> = Vec::with_capacity(texts.len());
    for text in texts {
        let date = date(field, text)?;
        if date < from || date > through {
            return Err(wrong(
                field,
                format!("{date} lies outside of `known_from` {from} to `known_through` {through}"),
            ));
        }
        if let Some(before) = dates.last().filter(|before| **before >= date) {
            return Err(wrong(field, format!("{date} stands after {before}; the dates ascend, each once")));
        }
        dates.push(date);
    }
    Ok(dates)
}

fn weekday(text: &str) -> Result<Weekday, CalendarError> {
    Ok(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return Err(wrong("weekend", format!("`{text}` is not one of mon, tue, wed, thu, fri, sat, sun"))),
    })
}
