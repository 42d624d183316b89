//! Rows of separated values: the ground of every CSV reader.

pub(crate) mod mapped;
mod mapping;

pub use mapping::{Mapping, MappingError};

use crate::limits::Limits;
use crate::model::{FindingCode, Statement};
use crate::number::{Exact, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use ledger_core::money::{Amount, Currency, text};
use std::collections::HashMap;

/// How rows are separated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub separator: u8,
    pub quote: Option<u8>,
}

impl Shape {
    /// Commas and double quotes.
    pub(crate) const COMMA: Self = Self { separator: b',', quote: Some(b'"') };
}

/// A row: its line and its fields.
pub(crate) struct Row {
    pub line: u64,
    fields: csv::StringRecord,
}

impl Row {
    /// A field, trimmed; empty if the row is shorter.
    pub(crate) fn field(&self, at: usize) -> &str {
        self.fields
            .get(at)
            .map(|field| field.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'))
            .unwrap_or_default()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.fields.len()).map(|at| self.field(at))
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.fields().all(str::is_empty)
    }
}

/// Rows, one after the other.
pub(crate) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    limits: Limits,
    count: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(text: &'a str, shape: Shape, limits: &Limits) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(shape.separator);
        match shape.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        Self { reader: builder.from_reader(text.as_bytes()), limits: *limits, count: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row>, Refusal> {
        let mut fields = csv::StringRecord::new();
        let more = self.reader.read_record(&mut fields).map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            Refusal::at(line, Reason::Syntax, format!("the row is broken: {error}"))
        })?;
        if !more {
            return Ok(None);
        }
        let line = fields.position().map_or(1, csv::Position::line);
        self.count = self.count.saturating_add(1);
        if self.count > self.limits.entries {
            let text = format!("it has more than {} rows: split it", self.limits.entries);
            return Err(Refusal::at(line, Reason::Limit, text));
        }
        if fields.as_slice().len() > self.limits.field {
            let text = format!("the row has more than {} bytes (a quote that does not end?)", self.limits.field);
            return Err(Refusal::at(line, Reason::Limit, text));
        }
        Ok(Some(Row { line, fields }))
    }
}

/// A header: where each column stands. Full-width parentheses, units and spaces in names do not matter.
pub(crate) struct Header {
    columns: HashMap<String, usize>,
    line: u64,
}

pub(crate) fn plain_name(name: &str) -> String {
    let name = name.replace('（', "(").replace('）', ")").replace("(元)", "");
    name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '`')).to_lowercase()
}

impl Header {
    pub(crate) fn of<'f>(line: u64, fields: impl Iterator<Item = &'f str>) -> Self {
        let mut columns = HashMap::new();
        for (at, field) in fields.enumerate() {
            columns.entry(plain_name(field)).or_insert(at);
        }
        Self { columns, line }
    }

    /// Where a column stands, by the first of its names that is there.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.columns.get(&plain_name(name)).copied())
    }

    /// Where a column stands that must be there.
    pub(crate) fn need(&self, names: &[&str]) -> Result<usize, Refusal> {
        self.find(names).ok_or_else(|| {
            let name = shorten(names.first().copied().unwrap_or_default());
            Refusal::at(self.line, Reason::Missing, format!("the header has no column `{name}`"))
        })
    }

    /// All columns whose name begins so.
    pub(crate) fn starting(&self, start: &str) -> Vec<usize> {
        let start = plain_name(start);
        let mut found: Vec<usize> =
            self.columns.iter().filter(|(name, _)| name.starts_with(&start)).map(|(_, at)| *at).collect();
        found.sort_unstable();
        found
    }
}

/// An amount in a row; nothing if the field is empty. Decimals beyond the currency's are rounded and reported.
pub(crate) fn money(
    statement: &mut Statement,
    text: &str,
    notation: Notation,
    currency: Currency,
    line: u64,
) -> Result<Option<Amount>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let (amount, rounded) = Exact::parse(text, notation, line)?.minor(currency, line)?;
    if rounded {
        let text = format!("{} {currency} has more decimals than the currency: rounded", shorten(text));
        statement.find(FindingCode::Rounded, line, text);
    }
    Ok(Some(amount))
}

/// The sum, refused beyond the range of amounts.
pub(crate) fn plus(a: Amount, b: Amount, line: u64) -> Result<Amount, Refusal> {
    a.plus(b).map_err(|_| Refusal::at(line, Reason::Amount, "the sum is beyond ±9.2e18 minor units"))
}

/// The difference, refused beyond the range of amounts.
pub(crate) fn minus(a: Amount, b: Amount, line: u64) -> Result<Amount, Refusal> {
    a.minus(b).map_err(|_| Refusal::at(line, Reason::Amount, "the difference is beyond ±9.2e18 minor units"))
}

/// Compares a total that the file states with the one that its rows come to.
pub(crate) fn compare(
    statement: &mut Statement,
    line: u64,
    what: &str,
    stated: Amount,
    sum: Amount,
    currency: Currency,
) {
    if stated != sum {
        let written = |amount| text::format(amount, currency);
        let text = format!("{what}: the rows come to {}, but {} is stated", written(sum), written(stated));
        statement.find(FindingCode::TotalDiffers, line, text);
    }
}

/// Sets the period from the entries.
pub(crate) fn period(statement: &mut Statement) {
    let days = || statement.entries.iter().map(|entry| entry.booked_on);
    statement.from = statement.from.or(days().min());
    statement.to = statement.to.or(days().max());
}
