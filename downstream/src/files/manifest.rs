//! What stands in `manifest.json`.

use crate::tables::SCHEMA_VERSION;
use ledger_core::calendar::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the manifest and of the layout of directories.
pub const FORMAT_VERSION: u32 = 1;

/// What an export is of: the same again gives the same files, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Always `iledger-export`.
    pub format: String,
    /// The version of manifest and layout.
    pub format_version: u32,
    /// The version of the tables.
    pub schema_version: u32,
    /// The program and its version.
    pub written_by: String,
    /// `csv`, `jsonl` or `parquet`.
    pub encoding: String,
    /// The log.
    pub log: Log,
    /// Only what counts by the end of this day.
    pub as_of: Date,
    /// Only events recorded by then; all if none.
    pub known_at: Option<Timestamp>,
    /// The names of the tables.
    pub tables: Vec<String>,
}

/// The log as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The identity of its store.
    pub store_id: String,
    /// The number of events, which is the size of its Merkle tree.
    pub events: u64,
    /// The position of the last event, a decimal text; none if the log is empty.
    pub position: Option<String>,
    /// The root of its Merkle tree (RFC 6962), as `iledger digest` prints it.
    pub merkle_root: String,
}

/// A whole export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it is of.
    #[serde(flatten)]
    pub subject: Subject,
    /// By table, what there is.
    pub contents: BTreeMap<String, Contents>,
}

/// What there is of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Rows in all files.
    pub rows: u64,
    /// By currency, the number of rows and the sum of every column of amounts, in the major unit.
    pub control_totals: BTreeMap<String, Totals>,
    /// The files, by path.
    pub files: Vec<FileEntry>,
}

/// Control totals of a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Rows with an amount of this currency.
    pub rows: u64,
    /// By column, the sum.
    pub sums: BTreeMap<String, String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path in the directory, with `/`.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
}

impl Subject {
    /// What this program writes.
    #[must_use]
    pub fn new(encoding: &str, log: Log, as_of: Date, known_at: Option<Timestamp>, tables: Vec<String>) -> Self {
        Self {
            format: "iledger-export".to_owned(),
            format_version: FORMAT_VERSION,
            schema_version: SCHEMA_VERSION,
            written_by: concat!("iledger ", env!("CARGO_PKG_VERSION")).to_owned(),
            encoding: encoding.to_owned(),
            log,
            as_of,
            known_at,
            tables,
        }
    }
}
