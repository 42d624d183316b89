//! The projections over a real book, on both stores: incremental equals rebuilt to the byte, and sums equal the loans' own.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, pay, stream};
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Components, Status, position};
use ledger_core::money::{Amount, Currency};
use ledger_core::store::OpenOptions;
use ledger_core::store::{BlockStore, EventStore, MemoryStore};
use projections::balances::BalanceFilter;
use projections::classification::RuleBook;
use projections::overdue::Buckets;
use std::collections::BTreeMap;
use std::path::Path;

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

const LOANS: [&str; 7] = ["A1", "A2", "A3", "A4", "A5", "A6", "B1"];

async fn incremental_equals_rebuilt<S: EventStore>(store: S) {
    let ledger = Ledger::open(store).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (steps, anew) = (directory.path().join("steps"), directory.path().join("anew"));
    let mut projections = projections::open(&steps, "the store").unwrap();
    projections.catch_up(ledger.store()).await.unwrap();
    book::live(&ledger).await.unwrap();
    projections.catch_up(ledger.store()).await.unwrap();
    for number in 0..5 {
        let payment = command("2024-07-03", 90 + number, pay(777, Currency::CNY));
        ledger.execute(&stream("A1"), payment).await.unwrap();
        // a program that is started anew each time
        projections = projections::open(&steps, "the store").unwrap();
        assert!(projections.catch_up(ledger.store()).await.unwrap().stopped().next().is_none());
    }
    let mut rebuilt = projections::open(&anew, "the store").unwrap();
    rebuilt.catch_up(ledger.store()).await.unwrap();
    assert_eq!(files(&steps), files(&anew), "from the start in one pass");
    projections.rebuild(ledger.store()).await.unwrap();
    assert_eq!(files(&steps), files(&anew), "rebuilt beside the stored ones");

    let view = projections.balances(&BalanceFilter::default()).unwrap();
    assert_eq!(view.rows.len(), LOANS.len());
    for row in &view.rows {
        let state = ledger.state(&stream(&row.loan)).await.unwrap();
        let open: Components = state.book.open().unwrap();
        assert_eq!(row.amounts.outstanding, open, "{}", row.loan);
        assert_eq!(row.amounts.credit, state.book.credit(), "{}", row.loan);
        assert_eq!(row.amounts.written_off, state.book.written_off().unwrap(), "{}", row.loan);
        assert_eq!(row.status, state.status().unwrap(), "{}", row.loan);
    }
    for (currency, totals) in &view.totals {
        let of_currency = view.rows.iter().filter(|row| row.currency == *currency);
        let sum = Amount::sum(of_currency.map(|row| row.amounts.outstanding.total().unwrap())).unwrap();
        assert_eq!(totals.outstanding.total().unwrap(), sum);
    }

    let rules = RuleBook::builtin().unwrap();
    for date in ["2024-01-31", "2024-04-10", "2024-04-26", "2024-07-03", "2025-12-31"].map(day) {
        let overdue = projections.overdue(date, &Buckets::builtin().unwrap()).unwrap();
        let classes = projections.classify(date, rules.in_force("cn-five-tier", date).unwrap()).unwrap();
        for loan in LOANS {
            let position = position(&ledger.state(&stream(loan)).await.unwrap(), date).unwrap();
            let row = overdue.rows.iter().find(|row| &*row.loan == loan);
            assert_eq!(
                row.map_or(Amount::ZERO, |row| row.overdue_total),
                position.overdue.total().unwrap(),
                "{loan} on {date}"
            );
            if let Some(row) = row {
                assert_eq!(row.days_past_due, position.days_past_due, "{loan} on {date}");
            }
            if position.status == Status::Active {
                let class = classes.rows.iter().find(|row| &*row.loan == loan).unwrap();
                let expected = match position.days_past_due {
                    None => "unknown",
                    Some(..=0) => "normal",
                    Some(1..=90) => "special-mention",
                    Some(91..=270) => "substandard",
                    Some(271..=360) => "doubtful",
                    Some(_) => "loss",
                };
                assert_eq!(&*class.class, expected, "{loan} on {date}: {:?}", position.days_past_due);
            }
        }
    }
}

#[tokio::test]
async fn in_memory() {
    incremental_equals_rebuilt(MemoryStore::new()).await;
}

#[tokio::test]
async fn in_sled() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlockStore::create(directory.path().join("log"), OpenOptions::default()).unwrap();
    incremental_equals_rebuilt(store).await;
}
