//! The general ledger over a real book: every entry balances, and the receivable accounts are the sub-ledger's sums, less
//! what time has not earned yet.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, pay, stream};
use iledger_tests::books::entries;
use iledger_tests::sub_ledger;
use ledger_core::ledger::Ledger;
use ledger_core::money::Currency;
use ledger_core::store::{EventStore, MemoryStore};
use projections::general_ledger::{Cut, TrialBalance};
use proptest::prelude::*;

const LOANS: [&str; 7] = ["A1", "A2", "A3", "A4", "A5", "A6", "B1"];

/// Every entry balances, the trial balance is zero, and the sub-ledger of what was booked by the day ties to it.
async fn holds<S: EventStore>(ledger: &Ledger<S>, on: &str) {
    let cut = Cut { as_of: day(on), known_at: None };
    let mut balance = TrialBalance::default();
    for entry in entries(ledger.store(), cut).await {
        assert!(entry.sum().unwrap().is_zero(), "{entry:?}");
        balance.add(&entry).unwrap();
    }
    for total in balance.totals().unwrap().into_values() {
        assert_eq!(total.debits, total.credits);
    }
    sub_ledger::ties(ledger, &LOANS, &balance, cut.as_of, |record| record.envelope.booked_on).await;
}

#[tokio::test]
async fn the_sub_ledger_ties_to_the_books_on_every_day() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    for on in ["2024-01-10", "2024-01-31", "2024-03-31", "2024-04-08", "2024-04-20", "2024-04-26", "2024-06-30"] {
        holds(&ledger, on).await;
    }
    // at the end of all terms everything is earned, and the receivables are what is open
    holds(&ledger, "2099-12-31").await;
}

/// The sums of one account at two days differ by what the entries between them post; so any day's books can be asked for.
#[tokio::test]
async fn the_books_of_a_day_are_those_of_a_later_day_cut_off() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    let whole = entries(ledger.store(), Cut { as_of: day("2024-12-31"), known_at: None }).await;
    // an end of a month, a day with events, a due date
    for on in ["2024-03-31", "2024-04-12", "2024-04-30", "2024-05-15"].map(day) {
        let (mut cut_off, mut asked) = (TrialBalance::default(), TrialBalance::default());
        for entry in whole.iter().filter(|entry| entry.date <= on) {
            cut_off.add(entry).unwrap();
        }
        for entry in entries(ledger.store(), Cut { as_of: on, known_at: None }).await {
            asked.add(&entry).unwrap();
        }
        if on.is_end_of_month() {
            assert_eq!(cut_off, asked, "{on}");
        }
        let principal = "Assets:Receivable:Principal";
        for currency in [Currency::CNY, Currency::USD] {
            assert_eq!(cut_off.balance(currency, principal), asked.balance(currency, principal), "{on}");
        }
    }
}

#[tokio::test]
async fn what_was_not_known_yet_is_not_in_the_books() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    let cut = Cut { as_of: day("2024-06-30"), known_at: Some("2024-04-08T08:00:00Z".parse().unwrap()) };
    let known = entries(ledger.store(), cut).await;
    assert!(known.iter().any(|entry| entry.what == "repayment-received"));
    assert!(known.iter().all(|entry| entry.what != "repayment-reversed" && &*entry.loan != "B1"));
    let later = entries(ledger.store(), Cut { known_at: None, ..cut }).await;
    assert!(later.iter().any(|entry| entry.what == "repayment-reversed"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn backdated_payments_leave_the_books_tied(payments in prop::collection::vec((0_usize..4, 1_i64..300_000, 0_i64..120), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
            book::live(&ledger).await.unwrap();
            for (number, (loan, amount, back)) in (100..).zip(payments) {
                let mut payment = command("2024-07-03", number, pay(amount, Currency::CNY));
                payment.effective_on = day("2024-07-03").plus_days(-back).unwrap();
                // a payment that the ledger refuses leaves the books as they are
                let _ = ledger.execute(&stream(["A1", "A2", "A4", "A5"][loan]), payment).await;
            }
            holds(&ledger, "2024-07-03").await;
            holds(&ledger, "2024-06-30").await;
        });
    }
}
