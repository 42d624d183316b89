//! Reads a statement and reconciles it with as many payments, and says what that cost.
//!
//! `cargo run --release -p projections --example reconcile_million [PAYMENTS]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, reason = "a measurement")]

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use ledger_core::stream::Version;
use projections::reconcile::sample::{Plan, SampleFormat, plant, write};
use projections::reconcile::{Account, Input, Payment, PaymentKind, Payments, Rules, StatementInfo, decide, lines};
use std::sync::Arc;
use std::time::Instant;

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown").to_owned()
}

fn main() {
    let count: u64 = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().expect("a number of payments"));
    let first: Date = "2024-01-01".parse().unwrap();
    let loans = count.div_ceil(4);
    let channel: Arc<str> = Arc::from("bank");
    let mut payments = Payments::default();
    for number in 0..count {
        let (loan, month) = (number % loans, number / loans);
        payments.push(Payment {
            loan: Arc::from(format!("L{loan:07}")),
            version: Version(month + 3),
            kind: PaymentKind::Repayment,
            on: first.plus_days(i64::try_from(month * 30 + loan % 30).unwrap()).unwrap(),
            amount: Amount::from_minor(i64::try_from(40_000 + number * 7919 % 60_000).unwrap()),
            currency: Currency::CNY,
            channel: Some(channel.clone()),
            reference: Some(format!("L{loan:07}-{}", month + 3).into()),
            reversed_on: None,
        });
    }
    let format = SampleFormat::Stripe;
    let rules = Rules::parse("rules", &format!("{}\n[fee]\nrate = \"0.006\"\n", Rules::builtin_text())).unwrap();
    let plan = Plan::of(format, Currency::CNY, rules.fee.as_ref().map(|fee| fee.rate), 50);
    let (sample, expected) = plant(&payments.all, &plan).unwrap();
    let text = write(format, Currency::CNY, &sample).unwrap();
    drop(sample);
    println!("{count} payments, {} MB of statement, before: {}", text.len() / 1_000_000, peak());

    let started = Instant::now();
    let options = statements::Options::default();
    let source = statements::load("sample", &mut text.as_bytes(), None, &options.limits).unwrap().remove(0);
    let statement = statements::read(&source, &options).unwrap().remove(0);
    drop(source);
    let info = StatementInfo {
        digest: "sample".to_owned(),
        format: "stripe",
        id: None,
        from: statement.from,
        to: statement.to,
        currency: statement.currency,
    };
    let statements = [(info, lines(0, statement))];
    let read = started.elapsed();
    let account = Account::default();
    let outcome =
        decide(&Input { account: &account, statements: &statements, payments: &payments, rules: &rules }).unwrap();
    let all = started.elapsed();
    let opened: u64 = outcome.opened.values().sum();
    println!(
        "{} lines read in {read:.1?}, reconciled in {:.1?}, both {all:.1?}; {opened} breaks, {} planted; peak {}",
        statements[0].1.len(),
        all - read,
        expected.len(),
        peak()
    );
}
