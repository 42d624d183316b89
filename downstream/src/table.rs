//! What a table is: columns with type, meaning and the way in which a row is brought up to date. Files, SQL and documentation are
//! all made from it.

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::money::{Amount, Currency};
use serde::Serialize;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// An amount in the currency of the row's column `currency`. SQL: an integer of minor units; files: a decimal in the major unit.
    Amount,
    /// A calendar date.
    Date,
    /// A UTC instant in microseconds.
    Instant,
}

impl Kind {
    /// The name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Instant => "instant",
        }
    }
}

/// How a row that is there already takes a new value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// The column is a part of the key.
    Key,
    /// The new value replaces the old one.
    Last,
    /// The new value, if there is one, replaces the old one.
    Keep,
    /// The new value is added: rows are brought up to date by differences, in any order.
    Sum,
    /// SQL derives it from other columns of the row by this expression; files hold the result.
    Derived(String),
    /// Files have it, SQL has a view instead.
    FilesOnly,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it can be empty.
    pub nullable: bool,
    /// How it is brought up to date.
    pub merge: Merge,
    /// What it means.
    pub meaning: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// What the directories of an export are named by, for readers.
    pub day: &'static str,
    /// Rows come once and never change.
    pub appended: bool,
    /// The columns, key first.
    pub columns: Vec<Column>,
}

impl Table {
    /// A table whose rows come once, in the order of the log.
    #[must_use]
    pub const fn appended(name: &'static str, meaning: &'static str, columns: Vec<Column>) -> Self {
        Self { name, meaning, day: "booked_on", appended: true, columns }
    }

    /// A table whose rows are brought up to date.
    #[must_use]
    pub const fn kept(name: &'static str, meaning: &'static str, columns: Vec<Column>) -> Self {
        Self { name, meaning, day: "as-of day", appended: false, columns }
    }

    /// The columns of the key.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.merge == Merge::Key)
    }

    /// The columns that SQL stores as they come, with their places in a row.
    pub fn stored(&self) -> impl Iterator<Item = (usize, &Column)> {
        let stored = |merge: &Merge| !matches!(merge, Merge::Derived(_) | Merge::FilesOnly);
        self.columns.iter().enumerate().filter(move |(_, column)| stored(&column.merge))
    }
}

impl Column {
    /// A column that is never empty.
    pub fn new(name: impl Into<String>, kind: Kind, merge: Merge, meaning: impl Into<String>) -> Self {
        Self { name: name.into(), kind, nullable: false, merge, meaning: meaning.into() }
    }

    /// The column, which can be empty.
    #[must_use]
    pub fn or_empty(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// None.
    Empty,
    /// A text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// An amount.
    Amount(Amount, Currency),
    /// A date.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
}

impl<'a> Value<'a> {
    /// A value that may be missing.
    pub fn optional<T>(value: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, make)
    }
}

/// An instant as texts hold it: always six decimals, so that texts sort as instants do.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    let (seconds, decimals) = text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
    format!("{seconds}.{decimals:0<6}Z")
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn instants_have_six_decimals() {
        for (given, text) in [
            ("2024-02-29T08:15:00Z", "2024-02-29T08:15:00.000000Z"),
            ("2024-02-29T08:15:00.25Z", "2024-02-29T08:15:00.250000Z"),
            ("2024-02-29T08:15:00.000001Z", "2024-02-29T08:15:00.000001Z"),
        ] {
            assert_eq!(instant(given.parse().unwrap()), text);
        }
    }
}
