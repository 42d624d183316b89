//! `docs/EVENTS.md` is what the code writes: every kind of event has a section that names its facts, and an example that is the
//! JSON of an event made here. `ILEDGER_WRITE_DOCS=1 cargo test -p ledger-core --test event_reference` writes the examples anew.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod common;

use common::{Loan, cents, close, day, fee, pay, plain_terms, rate, recover, reverse, write_off};
use ledger_core::borrower::{BorrowerEvent, SealedField};
use ledger_core::calendar::Frequency;
use ledger_core::loan::{Components, Conversion, Facts, Operation, Payment};
use ledger_core::money::Currency;
use ledger_core::record::{
    BreakFound, BreakKind, BreakLine, Event, LedgerEvent, LineKey, MatchFound, PaymentKey, Published,
    ReconciliationEvent, StatementSums,
};
use ledger_core::servicing::contract::PaymentKind;
use ledger_core::servicing::fact::{ChargeAmount, InterestHandling};
use ledger_core::stream::Version;
use ledger_core::terms::{Component, Overrides, ProductFile, ReferenceDigest, Terms};
use serde_json::Value;
use std::collections::BTreeMap;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/EVENTS.md");

/// 300.00 USD at 9.9 %, 3 monthly instalments, serviced by the day.
fn serviced() -> Terms {
    let product = ProductFile::builtin().unwrap().into_iter().find(|one| one.id == "daily-annuity-12").unwrap();
    let overrides = Overrides { instalments: Some(3), ..Overrides::default() };
    product.terms(cents(30_000), Currency::USD, day("2024-01-01"), &overrides).unwrap()
}

fn plain() -> Terms {
    Terms { principal: cents(20_000), instalments: 2, ..plain_terms() }
}

/// Every fact of a loan that can be recorded, each on a loan of its own.
struct Samples(BTreeMap<&'static str, Event>);

impl Samples {
    fn add(&mut self, event: Event) {
        self.0.entry(event.kind()).or_insert(event);
    }

    fn record(&mut self, loan: &mut Loan, on: &str, facts: Facts) {
        for event in loan.then(on, facts) {
            self.add(Event::Loan(event));
        }
    }

    /// On a serviced loan that was paid out, and paid on once.
    fn operation(&mut self, on: &str, operation: Operation) {
        let mut loan = Loan::disbursed(serviced(), "2024-01-01");
        loan.then("2024-02-01", pay(10_165));
        self.record(&mut loan, on, Facts::Operation(Box::new(operation)));
    }
}

fn payment() -> Payment {
    Payment { channel: Some("bank".to_owned()), reference: Some("PAY-1".to_owned()) }
}

fn credited(kind: PaymentKind, minor: i64, of: Option<u64>) -> Operation {
    let (amount, currency) = (cents(minor), Currency::USD);
    Operation::Credited { kind, amount, currency, payment: payment(), of: of.map(Version), interest_refund: None }
}

/// A fact without an example here would not compile here.
fn has_an_example(facts: &Facts) {
    match facts {
        Facts::Originated { .. }
        | Facts::Disbursed { .. }
        | Facts::Converted(_)
        | Facts::RepaymentReceived { .. }
        | Facts::RepaymentReversed { .. }
        | Facts::FeeCharged { .. }
        | Facts::LateFeeAssessed { .. }
        | Facts::Waived { .. }
        | Facts::WrittenOff { .. }
        | Facts::RecoveryReceived { .. }
        | Facts::Closed { .. }
        | Facts::Restated { .. } => {}
        Facts::Operation(operation) => match **operation {
            Operation::Credited { .. }
            | Operation::InterestRefunded { .. }
            | Operation::ChargeLevied { .. }
            | Operation::ChargeWaived { .. }
            | Operation::ChargedBack { .. }
            | Operation::CreditRefunded { .. }
            | Operation::ChargedOff { .. }
            | Operation::Terminated { .. }
            | Operation::ReAmortised { .. }
            | Operation::ReAged { .. }
            | Operation::Rescheduled { .. }
            | Operation::InterestPaused { .. }
            | Operation::IncomeCapitalised { .. }
            | Operation::BuyDownFeeReceived { .. }
            | Operation::DelinquencyPaused { .. }
            | Operation::DelinquencyResumed { .. }
            | Operation::TrancheExpected { .. }
            | Operation::Transferred { .. }
            | Operation::Reversed { .. }
            | Operation::DisbursementsUndone { .. } => {}
        },
    }
}

/// As many kinds as the matches of `has_an_example` and of the other events name.
const KINDS: usize = 12 + 8 + 19 + 1 + 1 + 3 + 7;

fn plan_kept(samples: &mut Samples) {
    let mut loan = Loan::originated(plain(), "2024-01-01");
    let disbursed = Facts::Disbursed { amount: cents(20_000), currency: Currency::USD, payment: payment() };
    samples.record(&mut loan, "2024-01-01", disbursed);
    samples.record(&mut loan, "2024-02-05", Facts::LateFeeAssessed { instalment: 1 });
    samples.record(&mut loan, "2024-02-06", fee(1_500));
    let amount = Some(cents(500));
    let waived =
        Facts::Waived { component: Component::Penalty, amount, instalment: Some(1), reason: "goodwill".to_owned() };
    samples.record(&mut loan, "2024-02-07", waived);
    let (amount, currency) = (cents(15_000), Currency::USD);
    let repaid = Facts::RepaymentReceived { amount, currency, payment: payment() };
    samples.record(&mut loan, "2024-02-08", repaid);
    // dated before the repayment: that is restated
    samples.record(&mut loan, "2024-02-07", pay(2_000));
    samples.record(&mut loan, "2024-02-08", reverse(6));
    samples.record(&mut loan, "2024-06-30", write_off());
    samples.record(&mut loan, "2024-09-01", recover(4_000));
    let mut settled = Loan::disbursed(plain(), "2024-01-01");
    settled.then("2024-01-15", pay(20_000));
    samples.record(&mut settled, "2024-01-16", close());
    let received = Components { principal: cents(10_000), ..Components::default() };
    let conversion = Conversion {
        source: "old-core:8812".to_owned(),
        disbursed_on: day("2024-01-01"),
        disbursed: cents(20_000),
        currency: Currency::USD,
        received,
        oldest_unpaid_due_on: Some(day("2024-03-01")),
        settled: false,
    };
    let mut taken_over = Loan::originated(plain(), "2024-01-01");
    samples.record(&mut taken_over, "2024-02-10", Facts::Converted(Box::new(conversion)));
}

fn serviced_by_the_day(samples: &mut Samples) {
    let mut loan = Loan::default();
    let references = vec![ReferenceDigest { id: "cn-five-tier".to_owned(), sha256: "ab".repeat(32) }];
    let borrower = Some("B-7f3a".to_owned());
    let originated = Facts::Originated { terms: Box::new(serviced()), borrower, references };
    samples.record(&mut loan, "2024-01-01", originated);
    let amount = cents(6_000);
    let reason = || "agreed".to_owned();
    let currency = Currency::USD;
    samples.operation("2024-02-10", credited(PaymentKind::MerchantRefund, 6_000, None));
    samples.operation("2024-02-10", credited(PaymentKind::PayoutRefund, 6_000, None));
    samples.operation("2024-02-10", credited(PaymentKind::Goodwill, 300, None));
    samples.operation("2024-02-10", credited(PaymentKind::InterestRefund, 45, Some(2)));
    samples.operation("2024-02-10", credited(PaymentKind::InterestWaiver, 45, None));
    samples.operation("2024-02-10", credited(PaymentKind::DownPayment, 5_000, Some(1)));
    samples.operation("2024-02-10", credited(PaymentKind::IncomeAdjustment, 500, None));
    let charge = |amount| Operation::ChargeLevied {
        component: Component::Fee,
        amount,
        due_on: Some(day("2024-02-10")),
        reason: "copy of the contract".to_owned(),
    };
    samples.operation("2024-02-10", charge(ChargeAmount::Flat(cents(500))));
    for operation in [
        credited(PaymentKind::ChargeAdjustment, 500, Some(3)),
        Operation::ChargeWaived { of: Version(3), reason: "charged in error".to_owned() },
    ] {
        let mut charged = Loan::disbursed(serviced(), "2024-01-01");
        charged.then("2024-02-01", pay(10_165));
        charged.then("2024-02-10", Facts::Operation(Box::new(charge(ChargeAmount::Flat(cents(500))))));
        samples.record(&mut charged, "2024-02-11", Facts::Operation(Box::new(operation)));
    }
    samples.operation(
        "2024-02-20",
        Operation::ChargedBack { of: Version(2), amount: cents(2_000), currency, reason: "disputed".to_owned() },
    );
    let mut overpaid = Loan::disbursed(serviced(), "2024-01-01");
    overpaid.then("2024-01-02", pay(40_000));
    let refunded = Operation::CreditRefunded { amount, currency, payment: payment() };
    samples.record(&mut overpaid, "2024-01-03", Facts::Operation(Box::new(refunded)));
    samples.operation("2024-06-30", Operation::ChargedOff { reason: "120 days past due".to_owned() });
    samples.operation("2024-06-30", Operation::Terminated { reason: "breach of contract".to_owned() });
    let handling = InterestHandling::Default;
    samples.operation("2024-03-15", Operation::ReAmortised { handling, reason: reason() });
    samples.operation(
        "2024-04-15",
        Operation::ReAged {
            start: day("2024-05-01"),
            every: Frequency::MONTHLY,
            instalments: 2,
            handling,
            reason: reason(),
        },
    );
    samples.operation(
        "2024-02-20",
        Operation::Rescheduled {
            from: day("2024-03-01"),
            extra_instalments: Some(1),
            annual_rate: Some(rate("0.08")),
            new_due_on: None,
            reason: reason(),
        },
    );
    samples.operation(
        "2024-02-20",
        Operation::InterestPaused { first: day("2024-03-01"), last: day("2024-03-15"), reason: reason() },
    );
    let capitalised = Operation::IncomeCapitalised { amount: cents(900), currency, reason: "arrangement".to_owned() };
    samples.operation("2024-02-20", capitalised);
    let bought = Operation::BuyDownFeeReceived { amount: cents(900), currency, payment: payment() };
    samples.operation("2024-02-20", bought);
    let until = Some(day("2024-04-30"));
    samples.operation("2024-03-02", Operation::DelinquencyPaused { until, reason: "flood area".to_owned() });
    samples.operation("2024-04-02", Operation::DelinquencyResumed { reason: reason() });
    samples.operation("2024-02-20", Operation::TrancheExpected { on: day("2024-03-01"), amount, currency });
    let (owner, price) = ("FUND-II".to_owned(), Some(cents(18_500)));
    samples.operation("2024-02-20", Operation::Transferred { owner, price, reason: "sale".to_owned() });
    samples.operation("2024-02-20", Operation::Reversed { reversed: Version(1), reason: "paid out twice".to_owned() });
    let mut paid_out = Loan::disbursed(serviced(), "2024-01-01");
    let undone = Operation::DisbursementsUndone { all: false, reason: "purchase cancelled".to_owned() };
    samples.record(&mut paid_out, "2024-01-03", Facts::Operation(Box::new(undone)));
}

fn of_other_streams(samples: &mut Samples) {
    samples.add(Event::Ledger(LedgerEvent::DayClosed { day: day("2024-02-05"), loans: 12, late_fees: 1, closed: 0 }));
    samples.add(Event::Reference(Published {
        digest: ReferenceDigest { id: "cn-ib".to_owned(), sha256: "ab".repeat(32) },
        kind: "calendar".to_owned(),
        content: "id = \"cn-ib\"\n".to_owned(),
    }));
    let sealed = serde_json::from_value(Value::from("AQIDBAUGBwgJCgsMDQ4PEA==")).unwrap();
    let fields = vec![SealedField { name: "name".to_owned(), sealed }];
    samples.add(Event::Borrower(BorrowerEvent::Registered { fields: fields.clone() }));
    samples.add(Event::Borrower(BorrowerEvent::Updated { fields }));
    samples.add(Event::Borrower(BorrowerEvent::Erased { reason: "asked for it".to_owned() }));
    let statement = "cd".repeat(32);
    let id = || "4f1d2c".to_owned();
    let payments = vec![PaymentKey { loan: "L-1".to_owned(), version: Version(2) }];
    let at = LineKey { line: 14, entry: 3, part: 0 };
    let line = BreakLine {
        statement: statement.clone(),
        at,
        on: day("2024-02-01"),
        amount: cents(10_060),
        fee: None,
        currency: Currency::USD,
        references: vec!["PAY-1".to_owned()],
    };
    let found = BreakFound {
        id: id(),
        kind: BreakKind::AmountDiffers,
        rule: Some("reference".to_owned()),
        lines: vec![line],
        payments: payments.clone(),
        difference: cents(5),
        currency: Currency::USD,
        text: "the bank has 100.60, the ledger 100.55".to_owned(),
        proposal: None,
    };
    let matches = vec![MatchFound { rule: "reference".to_owned(), lines: vec![at], payments }];
    let sums = StatementSums {
        statement: statement.clone(),
        format: "camt.053".to_owned(),
        id: Some("STMT-33".to_owned()),
        from: Some(day("2024-02-01")),
        to: Some(day("2024-02-01")),
        rules: "ef".repeat(32),
        currency: Some(Currency::USD),
        lines: 2,
        total: cents(20_115),
        matched: 1,
        matched_total: cents(10_055),
        ignored: 0,
        ignored_total: cents(0),
        broken: 1,
        broken_total: cents(10_060),
    };
    for event in [
        ReconciliationEvent::Matched { statement, matches },
        ReconciliationEvent::BreakOpened(Box::new(found)),
        ReconciliationEvent::BreakExplained { id: id(), text: "the bank asked for 0.05".to_owned() },
        ReconciliationEvent::BreakAccepted { id: id(), reason: "below the limit".to_owned() },
        ReconciliationEvent::BreakPosted { id: id(), loan: "L-1".to_owned(), version: Version(7) },
        ReconciliationEvent::BreakResolved { id: id(), by: "statement".to_owned() },
        ReconciliationEvent::StatementReconciled(Box::new(sums)),
    ] {
        samples.add(Event::Reconciliation(event));
    }
}

fn samples() -> Samples {
    let mut samples = Samples(BTreeMap::new());
    // the first example of a kind counts
    serviced_by_the_day(&mut samples);
    plan_kept(&mut samples);
    of_other_streams(&mut samples);
    for event in samples.0.values() {
        if let Event::Loan(event) = event {
            has_an_example(&event.facts);
        }
    }
    samples
}

/// The body of an event, as an export has it.
fn body(event: &Event) -> Value {
    match event {
        Event::Loan(event) => serde_json::to_value(event),
        Event::Ledger(event) => serde_json::to_value(event),
        Event::Reference(event) => serde_json::to_value(event),
        Event::Reconciliation(event) => serde_json::to_value(event),
        Event::Borrower(event) => serde_json::to_value(event),
    }
    .unwrap()
}

/// JSON in lines of at most some 120 characters.
fn laid_out(value: &Value, indent: usize, key: usize, out: &mut String) {
    let flat = value.to_string();
    let (inner, ends): (Vec<(String, &Value)>, [char; 2]) = match value {
        _ if flat.len() + indent + key <= 118 => {
            out.push_str(&flat);
            return;
        }
        Value::Array(list) => (list.iter().map(|one| (String::new(), one)).collect(), ['[', ']']),
        Value::Object(map) => (map.iter().map(|(key, one)| (format!("\"{key}\": "), one)).collect(), ['{', '}']),
        _ => {
            out.push_str(&flat);
            return;
        }
    };
    out.push(ends[0]);
    for (at, (key, one)) in inner.iter().enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        out.push_str(&" ".repeat(indent + 2));
        out.push_str(key);
        laid_out(one, indent + 2, key.len(), out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(ends[1]);
}

fn example(event: &Event) -> String {
    let mut text = String::new();
    laid_out(&body(event), 0, 0, &mut text);
    text
}

/// The names of the facts of an event: the keys of the object that its tag holds.
fn names(event: &Event) -> Vec<String> {
    let body = body(event);
    let tagged = match event {
        Event::Loan(_) => {
            let facts = &body["facts"];
            facts.get("operation").unwrap_or(facts).clone()
        }
        Event::Reference(_) => return body.as_object().unwrap().keys().cloned().collect(),
        _ => body,
    };
    let of = tagged.as_object().unwrap_or_else(|| panic!("{tagged}")).values().next().unwrap();
    of.as_object().map(|of| of.keys().cloned().collect()).unwrap_or_default()
}

/// The section of a kind: from its heading to the next.
fn section<'a>(page: &'a str, kind: &str) -> &'a str {
    let heading = format!("### `{kind}`\n");
    let start = page.find(&heading).unwrap_or_else(|| panic!("docs/EVENTS.md has no section `{kind}`"));
    let rest = &page[start + heading.len()..];
    let end = rest.find("\n### ").into_iter().chain(rest.find("\n## ")).min().unwrap_or(rest.len());
    &rest[..end]
}

const OPEN: &str = "```json\n";
const CLOSE: &str = "\n```";

#[test]
fn every_kind_of_event_has_a_section_with_its_facts_and_what_the_code_writes() {
    let samples = samples().0;
    assert_eq!(samples.len(), KINDS, "{:?}", samples.keys());
    let mut page = std::fs::read_to_string(PAGE).unwrap();
    let writes = std::env::var_os("ILEDGER_WRITE_DOCS").is_some();
    for (kind, event) in &samples {
        let of_kind = section(&page, kind).to_owned();
        let start = of_kind.find(OPEN).unwrap_or_else(|| panic!("`{kind}` has no example")) + OPEN.len();
        let end = start + of_kind[start..].find(CLOSE).unwrap();
        let written = example(event);
        if writes {
            let anew = format!("{}{written}{}", &of_kind[..start], &of_kind[end..]);
            page = page.replacen(&of_kind, &anew, 1);
        } else {
            assert_eq!(&of_kind[start..end], written, "`{kind}`: ILEDGER_WRITE_DOCS=1 writes the example anew");
        }
        for name in names(event) {
            let named = of_kind[..start].contains(&format!("| `{name}` |"));
            assert!(named, "the section `{kind}` does not say what `{name}` is");
        }
    }
    if writes {
        std::fs::write(PAGE, page).unwrap();
    }
}

#[test]
fn the_page_has_no_section_of_a_kind_that_is_not_there() {
    let samples = samples().0;
    let page = std::fs::read_to_string(PAGE).unwrap();
    for line in page.lines().filter_map(|line| line.strip_prefix("### `")) {
        let kind = line.trim_end_matches('`');
        assert!(samples.contains_key(kind), "{kind}");
    }
}
