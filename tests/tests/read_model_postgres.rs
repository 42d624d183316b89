//! The read model in a real PostgreSQL: the same content as SQLite has, however it was built. Needs `ILEDGER_TEST_POSTGRES`, the
//! address of a server on which databases can be made, such as `postgres://me@localhost/postgres?host=/tmp/sockets`.
#![expect(clippy::unwrap_used, reason = "a test may")]

use downstream::Error;
use downstream::sink::{Postgres, Report, Run, Sqlite, Target as _, run};
use iledger_tests::book::{self, command, pay, stream};
use iledger_tests::prefix::Prefix;
use ledger_core::ledger::Ledger;
use ledger_core::money::Currency;
use ledger_core::store::{EventReader, MemoryStore};

/// A database of its own, dropped at the end.
struct Database {
    server: String,
    name: String,
}

impl Database {
    async fn new(test: &str) -> Option<Self> {
        let Ok(server) = std::env::var("ILEDGER_TEST_POSTGRES") else {
            println!("skipped: ILEDGER_TEST_POSTGRES names no server");
            return None;
        };
        let database = Self { server, name: format!("iledger_test_{test}_{}", std::process::id()) };
        let admin = Postgres::connect(&database.server, None).await.unwrap();
        admin.texts(&format!("DROP DATABASE IF EXISTS {}", database.name)).await.unwrap();
        admin.texts(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
        Some(database)
    }

    async fn connect(&self) -> Postgres {
        let (before, after) = self.server.split_once("/postgres?").unwrap_or((&self.server, ""));
        let before = before.strip_suffix("/postgres").unwrap_or(before);
        Postgres::connect(&format!("{before}/{}?{after}", self.name), None).await.unwrap()
    }

    async fn sink(&self, log: &dyn EventReader, commit_every: u64, rebuild: bool) -> Result<Report, Error> {
        let run_of = Run { log, store_id: "the store", commit_every, rebuild };
        run(&run_of, &mut self.connect().await, |_| true).await
    }

    async fn dump(&self) -> String {
        self.connect().await.dump().await.unwrap()
    }

    async fn drop(self) {
        let admin = Postgres::connect(&self.server, None).await.unwrap();
        admin.texts(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.unwrap();
    }
}

async fn book() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    ledger
}

#[tokio::test]
async fn broken_off_or_in_steps_or_anew_it_has_the_same_content() {
    let Some(database) = Database::new("steps").await else { return };
    let ledger = book().await;
    database.sink(ledger.store(), 20_000, true).await.unwrap();
    let whole = database.dump().await;
    assert!(whole.len() > 10_000);
    database.connect().await.rebuild().await.unwrap();
    let mut broken = 0;
    for reads in [1, 2, 4, 9, 17] {
        let log = Prefix::breaking(ledger.store(), reads);
        match database.sink(&log, 5, false).await {
            Err(Error::Read(_)) => broken += 1,
            other => {
                other.unwrap();
            }
        }
    }
    assert!(broken > 2, "it did break off");
    database.sink(&Prefix::new(ledger.store(), 60), 7, false).await.unwrap();
    database.sink(ledger.store(), 7, false).await.unwrap();
    assert_eq!(database.dump().await, whole);
    let report = database.sink(ledger.store(), 7, false).await.unwrap();
    assert_eq!((report.events, report.from), (0, report.to));
    database.drop().await;
}

#[tokio::test]
async fn sums_are_those_of_sqlite_to_the_minor_unit() {
    let Some(database) = Database::new("sums").await else { return };
    let (ledger, dir) = (book().await, tempfile::tempdir().unwrap());
    database.sink(ledger.store(), 20_000, false).await.unwrap();
    let path = dir.path().join("db");
    let run_of = Run { log: ledger.store(), store_id: "the store", commit_every: 100, rebuild: false };
    let mut sqlite = Sqlite::open(&path).unwrap();
    run(&run_of, &mut sqlite, |_| true).await.unwrap();
    let mut postgres = database.connect().await;
    assert_eq!(postgres.counts().await.unwrap(), sqlite.counts().await.unwrap());
    assert_eq!(postgres.checkpoint().await.unwrap(), sqlite.checkpoint().await.unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        "SELECT CAST(SUM(outstanding_principal) AS TEXT) FROM balances GROUP BY currency ORDER BY currency",
        "SELECT loan || ' ' || status || ' ' || CAST(outstanding_penalty AS TEXT) FROM book ORDER BY loan",
        "SELECT loan || ' ' || CAST(MIN(due_on) AS TEXT) FROM instalments WHERE contractual_open > 0 GROUP BY loan ORDER BY loan",
        "SELECT loan || ' ' || effect || ' ' || CAST(SUM(amount) AS TEXT) FROM entries GROUP BY loan, effect ORDER BY loan, effect",
    ] {
        let mut theirs = postgres.texts(sql).await.unwrap();
        let mut ours: Vec<String> =
            db.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(!ours.is_empty(), "{sql}");
        // collations differ
        theirs.sort();
        ours.sort();
        assert_eq!(theirs, ours, "{sql}");
    }
    database.drop().await;
}

#[tokio::test]
async fn the_queries_of_the_document_have_answers() {
    let Some(database) = Database::new("queries").await else { return };
    let ledger = book().await;
    database.sink(ledger.store(), 20_000, false).await.unwrap();
    let postgres = database.connect().await;
    let queries = include_str!("../../docs/DOWNSTREAM.md").split("```sql\n").skip(1);
    let mut asked = 0;
    for query in queries.map(|rest| rest.split("```").next().unwrap()) {
        let rows = postgres.texts(&format!("SELECT row_to_json(answer)::text FROM ({query}) AS answer")).await;
        assert!(!rows.unwrap_or_else(|error| panic!("{query}: {error}")).is_empty(), "{query}");
        asked += 1;
    }
    assert!(asked >= 5);
    drop(postgres);
    database.drop().await;
}

#[tokio::test]
async fn another_log_is_refused_and_what_is_there_kept() {
    let Some(database) = Database::new("refused").await else { return };
    let (ledger, other) = (book().await, book().await);
    other.execute(&stream("A1"), command("2024-07-03", 0, pay(1, Currency::CNY))).await.unwrap();
    database.sink(other.store(), 50, false).await.unwrap();
    let before = database.dump().await;
    let error = database.sink(ledger.store(), 50, false).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert_eq!(database.dump().await, before);
    database.sink(ledger.store(), 50, true).await.unwrap();
    assert_ne!(database.dump().await, before);
    database.drop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let error = Postgres::connect("postgres://me:secret@127.0.0.1:1/book", None).await.err().unwrap().to_string();
    assert!(error.contains("book") && error.contains("127.0.0.1") && !error.contains("secret"), "{error}");
}
