//! Errors of data files: which file, which field, and what is wrong.

use serde::de::DeserializeOwned;

/// What is wrong with a data file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {reason}")]
pub struct DataFileError {
    /// The file.
    pub file: String,
    /// The field, and the line if it is known.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl DataFileError {
    pub(crate) fn new(file: &str, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), field: field.into(), reason: reason.into() }
    }
}

/// Reads TOML; the error names the field in whose line it lies.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, DataFileError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let number = before.matches('\n').count().saturating_add(1);
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim();
        let field = if key.is_empty() { format!("line {number}") } else { format!("`{key}` (line {number})") };
        DataFileError::new(file, field, error.message().to_owned())
    })
}
