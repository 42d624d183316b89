//! SQL made from the tables.

use crate::table::{Column, Kind, Merge, Table};
use crate::tables::read_model;

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.37 and newer.
    Sqlite,
    /// PostgreSQL 12 and newer.
    Postgres,
}

/// Columns by which rows are looked for.
const INDEXES: [(&str, &str); 3] = [("instalments", "due_on"), ("transactions", "loan"), ("entries", "loan")];

const BOOK: &str = "SELECT loan, l.currency, l.product, l.borrower, l.principal, l.originated_on, l.disbursed_on, l.closed_on,
  CASE WHEN l.disbursed_on IS NULL THEN 'pending' WHEN l.written_off_on IS NOT NULL THEN 'written-off'
    WHEN l.closed_on IS NOT NULL THEN 'closed'
    WHEN b.outstanding_principal <> 0 OR b.outstanding_interest <> 0 OR b.outstanding_fee <> 0 OR b.outstanding_penalty <> 0
    THEN 'active' WHEN b.credit > 0 THEN 'overpaid' ELSE 'settled' END AS status,
  b.disbursed, b.credit, b.outstanding_principal, b.outstanding_interest, b.outstanding_fee, b.outstanding_penalty
FROM loans l JOIN balances b USING (loan)";

impl Dialect {
    const fn of(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, Kind::Integer | Kind::Amount) => "INTEGER",
            (Self::Sqlite, _) | (Self::Postgres, Kind::Text) => "TEXT",
            (Self::Postgres, Kind::Integer | Kind::Amount) => "BIGINT",
            (Self::Postgres, Kind::Date) => "DATE",
            (Self::Postgres, Kind::Instant) => "TIMESTAMPTZ",
        }
    }

    fn column(self, column: &Column) -> String {
        let kind = self.of(column.kind);
        match &column.merge {
            Merge::Derived(sql) => {
                // PostgreSQL 12 to 17 can only store them
                let how = if self == Self::Sqlite { "VIRTUAL" } else { "STORED" };
                format!("{} {kind} GENERATED ALWAYS AS ({sql}) {how}", column.name)
            }
            // a difference has none of these; whoever makes the row has them all
            Merge::Keep => format!("{} {kind}", column.name),
            _ if column.nullable => format!("{} {kind}", column.name),
            _ => format!("{} {kind} NOT NULL", column.name),
        }
    }

    fn table(self, table: &Table) -> String {
        let columns = table.columns.iter().filter(|column| column.merge != Merge::FilesOnly);
        let columns: Vec<String> = columns.map(|column| self.column(column)).collect();
        let key: Vec<&str> = table.key().map(|column| column.name.as_str()).collect();
        let how = if self == Self::Sqlite { " STRICT, WITHOUT ROWID" } else { "" };
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n  {},\n  PRIMARY KEY ({})\n){how};\n",
            table.name,
            columns.join(",\n  "),
            key.join(", ")
        )
    }

    /// The statements that make the tables and the view.
    #[must_use]
    pub fn schema(self) -> String {
        let strict = if self == Self::Sqlite { " STRICT, WITHOUT ROWID" } else { "" };
        let mut sql = format!(
            "CREATE TABLE IF NOT EXISTS meta (\n  name TEXT NOT NULL PRIMARY KEY,\n  value TEXT NOT NULL\n){strict};\n"
        );
        for table in read_model() {
            sql.push_str(&self.table(table));
        }
        let view = if self == Self::Sqlite { "CREATE VIEW IF NOT EXISTS" } else { "CREATE OR REPLACE VIEW" };
        sql.push_str(&format!("{view} book AS {BOOK};\n"));
        sql
    }

    /// The statements that make the indexes: after the rows, since that is faster.
    #[must_use]
    pub fn indexes(self) -> String {
        let name = |columns: &str| columns.replace(", ", "_");
        let statements = INDEXES.iter().map(|(table, columns)| {
            format!("CREATE INDEX IF NOT EXISTS {table}_{} ON {table} ({columns});\n", name(columns))
        });
        statements.collect()
    }

    /// The statements that drop all of it.
    #[must_use]
    pub fn drop(self) -> String {
        let mut sql = String::from("DROP VIEW IF EXISTS book;\nDROP TABLE IF EXISTS meta;\n");
        for table in read_model() {
            sql.push_str(&format!("DROP TABLE IF EXISTS {};\n", table.name));
        }
        sql
    }
}

/// The columns that come with a row, by name.
pub fn stored(table: &Table) -> String {
    table.stored().map(|(_, column)| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What an insert does with a row that is there; nothing for rows that come once, so that one that comes twice is an error.
pub fn on_conflict(table: &Table) -> String {
    if table.appended {
        return String::new();
    }
    let key: Vec<&str> = table.key().map(|column| column.name.as_str()).collect();
    let sets: Vec<String> = table
        .stored()
        .filter_map(|(_, Column { name, merge, .. })| match merge {
            Merge::Last => Some(format!("{name} = excluded.{name}")),
            Merge::Keep => Some(format!("{name} = COALESCE(excluded.{name}, {}.{name})", table.name)),
            Merge::Sum => Some(format!("{name} = {}.{name} + excluded.{name}", table.name)),
            Merge::Key | Merge::Derived(_) | Merge::FilesOnly => None,
        })
        .collect();
    format!(" ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), sets.join(", "))
}
