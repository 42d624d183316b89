//! A file in the making.

use super::output::Output;
use super::text::{Csv, JsonLines};
use crate::Error;
use crate::feed::Rows;
use crate::table::{Table, Value};
use ledger_core::calendar::Date;

/// How files are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// CSV with a header.
    Csv,
    /// One JSON object per line; events as CloudEvents.
    JsonLines,
    /// Parquet.
    Parquet,
}

impl Encoding {
    /// The name, and the extension of files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A file in the making.
pub(super) trait Part {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error>;
    fn finish(self: Box<Self>) -> Result<Output, Error>;
}

pub(super) fn begin(
    encoding: Encoding,
    table: &'static Table,
    source: &str,
    out: Output,
) -> Result<Box<dyn Part>, Error> {
    Ok(match encoding {
        Encoding::Csv => Box::new(Csv::new(table, out)?),
        Encoding::JsonLines => Box::new(JsonLines::new(table, source, out)),
        #[cfg(feature = "parquet")]
        Encoding::Parquet => Box::new(super::parquet::ParquetFile::new(table, out)?),
        #[cfg(not(feature = "parquet"))]
        Encoding::Parquet => return Err(Error::NotBuilt("Parquet: build it with --features parquet")),
    })
}

/// One table in one file, or on stdout.
pub struct Single {
    table: &'static Table,
    part: Box<dyn Part>,
    rows: u64,
}

impl Single {
    /// Begins it. `source` is the CloudEvents source of events, a URI reference.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(table: &'static Table, encoding: Encoding, source: &str, out: Output) -> Result<Self, Error> {
        Ok(Self { table, part: begin(encoding, table, source, out)?, rows: 0 })
    }

    /// Ends it, and gives the number of rows.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(self) -> Result<u64, Error> {
        self.part.finish()?.finish()?;
        Ok(self.rows)
    }
}

impl Rows for Single {
    fn row(&mut self, table: &'static Table, _day: Date, values: &[Value<'_>]) -> Result<(), Error> {
        if table.name != self.table.name {
            return Ok(());
        }
        self.rows = self.rows.saturating_add(1);
        self.part.row(values)
    }
}
