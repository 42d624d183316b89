//! The general ledger over a real book: every entry balances, and the receivable accounts are the sub-ledger's sums, less
//! what time has not earned yet.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, pay, stream};
use ledger_core::calendar::Date;
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Components, Effect, LoanEvent, LoanState};
use ledger_core::money::{Amount, Currency};
use ledger_core::schedule::PlanRow;
use ledger_core::store::{EventStore, MemoryStore};
use ledger_core::terms::Component;
use projections::general_ledger::{BooksError, Cut, JournalEntry, PostingRules, TrialBalance, read};
use proptest::prelude::*;
use std::collections::BTreeMap;

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

/// What of the planned interest and fees is not earned at the end of a day, counted by hand: interest by the days of its
/// period that have not passed, a fee until its due date. Nothing, if nothing is open.
fn unearned(plan: &BTreeMap<u32, PlanRow>, on: Date) -> Components {
    let mut unearned = Components::default();
    for row in plan.values().filter(|row| row.due_on > on) {
        unearned.add(Component::Fee, row.planned.fee).unwrap();
        let (length, passed) = (row.due_on.days_since(row.from), on.days_since(row.from).max(0));
        // both round half up
        let earned = (row.planned.interest.minor() * passed * 2 + length) / (2 * length);
        unearned.add(Component::Interest, Amount::from_minor(row.planned.interest.minor() - earned)).unwrap();
    }
    unearned
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
            let mut plan = BTreeMap::new();
            for (_, stored) in ledger.history(&stream(loan)).await.unwrap() {
                if stored.booked_on <= cut.as_of {
                    add(&stored.event, &mut sum, &mut held);
                    plan.extend(stored.event.outcome.plan.iter().map(|change| (change.new.number, change.new)));
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
                if !sum.is_zero() {
                    let unearned = unearned(&plan, cut.as_of);
                    for component in Component::ALL {
                        open.add(component, unearned.get(component).negated().unwrap()).unwrap();
                    }
                }
                credit = credit.plus(held).unwrap();
            }
        }
        for (component, name) in Component::ALL.into_iter().zip(["Principal", "Interest", "Fee", "Penalty"]) {
            let receivable = balance.balance(currency, &format!("Assets:Receivable:{name}")).unwrap();
            let in_advance = balance.balance(currency, &format!("Liabilities:Received-In-Advance:{name}")).unwrap();
            assert!(!receivable.is_negative() && !in_advance.is_positive(), "{on} {currency} {name}");
            let net = receivable.plus(in_advance).unwrap();
            assert_eq!(net, open.get(component), "{on} {currency} {name}");
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
    // at the end of all terms everything is earned, and the receivables are what is open
    holds(&ledger, "2099-12-31").await;
}

/// The sums of one account at two days differ by what the entries between them post; so any day's books can be asked for.
#[tokio::test]
async fn the_books_of_a_day_are_those_of_a_later_day_cut_off() {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    let whole = entries(&ledger, &Cut { as_of: day("2024-12-31"), known_at: None }).await;
    // an end of a month, a day with events, a due date
    for on in ["2024-03-31", "2024-04-12", "2024-04-30", "2024-05-15"].map(day) {
        let (mut cut_off, mut asked) = (TrialBalance::default(), TrialBalance::default());
        for entry in whole.iter().filter(|entry| entry.date <= on) {
            cut_off.add(entry).unwrap();
        }
        for entry in entries(&ledger, &Cut { as_of: on, known_at: None }).await {
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
