//! How to read a CSV: a mapping as a TOML file.

use ledger_core::money::Currency;
use serde::Deserialize;

/// How to read a CSV.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Its name in reports.
    pub name: String,
    /// The encoding's label, such as `gb18030`; told from the bytes without one.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Between fields; `tab` is a tab.
    #[serde(default = "comma")]
    pub separator: String,
    /// Around fields; empty is none.
    #[serde(default = "quote")]
    pub quote: String,
    /// Lines before the header, or what the header's first field begins with.
    #[serde(default)]
    pub header: HeaderAt,
    /// Rows whose first field begins with one of these are no entries (footers, comments).
    #[serde(default)]
    pub skip: Vec<String>,
    /// The first row whose first field begins with one of these ends the entries.
    #[serde(default)]
    pub footer: Vec<String>,
    /// The account, if no column names it.
    #[serde(default)]
    pub account: Option<String>,
    /// The currency, if no column names it.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// A `strftime` pattern, such as `%d.%m.%Y`.
    #[serde(default = "iso")]
    pub date: String,
    /// Before the decimals: `.`, `,` or nothing for either.
    #[serde(default)]
    pub decimal: Option<char>,
    /// Between thousands.
    #[serde(default)]
    pub thousands: Option<char>,
    /// The amount stands in minor units.
    #[serde(default)]
    pub minor_units: bool,
    /// Where everything stands.
    pub columns: Columns,
}

/// Where the header stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderAt {
    /// Rows to leave out before it.
    #[serde(default)]
    pub skip_rows: usize,
    /// What its first field begins with; rows before it are left out.
    #[serde(default)]
    pub begins_with: Option<String>,
    /// There is none: columns are numbers from 1.
    #[serde(default)]
    pub absent: bool,
}

/// A column by its name, or by its number from 1 if there is no header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ColumnAt {
    /// By name.
    Name(String),
    /// By number from 1.
    Number(usize),
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The booking date.
    pub booked_on: ColumnAt,
    /// The value date.
    #[serde(default)]
    pub value_on: Option<ColumnAt>,
    /// The signed amount.
    #[serde(default)]
    pub amount: Option<ColumnAt>,
    /// Money in, if it has a column of its own.
    #[serde(default)]
    pub credit: Option<ColumnAt>,
    /// Money out, if it has a column of its own.
    #[serde(default)]
    pub debit: Option<ColumnAt>,
    /// A column that says the direction.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// The amount's sign is the other way round.
    #[serde(default)]
    pub negate: bool,
    /// Fees withheld.
    #[serde(default)]
    pub fee: Option<ColumnAt>,
    /// The currency.
    #[serde(default)]
    pub currency: Option<ColumnAt>,
    /// The account.
    #[serde(default)]
    pub account: Option<ColumnAt>,
    /// The booked balance after the entry.
    #[serde(default)]
    pub balance: Option<ColumnAt>,
    /// The payer's or merchant's references.
    #[serde(default)]
    pub references: Vec<ColumnAt>,
    /// The bank's references.
    #[serde(default)]
    pub servicer: Vec<ColumnAt>,
    /// Texts.
    #[serde(default)]
    pub texts: Vec<ColumnAt>,
    /// The other party's name.
    #[serde(default)]
    pub party: Option<ColumnAt>,
    /// The other party's account.
    #[serde(default)]
    pub party_account: Option<ColumnAt>,
    /// A column that says that an entry takes an earlier one back.
    #[serde(default)]
    pub reversal: Option<Words>,
    /// A column that says that an entry counts; rows with other words are pending.
    #[serde(default)]
    pub booked: Option<Words>,
}

/// A column that says the direction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    /// The column.
    pub column: ColumnAt,
    /// Words for money in.
    pub credit: Vec<String>,
    /// Words for money out.
    pub debit: Vec<String>,
}

/// A column and the words in it that mean yes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The column.
    pub column: ColumnAt,
    /// The words.
    pub words: Vec<String>,
}

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct MappingError {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Why.
    pub reason: String,
}

fn comma() -> String {
    ",".to_owned()
}
fn quote() -> String {
    "\"".to_owned()
}
fn iso() -> String {
    "%Y-%m-%d".to_owned()
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// Not TOML, an unknown key, or settings that do not fit together.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        let error = |line: usize, reason: String| MappingError { file: file.to_owned(), line, reason };
        let mapping: Self = toml::from_str(text).map_err(|failure| {
            let before = failure.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            error(before.matches('\n').count().saturating_add(1), failure.message().to_owned())
        })?;
        let columns = &mapping.columns;
        let signed = columns.amount.is_some();
        let split = columns.credit.is_some() || columns.debit.is_some();
        if signed == split {
            return Err(error(1, "name either `columns.amount` or `columns.credit` and `columns.debit`".to_owned()));
        }
        if mapping.separator().is_none() || mapping.quote.len() > 1 {
            return Err(error(1, "`separator` and `quote` are one ASCII character (or `tab`)".to_owned()));
        }
        if mapping.currency.is_none() && columns.currency.is_none() {
            return Err(error(1, "name a `currency` or `columns.currency`".to_owned()));
        }
        Ok(mapping)
    }

    /// The separator.
    pub(crate) fn separator(&self) -> Option<u8> {
        match self.separator.as_bytes() {
            b"tab" => Some(b'\t'),
            [one] if one.is_ascii() => Some(*one),
            _ => None,
        }
    }
}
