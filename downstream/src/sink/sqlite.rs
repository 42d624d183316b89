//! The read model in SQLite.

use super::ddl::{Dialect, on_conflict, stored};
use super::{Checkpoint, Target};
use crate::Error;
use crate::feed::Rows;
use crate::table::{Table, Value, instant};
use crate::tables::read_model;
use async_trait::async_trait;
use ledger_core::calendar::Date;
use rusqlite::types::{Null, ToSqlOutput, Value as Owned};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// The read model in a file of SQLite.
pub struct Sqlite {
    connection: Connection,
    database: String,
    inserts: HashMap<&'static str, String>,
    begun: bool,
    /// Where the read model stood when it was last looked at.
    believed: Option<Checkpoint>,
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Empty => ToSqlOutput::from(Null),
            Self::Text(text) => ToSqlOutput::from(*text),
            Self::Integer(number) => ToSqlOutput::from(*number),
            Self::Amount(amount, _) => ToSqlOutput::from(amount.minor()),
            Self::Date(date) => ToSqlOutput::from(date.to_string()),
            Self::Instant(at) => ToSqlOutput::from(instant(*at)),
        })
    }
}

impl Sqlite {
    /// Opens a file, and makes it if it is not there.
    ///
    /// # Errors
    /// It cannot be opened, or is no database.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = path.display().to_string();
        let failed = |error: rusqlite::Error| Error::Database { database: database.clone(), reason: error.to_string() };
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        // readers go on while rows come; a power cut can take the last transactions with it, never a part of one
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        let inserts = read_model().map(|table| {
            let marks = vec!["?"; table.stored().count()].join(", ");
            (
                table.name,
                format!("INSERT INTO {} ({}) VALUES ({marks}){}", table.name, stored(table), on_conflict(table)),
            )
        });
        Ok(Self { connection, database, inserts: HashMap::from(inserts), begun: false, believed: None })
    }

    fn failed(&self, error: &rusqlite::Error) -> Error {
        Error::Database { database: self.database.clone(), reason: error.to_string() }
    }

    fn execute(&self, sql: &str) -> Result<(), Error> {
        self.connection.execute_batch(sql).map_err(|error| self.failed(&error))
    }

    /// Begins a transaction, unless one is open: nobody else writes until it ends.
    fn begin(&mut self) -> Result<(), Error> {
        if self.begun {
            return Ok(());
        }
        self.execute("BEGIN IMMEDIATE")?;
        if self.stands()? != self.believed {
            self.execute("ROLLBACK")?;
            return Err(Error::Conflict(self.database.clone()));
        }
        self.begun = true;
        Ok(())
    }

    fn query<T>(
        &self,
        sql: &str,
        each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let read =
            || -> rusqlite::Result<Vec<T>> { self.connection.prepare_cached(sql)?.query_map([], each)?.collect() };
        read().map_err(|error| self.failed(&error))
    }

    fn has(&self, table: &str) -> Result<bool, Error> {
        let names = self.query("SELECT name FROM sqlite_schema WHERE type = 'table'", |row| row.get::<_, String>(0))?;
        Ok(names.iter().any(|name| name == table))
    }

    fn stands(&self) -> Result<Option<Checkpoint>, Error> {
        if !self.has("meta")? {
            return Ok(None);
        }
        let rows: BTreeMap<String, String> =
            self.query("SELECT name, value FROM meta", |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
        Checkpoint::of_rows(&rows).map_err(|holds| Error::Mismatch { database: self.database.clone(), holds })
    }

    /// Every row of every table as text, sorted by key: two read models of one log have the same.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn dump(&self) -> Result<String, Error> {
        let mut text = String::new();
        for name in ["meta"].into_iter().chain(read_model().map(|table| table.name)) {
            text.push_str(&format!("-- {name}\n"));
            let rows = self.query(&format!("SELECT * FROM {name}"), |row| {
                let width = row.as_ref().column_count();
                (0..width).map(|at| row.get::<_, Owned>(at)).collect::<rusqlite::Result<Vec<_>>>()
            })?;
            let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            rows.iter().for_each(|row| text.push_str(&format!("{row}\n")));
        }
        Ok(text)
    }
}

impl Rows for Sqlite {
    fn row(&mut self, table: &'static Table, _day: Date, values: &[Value<'_>]) -> Result<(), Error> {
        self.begin()?;
        let Some(sql) = self.inserts.get(table.name) else { return Ok(()) };
        let stored = table.stored().filter_map(|(at, _)| values.get(at));
        let insert = || self.connection.prepare_cached(sql)?.execute(params_from_iter(stored));
        insert().map(|_| ()).map_err(|error| self.failed(&error))
    }
}

#[async_trait(?Send)]
impl Target for Sqlite {
    fn database(&self) -> &str {
        &self.database
    }

    async fn checkpoint(&mut self) -> Result<Option<Checkpoint>, Error> {
        self.believed = self.stands()?;
        Ok(self.believed.clone())
    }

    async fn rebuild(&mut self) -> Result<(), Error> {
        let dialect = Dialect::Sqlite;
        self.execute(&format!("BEGIN IMMEDIATE;\n{}{}COMMIT;", dialect.drop(), dialect.schema()))
    }

    async fn prepare(&mut self) -> Result<(), Error> {
        self.execute(&format!("BEGIN IMMEDIATE;\n{}COMMIT;", Dialect::Sqlite.schema()))
    }

    async fn commit(&mut self, after: &Checkpoint) -> Result<(), Error> {
        self.begin()?;
        let put =
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        for row in after.rows() {
            let kept = self.connection.prepare_cached(put).and_then(|mut put| put.execute((row.0, &row.1)));
            kept.map_err(|error| self.failed(&error))?;
        }
        self.execute("COMMIT")?;
        self.begun = false;
        self.believed = Some(after.clone());
        Ok(())
    }

    async fn index(&mut self) -> Result<(), Error> {
        self.execute(&Dialect::Sqlite.indexes())
    }

    async fn counts(&mut self) -> Result<Vec<(&'static str, u64)>, Error> {
        let mut counts = Vec::new();
        for table in read_model() {
            if self.has(table.name)? {
                let rows = self.query(&format!("SELECT COUNT(*) FROM {}", table.name), |row| row.get::<_, i64>(0))?;
                let rows = rows.first().and_then(|rows| u64::try_from(*rows).ok()).unwrap_or_default();
                counts.push((table.name, rows));
            }
        }
        Ok(counts)
    }

    fn rows(&mut self) -> &mut dyn Rows {
        self
    }
}
