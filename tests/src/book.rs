//! A small book for tests: a few loans of every kind of life, through the ledger, on any store.

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::{DayEnd, Ledger, LedgerError, Meta, Work};
use ledger_core::loan::{Command, Components, Conversion, Facts, Payment};
use ledger_core::money::{Amount, Currency};
use ledger_core::store::EventStore;
use ledger_core::stream::{StreamName, Version};
use ledger_core::terms::{Component, Overrides, ProductFile, Terms};

/// A date of a test.
///
/// # Panics
/// If the text is no date.
#[must_use]
#[expect(clippy::expect_used, reason = "a test's date is a date")]
pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

/// An amount in minor units.
#[must_use]
pub const fn minor(minor: i64) -> Amount {
    Amount::from_minor(minor)
}

/// Terms of a built-in product.
///
/// # Panics
/// If the built-in products do not have it.
#[must_use]
#[expect(clippy::expect_used, reason = "the built-in products are tested on their own")]
pub fn terms(product: &str, principal: i64, currency: Currency, on: &str) -> Terms {
    let products = ProductFile::builtin().expect("the built-in products parse");
    let product = products.iter().find(|one| one.id == product).expect("a built-in product");
    product.terms(minor(principal), currency, day(on), &Overrides::default()).expect("terms")
}

/// The stream of a loan.
///
/// # Panics
/// If the id is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test's id is an id")]
pub fn stream(loan: &str) -> StreamName {
    StreamName::loan(loan).expect("a loan id")
}

/// Who records what a test does.
///
/// # Panics
/// Never: the instant is one.
#[must_use]
#[expect(clippy::expect_used, reason = "the instant is one")]
pub fn meta(on: &str) -> Meta {
    let recorded_at: Timestamp = format!("{on}T09:00:00Z").parse().expect("an instant");
    Meta { booked_on: day(on), recorded_at, actor: "test".to_owned() }
}

/// A command dated and booked on a day; its key is made from its kind, day and number.
#[must_use]
pub fn command(on: &str, number: u32, facts: Facts) -> Command {
    let Meta { booked_on, recorded_at, actor } = meta(on);
    let key = format!("{}:{on}:{number}", facts.kind());
    Command { facts, effective_on: day(on), booked_on, recorded_at, actor, key }
}

/// A repayment.
#[must_use]
pub fn pay(amount: i64, currency: Currency) -> Facts {
    Facts::RepaymentReceived { amount: minor(amount), currency, payment: Payment::default() }
}

/// Origination and disbursement on a day, as one piece of work.
#[must_use]
pub fn open(loan: &str, terms: Terms, on: &str) -> Work {
    let (amount, currency) = (terms.principal, terms.currency);
    let originated = Facts::Originated { terms: Box::new(terms), borrower: None, references: Vec::new() };
    let disbursed = Facts::Disbursed { amount, currency, payment: Payment::default() };
    Work { stream: stream(loan), commands: vec![command(on, 0, originated), command(on, 1, disbursed)] }
}

/// Lives a book of loans: payments in time, late, backdated, bounced, in part; a waiver, a write-off with recovery, a
/// conversion with write-off, day ends.
///
/// # Errors
/// The ledger refuses what should be legal, or the store fails.
pub async fn live<S: EventStore>(ledger: &Ledger<S>) -> Result<(), LedgerError> {
    let (cny, usd) = (Currency::CNY, Currency::USD);
    let opened = vec![
        open("A1", terms("annuity-12", 1_200_000, cny, "2024-01-31"), "2024-01-31"),
        open("A2", terms("flat-fee-12", 333_333, cny, "2024-01-15"), "2024-01-15"),
        open("A3", terms("pay-in-4", 9_999, usd, "2024-02-01"), "2024-02-01"),
        open("A4", terms("equal-principal-12", 1_000_001, cny, "2024-01-10"), "2024-01-10"),
        open("A5", terms("interest-only-balloon-6", 5_000_000, cny, "2024-01-05"), "2024-01-05"),
        open("A6", terms("us-annuity-36-up", 777_777, usd, "2024-01-20"), "2024-01-20"),
    ];
    for result in ledger.execute_all(opened).await {
        result?;
    }
    let mut day_end = DayEnd::new();
    day_end.close(ledger, day("2024-03-31"), &meta("2024-03-31")).await?;
    let one = async |loan: &str, on: &str, number: u32, facts: Facts| {
        ledger.execute(&stream(loan), command(on, number, facts)).await
    };
    one("A1", "2024-04-02", 0, pay(330_033, cny)).await?;
    one("A1", "2024-03-01", 1, pay(108_001, cny)).await?;
    one("A2", "2024-04-03", 0, pay(100_000, cny)).await?;
    let version = one("A2", "2024-03-10", 1, pay(29_777, cny)).await?;
    one("A2", "2024-04-05", 2, pay(50_005, cny)).await?;
    if let ledger_core::ledger::Answer::Executed { first, .. } = version {
        let reason = "insufficient funds".to_owned();
        one("A2", "2024-04-08", 3, Facts::RepaymentReversed { reversed: first, reason }).await?;
    }
    one("A3", "2024-04-09", 0, pay(20_000, usd)).await?;
    one("A6", "2024-04-09", 0, pay(717, usd)).await?;
    let waived =
        Facts::Waived { component: Component::Penalty, amount: None, instalment: None, reason: "goodwill".to_owned() };
    one("A6", "2024-04-10", 1, waived).await?;
    let fee = Facts::FeeCharged { amount: minor(1_234), currency: usd, reason: "copy".to_owned() };
    one("A6", "2024-04-11", 2, fee).await?;
    one("A5", "2024-04-12", 0, pay(31_313, cny)).await?;
    one("A5", "2024-04-20", 1, Facts::WrittenOff { reason: "fraud".to_owned() }).await?;
    let recovery = Facts::RecoveryReceived { amount: minor(555_555), currency: cny, payment: Payment::default() };
    one("A5", "2024-04-25", 2, recovery).await?;
    one("A5", "2024-04-01", 3, pay(10_101, cny)).await?;
    let originated = Facts::Originated {
        terms: Box::new(terms("us-annuity-36-up", 2_000_000, usd, "2020-05-01")),
        borrower: None,
        references: Vec::new(),
    };
    let received =
        Components { principal: minor(1_700_000), interest: minor(250_001), fee: minor(0), penalty: minor(77) };
    let converted = Facts::Converted(Box::new(Conversion {
        source: "old-book".to_owned(),
        disbursed_on: day("2020-05-01"),
        disbursed: minor(2_000_000),
        currency: usd,
        received,
        oldest_unpaid_due_on: Some(day("2023-02-01")),
        settled: false,
    }));
    let mut taken_over = command("2024-04-26", 1, converted);
    taken_over.effective_on = day("2024-04-25");
    let mut opened = command("2024-04-26", 0, originated);
    opened.effective_on = day("2020-05-01");
    let work = Work { stream: stream("B1"), commands: vec![opened, taken_over] };
    ledger.execute_one(work).await?;
    one("B1", "2024-04-27", 0, pay(44_444, usd)).await?;
    day_end.close(ledger, day("2024-06-30"), &meta("2024-06-30")).await?;
    Ok(())
}

/// The version of an event by its place.
#[must_use]
pub const fn version(number: u64) -> Version {
    Version(number)
}
