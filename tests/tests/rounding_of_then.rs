//! A log in which every rounding mode decides a cent: below, on and above the half. The day on which a mode computes something
//! else, the log of then cannot be derived again.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{command, minor, open, pay, stream, terms};
use ledger_core::ledger::{Ledger, Work};
use ledger_core::money::{Currency, Rounding};
use ledger_core::record::{Record, json};
use ledger_core::replay;
use ledger_core::store::{EventReader, MemoryStore};
use ledger_core::terms::{Amortisation, DayCount, Terms};
use std::num::NonZeroUsize;

const MODES: [Rounding; 4] = [Rounding::HalfEven, Rounding::HalfUp, Rounding::Up, Rounding::Down];

/// Half a percent a month on these is 50.4, 50.5, 50.6 and 51.5 cents.
const PRINCIPALS: [i64; 4] = [10_080, 10_100, 10_120, 10_300];

/// Interest of a month by mode (as in [`MODES`]) and principal, by hand.
const CENTS: [[i64; 4]; 4] = [[50, 50, 51, 52], [50, 51, 51, 52], [51, 51, 51, 52], [50, 50, 50, 51]];

fn interest_only(principal: i64, rounding: Rounding) -> Terms {
    let mut terms = terms("us-annuity-36-up", 100_000, Currency::USD, "2024-01-31");
    terms.principal = minor(principal);
    terms.amortisation = Amortisation::InterestOnly { balloon: None };
    terms.instalments = 3;
    terms.annual_rate = "0.06".parse().unwrap();
    terms.day_count = DayCount::Thirty360ByPeriod;
    terms.rounding = rounding;
    terms
}

/// An annuity whose level instalment is not a whole number of cents either way.
fn annuity(principal: i64, rounding: Rounding) -> Terms {
    let mut terms = interest_only(principal, Rounding::HalfUp);
    terms.amortisation = Amortisation::Annuity;
    terms.instalment_rounding = rounding;
    terms
}

async fn lived() -> Vec<Record> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    for (at, mode) in MODES.into_iter().enumerate() {
        for principal in PRINCIPALS {
            for (kind, terms) in [("I", interest_only(principal, mode)), ("A", annuity(principal, mode))] {
                let name = format!("{kind}{at}-{principal}");
                ledger.execute_one(open(&name, terms, "2024-01-31")).await.unwrap();
                let commands = vec![command("2024-02-29", 0, pay(60, Currency::USD))];
                ledger.execute_one(Work { stream: stream(&name), commands }).await.unwrap();
            }
        }
    }
    let report = replay::audit(ledger.store(), NonZeroUsize::MIN, |_| true).await.unwrap();
    assert_eq!(report.differences, []);
    ledger.store().read_all(None, 1_000).await.unwrap()
}

#[tokio::test]
async fn every_mode_rounds_its_own_way() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    for (mode, cents) in MODES.into_iter().zip(CENTS) {
        for (principal, interest) in PRINCIPALS.into_iter().zip(cents) {
            let name = format!("{mode:?}-{principal}");
            ledger.execute_one(open(&name, interest_only(principal, mode), "2024-01-31")).await.unwrap();
            let state = ledger.state(&stream(&name)).await.unwrap();
            assert_eq!(state.book.instalments()[0].row.planned.interest, minor(interest), "{name}");
        }
    }
}

#[tokio::test]
async fn the_log_of_then_is_derived_again() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/log_rounding_1.jsonl");
    let written: Vec<serde_json::Value> = lived().await.iter().map(|record| json::to_json(record).unwrap()).collect();
    if std::env::var_os("ILEDGER_WRITE_FIXTURES").is_some() {
        let lines: Vec<String> = written.iter().map(ToString::to_string).collect();
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let then: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(written.len(), then.len());
    for (now, then) in written.iter().zip(&then) {
        assert_eq!(now, then, "the same commands led to another event");
    }
}
