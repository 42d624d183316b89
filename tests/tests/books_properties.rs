//! The books of random histories: facts of any age, reversals, closed days and periods, and the knowledge of any instant.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{day, open, stream, terms};
use iledger_tests::books::{self, entries, records, trial_balance};
use iledger_tests::sub_ledger;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::{Answer, DayEnd, Ledger, Meta};
use ledger_core::loan::{Command, Facts, Payment};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{NewRecord, PeriodClosed, Record};
use ledger_core::store::{Append, EventAppender, ExpectedVersion, MemoryStore};
use ledger_core::stream::Version;
use ledger_core::terms::Component;
use projections::general_ledger::{
    BooksError, Cut, JournalEntry, PostingRules, TrialBalance, account_totals, check_periods, read_from,
};
use proptest::prelude::*;

const LOANS: [(&str, &str, Currency); 4] = [
    ("P1", "annuity-12", Currency::CNY),
    ("P2", "flat-fee-12", Currency::CNY),
    ("P3", "pay-in-4", Currency::USD),
    ("P4", "us-annuity-36-up", Currency::USD),
];

#[derive(Debug, Clone)]
enum Step {
    Pay { loan: usize, age: i64, minor: i64 },
    Fee { loan: usize, age: i64, minor: i64 },
    Waive { loan: usize, of: Component, minor: i64 },
    Reverse { nth: usize },
    WriteOff { loan: usize },
    Recover { loan: usize, minor: i64 },
    Wait { days: i64 },
    CloseDay,
    ClosePeriod { back: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let loan = 0_usize..LOANS.len();
    let of = prop_oneof![Just(Component::Fee), Just(Component::Penalty), Just(Component::Interest)];
    let step = prop_oneof![
        8 => (loan.clone(), 0_i64..90, 1_i64..400_000).prop_map(|(loan, age, minor)| Step::Pay { loan, age, minor }),
        1 => (loan.clone(), 0_i64..90, 1_i64..3_000).prop_map(|(loan, age, minor)| Step::Fee { loan, age, minor }),
        1 => (loan.clone(), of, 1_i64..3_000).prop_map(|(loan, of, minor)| Step::Waive { loan, of, minor }),
        2 => (0_usize..20).prop_map(|nth| Step::Reverse { nth }),
        1 => loan.clone().prop_map(|loan| Step::WriteOff { loan }),
        1 => (loan, 1_i64..40_000).prop_map(|(loan, minor)| Step::Recover { loan, minor }),
        6 => (1_i64..40).prop_map(|days| Step::Wait { days }),
        2 => Just(Step::CloseDay),
        3 => (0_i64..40).prop_map(|back| Step::ClosePeriod { back }),
    ];
    prop::collection::vec(step, 1..30)
}

/// A ledger, its business date, and the totals of the periods when they were closed.
struct Life {
    ledger: Ledger<MemoryStore>,
    today: Date,
    commands: u32,
    paid: Vec<(usize, Version)>,
    fixed: Vec<(Date, TrialBalance)>,
}

impl Life {
    async fn new() -> Self {
        let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
        let work = LOANS.map(|(loan, product, currency)| {
            open(loan, terms(product, 1_000_001, currency, "2024-01-31"), "2024-01-31")
        });
        for result in ledger.execute_all(work.to_vec()).await {
            result.unwrap();
        }
        Self { ledger, today: day("2024-01-31"), commands: 0, paid: Vec::new(), fixed: Vec::new() }
    }

    /// Every command has an instant of its own.
    fn now(&mut self) -> Meta {
        self.commands += 1;
        let (minutes, seconds) = (self.commands / 60, self.commands % 60);
        let recorded_at: Timestamp = format!("{}T10:{minutes:02}:{seconds:02}Z", self.today).parse().unwrap();
        Meta { booked_on: self.today, recorded_at, actor: "test".to_owned() }
    }

    /// What the ledger refuses changes nothing.
    async fn ask(&mut self, loan: usize, age: i64, facts: Facts) {
        let Meta { booked_on, recorded_at, actor } = self.now();
        let effective_on = booked_on.plus_days(-age).unwrap();
        let payment = matches!(facts, Facts::RepaymentReceived { .. });
        let key = format!("key-{}", self.commands);
        let command = Command { facts, effective_on, booked_on, recorded_at, actor, key };
        if let Ok(Answer::Executed { first, .. }) = self.ledger.execute(&stream(LOANS[loan].0), command).await
            && payment
        {
            self.paid.push((loan, first));
        }
    }

    async fn take(&mut self, step: &Step) {
        let currency = |loan: usize| LOANS[loan].2;
        match *step {
            Step::Pay { loan, age, minor } => {
                let (amount, currency) = (Amount::from_minor(minor), currency(loan));
                self.ask(loan, age, Facts::RepaymentReceived { amount, currency, payment: Payment::default() }).await;
            }
            Step::Fee { loan, age, minor } => {
                let (amount, currency) = (Amount::from_minor(minor), currency(loan));
                self.ask(loan, age, Facts::FeeCharged { amount, currency, reason: "copy".to_owned() }).await;
            }
            Step::Waive { loan, of, minor } => {
                let (component, amount) = (of, Some(Amount::from_minor(minor)));
                let reason = "goodwill".to_owned();
                self.ask(loan, 0, Facts::Waived { component, amount, instalment: None, reason }).await;
            }
            Step::Reverse { nth } => {
                if let Some((loan, reversed)) = self.paid.get(nth % self.paid.len().max(1)).copied() {
                    let reason = "bounced".to_owned();
                    self.ask(loan, 0, Facts::RepaymentReversed { reversed, reason }).await;
                }
            }
            Step::WriteOff { loan } => self.ask(loan, 0, Facts::WrittenOff { reason: "lost".to_owned() }).await,
            Step::Recover { loan, minor } => {
                let (amount, currency) = (Amount::from_minor(minor), currency(loan));
                self.ask(loan, 0, Facts::RecoveryReceived { amount, currency, payment: Payment::default() }).await;
            }
            Step::Wait { days } => self.today = self.today.plus_days(days).unwrap(),
            Step::CloseDay => self.close_days().await,
            Step::ClosePeriod { back } => self.close_period(back).await,
        }
    }

    async fn close_days(&mut self) {
        let meta = self.now();
        DayEnd::new().close(&self.ledger, self.today, &meta).await.unwrap();
    }

    async fn close_period(&mut self, back: i64) {
        self.close_days().await;
        let through = self.today.plus_days(-back).unwrap();
        if matches!(self.ledger.closings().await.unwrap().check(through), Ok(None)) {
            let meta = self.now();
            assert!(books::close_period(&self.ledger, through, None, &meta).await.unwrap());
            self.fixed.push((through, trial_balance(self.ledger.store(), through).await));
        }
    }
}

/// A ledger that was fed only the events known at an instant.
async fn fed_until(all: &[Record], known_at: Timestamp) -> MemoryStore {
    let store = MemoryStore::new();
    for record in all.iter().filter(|record| record.envelope.recorded_at <= known_at) {
        let before = record.version.0.checked_sub(1);
        let expected = before.map_or(ExpectedVersion::NoStream, |before| ExpectedVersion::Exact(Version(before)));
        let events = vec![NewRecord { envelope: record.envelope.clone(), body: record.body.clone() }];
        store.append(Append { stream: record.stream.clone(), expected, events }).await.unwrap();
    }
    store
}

/// Where an event is posted, counted by hand: periods that were closed when it came move it behind them.
fn posted_on(record: &Record, periods: &[PeriodClosed]) -> Date {
    let closed = periods.iter().filter(|period| period.events <= record.position.0).map(|period| period.through).max();
    let first_open = closed.map(|through| through.plus_days(1).unwrap());
    first_open.map_or(record.envelope.booked_on, |first| first.max(record.envelope.booked_on))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_books_hold(steps in steps(), looks in prop::collection::vec((-10_i64..500, 0_usize..400), 3)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::new().await;
            for step in &steps {
                life.take(step).await;
            }
            let store = life.ledger.store();
            let all = records(store).await;
            let periods = life.ledger.closings().await.unwrap().periods;
            let loans = LOANS.map(|(loan, ..)| loan);

            // closed periods are as they were
            for ((through, balance), period) in life.fixed.iter().zip(&periods) {
                assert_eq!(&trial_balance(store, *through).await, balance, "{through}");
                assert_eq!(period.accounts, account_totals(balance), "{through}");
            }
            assert_eq!(check_periods(store).await.unwrap(), (life.fixed.len(), Vec::new()));

            for (after, nth) in looks {
                let as_of = day("2024-01-31").plus_days(after).unwrap();
                let cut = Cut { as_of, known_at: None };
                let posted = entries(store, cut).await;
                let mut balance = TrialBalance::default();
                for entry in &posted {
                    assert!(entry.sum().unwrap().is_zero() && entry.date <= as_of, "{entry:?}");
                    balance.add(entry).unwrap();
                }
                for total in balance.totals().unwrap().into_values() {
                    assert_eq!(total.debits, total.credits);
                }
                sub_ledger::ties(&life.ledger, &loans, &balance, as_of, |record| posted_on(record, &periods)).await;

                // what is posted from a day on and what the day opens with are the whole
                let opening = day("2024-01-31").plus_days(after / 2).unwrap();
                let mut before = TrialBalance::default();
                let split = |entry: JournalEntry| -> Result<(), BooksError> {
                    if entry.date < opening { before.add(&entry)?; }
                    Ok(())
                };
                read_from(store, &PostingRules::builtin().unwrap(), &cut, opening, split).await.unwrap();
                let asked = trial_balance(store, opening.plus_days(-1).unwrap()).await;
                if opening <= as_of {
                    assert_eq!(before, asked, "{opening}");
                }

                // as known at an instant: as if nothing had come after it
                let known_at = all[nth % all.len()].envelope.recorded_at;
                let fed = fed_until(&all, known_at).await;
                let known = entries(store, Cut { as_of, known_at: Some(known_at) }).await;
                assert_eq!(known, entries(&fed, cut).await);
            }
        });
    }
}
