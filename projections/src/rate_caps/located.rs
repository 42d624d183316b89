//! Errors of data files with the line of the field.

use crate::data_file::DataFileError;
use std::ops::Range;

/// An error at a field of an entry that begins at `span`, with its line.
pub(super) fn wrong(
    file: &str,
    text: &str,
    span: &Range<usize>,
    entry: &str,
    field: &str,
    reason: impl Into<String>,
) -> DataFileError {
    let before = text.get(..span.start).unwrap_or_default();
    let first = before.matches('\n').count().saturating_add(1);
    let inside = text.get(span.start..).unwrap_or_default();
    // the entry ends where the next one begins
    let own = inside.lines().enumerate().take_while(|(at, line)| *at == 0 || !line.starts_with("[["));
    let is_field = |line: &str| line.split('=').next().is_some_and(|key| key.trim() == field);
    let offset = own.into_iter().find(|(_, line)| is_field(line)).map_or(0, |(at, _)| at);
    let line = first.saturating_add(offset);
    DataFileError::new(file, format!("`{entry}`: `{field}` (line {line})"), reason)
}

/// Reads a rate such as `24%` or `0.24`.
pub(super) fn rate(text: &str) -> Result<ledger_core::money::Rate, String> {
    let (number, decimals) = text.strip_suffix('%').map_or((text, 0), |number| (number, 2));
    let bad = || format!("`{text}` is not a rate (write it as \"24%\" or \"0.24\")");
    let mut ratio = number.parse::<ledger_core::money::Rate>().map_err(|_| bad())?.ratio();
    let scale = ratio.scale().checked_add(decimals).ok_or_else(bad)?;
    ratio.set_scale(scale).map_err(|_| bad())?;
    Ok(ledger_core::money::Rate::new(ratio))
}
