//! Exports over a real book: what the files hold adds up to the manifest and to the ledger, in every encoding.
#![expect(clippy::unwrap_used, reason = "a test may")]

use downstream::Error;
use downstream::feed::Rows;
use downstream::files::manifest::{Log, Manifest, Subject};
use downstream::files::{Begun, Directory, Encoding, Output, Plan, Single, export};
use downstream::table::{Kind, Table, Value};
use downstream::tables;
use iledger_tests::book::{self, day};
use iledger_tests::prefix::Prefix;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::Ledger;
use ledger_core::loan::position;
use ledger_core::money::Currency;
use ledger_core::record::canonical::Canonical;
use ledger_core::record::json;
use ledger_core::store::{EventReader, MemoryStore};
use ledger_core::terms::Component;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, RowAccessor as _};
use projections::general_ledger::{BooksError, Cut, PostingRules, TrialBalance, read};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

const AS_OF: &str = "2024-06-30";
const ENCODINGS: [Encoding; 3] = [Encoding::Csv, Encoding::JsonLines, Encoding::Parquet];

async fn book() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    ledger
}

fn subject(encoding: Encoding, events: u64, as_of: Date, known_at: Option<Timestamp>) -> Subject {
    let log = Log { store_id: "the store".into(), events, position: None, merkle_root: "00".into() };
    let names = tables::all().map(|table| table.name.to_owned()).to_vec();
    Subject::new(encoding.name(), log, as_of, known_at, names)
}

async fn whole(
    log: &dyn EventReader,
    dir: &Path,
    encoding: Encoding,
    as_of: Date,
    known_at: Option<Timestamp>,
) -> Result<Manifest, Error> {
    let until = log.head().await?;
    let subject = subject(encoding, until.map_or(0, |head| head.0 + 1), as_of, known_at);
    let mut directory = match Directory::begin(dir, encoding, "urn:test", subject)? {
        Begun::There(manifest) => return Ok(manifest),
        Begun::New(directory) => directory,
    };
    let (tables, rules) = (tables::all(), PostingRules::builtin().unwrap());
    let plan = Plan { tables: &tables, as_of, known_at, until };
    export(log, &plan, &rules, &mut directory, |_| true).await?;
    directory.finish(&tables)
}

/// Every file below a directory.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The rows of a file as texts by column, read back without the writer's code.
fn rows(table: &Table, encoding: Encoding, bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    match encoding {
        Encoding::Csv => {
            let mut reader = csv::Reader::from_reader(bytes);
            reader.deserialize().collect::<Result<_, _>>().unwrap()
        }
        Encoding::JsonLines => String::from_utf8(bytes.to_vec())
            .unwrap()
            .lines()
            .map(|line| {
                let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
                let text = |value: serde_json::Value| match value {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                };
                object.into_iter().map(|(name, value)| (name, text(value))).collect()
            })
            .collect(),
        Encoding::Parquet => {
            let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(bytes)).unwrap();
            let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap());
            rows.map(|row| {
                let name = |at: usize| table.columns[at].name.clone();
                let value = |at: usize, field: &Field| match field {
                    Field::Null => String::new(),
                    Field::Str(text) => text.clone(),
                    Field::Decimal(_) => decimal(row.get_decimal(at).unwrap()),
                    other => other.to_string(),
                };
                row.get_column_iter().enumerate().map(|(at, (_, field))| (name(at), value(at, field))).collect()
            })
            .collect()
        }
    }
}

fn decimal(decimal: &parquet::data_type::Decimal) -> String {
    assert_eq!((decimal.precision(), decimal.scale()), (23, 4));
    let sign = if decimal.data()[0] & 128 == 0 { 0 } else { 255 };
    let mut bytes = [sign; 16];
    bytes[6..].copy_from_slice(decimal.data());
    let scaled = i128::from_be_bytes(bytes);
    format!("{}{}.{:04}", if scaled < 0 { "-" } else { "" }, scaled.abs() / 10_000, scaled.abs() % 10_000)
}

/// Minor units of a decimal text.
fn minor(text: &str, currency: Currency) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let exponent = usize::try_from(currency.exponent()).unwrap();
    assert!(decimals.chars().skip(exponent).all(|one| one == '0'), "{text}");
    format!("{whole}{:0<exponent$.exponent$}", decimals).parse().unwrap()
}

#[tokio::test]
async fn files_add_up_to_the_manifest_and_to_each_other() {
    let (ledger, dir) = (book().await, tempfile::tempdir().unwrap());
    let mut manifests = Vec::new();
    for encoding in ENCODINGS {
        let path = dir.path().join(encoding.name());
        let manifest = whole(ledger.store(), &path, encoding, day(AS_OF), None).await.unwrap();
        let all = files(&path);
        let listed: usize = manifest.contents.values().map(|contents| contents.files.len()).sum();
        assert_eq!(all.len(), listed + 1, "every file and the manifest, nothing else: {:?}", all.keys());
        for table in tables::all() {
            let contents = &manifest.contents[table.name];
            let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
            let mut count = 0;
            for file in &contents.files {
                let bytes = &all[&file.path];
                assert_eq!(json::hex(&Sha256::digest(bytes)), file.sha256, "{}", file.path);
                assert_eq!(bytes.len() as u64, file.bytes);
                let rows = rows(table, encoding, bytes);
                assert_eq!(rows.len() as u64, file.rows, "{}", file.path);
                count += file.rows;
                for row in rows {
                    for column in table.columns.iter().filter(|column| column.kind == Kind::Amount) {
                        let currency: Currency = row["currency"].parse().unwrap();
                        if !row[&column.name].is_empty() {
                            *sums.entry((currency.to_string(), column.name.clone())).or_default() +=
                                minor(&row[&column.name], currency);
                        }
                    }
                }
            }
            assert_eq!(count, contents.rows, "{}", table.name);
            assert!(count > 0, "{}", table.name);
            let mut told = BTreeMap::new();
            for (currency, totals) in &contents.control_totals {
                for (column, sum) in &totals.sums {
                    let minor = minor(sum, currency.parse().unwrap());
                    told.insert((currency.clone(), column.clone()), minor);
                }
            }
            assert_eq!(sums, told, "{} {}", encoding.name(), table.name);
        }
        assert_eq!(manifest.contents["journal"].control_totals["CNY"].sums["amount"], "0.00");
        manifests.push(manifest);
    }
    for manifest in &manifests[1..] {
        for (table, contents) in &manifest.contents {
            assert_eq!(contents.control_totals, manifests[0].contents[table].control_totals);
            assert_eq!(contents.rows, manifests[0].contents[table].rows);
        }
    }
}

/// Rows in memory: table, and values by column.
#[derive(Debug, Default, PartialEq)]
struct Collected(Vec<(&'static str, BTreeMap<String, String>)>);

impl Rows for Collected {
    fn row(&mut self, table: &'static Table, _day: Date, values: &[Value<'_>]) -> Result<(), Error> {
        assert_eq!(values.len(), table.columns.len(), "{}", table.name);
        let text = |value: &Value<'_>| match value {
            Value::Text(text) => (*text).to_owned(),
            Value::Amount(amount, _) => amount.minor().to_string(),
            other => format!("{other:?}"),
        };
        let named = table.columns.iter().zip(values).map(|(column, value)| (column.name.clone(), text(value)));
        self.0.push((table.name, named.collect()));
        Ok(())
    }
}

async fn collected(log: &dyn EventReader, as_of: Date, known_at: Option<Timestamp>) -> Collected {
    let (tables, rules) = (tables::all(), PostingRules::builtin().unwrap());
    let plan = Plan { tables: &tables, as_of, known_at, until: log.head().await.unwrap() };
    let mut rows = Collected::default();
    export(log, &plan, &rules, &mut rows, |_| true).await.unwrap();
    rows
}

#[tokio::test]
async fn balances_as_of_a_day_are_the_loans_own() {
    let ledger = book().await;
    for on in ["2024-02-15", "2024-03-31", "2024-04-10", "2024-04-24", "2024-06-30"].map(day) {
        let rows = collected(ledger.store(), on, None).await.0;
        let balances: Vec<_> = rows.iter().filter(|(table, _)| *table == "balances").map(|(_, row)| row).collect();
        assert_eq!(balances.len(), 7, "{on}");
        for row in balances {
            let loan = &row["loan"];
            let state = ledger.state(&book::stream(loan)).await.unwrap();
            let book = state.book.as_of(on).unwrap();
            for of in Component::ALL {
                let open = book.open().unwrap().get(of).minor().to_string();
                assert_eq!(row[&format!("outstanding_{}", of.name())], open, "{loan} {on}");
            }
            assert_eq!(row["credit"], book.credit().minor().to_string(), "{loan} {on}");
            let status = position(&state, on).unwrap().status;
            let loans = rows.iter().find(|(table, row)| *table == "loans" && row["loan"] == *loan).unwrap();
            assert_eq!(loans.1["status"], status.name(), "{loan} {on}");
        }
        let dated = |table: &str, column: &str| {
            let of = rows.iter().filter(|(name, _)| *name == table);
            of.map(|(_, row)| row[column].clone()).max().unwrap()
        };
        assert!(dated("journal", "posted_on") <= format!("Date({on})"));
        // the journal is the books of that day
        let mut balance = TrialBalance::default();
        let add = |entry| -> Result<(), BooksError> { Ok(balance.add(&entry)?) };
        let (builtin, cut) = (PostingRules::builtin().unwrap(), Cut { as_of: on, known_at: None });
        read(ledger.store(), &builtin, &cut, add).await.unwrap();
        let mut ours: BTreeMap<(String, String), [i64; 2]> = BTreeMap::new();
        for (_, row) in rows.iter().filter(|(table, _)| *table == "journal") {
            let sums = ours.entry((row["currency"].clone(), row["account"].clone())).or_default();
            sums[0] += row["debit"].parse::<i64>().unwrap();
            sums[1] += row["credit"].parse::<i64>().unwrap();
        }
        let theirs: BTreeMap<(String, String), [i64; 2]> = balance
            .rows
            .iter()
            .map(|((currency, account), row)| {
                ((currency.to_string(), account.to_string()), [row.debits.minor(), row.credits.minor()])
            })
            .collect();
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs, "{on}");
        assert!(dated("entries", "effective_on") <= format!("Date({on})"));
    }
}

#[tokio::test]
async fn what_was_known_is_what_a_shorter_log_says() {
    let ledger = book().await;
    let records = ledger.store().read_all(None, usize::MAX).await.unwrap();
    // clocks of this book go back at times: instants at which what was recorded is the beginning of the log
    let recorded = |at: usize| records[at].envelope.recorded_at;
    let is_beginning = |last: &usize| {
        (0..=*last).all(|at| recorded(at) <= recorded(*last))
            && (*last + 1..records.len()).all(|at| recorded(at) > recorded(*last))
    };
    let lasts: Vec<usize> = (0..records.len() - 1).filter(is_beginning).collect();
    assert!(lasts.len() > 2, "{lasts:?}");
    for until in lasts.into_iter().rev().take(5) {
        let log = Prefix::new(ledger.store(), until as u64);
        let known = collected(ledger.store(), day(AS_OF), Some(recorded(until))).await;
        assert!(!known.0.is_empty());
        assert_eq!(known, collected(&log, day(AS_OF), None).await);
    }
}

#[tokio::test]
async fn events_come_in_the_envelope_of_cloud_events() {
    let ledger = book().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let mut file = Single::new(&tables::EVENTS, Encoding::JsonLines, "urn:test", Output::file(&path).unwrap()).unwrap();
    let rules = PostingRules::builtin().unwrap();
    let until = ledger.store().head().await.unwrap();
    let plan = Plan { tables: &[&tables::EVENTS], as_of: day(AS_OF), known_at: None, until };
    export(ledger.store(), &plan, &rules, &mut file, |_| true).await.unwrap();
    let records = ledger.store().read_all(None, usize::MAX).await.unwrap();
    assert_eq!(file.finish().unwrap(), records.len() as u64);
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut ids, mut sequences) = (std::collections::BTreeSet::new(), Vec::new());
    for (line, record) in text.lines().zip(&records) {
        let event: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        // required by the specification, and never empty
        assert_eq!(event["specversion"], "1.0");
        for name in ["id", "source", "type"] {
            assert!(event[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        assert_eq!(event["type"], format!("iledger.{}.v{}", record.envelope.kind, record.envelope.schema));
        assert_eq!(event["subject"], record.stream.as_str());
        assert!(event["time"].as_str().unwrap().parse::<Timestamp>().unwrap() == record.envelope.recorded_at);
        // names of attributes: lower-case letters and digits
        assert!(event.keys().all(|name| name.bytes().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())));
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "source and id are unique");
        sequences.push(event["sequence"].as_str().unwrap().to_owned());
        let mut canonical = Canonical::new();
        let leaf = std::str::from_utf8(json::to_canonical(record, &mut canonical).unwrap()).unwrap();
        assert!(line.contains(&format!("\"data\":{leaf}")), "the data are the leaf's bytes");
    }
    assert_eq!(text.lines().count(), records.len());
    assert!(sequences.is_sorted());
}

#[tokio::test]
async fn an_export_is_whole_or_begun_anew_and_never_mixed() {
    let (ledger, dir) = (book().await, tempfile::tempdir().unwrap());
    let (once, again) = (dir.path().join("once"), dir.path().join("again"));
    let manifest = whole(ledger.store(), &once, Encoding::Parquet, day(AS_OF), None).await.unwrap();
    // broken off at any read, and gone on with
    for reads in [1, 7, 30] {
        let log = Prefix::breaking(ledger.store(), reads);
        let error = whole(&log, &again, Encoding::Parquet, day(AS_OF), None).await.unwrap_err();
        assert!(matches!(error, Error::Read(_)), "{error}");
        assert!(!again.join("manifest.json").exists());
    }
    assert!(matches!(
        whole(ledger.store(), &again, Encoding::Csv, day(AS_OF), None).await,
        Err(Error::Occupied { .. })
    ));
    whole(ledger.store(), &again, Encoding::Parquet, day(AS_OF), None).await.unwrap();
    assert_eq!(files(&again), files(&once), "the same bytes");
    // there already
    assert_eq!(whole(ledger.store(), &again, Encoding::Parquet, day(AS_OF), None).await.unwrap(), manifest);
    for (encoding, as_of) in [(Encoding::Csv, AS_OF), (Encoding::Parquet, "2024-05-31")] {
        let error = whole(ledger.store(), &again, encoding, day(as_of), None).await.unwrap_err();
        assert!(matches!(error, Error::Occupied { .. }), "{error}");
    }
    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("mine.txt"), "kept").unwrap();
    let error = whole(ledger.store(), &other, Encoding::Csv, day(AS_OF), None).await.unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    assert_eq!(files(&other).len(), 1);
    assert_eq!(files(&again), files(&once));
}
