//! Statements of every format with planted defects: everything planted is found and named rightly, nothing else is.
#![allow(clippy::unwrap_used, reason = "a test may")]

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{BreakFound, Envelope, MatchFound, ReconciliationEvent, Record, codec};
use ledger_core::stream::{Position, StreamName, Version};
use projections::reconcile::sample::{Plan, SampleFormat, plant, score, write};
use projections::reconcile::{
    Account, Input, Outcome, Payment, PaymentKind, Payments, Rules, StatementInfo, decide, lines,
};
use std::collections::HashMap;
use std::sync::Arc;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Months of payments: one loan has one each month.
fn book(count: u64) -> Payments {
    let mut payments = Payments::default();
    let channel: Arc<str> = Arc::from("bank");
    let first = day("2024-01-01");
    let loans = count.div_ceil(4);
    for number in 0..count {
        let (loan, month) = (number % loans, number / loans);
        let on = first.plus_days(i64::try_from(month * 30 + loan % 30).unwrap()).unwrap();
        payments.push(Payment {
            loan: Arc::from(format!("L{loan:06}")),
            version: Version(month + 3),
            kind: PaymentKind::Repayment,
            on,
            amount: Amount::from_minor(i64::try_from(40_000 + number * 7919 % 60_000).unwrap()),
            currency: Currency::CNY,
            channel: Some(channel.clone()),
            reference: Some(format!("L{loan:06}-{}", month + 3).into()),
            reversed_on: (number % 997 == 5).then(|| on.plus_days(1).unwrap()),
        });
    }
    payments
}

fn rules(format: SampleFormat) -> Rules {
    let fee = if format.has_fees() { "\n[fee]\nrate = \"0.006\"\n" } else { "" };
    Rules::parse("rules.toml", &format!("{}{fee}", Rules::builtin_text())).unwrap()
}

fn fold(account: &mut Account, events: &[(String, ReconciliationEvent)], on: Date) {
    for (version, (key, event)) in (1_u64..).zip(events) {
        let envelope = Envelope {
            id: uuid::Uuid::nil(),
            kind: Arc::from(event.kind()),
            schema: codec::SCHEMA,
            effective_on: on,
            booked_on: on,
            recorded_at: "2024-07-01T00:00:00Z".parse().unwrap(),
            actor: Arc::from("test"),
            key: Arc::from(key.as_str()),
            request: [0; 32],
        };
        let stream = StreamName::reconciliation("main").unwrap();
        let version = Version(version);
        account.evolve(&Record { position: Position(0), stream, version, envelope, body: Vec::new() }, event).unwrap();
    }
}

fn read(text: &str, format: SampleFormat, number: u32) -> (StatementInfo, Vec<projections::reconcile::Line>) {
    let mapping = (format == SampleFormat::Csv)
        .then(|| statements::Mapping::parse("mapping.toml", SampleFormat::MAPPING).unwrap());
    let options = statements::Options { mapping, ..statements::Options::default() };
    let source = statements::load(format.file(), &mut text.as_bytes(), None, &options.limits).unwrap().remove(0);
    let statement = statements::read(&source, &options).unwrap().remove(0);
    let (from, to, currency) = (statement.from, statement.to, statement.currency);
    let footing = statements::foot::footing(&statement);
    assert!(!matches!(footing, statements::foot::Footing::Differs(..)), "{format:?}: {footing:?}");
    let lines = lines(number, statement);
    let digest = ledger_core::record::json::hex(&source.sha256);
    let info = StatementInfo {
        digest,
        format: "sample",
        id: None,
        from: from.or_else(|| lines.iter().map(|line| line.on).min()),
        to: to.or_else(|| lines.iter().map(|line| line.on).max()),
        currency,
    };
    (info, lines)
}

fn opened(outcome: &Outcome) -> Vec<&BreakFound> {
    let found = outcome.events.iter().filter_map(|(_, event)| match event {
        ReconciliationEvent::BreakOpened(found) => Some(&**found),
        _ => None,
    });
    found.collect()
}

/// One format: everything planted is found, nothing else; no line belongs to a payment that is not its own; once folded, the
/// same statement adds nothing.
fn everything_is_found(format: SampleFormat, count: u64, every: usize) {
    let payments = book(count);
    let rules = rules(format);
    let plan = Plan::of(format, Currency::CNY, rules.fee.as_ref().map(|fee| fee.rate), every);
    let (sample, expected) = plant(&payments.all, &plan).unwrap();
    let statements = [read(&write(format, Currency::CNY, &sample).unwrap(), format, 0)];
    assert_eq!(statements[0].1.len(), sample.len(), "{format:?}");
    let mut account = Account::default();
    let outcome =
        decide(&Input { account: &account, statements: &statements, payments: &payments, rules: &rules }).unwrap();
    let found = opened(&outcome);
    let scores = score(&expected, &found);
    println!("{format:?}: {count} payments, {} lines, {} defects", sample.len(), expected.len());
    let ratio = |right: u64, wrong: u64| format!("{}/{}", right, right + wrong);
    for (kind, score) in &scores {
        println!(
            "  {:<18} precision {:>12} recall {:>12}",
            kind.name(),
            ratio(score.right, score.false_breaks),
            ratio(score.right, score.missed)
        );
    }
    for (kind, score) in &scores {
        let wrong = found.iter().find(|one| {
            one.kind == *kind && !expected.iter().any(|known| known.kind == *kind && (known.payments == one.payments))
        });
        assert_eq!((score.false_breaks, score.missed), (0, 0), "{format:?} {kind:?}: {wrong:?}");
    }
    for kind in &plan.kinds {
        assert!(scores.get(kind).is_some_and(|score| score.right > 0), "{format:?}: no {kind:?} was planted");
    }
    let references: HashMap<_, _> =
        payments.all.iter().map(|one| (one.key(), one.reference.clone().unwrap())).collect();
    let mut matched = 0;
    for (_, event) in &outcome.events {
        let ReconciliationEvent::Matched { matches, .. } = event else { continue };
        for MatchFound { rule, lines, payments } in matches {
            for line in lines {
                let line = &sample[usize::try_from(line.entry).unwrap()];
                for payment in payments {
                    let own = &*references[payment];
                    assert!(line.reference == own || line.text.contains(own), "{rule}: {line:?} is not {own}");
                }
                matched += 1;
            }
        }
    }
    println!("  {matched} lines matched, no false match");
    fold(&mut account, &outcome.events, day("2024-07-01"));
    let again =
        decide(&Input { account: &account, statements: &statements, payments: &payments, rules: &rules }).unwrap();
    assert!(again.events.is_empty(), "{format:?}: the same statement again adds {:?}", again.events.first());
    let sums = account.statements.values().next().unwrap();
    assert_eq!(sums.matched + sums.ignored + sums.broken, sums.lines);
    assert_eq!(sums.matched_total.minor() + sums.ignored_total.minor() + sums.broken_total.minor(), sums.total.minor());
}

#[test]
fn a_bank_with_a_hundred_thousand_payments() {
    everything_is_found(SampleFormat::Camt053, 100_000, 50);
}

#[test]
fn a_channel_with_a_hundred_thousand_payments() {
    everything_is_found(SampleFormat::Stripe, 100_000, 50);
}

#[test]
fn every_format() {
    for format in SampleFormat::ALL {
        everything_is_found(format, 2_000, 11);
    }
}

/// A run that was interrupted after any of its events goes on and ends with the same breaks and sums.
#[test]
fn an_interrupted_run_goes_on() {
    let format = SampleFormat::Stripe;
    let (payments, rules) = (book(300), rules(format));
    let plan = Plan::of(format, Currency::CNY, rules.fee.as_ref().map(|fee| fee.rate), 9);
    let (sample, _) = plant(&payments.all, &plan).unwrap();
    let statements = [read(&write(format, Currency::CNY, &sample).unwrap(), format, 0)];
    let run = |account: &Account| {
        decide(&Input { account, statements: &statements, payments: &payments, rules: &rules }).unwrap()
    };
    let whole = run(&Account::default());
    let mut complete = Account::default();
    fold(&mut complete, &whole.events, day("2024-07-01"));
    for cut in 0..whole.events.len() {
        let mut account = Account::default();
        fold(&mut account, &whole.events[..cut], day("2024-07-01"));
        let rest = run(&account);
        fold(&mut account, &rest.events, day("2024-07-01"));
        assert_eq!(account.breaks, complete.breaks, "cut at {cut}");
        assert_eq!(account.statements, complete.statements, "cut at {cut}");
        assert!(run(&account).events.is_empty(), "cut at {cut}");
    }
}
