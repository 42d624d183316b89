//! Files of every format with bytes changed, cut, doubled and swapped: read or refused, never a crash.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p projections --test hostile_statements` runs it for minutes.
#![allow(clippy::unwrap_used, reason = "a test may")]

use ledger_core::money::{Amount, Currency};
use ledger_core::stream::Version;
use projections::reconcile::sample::{Plan, SampleFormat, plant, write};
use projections::reconcile::{Payment, PaymentKind, lines};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static FILES: LazyLock<Vec<(SampleFormat, Vec<u8>)>> = LazyLock::new(|| {
    let payments: Vec<Payment> = (0..24_u32)
        .map(|number| Payment {
            loan: Arc::from(format!("L{number:03}")),
            version: Version(3),
            kind: PaymentKind::Repayment,
            on: "2024-01-30".parse().unwrap(),
            amount: Amount::from_minor(i64::from(number) * 777 + 1),
            currency: Currency::CNY,
            channel: None,
            reference: Some(format!("L{number:03}-3").into()),
            reversed_on: None,
        })
        .collect();
    let file = |format: SampleFormat| {
        let plan = Plan::of(format, Currency::CNY, Some("0.006".parse().unwrap()), 2);
        let (sample, _) = plant(&payments, &plan).unwrap();
        (format, write(format, Currency::CNY, &sample).unwrap().into_bytes())
    };
    SampleFormat::ALL.into_iter().map(file).collect()
});

#[derive(Debug, Clone)]
enum Change {
    Set(usize, u8),
    Cut(usize, usize),
    Double(usize, usize),
    Insert(usize, &'static str),
    Truncate(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let tokens = prop::sample::select(vec![
        "<",
        ">",
        "&",
        "&#x110000;",
        "]]>",
        "<![CDATA[",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "-",
        ",",
        "\"",
        "\n",
        "\r",
        "\t",
        "`",
        "999999999999999999999",
        "0.000000000000000000001",
        "-0",
        "9999-99-99",
        ":61:",
        ":86:",
        ":62F:",
        "<STMTTRN>",
        "</OFX>",
        "\u{feff}",
        "é",
        "号",
        "\0",
        "1e9",
        "#",
        "<END>",
    ]);
    let at = any::<usize>();
    prop_oneof![
        4 => (at, any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (at, 0_usize..200).prop_map(|(at, length)| Change::Cut(at, length)),
        2 => (at, 0_usize..400).prop_map(|(at, length)| Change::Double(at, length)),
        4 => (at, tokens).prop_map(|(at, text)| Change::Insert(at, text)),
        1 => at.prop_map(Change::Truncate),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let place = |at: usize, bytes: &Vec<u8>| at % (bytes.len() + 1);
    match change {
        Change::Set(at, byte) => {
            let at = place(*at, bytes);
            if let Some(slot) = bytes.get_mut(at) {
                *slot = *byte;
            }
        }
        Change::Cut(at, length) => {
            let from = place(*at, bytes);
            let to = (from + length).min(bytes.len());
            bytes.drain(from..to);
        }
        Change::Double(at, length) => {
            let from = place(*at, bytes);
            let again = bytes[from..(from + length).min(bytes.len())].to_vec();
            bytes.splice(from..from, again);
        }
        Change::Insert(at, text) => {
            let at = place(*at, bytes);
            bytes.splice(at..at, text.bytes());
        }
        Change::Truncate(at) => bytes.truncate(place(*at, bytes)),
    }
}

fn take(bytes: &[u8], format: SampleFormat) {
    let mapping = (format == SampleFormat::Csv)
        .then(|| statements::Mapping::parse("mapping.toml", SampleFormat::MAPPING).unwrap());
    let options = statements::Options { mapping, ..statements::Options::default() };
    for source in statements::load("file", &mut &*bytes, None, &options.limits).unwrap_or_default() {
        match statements::read(&source, &options) {
            Ok(read) => {
                for statement in read {
                    let _ = statements::foot::footing(&statement);
                    let _ = lines(0, statement);
                }
            }
            Err(refusal) => assert!(!refusal.text.is_empty()),
        }
    }
}

#[test]
fn unchanged_they_are_read() {
    for (format, bytes) in FILES.iter() {
        take(bytes, *format);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_they_are_read_or_refused(which in 0_usize..8, changes in prop::collection::vec(change(), 1..12)) {
        let (format, mut bytes) = FILES[which].clone();
        changes.iter().for_each(|one| apply(&mut bytes, one));
        take(&bytes, format);
    }
}
