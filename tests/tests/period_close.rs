//! The close of a period: what it refuses, what it fixes, and where later facts of its days are posted.
#![expect(clippy::unwrap_used, reason = "a test may")]

use iledger_tests::book::{self, command, day, meta, pay, stream};
use iledger_tests::books::{self, entries, records, trial_balance};
use ledger_core::ledger::{DayEnd, Ledger, PeriodError};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::canonical::Canonical;
use ledger_core::record::{
    AccountTotal, ClassProvision, Event, LedgerEvent, NewRecord, PeriodClosed, Provisions, Record, codec, json,
};
use ledger_core::store::{Append, EventAppender, ExpectedVersion, MemoryStore};
use ledger_core::stream::{StreamName, Version};
use ledger_core::terms::ReferenceDigest;
use projections::general_ledger::{Cut, account_totals, check_periods};
use proptest::prelude::*;

async fn close(ledger: &Ledger<MemoryStore>, through: &str) -> Result<bool, PeriodError> {
    books::close_period(ledger, day(through), None, &meta(through)).await
}

async fn lived() -> Ledger<MemoryStore> {
    let ledger = Ledger::open(MemoryStore::new()).await.unwrap();
    book::live(&ledger).await.unwrap();
    ledger
}

#[tokio::test]
async fn a_period_needs_its_days_closed_and_no_later_one() {
    let ledger = lived().await;
    let open = close(&ledger, "2024-07-31").await.unwrap_err();
    assert_eq!(open.code(), "days-open");
    assert!(open.to_string().contains("close-day --through 2024-07-31"), "{open}");
    assert!(close(&ledger, "2024-05-31").await.unwrap());
    let before = records(ledger.store()).await.len();
    assert!(!close(&ledger, "2024-05-31").await.unwrap(), "the same again changes nothing");
    assert_eq!(records(ledger.store()).await.len(), before);
    assert_eq!(close(&ledger, "2024-04-30").await.unwrap_err().code(), "later-period-closed");
    assert!(close(&ledger, "2024-06-30").await.unwrap());
    let periods = ledger.closings().await.unwrap().periods;
    let days: Vec<_> = periods.iter().map(|period| (period.from, period.through)).collect();
    assert_eq!(days, [(None, day("2024-05-31")), (Some(day("2024-06-01")), day("2024-06-30"))]);
}

#[tokio::test]
async fn what_comes_later_is_posted_on_the_first_open_day() {
    let ledger = lived().await;
    close(&ledger, "2024-06-30").await.unwrap();
    let fixed = trial_balance(ledger.store(), day("2024-06-30")).await;
    // entered on a closed day, and dated before it: it restates what was decided since
    let mut payment = command("2024-06-20", 900, pay(50_000, Currency::CNY));
    payment.effective_on = day("2024-03-20");
    ledger.execute(&stream("A4"), payment).await.unwrap();
    assert_eq!(trial_balance(ledger.store(), day("2024-06-30")).await, fixed);
    let after = entries(ledger.store(), Cut { as_of: day("2024-07-01"), known_at: None }).await;
    let posted: Vec<_> =
        after.iter().filter(|entry| entry.date == day("2024-07-01") && entry.what != "accrual").collect();
    assert!(posted.iter().any(|entry| entry.what == "repayment-received"), "{posted:?}");
    for entry in posted {
        assert_eq!((entry.booked_on, entry.effective_on), (day("2024-06-20"), day("2024-03-20")), "{}", entry.what);
    }
    assert_eq!(check_periods(ledger.store()).await.unwrap(), (1, Vec::new()));
}

#[tokio::test]
async fn provisions_are_posted_as_the_difference_to_the_period_before() {
    let ledger = lived().await;
    let provide = |provision: i64| {
        let digest = ReferenceDigest { id: "x".to_owned(), sha256: String::new() };
        let (principal, provision) = (Amount::from_minor(100_000), Amount::from_minor(provision));
        let class = ClassProvision { currency: Currency::CNY, class: "loss".into(), principal, provision };
        Some(Provisions { rates: digest.clone(), classification: digest, classes: vec![class] })
    };
    for (through, provision) in [("2024-04-30", Some(700)), ("2024-05-31", None), ("2024-06-30", Some(450))] {
        let provisions = provision.and_then(provide);
        assert!(books::close_period(&ledger, day(through), provisions, &meta(through)).await.unwrap());
    }
    for (as_of, allowance) in [("2024-04-29", 0), ("2024-04-30", -700), ("2024-06-29", -700), ("2024-06-30", -450)] {
        let balance =
            trial_balance(ledger.store(), day(as_of)).await.balance(Currency::CNY, "Assets:Allowance").unwrap();
        assert_eq!(balance.minor(), allowance, "{as_of}");
    }
    assert_eq!(check_periods(ledger.store()).await.unwrap(), (3, Vec::new()));
}

#[tokio::test]
async fn the_check_finds_totals_that_were_rewritten() {
    let ledger = lived().await;
    close(&ledger, "2024-06-30").await.unwrap();
    let mut all = records(ledger.store()).await;
    for record in all.iter_mut().filter(|record| &*record.envelope.kind == "period-closed") {
        let Event::Ledger(LedgerEvent::PeriodClosed(mut period)) = codec::decode_record(record).unwrap() else {
            panic!()
        };
        period.accounts[0].debits = period.accounts[0].debits.plus(Amount::from_minor(1)).unwrap();
        record.body = codec::encode(&Event::Ledger(LedgerEvent::PeriodClosed(period))).unwrap();
    }
    let copy = MemoryStore::new();
    for Record { stream, version, envelope, body, .. } in all {
        let expected = version
            .0
            .checked_sub(1)
            .map_or(ExpectedVersion::NoStream, |before| ExpectedVersion::Exact(Version(before)));
        copy.append(Append { stream, expected, events: vec![NewRecord { envelope, body }] }).await.unwrap();
    }
    let (periods, differences) = check_periods(&copy).await.unwrap();
    assert_eq!((periods, differences.len()), (1, 1));
    assert!(differences[0].reason.contains("derived are debits"), "{}", differences[0].reason);
}

/// The form of the event in a leaf of the log's tree, and its bytes in the log, never change.
#[test]
fn the_event_has_its_golden_form() {
    let digest = |id: &str| ReferenceDigest { id: id.to_owned(), sha256: "ab".repeat(32) };
    let minor = Amount::from_minor;
    let period = PeriodClosed {
        from: Some(day("2024-04-01")),
        through: day("2024-04-30"),
        events: 9_007_199_254_740_993,
        root: "cd".repeat(32),
        rules: digest("posting-rules"),
        accounts: vec![AccountTotal {
            currency: Currency::CNY,
            account: "Assets:Cash".into(),
            debits: minor(12_345),
            credits: minor(67),
        }],
        provisions: Some(Provisions {
            rates: digest("cn-guideline-2002"),
            classification: digest("cn-five-tier"),
            classes: vec![ClassProvision {
                currency: Currency::CNY,
                class: "loss".into(),
                principal: minor(100),
                provision: minor(100),
            }],
        }),
    };
    let mut record = template();
    record.body = codec::encode(&Event::Ledger(LedgerEvent::PeriodClosed(Box::new(period.clone())))).unwrap();
    let decoded = codec::decode_record(&record).unwrap();
    assert_eq!(decoded, Event::Ledger(LedgerEvent::PeriodClosed(Box::new(period))));
    insta::assert_snapshot!("period_closed_body", json::hex(&record.body));
    let mut canonical = Canonical::new();
    let leaf = json::to_canonical(&record, &mut canonical).unwrap();
    insta::assert_snapshot!("period_closed_leaf", String::from_utf8(leaf.to_vec()).unwrap());
}

fn template() -> Record {
    let at = meta("2024-05-02");
    Record {
        position: ledger_core::stream::Position(0),
        stream: StreamName::ledger(),
        version: Version(7),
        envelope: ledger_core::record::Envelope {
            id: uuid::Uuid::nil(),
            kind: "period-closed".into(),
            schema: codec::SCHEMA,
            effective_on: day("2024-04-30"),
            booked_on: at.booked_on,
            recorded_at: at.recorded_at,
            actor: at.actor.into(),
            key: "period:2024-04-30".into(),
            request: [7; 32],
        },
        body: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Payments and reversals of any age, booked on any day, leave every closed period as it was closed.
    #[test]
    fn a_closed_period_never_changes(
        payments in prop::collection::vec((0_usize..4, 1_i64..300_000, 0_i64..150, 0_i64..60, any::<bool>()), 1..8),
        close_after in 0_usize..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let ledger = lived().await;
            DayEnd::new().close(&ledger, day("2024-07-31"), &meta("2024-07-31")).await.unwrap();
            close(&ledger, "2024-04-30").await.unwrap();
            let mut fixed = vec![(day("2024-04-30"), trial_balance(ledger.store(), day("2024-04-30")).await)];
            for (number, (loan, amount, age, booked_back, reverse)) in payments.into_iter().enumerate() {
                let booked_on = day("2024-08-02").plus_days(-booked_back).unwrap();
                let name = stream(["A1", "A2", "A4", "A6"][loan]);
                let currency = if loan == 3 { Currency::USD } else { Currency::CNY };
                let mut payment = command("2024-08-02", 500 + u32::try_from(number).unwrap(), pay(amount, currency));
                payment.booked_on = booked_on;
                payment.effective_on = booked_on.plus_days(-age).unwrap();
                // what the ledger refuses leaves the books as they are
                if let Ok(ledger_core::ledger::Answer::Executed { first, .. }) = ledger.execute(&name, payment).await
                    && reverse
                {
                    let reason = "bounced".to_owned();
                    let facts = ledger_core::loan::Facts::RepaymentReversed { reversed: first, reason };
                    let mut back = command("2024-08-02", 700 + u32::try_from(number).unwrap(), facts);
                    back.booked_on = booked_on;
                    let _ = ledger.execute(&name, back).await;
                }
                if number == close_after {
                    close(&ledger, "2024-06-30").await.unwrap();
                    fixed.push((day("2024-06-30"), trial_balance(ledger.store(), day("2024-06-30")).await));
                }
            }
            for (through, balance) in &fixed {
                assert_eq!(&trial_balance(ledger.store(), *through).await, balance, "{through}");
            }
            for (period, (_, balance)) in ledger.closings().await.unwrap().periods.iter().zip(&fixed) {
                assert_eq!(period.accounts, account_totals(balance));
            }
            for entry in entries(ledger.store(), Cut { as_of: day("2024-08-31"), known_at: None }).await {
                assert!(entry.sum().unwrap().is_zero(), "{entry:?}");
            }
            assert_eq!(check_periods(ledger.store()).await.unwrap().1, Vec::new());
        });
    }
}
