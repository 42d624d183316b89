//! The rules that need no reference: payer, sums of several, batches; and that what fits twice is never guessed.
#![allow(clippy::unwrap_used, reason = "a test may")]

use ledger_core::money::{Amount, Currency};
use ledger_core::record::{BreakKind, LineKey};
use ledger_core::stream::Version;
use projections::reconcile::{Found, Line, Payment, PaymentKind, Payments, Rules, find};
use statements::model::Purpose;
use std::sync::Arc;

fn payment(loan: &str, version: u64, on: &str, minor: i64) -> Payment {
    Payment {
        loan: Arc::from(loan),
        version: Version(version),
        kind: PaymentKind::Repayment,
        on: on.parse().unwrap(),
        amount: Amount::from_minor(minor),
        currency: Currency::CNY,
        channel: Some(Arc::from("card")),
        reference: None,
        reversed_on: None,
    }
}

fn line(number: u32, on: &str, minor: i64, text: &str) -> Line {
    Line {
        statement: 0,
        at: LineKey { line: number, entry: number, part: 0 },
        on: on.parse().unwrap(),
        amount: Amount::from_minor(minor),
        fee: None,
        currency: Currency::CNY,
        takes_back: false,
        purpose: Purpose::Payment,
        references: Vec::new(),
        text: text.into(),
        payer: None,
    }
}

fn rules(more: &str) -> Rules {
    Rules::parse("rules.toml", &format!("{more}\n{}", Rules::builtin_text().replacen("name = \"default\"", "", 1)))
        .unwrap()
}

fn run(lines: &[Line], payments: Vec<Payment>, rules: &Rules) -> Found {
    let mut all = Payments::default();
    payments.into_iter().for_each(|payment| all.push(payment));
    let chosen: Vec<&Payment> = all.all.iter().collect();
    find(lines, &chosen, &all.loans, rules).unwrap()
}

fn matches(found: &Found) -> Vec<(&str, &[u32], &[u32])> {
    found.matches.iter().map(|one| (&*one.rule, &one.lines[..], &one.payments[..])).collect()
}

#[test]
fn amount_and_payer_within_days() {
    let rules = rules("name = \"x\"");
    let found = run(&[line(0, "2024-03-03", 500, "loan L-1")], vec![payment("L-1", 3, "2024-03-01", 500)], &rules);
    assert_eq!(matches(&found), [("amount-and-payer", &[0][..], &[0][..])]);
    // a day too late, another loan, another amount: nothing
    for other in
        [line(0, "2024-03-05", 500, "loan L-1"), line(0, "2024-03-01", 500, "L-2"), line(0, "2024-03-01", 501, "L-1")]
    {
        let found = run(&[other], vec![payment("L-1", 3, "2024-03-01", 500)], &rules);
        assert!(found.matches.is_empty(), "{found:?}");
        assert_eq!((found.problems[0].kind, &found.free[..]), (BreakKind::MissingInLedger, &[0][..]));
    }
}

#[test]
fn a_payer_whose_account_the_rules_know() {
    let mut rules = rules("name = \"x\"");
    rules.payers.insert("DE99".to_owned(), "L-1".to_owned());
    let mut one = line(0, "2024-03-01", 500, "thanks");
    one.payer = Some("DE99".into());
    let found = run(&[one], vec![payment("L-1", 3, "2024-03-01", 500), payment("L-2", 3, "2024-03-01", 500)], &rules);
    assert_eq!(matches(&found), [("amount-and-payer", &[0][..], &[0][..])]);
}

#[test]
fn what_fits_twice_is_ambiguous_with_its_candidates() {
    let payments = vec![payment("L-1", 3, "2024-03-01", 500), payment("L-1", 4, "2024-03-02", 500)];
    let found = run(&[line(0, "2024-03-02", 500, "L-1")], payments.clone(), &rules("name = \"x\""));
    assert!(found.matches.is_empty());
    assert_eq!((found.problems[0].kind, &found.problems[0].payments[..]), (BreakKind::Ambiguous, &[0, 1][..]));
    // so is one payment that two lines fit
    let lines = [line(0, "2024-03-01", 500, "L-1"), line(1, "2024-03-01", 500, "L-1")];
    let found = run(&lines, payments[..1].to_vec(), &rules("name = \"x\""));
    assert!(found.matches.is_empty(), "{found:?}");
    assert!(found.problems.iter().any(|one| one.kind == BreakKind::Ambiguous));
}

#[test]
fn one_line_for_several_payments_and_several_lines_for_one() {
    let rules = rules("name = \"x\"");
    let several = vec![
        payment("L-1", 3, "2024-03-01", 500),
        payment("L-1", 4, "2024-03-02", 700),
        payment("L-1", 5, "2024-03-02", 90_000),
    ];
    let found = run(&[line(0, "2024-03-02", 1200, "L-1")], several, &rules);
    assert_eq!(matches(&found), [("one-to-many", &[0][..], &[0, 1][..])]);
    let lines = [line(0, "2024-03-01", 500, "L-1"), line(1, "2024-03-02", 700, "L-1")];
    let found = run(&lines, vec![payment("L-1", 3, "2024-03-01", 1200)], &rules);
    assert_eq!(matches(&found), [("many-to-one", &[0, 1][..], &[0][..])]);
    // two sets that fit: never guessed
    let several = (3..7).map(|version| payment("L-1", version, "2024-03-01", 100)).collect();
    let found = run(&[line(0, "2024-03-01", 200, "L-1")], several, &rules);
    assert!(found.matches.is_empty());
    assert_eq!(found.problems[0].kind, BreakKind::Ambiguous);
}

#[test]
fn a_payout_for_the_payments_of_a_day_less_the_agreed_fee() {
    let text = "name = \"payouts\"\n[[rule]]\nid = \"payout\"\nkind = \"batch\"\nchannels = [\"card\"]\ncontains = \"PAYOUT\"\n\
        delay_days = 2\nfee_rate = \"0.01\"\n";
    let rules = Rules::parse("rules.toml", text).unwrap();
    let day = || vec![payment("L-1", 3, "2024-03-01", 10_000), payment("L-2", 3, "2024-03-01", 5_050)];
    // 1 % of 100.00 and of 50.50, each rounded half up: 1.00 and 0.51
    let found = run(&[line(0, "2024-03-03", 15_050 - 151, "PAYOUT 7")], day(), &rules);
    assert_eq!(matches(&found), [("payout", &[0][..], &[0, 1][..])]);
    for (minor, kind) in [(15_050 - 160, BreakKind::FeeDiffers), (10_000, BreakKind::AmountDiffers)] {
        let found = run(&[line(0, "2024-03-03", minor, "PAYOUT 7")], day(), &rules);
        assert_eq!((found.problems[0].kind, found.problems[0].payments.len()), (kind, 2), "{minor}");
    }
    let found = run(&[line(0, "2024-03-09", 15_050 - 151, "PAYOUT 7")], day(), &rules);
    assert_eq!((found.problems[0].kind, found.free.len()), (BreakKind::MissingInLedger, 2));
}

#[test]
fn a_reference_that_the_bank_broke_over_two_lines() {
    let mut one = payment("L-1", 3, "2024-03-01", 500);
    one.reference = Some("PAY-20240301-7".into());
    let found = run(&[line(0, "2024-03-01", 500, "ref PAY-202403 01-7 thanks")], vec![one], &rules("name = \"x\""));
    assert_eq!(matches(&found), [("reference-in-text", &[0][..], &[0][..])]);
}
