//! What the books must hold, counted by hand from the lines of events.

use crate::book::stream;
use ledger_core::calendar::Date;
use ledger_core::ledger::Ledger;
use ledger_core::loan::{Components, Effect, LoanEvent, LoanState, Stored};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::Record;
use ledger_core::schedule::PlanRow;
use ledger_core::store::EventStore;
use ledger_core::terms::Component;
use projections::general_ledger::TrialBalance;
use std::collections::{BTreeMap, BTreeSet};

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

/// What of a row's planned interest and fee is not earned at the end of a day, counted by hand: interest by the days
/// of its period that have not passed, a fee until its due date.
fn unearned(row: &PlanRow, on: Date) -> Components {
    let mut unearned = Components::default();
    if row.due_on > on {
        let (length, passed) = (row.due_on.days_since(row.from), on.days_since(row.from).max(0));
        // both round half up
        let earned = (row.planned.interest.minor() * passed * 2 + length) / (2 * length);
        unearned.fee = row.planned.fee;
        unearned.interest = Amount::from_minor(row.planned.interest.minor() - earned);
    }
    unearned
}

/// What is open on each instalment: below nothing, once less of it is taken off that is not earned, if it was settled
/// early.
fn by_instalment(event: &LoanEvent, open: &mut BTreeMap<u32, Components>) {
    let only = |number: u32| {
        let mut part = event.clone();
        part.outcome.plan.retain(|change| change.new.number == number);
        part.outcome.lines.retain(|line| line.instalment == number);
        part.outcome.restated.retain(|restated| restated.difference.instalment == number);
        part
    };
    let outcome = &event.outcome;
    let numbers = outcome.plan.iter().map(|change| change.new.number);
    let numbers = numbers.chain(outcome.lines.iter().map(|line| line.instalment));
    let numbers: BTreeSet<u32> =
        numbers.chain(outcome.restated.iter().map(|restated| restated.difference.instalment)).collect();
    for number in numbers {
        add(&only(number), open.entry(number).or_default(), &mut Amount::default());
    }
}

/// The accounts of a trial balance at the end of a day are what the loans' events that are posted by then add up to.
///
/// # Panics
/// If they are not.
pub async fn ties<S: EventStore>(
    ledger: &Ledger<S>,
    loans: &[&str],
    balance: &TrialBalance,
    on: Date,
    posted_on: impl Fn(&Record) -> Date,
) {
    let mut sums: BTreeMap<Currency, (Components, Components, Amount)> = BTreeMap::new();
    for loan in loans {
        let (mut open, mut held) = (Components::default(), Amount::ZERO);
        let (mut state, mut whole) = (LoanState::default(), true);
        let (mut plan, mut rows) = (BTreeMap::new(), BTreeMap::new());
        for (record, stored) in ledger.history(&stream(loan)).await.unwrap() {
            if posted_on(&record) <= on {
                let Stored { event, .. } = &stored;
                add(event, &mut open, &mut held);
                by_instalment(event, &mut rows);
                plan.extend(event.outcome.plan.iter().map(|change| (change.new.number, change.new)));
            } else {
                whole = false;
            }
            state = state.evolve(&stored).unwrap();
        }
        if whole {
            assert_eq!((open, held), (state.book.open().unwrap(), state.book.credit()), "{loan}");
        }
        let Some(terms) = &state.terms else { continue };
        let (receivable, in_advance, credit) = sums.entry(terms.currency).or_default();
        *credit = credit.plus(held).unwrap();
        for (number, row) in rows {
            let unearned =
                plan.get(&number).filter(|_| !open.is_zero()).map(|row| unearned(row, on)).unwrap_or_default();
            for of in Component::ALL {
                let net = row.get(of).minus(unearned.get(of)).unwrap();
                let side = if net.is_negative() { &mut *in_advance } else { &mut *receivable };
                side.add(of, net).unwrap();
            }
        }
    }
    for (currency, (receivable, in_advance, credit)) in sums {
        for (of, name) in Component::ALL.into_iter().zip(["Principal", "Interest", "Fee", "Penalty"]) {
            for (account, amount) in
                [("Assets:Receivable", receivable), ("Liabilities:Received-In-Advance", in_advance)]
            {
                let account = format!("{account}:{name}");
                assert_eq!(balance.balance(currency, &account).unwrap(), amount.get(of), "{on} {currency} {account}");
            }
        }
        let held = balance.balance(currency, "Liabilities:Borrower-Credit").unwrap();
        assert_eq!(held, credit.negated().unwrap(), "{on} {currency}");
        // what was lent is planned to the cent
        assert!(balance.balance(currency, "Assets:Loan-Clearing").unwrap().is_zero(), "{on} {currency}");
    }
}
