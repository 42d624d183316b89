//! Columns and rows.

use super::cell::Cell;
use super::json::Json;
use ledger_core::money::Currency;
use std::borrow::Cow;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The key for programs; people read it with spaces.
    pub key: Cow<'static, str>,
    /// Numbers stand on the right.
    pub right: bool,
    /// For programs alone: people would not see the others for it.
    pub detail: bool,
}

impl Column {
    /// A column of texts.
    pub const fn text(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), right: false, detail: false }
    }

    /// A column of numbers or amounts.
    pub const fn number(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), right: true, detail: false }
    }

    /// A column of numbers whose name comes from data.
    pub const fn named(key: String) -> Self {
        Self { key: Cow::Owned(key), right: true, detail: false }
    }

    /// A column of numbers or amounts that only programs see.
    pub const fn detail(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), right: true, detail: true }
    }
}

/// Columns and rows.
#[derive(Debug, Clone)]
pub struct Sheet {
    name: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    totals: Vec<Vec<Cell>>,
    currency: Option<Currency>,
    title: Option<String>,
    empty: &'static str,
}

impl Sheet {
    /// A sheet without rows; `name` is its key in JSON.
    pub fn new(name: &'static str, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            name,
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            totals: Vec::new(),
            currency: None,
            title: None,
            empty: "(none)",
        }
    }

    /// The one currency of all amounts, which is then a last column for programs.
    pub const fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }

    /// A line above the table, for people alone.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What people read if there are no rows.
    pub const fn when_empty(mut self, text: &'static str) -> Self {
        self.empty = text;
        self
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Adds a row of totals, for people alone: programs can add.
    pub fn total(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.totals.push(cells.into_iter().collect());
    }

    /// Its key in JSON.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn all_rows(&self) -> (&[Vec<Cell>], &[Vec<Cell>]) {
        (&self.rows, &self.totals)
    }

    pub(super) fn title_line(&self) -> Option<&str> {
        self.title.as_deref()
    }

    pub(super) const fn empty_line(&self) -> &'static str {
        self.empty
    }

    /// The keys of the columns for programs.
    pub(super) fn keys(&self) -> Vec<Cow<'static, str>> {
        let keys = self.columns.iter().map(|column| column.key.clone());
        keys.chain(self.currency.map(|_| Cow::Borrowed("currency"))).collect()
    }

    fn values(&self, row: &[Cell]) -> Vec<Json> {
        let values = row.iter().map(Cell::json);
        values.chain(self.currency.map(|currency| Json::Text(currency.to_string()))).collect()
    }

    pub(super) fn objects(&self) -> Vec<Json> {
        let keys = self.keys();
        let object = |row: &Vec<Cell>| Json::Object(keys.iter().cloned().zip(self.values(row)).collect());
        self.rows.iter().map(object).collect()
    }

    pub(super) fn plain_rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| self.values(row).iter().map(Json::plain).collect())
    }
}
