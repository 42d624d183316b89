//! Exports and the read model on the command line: sums foot through sub-ledger, books, files and SQL; what is broken off is gone on
//! with; an independent reader reads the Parquet; the documents say what is there.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::Place;
use downstream::sink::Sqlite;
use downstream::tables;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DOCUMENT: &str = include_str!("../../docs/DOWNSTREAM.md");

fn demo(loans: &str) -> Place {
    let place = Place::empty();
    place.done(&["demo", "--loans", loans, "--store", "book", "--quiet"]);
    place
}

fn one<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn dump(place: &Place, name: &str) -> String {
    Sqlite::open(&place.path().join(name)).unwrap().dump().unwrap()
}

/// Minor units of an amount with two decimals.
fn minor(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

#[test]
fn sums_foot_through_sub_ledger_books_files_and_sql() {
    let place = demo("60");
    place.done(&["sink", "run", "--store", "book", "--to", "sqlite:book.db"]);
    let everything = ["--as-of", "2099-12-31", "--store", "book"];
    let export = [&["export", "all", "--to", "csv", "--directory", "out"][..], &everything].concat();
    place.done(&export);
    let manifest: serde_json::Value = serde_json::from_str(&place.read("out/manifest.json")).unwrap();
    let digest = place.json(&["digest", "--store", "book"]);
    assert_eq!(manifest["log"]["merkle_root"], digest["root"]);
    assert_eq!(manifest["log"]["events"], digest["size"]);
    let db = Connection::open(place.path().join("book.db")).unwrap();
    let balances = place.json(&["balance", "--totals", "--store", "book"]);
    let books = place.json(&[&["books", "trial-balance"][..], &everything].concat());
    let account = |currency: &str, name: &str| {
        let rows = books["accounts"].as_array().unwrap().iter();
        let row = rows.filter(|row| row["currency"] == currency && row["account"] == name).map(|row| &row["balance"]);
        row.map(|balance| minor(balance.as_str().unwrap())).sum::<i64>()
    };
    let totals = balances["totals"].as_array().unwrap();
    assert_eq!(totals.len(), 2);
    for total in totals {
        let currency = total["currency"].as_str().unwrap();
        let files = |table: &str, column: &str| {
            let sums = &manifest["contents"][table]["control_totals"][currency]["sums"];
            minor(sums[column].as_str().unwrap_or_else(|| panic!("{table} {column}: {sums}")))
        };
        let sql = |column: &str, table: &str| {
            one::<i64>(&db, &format!("SELECT SUM({column}) FROM {table} WHERE currency = '{currency}'"))
        };
        for (component, name) in
            [("principal", "Principal"), ("interest", "Interest"), ("fee", "Fee"), ("penalty", "Penalty")]
        {
            let expected = minor(total[component].as_str().unwrap());
            let column = format!("outstanding_{component}");
            assert_eq!(
                account(currency, &format!("Assets:Receivable:{name}")),
                expected,
                "books {currency} {component}"
            );
            assert_eq!(sql(&column, "balances"), expected, "{currency} {component}");
            assert_eq!(sql(&column, "instalments"), expected, "{currency} {component}");
            assert_eq!(files("balances", &column), expected, "{currency} {component}");
            assert_eq!(files("instalments", &column), expected, "{currency} {component}");
        }
        let disbursed = minor(total["disbursed"].as_str().unwrap());
        assert!(disbursed > 0);
        assert_eq!((sql("disbursed", "balances"), files("balances", "disbursed")), (disbursed, disbursed));
        let received = minor(total["received"].as_str().unwrap());
        let paid = "paid_principal + paid_interest + paid_fee + paid_penalty";
        assert_eq!(sql(paid, "balances"), received);
        assert_eq!(files("journal", "amount"), 0);
        assert_eq!(files("journal", "debit"), files("journal", "credit"));
    }
    let status = place.json(&["sink", "status", "--store", "book", "--to", "sqlite:book.db"]);
    assert_eq!(status["up_to_date"], true);
}

#[test]
fn a_killed_run_is_gone_on_with() {
    let place = demo("120");
    place.done(&["sink", "run", "--store", "book", "--to", "sqlite:whole.db"]);
    let whole = dump(&place, "whole.db");
    let run = ["sink", "run", "--store", "book", "--to", "sqlite:killed.db", "--commit-every", "10"];
    let position = || -> Option<i64> {
        let db = Connection::open(place.path().join("killed.db")).ok()?;
        db.busy_timeout(Duration::from_secs(5)).ok()?;
        db.query_row("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'position'", [], |row| row.get(0)).ok()
    };
    let mut stood = Vec::new();
    for _ in 0..3 {
        let from = position();
        let mut child = place.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while position() == from && begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        stood.push(position());
    }
    assert!(stood.iter().all(Option::is_some), "{stood:?}");
    place.done(&run);
    assert_eq!(dump(&place, "killed.db"), whole);
}

#[test]
fn a_run_that_follows_leaves_the_ledger_to_others() {
    let place = Place::with_loan();
    let args = ["sink", "run", "--to", "sqlite:book.db", "--follow", "--every", "1"];
    let mut child = place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now();
    let repayments = || -> i64 {
        let Ok(db) = Connection::open(place.path().join("book.db")) else { return -1 };
        let sql = "SELECT COUNT(*) FROM transactions WHERE event = 'repayment-received'";
        db.query_row(sql, [], |row| row.get(0)).unwrap_or(-1)
    };
    let wait_for = |expected: i64| {
        while repayments() != expected {
            assert!(patience.elapsed() < Duration::from_secs(120), "{expected} repayments never came");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait_for(0);
    for number in 1..=2 {
        let reference = format!("PAY-{number}");
        let repay = ["repay", "L-1", "10", "--on", "2024-03-01", "--reference", &reference];
        // while a look lasts the ledger is in use
        while place.run(&repay).code == 6 {
            assert!(patience.elapsed() < Duration::from_secs(120), "the ledger is never free");
        }
        wait_for(number);
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn an_independent_reader_reads_the_parquet() {
    let python = std::env::var("ILEDGER_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import pyarrow"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        println!("skipped: `{python}` has no pyarrow");
        return;
    }
    let place = demo("30");
    let export = ["export", "all", "--to", "parquet", "--directory", "out", "--as-of", "2025-12-31", "--store", "book"];
    place.done(&export);
    let script = r#"
import decimal, json, pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds
decimal.getcontext().prec = 60
manifest = json.load(open("out/manifest.json"))
for name, contents in manifest["contents"].items():
    table = ds.dataset(f"out/{name}", partitioning="hive").to_table()
    assert table.num_rows == contents["rows"], name
    for field in table.schema:
        if field.name.endswith("_on"):
            assert field.type == pa.date32(), field
        if field.name.endswith("_at"):
            assert field.type == pa.timestamp("us", tz="UTC"), field
    for currency, totals in contents["control_totals"].items():
        rows = table.filter(pc.equal(table["currency"], currency))
        for column, told in totals["sums"].items():
            assert table.schema.field(column).type == pa.decimal128(23, 4), column
            total = sum((value for value in rows[column].to_pylist() if value is not None), decimal.Decimal(0))
            assert total == decimal.Decimal(told), (name, currency, column, total, told)
print("rows", sum(contents["rows"] for contents in manifest["contents"].values()))
"#;
    let said = Command::new(&python).args(["-c", script]).current_dir(place.path()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(String::from_utf8_lossy(&said.stdout).starts_with("rows "));
}

/// The blocks of SQL in the document.
fn queries() -> Vec<&'static str> {
    DOCUMENT.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_queries_of_the_document_have_answers() {
    let place = demo("120");
    place.done(&["sink", "run", "--store", "book", "--to", "sqlite:book.db"]);
    let db = Connection::open(place.path().join("book.db")).unwrap();
    let queries = queries();
    assert!(queries.len() >= 5);
    for sql in queries {
        let mut statement = db.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let first = rows.next().unwrap().unwrap_or_else(|| panic!("no rows: {sql}"));
        assert!((0..width).all(|at| first.get_ref(at).is_ok()), "{sql}");
    }
}

#[test]
fn the_document_lists_every_column() {
    for table in tables::all() {
        let (_, section) =
            DOCUMENT.split_once(&format!("### `{}`", table.name)).unwrap_or_else(|| panic!("{}", table.name));
        let section = section.split("\n### ").next().unwrap().split("\n## ").next().unwrap();
        let rows: BTreeMap<&str, &str> =
            section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).collect();
        for column in &table.columns {
            let row = rows.get(column.name.as_str()).unwrap_or_else(|| panic!("{}.{}", table.name, column.name));
            assert!(row.starts_with(column.kind.name()), "{}.{}: {row}", table.name, column.name);
            assert!(row.contains(&column.meaning), "{}.{}: {row}", table.name, column.name);
        }
        assert_eq!(rows.len(), table.columns.len(), "{}", table.name);
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = Place::with_loan();
    let said = place.run(&["export", "loans", "--to", "parquet"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("--output") && said.out.is_empty(), "{}", said.err);
    assert_eq!(place.run(&["sink", "run", "--to", "book.db"]).code, 2);
    assert_eq!(place.run(&["sink", "run", "--to", "mysql:book"]).code, 2);
    let said = place.run(&["sink", "status", "--to", "sqlite:none.db"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(!place.path().join("none.db").exists());
    place.file(
        "text.db",
        "this is no database, and long enough to be seen as none by whoever opens it; it stays as it is.",
    );
    let said = place.run(&["sink", "run", "--to", "sqlite:text.db"]);
    assert_eq!(said.code, 6, "{}", said.err);
    assert!(place.read("text.db").starts_with("this is no database"));
    // the read model of another ledger
    place.done(&["sink", "run", "--to", "sqlite:book.db"]);
    place.done(&["init", "--store", "second", "--currency", "USD"]);
    let open = ["loan", "open", "L-1", "--product", "us-annuity-36-up", "--principal", "3600", "--on", "2024-01-15"];
    place.done(&[&open[..], &["--store", "second"]].concat());
    let said = place.run(&["sink", "run", "--store", "second", "--to", "sqlite:book.db"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("other-read-model") && said.err.contains("--rebuild"), "{}", said.err);
    let said = place.run(&["sink", "status", "--store", "second", "--to", "sqlite:book.db"]);
    assert_eq!(said.code, 1, "{}", said.err);
    place.done(&["sink", "run", "--store", "second", "--to", "sqlite:book.db", "--rebuild"]);
    // an export beside other things
    std::fs::create_dir(place.path().join("full")).unwrap();
    place.file("full/mine.txt", "kept");
    let said = place.run(&["export", "all", "--directory", "full"]);
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("export-exists"), "{}", said.err);
    assert_eq!(place.read("full/mine.txt"), "kept");
}
