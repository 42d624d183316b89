//! What commands print: one [`Document`] for people and for programs.
//!
//! A document has fields (a name and a value) and sheets (columns and rows). As a table it is for people; as JSON it is one
//! object; as CSV and JSONL it is the rows of its first sheet, or its fields as one row if it has no sheet.

mod answer;
mod cell;
mod json;
mod sheet;
mod table;

pub use answer::{answer, effect_name};
pub use cell::Cell;
pub use json::Json;
pub use sheet::{Column, Sheet};

use crate::args::Options;
use crate::exit::Failure;
use ledger_core::money::Currency;
use std::borrow::Cow;
use std::io::{self, Write};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
}

/// A named value.
#[derive(Debug, Clone)]
pub struct Field {
    key: &'static str,
    value: Cell,
}

/// Something to print.
#[derive(Debug, Clone, Default)]
pub struct Document {
    headline: Option<String>,
    fields: Vec<Field>,
    sheets: Vec<Sheet>,
    currency: Option<Currency>,
}

impl Document {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A sentence for people alone.
    pub fn headline(mut self, text: impl Into<String>) -> Self {
        self.headline = Some(text.into());
        self
    }

    /// The currency of the amounts in the fields, which stands beside them.
    pub const fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// A field. Without a value it is left out for people and null for programs.
    pub fn field(mut self, key: &'static str, value: impl Into<Cell>) -> Self {
        self.fields.push(Field { key, value: value.into() });
        self
    }

    /// A sheet.
    pub fn sheet(mut self, sheet: Sheet) -> Self {
        self.sheets.push(sheet);
        self
    }

    /// Prints it on stdout.
    pub fn print(&self, options: &Options) -> Result<(), Failure> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match options.format {
            Format::Table => self.for_people(&mut out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, &self.object()).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Format::Jsonl => {
                for row in self.rows() {
                    serde_json::to_writer(&mut out, &row).map_err(io::Error::from)?;
                    writeln!(out)?;
                }
            }
            Format::Csv => self.csv(&mut out)?,
        }
        out.flush()?;
        Ok(())
    }

    fn for_people(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(headline) = &self.headline {
            writeln!(out, "{headline}")?;
        }
        let shown: Vec<&Field> = self.fields.iter().filter(|field| !matches!(field.value, Cell::Nothing)).collect();
        let width = shown.iter().map(|field| field.key.chars().count()).max().unwrap_or_default();
        for field in &shown {
            let label = field.key.replace('_', " ");
            let currency = match (&field.value, self.currency) {
                (Cell::Money(..), Some(currency)) => format!(" {currency}"),
                _ => String::new(),
            };
            writeln!(out, "{label:width$}  {}{currency}", field.value.for_people())?;
        }
        for (at, sheet) in self.sheets.iter().enumerate() {
            if at > 0 || !shown.is_empty() {
                writeln!(out)?;
            }
            table::write(sheet, out)?;
        }
        Ok(())
    }

    fn field_object(&self) -> Vec<(Cow<'static, str>, Json)> {
        let mut object: Vec<(Cow<'static, str>, Json)> =
            self.fields.iter().map(|field| (field.key.into(), field.value.json())).collect();
        let has_money = self.fields.iter().any(|field| matches!(field.value, Cell::Money(..)));
        if let (true, Some(currency)) = (has_money, self.currency) {
            object.push(("currency".into(), Json::Text(currency.to_string())));
        }
        object
    }

    pub fn object(&self) -> Json {
        let mut object = self.field_object();
        object.extend(self.sheets.iter().map(|sheet| (sheet.name().into(), Json::List(sheet.objects()))));
        Json::Object(object)
    }

    fn rows(&self) -> Vec<Json> {
        match self.sheets.first() {
            Some(sheet) => sheet.objects(),
            None => vec![Json::Object(self.field_object())],
        }
    }

    fn csv(&self, out: &mut impl Write) -> Result<(), Failure> {
        let mut csv = csv::Writer::from_writer(out);
        let broken = |error: csv::Error| {
            Failure::Output(match error.into_kind() {
                // as it is, so that a closed pipe stays one
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            })
        };
        match self.sheets.first() {
            Some(sheet) => {
                csv.write_record(sheet.keys().iter().map(AsRef::<str>::as_ref)).map_err(broken)?;
                for row in sheet.plain_rows() {
                    csv.write_record(row).map_err(broken)?;
                }
            }
            None => {
                let object = self.field_object();
                csv.write_record(object.iter().map(|(key, _)| key.as_ref())).map_err(broken)?;
                csv.write_record(object.iter().map(|(_, value)| value.plain())).map_err(broken)?;
            }
        }
        csv.flush()?;
        Ok(())
    }
}
