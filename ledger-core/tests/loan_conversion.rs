//! Taking over loans from another system.

mod common;

use common::*;
use ledger_core::loan::{Components, Conversion, Effect, Facts, Status, position};
use ledger_core::money::Currency;
use ledger_core::terms::Component::{Penalty, Principal};

fn conversion(principal: i64, interest: i64, penalty: i64) -> Conversion {
    Conversion {
        source: "old-system".to_owned(),
        disbursed_on: day("2024-01-15"),
        disbursed: cents(120_000),
        currency: Currency::USD,
        received: Components {
            principal: cents(principal),
            interest: cents(interest),
            fee: cents(0),
            penalty: cents(penalty),
        },
        oldest_unpaid_due_on: None,
        settled: false,
    }
}

fn take_over(conversion: Conversion) -> Loan {
    let mut loan = Loan::originated(annuity_terms(), "2024-01-15");
    loan.then("2024-06-20", Facts::Converted(Box::new(conversion)));
    loan
}

#[test]
fn arrears_without_a_date_are_unknown_and_never_zero() {
    let loan = take_over(conversion(30_000, 4_000, 0));
    let position = position(&loan.state, day("2024-06-20")).unwrap();
    assert_eq!(position.days_past_due, None);
    assert_eq!(position.outstanding.principal, cents(90_000));
    assert_eq!(position.status, Status::Active);
}

#[test]
fn the_mapped_oldest_unpaid_due_date_gives_days_past_due() {
    let mut facts = conversion(28_667, 3_319, 500);
    facts.oldest_unpaid_due_on = Some(day("2024-05-15"));
    let loan = take_over(facts);
    let position = position(&loan.state, day("2024-06-20")).unwrap();
    assert_eq!(position.days_past_due, Some(36));
    assert_eq!(position.outstanding.principal, cents(120_000 - 28_667));
    let planned: i64 = loan.state.book.instalments().iter().map(|i| i.row.planned.principal.minor()).sum();
    assert_eq!(planned, 120_000, "row 0 and the rest add up to the principal");
    assert_eq!(loan.state.book.instalment(0).unwrap().paid.penalty, cents(500));
}

#[test]
fn what_the_contract_says_is_kept_where_it_fits() {
    // three instalments paid as the contract says
    let contract = Loan::disbursed(annuity_terms(), "2024-01-15");
    let paid: i64 = contract.state.book.instalments().iter().take(3).map(|i| i.row.planned.principal.minor()).sum();
    let mut facts = conversion(paid, 3_000, 0);
    facts.oldest_unpaid_due_on = Some(day("2024-05-15"));
    let loan = take_over(facts);
    for number in 4..=12 {
        assert_eq!(loan.state.book.instalment(number), contract.state.book.instalment(number));
    }
}

#[test]
fn a_cent_too_much_or_too_little_comes_out_again() {
    let mut facts = conversion(120_002, 9_000, 0);
    facts.settled = true;
    let loan = take_over(facts);
    let row = loan.state.book.instalment(0).unwrap();
    assert_eq!((row.paid.principal, row.charged.principal), (cents(120_002), cents(2)));
    assert_eq!(loan.state.status().unwrap(), Status::Settled);

    let mut facts = conversion(119_955, 9_000, 0);
    facts.settled = true;
    let loan = take_over(facts);
    let row = loan.state.book.instalment(0).unwrap();
    assert_eq!((row.paid.principal, row.waived.principal), (cents(119_955), cents(45)));
    assert_eq!(loan.state.status().unwrap(), Status::Settled);
}

#[test]
fn a_charged_off_loan_is_taken_over_written_off_and_recovered() {
    let mut loan = Loan::originated(annuity_terms(), "2020-01-15");
    let mut facts = conversion(30_000, 4_000, 0);
    facts.disbursed_on = day("2020-01-15");
    loan.then("2024-06-20", Facts::Converted(Box::new(facts)));
    let lines = loan.lines("2024-06-20", write_off());
    let lost: i64 = lines.iter().filter(|l| l.effect == Effect::WrittenOff(Principal)).map(|l| l.amount.minor()).sum();
    assert_eq!(lost, 90_000);
    assert!(
        !lines.iter().any(|l| l.effect == Effect::WrittenOff(Penalty)),
        "penalty interest of before is the source's business: {lines:?}"
    );
    loan.then("2024-06-20", recover(1_234));
    assert_eq!(loan.state.book.recovered().principal, cents(1_234));
}

#[test]
fn a_conversion_that_does_not_fit_is_rejected() {
    let mut loan = Loan::originated(annuity_terms(), "2024-01-15");
    let mut rejected = |change: fn(&mut Conversion)| {
        let mut facts = conversion(100, 0, 0);
        change(&mut facts);
        loan.rejected("2024-06-20", Facts::Converted(Box::new(facts)))
    };
    assert_eq!(rejected(|c| c.received.interest = cents(-1)), "bad-conversion");
    assert_eq!(rejected(|c| c.oldest_unpaid_due_on = Some(day("2023-01-01"))), "bad-conversion");
    assert_eq!(rejected(|c| (c.settled, c.oldest_unpaid_due_on) = (true, Some(day("2024-02-15")))), "bad-conversion");
    assert_eq!(rejected(|c| c.disbursed = cents(120_001)), "disbursement-exceeds-principal");
    assert_eq!(rejected(|c| c.disbursed_on = day("2024-01-01")), "before-start");
    assert_eq!(rejected(|c| c.currency = Currency::CNY), "wrong-currency");
}
