//! One row: texts become amounts, dates and rates, and an error names the column.

use super::mapping::Source;
use super::table::Layout;
use csv::ByteRecord;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Rate, Rounding, text};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

/// The longest text of a field, in bytes. No id, reference, amount or date is as long.
const LONGEST: usize = 1024;

/// One row of a file, read through a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    layout: &'a Layout,
    record: &'a ByteRecord,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The column, or the mapping's field if no column stands behind it.
    pub field: String,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub reason: String,
}

impl<'a> Row<'a> {
    /// A row.
    pub const fn new(layout: &'a Layout, record: &'a ByteRecord) -> Self {
        Self { layout, record }
    }

    /// The line on which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// An error of a field.
    pub fn wrong(&self, field: &str, code: &'static str, reason: impl Display) -> RowError {
        let column = self.layout.fields.get(field).and_then(|(_, source)| source.column.clone());
        RowError { field: column.unwrap_or_else(|| field.to_owned()), code, reason: reason.to_string() }
    }

    /// Whether the row has as many fields as the header.
    pub fn check_width(&self) -> Result<(), RowError> {
        let (found, expected) = (self.record.len(), self.layout.width);
        if found == expected {
            return Ok(());
        }
        let reason = format!("the row has {found} fields, the header has {expected}: put texts with commas in quotes");
        Err(RowError { field: "(row)".to_owned(), code: "bad-row", reason })
    }

    fn source(&self, field: &str) -> Option<&'a Source> {
        self.layout.fields.get(field).map(|(_, source)| source)
    }

    /// The text of a field, without spaces around it; none if it is empty or not mapped.
    pub fn text(&self, field: &str) -> Result<Option<Cow<'a, str>>, RowError> {
        let Some((at, source)) = self.layout.fields.get(field) else { return Ok(None) };
        let bytes = at.and_then(|at| self.record.get(at)).unwrap_or_default();
        if bytes.len() > LONGEST {
            let reason = format!("the field has {} bytes; at most {LONGEST} are read", bytes.len());
            return Err(self.wrong(field, "field-too-long", reason));
        }
        let found = std::str::from_utf8(bytes)
            .map_err(|_| self.wrong(field, "not-utf-8", "the field is not UTF-8: save the file as UTF-8 text"))?
            .trim();
        let found = match &source.suffix {
            Some(suffix) => found.strip_suffix(suffix.as_str()).unwrap_or(found).trim_end(),
            None => found,
        };
        let found = if found.is_empty() { source.value.as_deref().unwrap_or_default() } else { found };
        Ok(match (&source.prefix, found) {
            (_, "") => None,
            (Some(prefix), found) => Some(Cow::Owned(format!("{prefix}{found}"))),
            (None, found) => Some(Cow::Borrowed(found)),
        })
    }

    /// The text of a field that must be there.
    pub fn required(&self, field: &str) -> Result<Cow<'a, str>, RowError> {
        self.text(field)?.ok_or_else(|| self.missing(field))
    }

    /// The error of a field that is empty.
    pub fn missing(&self, field: &str) -> RowError {
        self.wrong(field, "empty-field", "the field is empty")
    }

    fn parsed<T: FromStr<Err: Display>>(&self, field: &str, code: &'static str) -> Result<Option<T>, RowError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| self.wrong(field, code, error))
    }

    /// A currency.
    pub fn currency(&self) -> Result<Option<Currency>, RowError> {
        self.parsed("currency", "bad-currency")
    }

    /// A date.
    pub fn date(&self, field: &str) -> Result<Option<Date>, RowError> {
        let Some(format) = &self.layout.date_format else { return self.parsed(field, "bad-date") };
        let Some(text) = self.text(field)? else { return Ok(None) };
        let parsed = jiff::civil::Date::strptime(format, text.as_bytes());
        let date = parsed.map(Date::from_civil).ok().filter(|date| date.year() >= 1);
        let shown: String = text.chars().take(32).collect();
        date.map(Some)
            .ok_or_else(|| self.wrong(field, "bad-date", format!("`{shown}` is not a date written as {format}")))
    }

    /// An amount, not below zero. With a rounding mode, decimals beyond the currency's are rounded.
    pub fn amount(
        &self,
        field: &str,
        currency: Currency,
        rounding: Option<Rounding>,
    ) -> Result<Option<Amount>, RowError> {
        let Some(written) = self.text(field)? else { return Ok(None) };
        let amount = match rounding {
            Some(rounding) => text::parse_rounded(&written, currency, rounding),
            None => text::parse(&written, currency),
        };
        let amount = amount.map_err(|error| self.wrong(field, "bad-amount", error))?;
        if amount.is_negative() {
            return Err(self.wrong(field, "bad-amount", format!("`{written}` is negative")));
        }
        Ok(Some(amount))
    }

    /// A whole number.
    pub fn count(&self, field: &str) -> Result<Option<u32>, RowError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let shown: String = text.chars().take(32).collect();
        let wrong = |_| self.wrong(field, "bad-number", format!("`{shown}` is not a whole number"));
        text.parse().map(Some).map_err(wrong)
    }

    /// A rate: `14.4%`, `0.144`, or `14.4` where the mapping says that numbers are percentages.
    pub fn rate(&self, field: &str) -> Result<Option<Rate>, RowError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let source = self.source(field);
        let percent = source.is_some_and(|source| source.percent) && !text.ends_with('%');
        let parsed =
            if percent { crate::args::parse_rate(&format!("{text}%")) } else { crate::args::parse_rate(&text) };
        let shown: String = text.chars().take(32).collect();
        let rate = parsed.map_err(|error| {
            let reason = if error.len() > 200 { format!("`{shown}` is not a rate") } else { error };
            self.wrong(field, "bad-rate", reason)
        })?;
        let rounded = source.and_then(|source| source.decimals).map(|decimals| rate.ratio().round_dp(decimals));
        let rate = rounded.map_or(rate, Rate::new);
        if rate.ratio() < Decimal::ZERO {
            return Err(self.wrong(field, "bad-rate", format!("`{shown}` is negative")));
        }
        Ok(Some(rate))
    }
}
