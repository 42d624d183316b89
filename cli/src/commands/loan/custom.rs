//! The file of listed instalments.

use crate::exit::Failure;
use ledger_core::money::{Amount, Currency, text};
use ledger_core::terms::CustomInstalment;
use std::path::Path;

const COLUMNS: [&str; 4] = ["due_after_days", "principal", "interest", "fee"];

/// Reads a CSV file of listed instalments; errors name file, line and field.
pub fn read(path: &Path, currency: Currency) -> Result<Vec<CustomInstalment>, Failure> {
    let name = path.display();
    let rejected = |line: u64, text: String| Failure::rejected("bad-file", format!("{name}:{line}: {text}"));
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        rejected(line, error.to_string())
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(unreadable)?;
    let header = reader.headers().map_err(unreadable)?.clone();
    if header.iter().ne(COLUMNS) {
        return Err(rejected(1, format!("the first line must be `{}`", COLUMNS.join(","))));
    }
    let mut listed = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |at: usize| record.get(at).unwrap_or_default();
        let wrong = |at: usize, text: String| {
            let column = COLUMNS.get(at).copied().unwrap_or_default();
            rejected(line, format!("`{column}`: {text}"))
        };
        let amount = |at: usize| match field(at) {
            "" => Ok(Amount::ZERO),
            written => text::parse(written, currency).map_err(|error| wrong(at, error.to_string())),
        };
        let due_after_days =
            field(0).parse().map_err(|_| wrong(0, format!("`{}` is not a number of days", field(0))))?;
        listed.push(CustomInstalment { due_after_days, principal: amount(1)?, interest: amount(2)?, fee: amount(3)? });
    }
    Ok(listed)
}
