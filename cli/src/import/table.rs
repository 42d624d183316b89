//! A file of rows: CSV, also gzip-compressed.

use super::mapping::{Mapping, Source};
use super::row::Row;
use crate::exit::Failure;
use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An open file with its header and where each field stands in it.
pub struct Table {
    name: String,
    reader: csv::Reader<Box<dyn Read>>,
    header: Vec<String>,
    layout: Layout,
    record: ByteRecord,
    read: Arc<AtomicU64>,
    bytes: u64,
}

/// Where each field stands.
#[derive(Debug, Default)]
pub struct Layout {
    /// The fields that the mapping names, with the column's place.
    pub fields: BTreeMap<String, (Option<usize>, Source)>,
    /// How dates are written.
    pub date_format: Option<String>,
    /// How many columns a row has.
    pub width: usize,
}

/// Counts what was read of the file itself, compressed or not.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
        Ok(count)
    }
}

impl Table {
    /// Opens a file and finds the mapping's columns in its header.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unreadable =
            |error: io::Error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}"));
        let file = File::open(path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        let read = Arc::new(AtomicU64::new(0));
        let mut buffered = BufReader::with_capacity(1 << 16, Counted { file, read: read.clone() });
        let compressed = buffered.fill_buf().map_err(unreadable)?.starts_with(&GZIP);
        let input: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
        let reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let record = ByteRecord::new();
        let mut table = Self { name, reader, header: Vec::new(), layout: Layout::default(), record, read, bytes };
        table.header = table.read_header()?;
        table.layout = table.lay_out(mapping)?;
        Ok(table)
    }

    /// The file's size in bytes, as it lies on the disk.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much of it was read.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Columns that no field of the mapping is read from.
    pub fn unused<'a>(&'a self, mapping: &'a Mapping) -> impl Iterator<Item = &'a str> {
        let used = |name: &str| {
            let of_status = mapping.status.as_ref().is_some_and(|status| status.column == name);
            of_status || self.layout.fields.values().any(|(_, source)| source.column.as_deref() == Some(name))
        };
        self.header.iter().map(String::as_str).filter(move |name| !used(name))
    }

    /// The next row; none at the end.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Failure> {
        let more = self.reader.read_byte_record(&mut self.record).map_err(|error| {
            let line = error.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
            Failure::rejected("bad-file", format!("{}:{line}: {error}", self.name))
        })?;
        Ok(more.then(|| Row::new(&self.layout, &self.record)))
    }

    fn read_header(&mut self) -> Result<Vec<String>, Failure> {
        let name = &self.name;
        let rejected = |text: String| Failure::rejected("bad-file", format!("{name}:1: {text}"));
        let header = self.reader.byte_headers().map_err(|error| rejected(error.to_string()))?;
        let mut names: Vec<String> = Vec::with_capacity(header.len());
        for column in header {
            let text = std::str::from_utf8(column).map_err(|_| {
                rejected(
                    "the first line is not UTF-8: save the file as UTF-8 text, with commas between fields".to_owned(),
                )
            })?;
            names.push(text.trim().to_owned());
        }
        if names.iter().all(String::is_empty) {
            return Err(rejected("the file is empty: its first line must name the columns".to_owned()));
        }
        Ok(names)
    }

    fn lay_out(&self, mapping: &Mapping) -> Result<Layout, Failure> {
        let mut fields = BTreeMap::new();
        for (field, source) in &mapping.columns {
            let at = source.column.as_deref().map(|column| self.find(field, column)).transpose()?;
            fields.insert(field.clone(), (at, source.clone()));
        }
        if let Some(status) = &mapping.status {
            let at = self.find("status", &status.column)?;
            fields.insert("status".to_owned(), (Some(at), Source::column(&status.column)));
        }
        Ok(Layout { fields, date_format: mapping.date_format.clone(), width: self.header.len() })
    }

    fn find(&self, field: &str, column: &str) -> Result<usize, Failure> {
        let mut places = self.header.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
        let name = &self.name;
        let rejected = |text: String| Failure::rejected("missing-column", format!("{name}:1: {text}"));
        match (places.next(), places.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => Err(rejected(format!("there are two columns `{column}`: rename one"))),
            (None, _) => {
                let known: String = self.header.join(", ").chars().take(400).collect();
                Err(rejected(format!("there is no column `{column}` for the field `{field}`; there are {known}")))
            }
        }
    }
}

/// The mapping of a file whose columns have the names of the fields themselves.
pub fn by_name(path: &Path, fields: &[&str], required: &[&str]) -> Result<Mapping, Failure> {
    let header = Table::open(path, &Mapping::default())?.header;
    let there = |field: &&&str| required.contains(*field) || header.iter().any(|name| name == *field);
    let columns = fields.iter().filter(there).map(|field| ((*field).to_owned(), Source::column(field))).collect();
    Ok(Mapping { columns, ..Mapping::default() })
}
