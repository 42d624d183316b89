//! What an import writes beside the ledger: the rows that were refused, and the instalments that differ.

use super::agreement::Difference;
use super::row::RowError;
use crate::exit::Failure;
use ledger_core::money::text;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: RowError,
}

/// `tape.csv.gz` → `tape.rejects.csv`, in the working directory.
pub fn beside(input: &Path, what: &str) -> PathBuf {
    let name = input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.strip_suffix(".csv").unwrap_or(stem);
    PathBuf::from(format!("{stem}.{what}.csv"))
}

/// Writes the refused rows. If there are none, a file of an earlier run is emptied down to its header, and no new one is made.
pub fn write_rejects(path: &Path, rejects: &[Reject]) -> Result<(), Failure> {
    if rejects.is_empty() && !path.exists() {
        return Ok(());
    }
    let rows = rejects.iter().map(|reject| {
        let RowError { field, code, reason } = &reject.error;
        vec![reject.line.to_string(), field.clone(), (*code).to_owned(), reason.clone()]
    });
    write(path, &["line", "field", "code", "reason"], rows)
}

/// Writes the rows whose instalments differ, likewise.
pub fn write_differences(path: &Path, differences: &[Difference]) -> Result<(), Failure> {
    if differences.is_empty() && !path.exists() {
        return Ok(());
    }
    let rows = differences.iter().map(|one| {
        let written = |amount| text::format(amount, one.currency);
        vec![
            one.line.to_string(),
            one.loan.clone(),
            one.currency.to_string(),
            written(one.given),
            written(one.computed),
            one.given.minus(one.computed).map(written).unwrap_or_default(),
        ]
    });
    write(path, &["line", "loan", "currency", "given", "computed", "difference"], rows)
}

/// Writes a file whole or not at all.
fn write(path: &Path, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Unavailable(format!("`{}` cannot be written: {error}", path.display()))
    };
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(header).map_err(|error| failed(&error))?;
    for row in rows {
        csv.write_record(row).map_err(|error| failed(&error))?;
    }
    let bytes = csv.into_inner().map_err(|error| failed(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(&bytes))
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // why it failed matters, not what is left
        let _ = std::fs::remove_file(&temporary);
        failed(&error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_named_after_the_file() {
        assert_eq!(beside(Path::new("/a/tape.csv.gz"), "rejects"), PathBuf::from("tape.rejects.csv"));
        assert_eq!(beside(Path::new("pay"), "rejects"), PathBuf::from("pay.rejects.csv"));
    }
}
