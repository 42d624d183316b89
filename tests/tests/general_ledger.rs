//! The general ledger over a real book: every entry balances, and the receivable accounts are the sub-ledger's sums.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, pay, stream};
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Components, Effect, LoanEvent, LoanState};
use ledger_core::money::{Amount, Currency};
use ledger_core::store::{EventStore, MemoryStore};
use ledger_core::terms::Component;
use projections::general_ledger::{BooksError, Cut, JournalEntry, PostingRules, TrialBalance, read};
use proptest::prelude::*;

const LOANS: [&str; 7] = ["A1", "A2", "A3", "A4", "A5", "A6", "B1"];

async fn entries<S: EventStore>(ledger: &Ledger<S>, cut: &Cut) -> Vec<JournalEntry> {
    let rules = PostingRules::builtin().unwrap();
    let mut entries = Vec::new();
    let keep = |entry| -> Result<(), BooksError> {
        entries.push(entry);
        Ok(())
    };
    read(ledger.store(), &rules, cut, keep).await.unwrap();
    entries
}

/// What an event adds to what is open and to what is held. The book's days of booking go back at times, so that what was
/// booked by a day is no beginning of a stream; but lines add up in any order.
fn add(event: &LoanEvent, open: &mut Components, held: &mut Amount) {
    for change in &event.outcome.plan {
        for component in Component::ALL {
            open.add(component, change.new.planned.get(component)).unwrap();
            let old = change.old.as_ref().map_or(Amount::ZERO, |old| old.planned.get(component));
            open.add(component, old.negated().unwrap()).unwrap();
        }
    }
    for line in event.outcome.lines.iter().chain(event.outcome.restated.iter().map(|restated| &restated.difference)) {
        match line.effect {
            Effect::Planned(of) | Effect::Charged(of) | Effect::Accrued(of) => open.add(of, line.amount).unwrap(),
            Effect::Paid(of) | Effect::Waived(of) | Effect::WrittenOff(of) => {
                open.add(of, line.amount.negated().unwrap()).unwrap();
            }
            Effect::Recovered(_) => {}
            Effect::Credited => *held = held.plus(line.amount).unwrap(),
        }
    }
}

/// Every entry balances, the trial balance is zero, and the sub-ledger of what was booked by the day ties to it.
async fn holds<S: EventStore>(ledger: &Ledger<S>, on: &str) {
    let cut = Cut { as_of: day(on), known_at: None };
    let mut balance = TrialBalance::default();
    for entry in entries(ledger, &cut).await {
        assert!(entry.sum().unwrap().is_zero(), "{entry:?}");
        balance.add(&entry).unwrap();
    }
    for total in balance.totals().unwrap().into_values() {
        assert_eq!(total.debits, total.credits);
    }
    for currency in [Currency::CNY, Currency::USD] {
        let (mut open, mut credit) = (Components::default(), Amount::ZERO);
        for loan in LOANS {
            let (mut state, mut sum, mut held, mut whole) =
                (LoanState::default(), Components::default(), Amount::ZERO, true);
            for (_, stored) in ledger.history(&stream(loan)).await.unwrap() {
                if stored.booked_on <= cut.as_of {
                    add(&stored.event, &mut sum, &mut held);
                } else {
                    whole = false;
                }
                state = state.evolve(&stored).unwrap();
            }
            if whole {
                assert_eq!((sum, held), (state.book.open().unwrap(), state.book.credit()), "{loan}");
            }
            if state.terms.as_ref().is_some_and(|terms| terms.currency == currency) {
                open = open.plus(&sum).unwrap();
                credit = credit.plus(held).unwrap();
            }
        }
        for (component, name) in Component::ALL.into_iter().zip(["Principal", "Interest", "Fee", "Penalty"]) {
            let account = format!("Assets:Receivable:{name}");
            assert_eq!(balance.balance(currency, &account).unwrap(), open.get(component), "{on} {currency} {account}");
        }
        let held = balance.balance(currency, "Liabilities:Borrower-Credit").unwrap();
        assert_eq!(held, credit.negated().unwrap(), "{on} {currency}");
        // what was lent is planned to the cent
        assert!(balance.balance(currency, "Assets:Loan-Clearing").unwrap().is_zero(), "{on} {currency}");
    }
}

#[tokio::test]
async fn the_sub_ledger_ties_to_the_books_on_every_day() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    for on in ["2024-01-10", "2024-01-31", "2024-03-31", "2024-04-08", "2024-04-20", "2024-04-26", "2024-06-30"] {
        holds(&ledger, on).await;
    }
    // at the end of all terms nothing is unearned
    let mut balance = TrialBalance::default();
    for entry in entries(&ledger, &Cut { as_of: day("2099-12-31"), known_at: None }).await {
        balance.add(&entry).unwrap();
    }
    for ((currency, account), row) in &balance.rows {
        if account.starts_with("Assets:Unearned") {
            assert!(row.balance().unwrap().is_zero(), "{currency} {account}");
        }
    }
}

#[tokio::test]
async fn what_was_not_known_yet_is_not_in_the_books() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    let cut = Cut { as_of: day("2024-06-30"), known_at: Some("2024-04-08T08:00:00Z".parse().unwrap()) };
    let known = entries(&ledger, &cut).await;
    assert!(known.iter().any(|entry| entry.what == "repayment-received"));
    assert!(known.iter().all(|entry| entry.what != "repayment-reversed" && &*entry.loan != "B1"));
    let later = entries(&ledger, &Cut { known_at: None, ..cut }).await;
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
