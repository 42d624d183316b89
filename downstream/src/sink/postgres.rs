//! The read model in PostgreSQL. Rows wait as text and go in with COPY: into the table itself where rows come once, else through a
//! temporary table that is merged.

use super::ddl::{Dialect, on_conflict, stored};
use super::{Checkpoint, Target};
use crate::Error;
use crate::feed::Rows;
use crate::table::{Table, Value, instant};
use crate::tables::read_model;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{SinkExt as _, pin_mut};
use ledger_core::calendar::Date;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::str::FromStr as _;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

/// Holds back other runs while one commits; an advisory lock of the database.
const LOCK: i64 = 0x11ed_6e72;

/// Bytes that are sent at once.
const PIECE: usize = 1 << 16;

/// The read model in a database of PostgreSQL.
pub struct Postgres {
    client: Client,
    database: String,
    waiting: HashMap<&'static str, String>,
    /// Where the read model stood when it was last looked at.
    believed: Option<Checkpoint>,
}

/// What the server says, with its detail.
fn reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => match said.detail() {
            Some(detail) => format!("{}: {detail}", said.message()),
            None => said.message().to_owned(),
        },
        None => error.to_string(),
    }
}

impl Postgres {
    /// Connects without TLS: over a socket of this machine or a network that is trusted. A runtime of tokio with its reactor must be
    /// running.
    ///
    /// # Errors
    /// The address is none, or the server cannot be reached.
    pub async fn connect(url: &str, password: Option<&str>) -> Result<Self, Error> {
        let unknown = |reason: String| Error::Database { database: "PostgreSQL".to_owned(), reason };
        let mut config = Config::from_str(url).map_err(|error| unknown(error.to_string()))?;
        if config.get_password().is_none()
            && let Some(password) = password
        {
            config.password(password);
        }
        let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
        let database = format!("postgres {name} on {host}");
        let (client, connection) = config.connect(NoTls).await.map_err(|error| {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            Error::Database { database: database.clone(), reason: format!("{}{source}", reason(&error)) }
        })?;
        // it ends when the client is dropped; what goes wrong in it, the client's calls say
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { client, database, waiting: HashMap::new(), believed: None })
    }

    fn failed(&self, error: &tokio_postgres::Error) -> Error {
        Error::Database { database: self.database.clone(), reason: reason(error) }
    }

    async fn execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await.map_err(|error| self.failed(&error))
    }

    async fn copy(&self, into: &str, columns: &str, rows: &str) -> Result<(), Error> {
        let copy = async {
            let sink = self.client.copy_in::<_, Bytes>(&format!("COPY {into} ({columns}) FROM STDIN")).await?;
            pin_mut!(sink);
            for piece in rows.as_bytes().chunks(PIECE) {
                sink.send(Bytes::copy_from_slice(piece)).await?;
            }
            sink.finish().await
        };
        copy.await.map(|_| ()).map_err(|error| self.failed(&error))
    }

    async fn put(&self, table: &'static Table, rows: &str) -> Result<(), Error> {
        let (name, columns) = (table.name, stored(table));
        if table.appended {
            return self.copy(name, &columns, rows).await;
        }
        self.execute(&format!(
            "CREATE TEMPORARY TABLE IF NOT EXISTS coming_{name} AS SELECT {columns} FROM {name} WITH NO DATA;
             TRUNCATE coming_{name};"
        ))
        .await?;
        self.copy(&format!("coming_{name}"), &columns, rows).await?;
        let merge = format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM coming_{name}{}", on_conflict(table));
        self.execute(&merge).await
    }

    async fn stands(&self) -> Result<Option<Checkpoint>, Error> {
        let there = self.client.query_one("SELECT to_regclass('meta') IS NOT NULL", &[]).await;
        if !there.and_then(|row| row.try_get::<_, bool>(0)).map_err(|error| self.failed(&error))? {
            return Ok(None);
        }
        let rows = self.client.query("SELECT name, value FROM meta", &[]).await.map_err(|error| self.failed(&error))?;
        let mut named = BTreeMap::new();
        for row in rows {
            let pair = row.try_get(0).and_then(|name: String| Ok((name, row.try_get::<_, String>(1)?)));
            let (name, value) = pair.map_err(|error| self.failed(&error))?;
            named.insert(name, value);
        }
        Checkpoint::of_rows(&named).map_err(|holds| Error::Mismatch { database: self.database.clone(), holds })
    }

    async fn in_transaction(&mut self, after: &Checkpoint) -> Result<(), Error> {
        self.execute(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
        if self.stands().await? != self.believed {
            return Err(Error::Conflict(self.database.clone()));
        }
        for table in read_model() {
            if let Some(rows) = self.waiting.get(table.name).filter(|rows| !rows.is_empty()) {
                self.put(table, rows).await?;
            }
        }
        let put =
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        for (name, value) in after.rows() {
            self.client.execute(put, &[&name, &value]).await.map_err(|error| self.failed(&error))?;
        }
        self.waiting.values_mut().for_each(String::clear);
        Ok(())
    }

    /// Every row of every table as text, sorted: two read models of one log have the same.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn dump(&self) -> Result<String, Error> {
        let mut text = String::new();
        for name in ["meta"].into_iter().chain(read_model().map(|table| table.name)) {
            let sql = format!("SELECT row_to_json(one)::text FROM {name} one");
            let rows = self.client.query(&sql, &[]).await.map_err(|error| self.failed(&error))?;
            let rows: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
            let mut rows = rows.map_err(|error| self.failed(&error))?;
            rows.sort();
            text.push_str(&format!("-- {name}\n{}\n", rows.join("\n")));
        }
        Ok(text)
    }

    /// The first column of the rows of a query, as text.
    ///
    /// # Errors
    /// The query is refused, or its first column is no text.
    pub async fn texts(&self, sql: &str) -> Result<Vec<String>, Error> {
        let rows = self.client.query(sql, &[]).await.map_err(|error| self.failed(&error))?;
        let texts: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        texts.map_err(|error| self.failed(&error))
    }
}

/// Appends a value in the text form of COPY.
fn push(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Empty => out.push_str("\\N"),
        Value::Text(text) => text.chars().for_each(|one| match one {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }),
        Value::Integer(number) => put(out, number),
        Value::Amount(amount, _) => put(out, amount.minor()),
        Value::Date(date) => put(out, date),
        Value::Instant(at) => out.push_str(&instant(*at)),
    }
}

fn put(out: &mut String, value: impl std::fmt::Display) {
    // a String takes everything
    let _ = write!(out, "{value}");
}

impl Rows for Postgres {
    fn row(&mut self, table: &'static Table, _day: Date, values: &[Value<'_>]) -> Result<(), Error> {
        let out = self.waiting.entry(table.name).or_default();
        let mut first = true;
        for (at, _) in table.stored() {
            if !first {
                out.push('\t');
            }
            first = false;
            push(values.get(at).unwrap_or(&Value::Empty), out);
        }
        out.push('\n');
        Ok(())
    }
}

#[async_trait(?Send)]
impl Target for Postgres {
    fn database(&self) -> &str {
        &self.database
    }

    async fn checkpoint(&mut self) -> Result<Option<Checkpoint>, Error> {
        self.believed = self.stands().await?;
        Ok(self.believed.clone())
    }

    async fn rebuild(&mut self) -> Result<(), Error> {
        let dialect = Dialect::Postgres;
        self.execute(&format!("BEGIN;\n{}{}COMMIT;", dialect.drop(), dialect.schema())).await
    }

    async fn prepare(&mut self) -> Result<(), Error> {
        self.execute("SET client_min_messages = warning").await?;
        if self.stands().await?.is_none() {
            self.execute(&format!("BEGIN;\n{}COMMIT;", Dialect::Postgres.schema())).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, after: &Checkpoint) -> Result<(), Error> {
        self.execute("BEGIN").await?;
        let done = self.in_transaction(after).await;
        match done {
            Ok(()) => {
                self.execute("COMMIT").await?;
                self.believed = Some(after.clone());
                Ok(())
            }
            Err(error) => {
                // why it failed matters; the server rolls back by itself when the connection ends
                let _ = self.execute("ROLLBACK").await;
                Err(error)
            }
        }
    }

    async fn index(&mut self) -> Result<(), Error> {
        self.execute(&Dialect::Postgres.indexes()).await
    }

    async fn counts(&mut self) -> Result<Vec<(&'static str, u64)>, Error> {
        let mut counts = Vec::new();
        if self.stands().await?.is_none() {
            return Ok(counts);
        }
        for table in read_model() {
            let counted = self.client.query_one(&format!("SELECT COUNT(*) FROM {}", table.name), &[]).await;
            let rows = counted.and_then(|row| row.try_get::<_, i64>(0)).map_err(|error| self.failed(&error))?;
            counts.push((table.name, u64::try_from(rows).unwrap_or_default()));
        }
        Ok(counts)
    }

    fn rows(&mut self) -> &mut dyn Rows {
        self
    }
}
