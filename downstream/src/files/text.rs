//! CSV, and JSON lines: amounts as decimals in the major unit, dates as `2024-02-29`, instants with six decimals.

use super::cloud_event;
use super::output::Output;
use super::part::Part;
use crate::Error;
use crate::table::{Table, Value, instant};
use crate::tables::EVENTS;
use ledger_core::money::text;
use std::borrow::Cow;
use std::io::Write as _;

/// A value as a text; nothing for none.
fn plain<'a>(value: &Value<'a>) -> Cow<'a, str> {
    match *value {
        Value::Empty => Cow::Borrowed(""),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Amount(amount, currency) => Cow::Owned(text::format(amount, currency)),
        Value::Date(date) => Cow::Owned(date.to_string()),
        Value::Instant(at) => Cow::Owned(instant(at)),
    }
}

/// CSV (RFC 4180) with a header.
pub(super) struct Csv(csv::Writer<Output>);

impl Csv {
    pub fn new(table: &Table, out: Output) -> Result<Self, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
        writer.write_record(table.columns.iter().map(|column| &column.name)).map_err(of_csv)?;
        Ok(Self(writer))
    }
}

fn of_csv(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::Output(error),
        other => Error::Encode(format!("{other:?}")),
    }
}

impl Part for Csv {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.0.write_record(values.iter().map(|value| plain(value).into_owned())).map_err(of_csv)
    }

    fn finish(self: Box<Self>) -> Result<Output, Error> {
        self.0.into_inner().map_err(|error| Error::Output(error.into_error()))
    }
}

/// One JSON object per line; for events a CloudEvent.
pub(super) struct JsonLines {
    table: &'static Table,
    source: String,
    out: Output,
}

impl JsonLines {
    pub fn new(table: &'static Table, source: &str, out: Output) -> Self {
        Self { table, source: source.to_owned(), out }
    }

    fn object(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let mut before = '{';
        for (column, value) in self.table.columns.iter().zip(values) {
            write!(self.out, "{before}\"{}\":", column.name)?;
            before = ',';
            match value {
                Value::Empty => self.out.write_all(b"null")?,
                Value::Integer(number) => write!(self.out, "{number}")?,
                other => serde_json::to_writer(&mut self.out, &*plain(other)).map_err(std::io::Error::from)?,
            }
        }
        Ok(self.out.write_all(b"}\n")?)
    }
}

impl Part for JsonLines {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        if self.table.name == EVENTS.name {
            cloud_event::write(&self.source, values, &mut self.out)
        } else {
            self.object(values)
        }
    }

    fn finish(self: Box<Self>) -> Result<Output, Error> {
        Ok(self.out)
    }
}
