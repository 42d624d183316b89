//! The read model in SQLite over a real book: its sums are those of the sub-ledger, the projections and the books to the minor unit,
//! and its content does not depend on how it was built.
#![expect(clippy::unwrap_used, reason = "a test may")]

use async_trait::async_trait;
use downstream::Error;
use downstream::sink::{Report, Run, Sqlite, run};
use iledger_tests::book::{self, command, day, pay, stream};
use iledger_tests::prefix::Prefix;
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Components, position};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{Position, Record, StreamName, Version};
use ledger_core::store::{EventReader, MemoryStore, ReadError};
use ledger_core::terms::Component;
use projections::balances::BalanceFilter;
use projections::checkpoint::MemoryCheckpoints;
use projections::{Projections, overdue::Buckets};
use proptest::prelude::*;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const LOANS: [&str; 7] = ["A1", "A2", "A3", "A4", "A5", "A6", "B1"];

async fn book() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    ledger
}

async fn sink(log: &dyn EventReader, path: &Path, commit_every: u64, rebuild: bool) -> Result<Report, Error> {
    let mut target = Sqlite::open(path)?;
    run(&Run { log, store_id: "the store", commit_every, rebuild }, &mut target, |_| true).await
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn dump(&self, name: &str) -> String {
        Sqlite::open(&self.path(name)).unwrap().dump().unwrap()
    }
    fn open(&self, name: &str) -> Connection {
        Connection::open(self.path(name)).unwrap()
    }
}

fn one<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn components(db: &Connection, what: &str, from: &str) -> Components {
    let of = |of: Component| {
        Amount::from_minor(one(db, &format!("SELECT COALESCE(SUM({what}_{}), 0) FROM {from}", of.name())))
    };
    let [principal, interest, fee, penalty] = Component::ALL.map(of);
    Components { principal, interest, fee, penalty }
}

#[tokio::test]
async fn every_sum_is_the_sub_ledgers_and_the_projections() {
    let (ledger, place) = (book().await, Place::new());
    sink(ledger.store(), &place.path("db"), 20_000, false).await.unwrap();
    let db = place.open("db");
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "the store").unwrap();
    projections.catch_up(ledger.store()).await.unwrap();
    let view = projections.balances(&BalanceFilter::default()).unwrap();
    assert_eq!(view.rows.len(), LOANS.len());
    for row in &view.rows {
        let of = |table: &str| format!("{table} WHERE loan = '{}'", row.loan);
        let amounts = &row.amounts;
        for (name, expected) in [
            ("outstanding", amounts.outstanding),
            ("paid", amounts.received),
            ("waived", amounts.waived),
            ("written_off", amounts.written_off),
        ] {
            assert_eq!(components(&db, name, &of("balances")), expected, "{} {name}", row.loan);
            assert_eq!(components(&db, name, &of("instalments")), expected, "{} {name}", row.loan);
        }
        assert_eq!(components(&db, "recovered", &of("balances")), amounts.recovered);
        let sum = |what: &str, from: &str| {
            Amount::from_minor(one(&db, &format!("SELECT COALESCE(SUM({what}), 0) FROM {from}")))
        };
        assert_eq!(sum("disbursed", &of("balances")), amounts.disbursed);
        assert_eq!(sum("credit", &of("balances")), amounts.credit);
        assert_eq!(one::<String>(&db, &format!("SELECT status FROM {}", of("book"))), row.status.name());
        // balances are sums of entries
        for (effect, measure) in
            [("planned", "planned"), ("paid", "paid"), ("waived", "waived"), ("written-off", "written_off")]
        {
            for component in Component::ALL.map(Component::name) {
                let entries = format!("{} AND effect = '{effect}' AND component = '{component}'", of("entries"));
                let (one, other) = (sum("amount", &entries), sum(&format!("{measure}_{component}"), &of("balances")));
                assert_eq!(one, other, "{} {effect} {component}", row.loan);
            }
        }
        for effect in ["disbursed", "credited"] {
            let column = if effect == "credited" { "credit" } else { effect };
            let entries = sum("amount", &format!("{} AND effect = '{effect}'", of("entries")));
            assert_eq!(entries, sum(column, &of("balances")), "{} {effect}", row.loan);
        }
        // instalments are the loan's own
        let state = ledger.state(&stream(&row.loan)).await.unwrap();
        for instalment in state.book.instalments() {
            let (number, open) = (instalment.row.number, instalment.open().unwrap());
            let of = format!("{} AND instalment = {number}", of("instalments"));
            assert_eq!(components(&db, "outstanding", &of), open, "{} {number}", row.loan);
            assert_eq!(sum("contractual_open", &of), instalment.contractual_open().unwrap(), "{} {number}", row.loan);
            let due: (String, String) = db
                .query_row(&format!("SELECT due_on, from_on FROM {of}"), [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            assert_eq!(due, (instalment.row.due_on.to_string(), instalment.row.from.to_string()));
        }
    }
    assert_eq!(one::<i64>(&db, "SELECT COUNT(*) FROM instalments WHERE due_on IS NULL OR from_on IS NULL"), 0);
    let events = ledger.store().head().await.unwrap().unwrap().0 + 1;
    let counted: i64 = one(&db, "SELECT (SELECT COUNT(*) FROM transactions) + (SELECT COUNT(*) FROM closings)");
    assert_eq!(counted, i64::try_from(events).unwrap(), "every event of this book is of a loan or closes a day");
}

#[tokio::test]
async fn days_past_due_by_sql_are_those_of_the_arrears_list() {
    let (ledger, place) = (book().await, Place::new());
    sink(ledger.store(), &place.path("db"), 20_000, false).await.unwrap();
    let db = place.open("db");
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "the store").unwrap();
    projections.catch_up(ledger.store()).await.unwrap();
    let on = day("2024-07-03");
    let mut late = 0;
    for row in projections.overdue(on, &Buckets::builtin().unwrap()).unwrap().rows {
        let sql = format!("SELECT MIN(due_on) FROM instalments WHERE loan = '{}' AND contractual_open > 0", row.loan);
        assert_eq!(
            one::<Option<String>>(&db, &sql),
            row.oldest_unpaid_due_on.map(|due_on| due_on.to_string()),
            "{}",
            row.loan
        );
        late += 1;
    }
    assert!(late > 2, "the book has loans in arrears");
    for loan in LOANS {
        let state = ledger.state(&stream(loan)).await.unwrap();
        let unpaid = position(&state, on).unwrap().oldest_unpaid_due_on.map(|due_on| due_on.to_string());
        let sql = format!("SELECT MIN(due_on) FROM instalments WHERE loan = '{loan}' AND contractual_open > 0");
        assert_eq!(one::<Option<String>>(&db, &sql), unpaid, "{loan}");
    }
}

#[tokio::test]
async fn a_run_that_breaks_off_anywhere_is_gone_on_with() {
    let (ledger, place) = (book().await, Place::new());
    sink(ledger.store(), &place.path("whole"), 20_000, false).await.unwrap();
    let whole = place.dump("whole");
    let mut broken = 0;
    for reads in 1..40 {
        let log = Prefix::breaking(ledger.store(), reads);
        // two events are read at a time: some rows wait for their commit when it breaks off
        match sink(&log, &place.path("steps"), 5, false).await {
            Err(Error::Read(_)) => broken += 1,
            other => {
                other.unwrap();
                break;
            }
        }
    }
    assert!(broken > 3, "it did break off");
    sink(ledger.store(), &place.path("steps"), 3, false).await.unwrap();
    assert_eq!(place.dump("steps"), whole);
    // once more, with nothing new
    let report = sink(ledger.store(), &place.path("steps"), 3, false).await.unwrap();
    assert_eq!((report.events, report.from), (0, report.to));
    assert_eq!(place.dump("steps"), whole);
    sink(ledger.store(), &place.path("steps"), 1_000, true).await.unwrap();
    assert_eq!(place.dump("steps"), whole, "built anew");
}

/// A log at whose first read another run does all.
struct Overtaken<'a> {
    log: &'a MemoryStore,
    path: PathBuf,
    done: AtomicBool,
}

#[async_trait]
impl EventReader for Overtaken<'_> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.log.read_stream(stream, from, limit).await
    }
    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        if !self.done.swap(true, Ordering::SeqCst) {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(sink(self.log, &self.path, 20_000, false)).unwrap();
                });
            });
        }
        self.log.read_all(after, limit).await
    }
    async fn head(&self) -> Result<Option<Position>, ReadError> {
        self.log.head().await
    }
    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        self.log.wait_after(after).await
    }
}

#[tokio::test]
async fn a_run_that_another_one_overtook_keeps_nothing() {
    let (ledger, place) = (book().await, Place::new());
    let log = Overtaken { log: ledger.store(), path: place.path("db"), done: AtomicBool::new(false) };
    let error = sink(&log, &place.path("db"), 20_000, false).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    sink(ledger.store(), &place.path("alone"), 20_000, false).await.unwrap();
    assert_eq!(place.dump("db"), place.dump("alone"));
}

#[tokio::test]
async fn the_read_model_of_another_log_is_refused_and_kept() {
    let (ledger, place) = (book().await, Place::new());
    sink(ledger.store(), &place.path("db"), 20_000, false).await.unwrap();
    let before = place.dump("db");
    let refused = async |log: &dyn EventReader, store_id: &str, what: &str| {
        let mut target = Sqlite::open(&place.path("db")).unwrap();
        let run_of = Run { log, store_id, commit_every: 10, rebuild: false };
        let error = run(&run_of, &mut target, |_| true).await.unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains(what), "{error}");
        assert_eq!(place.dump("db"), before);
    };
    refused(ledger.store(), "another store", "of another ledger").await;
    refused(&Prefix::new(ledger.store(), 30), "the store", "after the end of the log").await;
    let other = book().await;
    for number in 0..3 {
        other.execute(&stream("A1"), command("2024-07-03", number, pay(1, Currency::CNY))).await.unwrap();
    }
    // the same events up to the checkpoint are the same log, one event more or less is not
    sink(other.store(), &place.path("db"), 20_000, false).await.unwrap();
    let before = place.dump("db");
    assert!(matches!(sink(ledger.store(), &place.path("db"), 9, false).await, Err(Error::Mismatch { .. })));
    assert_eq!(place.dump("db"), before);
    place.open("db").execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'", []).unwrap();
    let error = sink(other.store(), &place.path("db"), 9, false).await.unwrap_err();
    assert!(error.to_string().contains("version 99"), "{error}");
    sink(other.store(), &place.path("db"), 9, true).await.unwrap();
    assert_eq!(place.dump("db"), before, "--rebuild makes it good");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_steps_give_the_same_content(
        payments in prop::collection::vec((0_usize..4, 1_i64..300_000, 0_i64..120), 1..6),
        cuts in prop::collection::vec(0_u64..130, 0..5),
        commit_every in 1_u64..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (ledger, place) = (book().await, Place::new());
            for (number, (loan, amount, back)) in (100..).zip(payments) {
                let mut payment = command("2024-07-03", number, pay(amount, Currency::CNY));
                payment.effective_on = day("2024-07-03").plus_days(-back).unwrap();
                // one that the ledger refuses leaves the log as it is
                let _ = ledger.execute(&stream(["A1", "A2", "A4", "A5"][loan]), payment).await;
            }
            sink(ledger.store(), &place.path("whole"), 20_000, false).await.unwrap();
            let mut cuts = cuts;
            cuts.sort_unstable();
            for until in cuts {
                sink(&Prefix::new(ledger.store(), until), &place.path("steps"), commit_every, false).await.unwrap();
            }
            sink(ledger.store(), &place.path("steps"), commit_every, false).await.unwrap();
            assert_eq!(place.dump("steps"), place.dump("whole"));
        });
    }
}
