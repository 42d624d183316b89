//! The frozen report of a period: it ties to the trial balance, and later events change no byte of it.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, meta, pay, stream};
use iledger_tests::books::{self, size, trial_balance};
use ledger_core::ledger::Ledger;
use ledger_core::money::{Amount, Currency};
use ledger_core::store::MemoryStore;
use projections::classification::RuleBook;
use projections::general_ledger::{Knowledge, PostingRules, TrialBalance};
use projections::provisions::ProvisionRates;
use projections::regulatory::{PeriodReport, Portfolio, classes, exposures, freeze};
use proptest::prelude::*;

async fn report(store: &MemoryStore, through: &str, events: u64) -> PeriodReport {
    let rules = RuleBook::builtin().unwrap();
    let rule = rules.in_force("cn-five-tier", day(through)).unwrap();
    let rates = ProvisionRates::builtin().unwrap();
    let posting = PostingRules::builtin().unwrap();
    freeze(store, day(through), (None, events, "00".repeat(32)), (rule, rates.first(), &posting)).await.unwrap()
}

async fn close(ledger: &Ledger<MemoryStore>, through: &str) {
    assert!(books::close_period(ledger, day(through), None, &meta(through)).await.unwrap());
}

async fn lived() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    ledger
}

#[tokio::test]
async fn later_events_change_no_byte_and_what_is_posted_later_is_named() {
    let ledger = lived().await;
    close(&ledger, "2024-06-30").await;
    let events = size(ledger.store()).await;
    let frozen = report(ledger.store(), "2024-06-30", events).await;
    assert!(frozen.ties());
    assert!(frozen.controls.iter().all(|control| control.posted_later.is_zero() && control.books.is_positive()));
    let bytes = frozen.to_bytes().unwrap();
    // dated and booked in the closed period
    let mut payment = command("2024-06-20", 900, pay(50_000, Currency::CNY));
    payment.effective_on = day("2024-03-20");
    ledger.execute(&stream("A4"), payment).await.unwrap();
    assert_eq!(report(ledger.store(), "2024-06-30", events).await.to_bytes().unwrap(), bytes);
    let now = report(ledger.store(), "2024-06-30", size(ledger.store()).await).await;
    assert!(now.ties());
    let of = |report: &PeriodReport| report.controls.iter().find(|one| one.currency == Currency::CNY).unwrap().clone();
    let (before, after) = (of(&frozen), of(&now));
    assert_eq!(after.books, before.books, "the closed books are as they were");
    assert!(after.posted_later.is_negative(), "the payment counts, and is posted on the first open day");
    assert_eq!(after.loans, before.loans.plus(after.posted_later).unwrap());
}

#[tokio::test]
async fn every_row_names_its_rule_and_its_event() {
    let ledger = lived().await;
    let portfolio = Portfolio::read(ledger.store(), Knowledge::default()).await.unwrap();
    let on = day("2024-06-30");
    let exposures = exposures(&portfolio, on).unwrap();
    let rules = RuleBook::builtin().unwrap();
    let rows = classes(&exposures, on, rules.in_force("cn-five-tier", on).unwrap());
    assert!(!rows.is_empty());
    for row in &rows {
        let reason = &row.reason;
        assert!(!reason.because.is_empty() && reason.event.is_some(), "{row:?}");
        let event = reason.event.unwrap();
        let history = ledger.history(&stream(&row.exposure.loan)).await.unwrap();
        let (_, stored) = history.iter().find(|(record, _)| record.version == event).unwrap();
        match &*row.class {
            "written-off" => assert_eq!(stored.event.facts.kind(), "loan-written-off"),
            _ => assert!(stored.event.outcome.plan.iter().any(|change| {
                Some(change.new.number) == reason.instalment && Some(change.new.due_on) == reason.due_on
            })),
        }
        if let (Some(days), Some(since)) = (reason.days, reason.since) {
            // the day before it was in another class
            assert!(days >= 0 && since <= on);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is booked when, for whatever day: loans, what is posted later, and books add up on every day.
    #[test]
    fn loans_and_books_tie(
        payments in prop::collection::vec((0_usize..4, 1_i64..300_000, 0_i64..150, 0_i64..60), 0..8),
        closed in any::<bool>(),
        looks in prop::collection::vec(0_i64..200, 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let ledger = lived().await;
            if closed {
                close(&ledger, "2024-06-30").await;
            }
            for (number, (loan, amount, age, booked_back)) in payments.into_iter().enumerate() {
                let currency = if loan == 3 { Currency::USD } else { Currency::CNY };
                let mut payment = command("2024-07-20", 500 + u32::try_from(number).unwrap(), pay(amount, currency));
                payment.booked_on = day("2024-07-20").plus_days(-booked_back).unwrap();
                payment.effective_on = payment.booked_on.plus_days(-age).unwrap();
                // what the ledger refuses changes nothing
                let _ = ledger.execute(&stream(["A1", "A2", "A4", "A6"][loan]), payment).await;
            }
            let events = size(ledger.store()).await;
            for after in looks {
                let on = day("2024-01-05").plus_days(after).unwrap();
                let report = report(ledger.store(), &on.to_string(), events).await;
                for control in &report.controls {
                    assert_eq!(control.difference, Amount::ZERO, "{on} {control:?}");
                }
                // its trial balance is that of the books
                assert_eq!(TrialBalance::of(&report.accounts), trial_balance(ledger.store(), on).await);
            }
        });
    }
}
