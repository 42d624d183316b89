//! The life of a loan, given / when / then, by equality.

mod common;

use Component::{Fee, Interest, Penalty, Principal};
use Effect::{Accrued, Charged, Credited, Paid, Planned, Recovered, Waived, WrittenOff};
use common::*;
use ledger_core::calendar::Date;
use ledger_core::loan::{Components, Effect, Facts, Status, late_fees_due, position};
use ledger_core::terms::{Backdating, Component, LateFee, LateFeeRule, Terms};

fn open(principal: i64, interest: i64, fee: i64, penalty: i64) -> Components {
    Components { principal: cents(principal), interest: cents(interest), fee: cents(fee), penalty: cents(penalty) }
}

fn late_fee(instalment: u32) -> Facts {
    Facts::LateFeeAssessed { instalment }
}

fn waive(component: Component, minor: Option<i64>) -> Facts {
    Facts::Waived { component, amount: minor.map(cents), instalment: None, reason: "goodwill".to_owned() }
}

#[test]
fn a_disbursement_writes_the_plan() {
    let mut loan = Loan::originated(plain_terms(), "2024-01-31");
    let events = loan.then(
        "2024-01-31",
        Facts::Disbursed {
            amount: cents(120_000),
            currency: ledger_core::money::Currency::USD,
            payment: Default::default(),
        },
    );
    let plan = &events[0].outcome.plan;
    assert_eq!(plan.len(), 12);
    assert!(plan.iter().all(|change| change.old.is_none() && change.new.planned.principal == cents(10_000)));
    let due: Vec<Date> = plan.iter().take(3).map(|change| change.new.due_on).collect();
    assert_eq!(due, [day("2024-02-29"), day("2024-03-31"), day("2024-04-30")], "anchored, never chained");
    assert_eq!(loan.state.status().unwrap(), Status::Active);
}

#[test]
fn a_payment_on_the_due_date_pays_that_instalment() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    assert_eq!(loan.lines("2024-02-15", pay(10_000)), [line(1, Paid(Principal), 10_000)]);
    let position = position(&loan.state, day("2024-02-20")).unwrap();
    assert_eq!(position.days_past_due, Some(0));
    assert_eq!(position.oldest_unpaid_due_on, Some(day("2024-03-15")));
    assert_eq!(position.outstanding, open(110_000, 0, 0, 0));
}

#[test]
fn overdue_principal_earns_penalty_interest_until_it_is_paid() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    let at = |date: &str| position(&loan.state, day(date)).unwrap();
    assert_eq!(at("2024-02-15").overdue, open(0, 0, 0, 0), "due is not overdue");
    assert_eq!(at("2024-02-25").overdue, open(10_000, 0, 0, 100), "10 days of 0.10");
    assert_eq!(at("2024-02-25").days_past_due, Some(10));
    // 20 days: 2.00 of penalty interest first, then principal
    assert_eq!(
        loan.lines("2024-03-06", pay(5_200)),
        [line(1, Accrued(Penalty), 200), line(1, Paid(Principal), 5_000), line(1, Paid(Penalty), 200)]
    );
    // half the principal, half the interest: 10 more days cost 0.50
    let later = position(&loan.state, day("2024-03-16")).unwrap();
    assert_eq!(later.instalments[0].penalty_to_date, cents(50));
    // and the past is still what it was
    let earlier = position(&loan.state, day("2024-02-25")).unwrap();
    assert_eq!(earlier.overdue, open(10_000, 0, 0, 100));
}

#[test]
fn a_payment_beyond_everything_becomes_credit_and_pays_the_next_charge() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    let lines = loan.lines("2024-02-01", pay(121_000));
    assert_eq!(lines.len(), 13);
    assert!(lines.contains(&line(0, Credited, 1_000)));
    assert_eq!(loan.state.status().unwrap(), Status::Overpaid);
    assert_eq!(loan.rejected("2024-02-02", close()), "loan-not-settled");
    assert_eq!(
        loan.lines("2024-02-03", fee(600)),
        [line(0, Credited, -600), line(1, Charged(Fee), 600), line(1, Paid(Fee), 600)]
    );
    assert_eq!(loan.state.book.credit(), cents(400));
}

#[test]
fn the_late_fee_is_assessed_once_on_the_day_after_the_grace_days() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    let due = |loan: &Loan, through: &str| late_fees_due(&loan.state, day(through)).unwrap();
    assert!(due(&loan, "2024-02-18").is_empty(), "three grace days");
    assert_eq!(loan.rejected("2024-02-18", late_fee(1)), "not-overdue");
    assert_eq!(due(&loan, "2024-02-19")[0].on, day("2024-02-19"));
    assert_eq!(loan.lines("2024-02-19", late_fee(1)), [line(1, Charged(Penalty), 500)]);
    assert!(due(&loan, "2024-03-01").is_empty());
    assert_eq!(loan.rejected("2024-02-20", late_fee(1)), "late-fee-already-assessed");
    assert_eq!(loan.rejected("2024-02-20", late_fee(13)), "no-such-instalment");
}

#[test]
fn late_fee_rules_round_once_and_respect_the_cap() {
    let with = |rule, cap: Option<i64>| {
        let late_fee = Some(LateFee { rule, cap: cap.map(cents), backdating: Backdating::Reverse });
        let mut loan = Loan::disbursed(Terms { late_fee, penalty: None, ..plain_terms() }, "2024-01-15");
        loan.then("2024-02-15", pay(6_667));
        loan.lines("2024-02-19", late_fee_of_first())[0].amount.minor()
    };
    fn late_fee_of_first() -> Facts {
        Facts::LateFeeAssessed { instalment: 1 }
    }
    // 33.33 overdue
    assert_eq!(with(LateFeeRule::Percent(rate("0.05")), None), 167, "1.6665 rounds half up");
    assert_eq!(with(LateFeeRule::Greater(cents(200), rate("0.05")), None), 200);
    assert_eq!(with(LateFeeRule::Greater(cents(100), rate("0.05")), None), 167);
    assert_eq!(with(LateFeeRule::Percent(rate("0.5")), Some(1_000)), 1_000);
}

#[test]
fn a_backdated_payment_restates_what_came_after() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    loan.then("2024-02-19", late_fee(1)); // version 2
    let second = loan.lines("2024-03-06", pay(10_000)); // version 3: 20 days of penalty
    assert_eq!(second, [line(1, Accrued(Penalty), 200), line(1, Paid(Principal), 9_300), line(1, Paid(Penalty), 700),]);
    // the borrower had paid in time after all
    let events = loan.then("2024-02-15", pay(10_000)); // version 4, and the restatement 5
    assert_eq!(events[0].outcome.lines, [line(1, Paid(Principal), 10_000)]);
    assert_eq!(
        events[1].outcome.restated,
        [
            restated(2, "2024-02-19", line(1, Charged(Penalty), -500)),
            restated(3, "2024-03-06", line(1, Accrued(Penalty), -200)),
            restated(3, "2024-03-06", line(1, Paid(Principal), -9_300)),
            restated(3, "2024-03-06", line(1, Paid(Penalty), -700)),
            restated(3, "2024-03-06", line(2, Paid(Principal), 10_000)),
        ]
    );
    let now = position(&loan.state, day("2024-03-10")).unwrap();
    assert_eq!(now.outstanding, open(100_000, 0, 0, 0));
    assert_eq!(now.days_past_due, Some(0));
    // as of a day before, the restated late fee does not count either
    assert_eq!(position(&loan.state, day("2024-02-25")).unwrap().outstanding, open(110_000, 0, 0, 0));
}

#[test]
fn a_late_fee_is_kept_if_the_terms_say_so() {
    let mut terms = plain_terms();
    terms.late_fee.as_mut().unwrap().backdating = Backdating::Keep;
    let mut loan = Loan::disbursed(terms, "2024-01-15");
    loan.then("2024-02-19", late_fee(1));
    let events = loan.then("2024-02-15", pay(10_000));
    assert_eq!(events.len(), 1, "nothing to restate: {events:?}");
    assert_eq!(position(&loan.state, day("2024-02-20")).unwrap().outstanding, open(110_000, 0, 0, 500));
}

#[test]
fn a_reversal_counts_from_the_date_of_what_it_reverses() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    loan.then("2024-02-15", pay(10_000)); // version 2
    loan.then("2024-03-15", pay(10_000)); // version 3
    let events = loan.then("2024-03-20", reverse(2)); // version 4, 5
    assert_eq!(loan.log[4].effective_on, day("2024-02-15"));
    assert_eq!(events[0].outcome.lines, [line(1, Paid(Principal), -10_000)]);
    // the March payment now pays 29 days of penalty interest and February first
    assert_eq!(
        events[1].outcome.restated,
        [
            restated(3, "2024-03-15", line(1, Accrued(Penalty), 290)),
            restated(3, "2024-03-15", line(1, Paid(Principal), 9_710)),
            restated(3, "2024-03-15", line(1, Paid(Penalty), 290)),
            restated(3, "2024-03-15", line(2, Paid(Principal), -10_000)),
        ]
    );
    assert_eq!(loan.rejected("2024-03-21", reverse(2)), "already-reversed");
    assert_eq!(loan.rejected("2024-03-21", reverse(1)), "not-reversible");
    assert_eq!(loan.rejected("2024-03-21", reverse(99)), "no-such-event");
    // the late fee of February falls due after all
    assert_eq!(late_fees_due(&loan.state, day("2024-03-20")).unwrap()[0].on, day("2024-02-19"));
}

#[test]
fn a_write_off_cancels_interest_of_the_future_and_loses_the_rest() {
    let mut loan = Loan::disbursed(annuity_terms(), "2024-01-15");
    loan.then("2024-02-15", pay(10_662));
    let lines = loan.lines("2024-03-30", write_off());
    // 15 of 31 days of the third period are earned, nothing of those after it
    let third = loan.state.book.instalment(3).unwrap();
    assert_eq!(third.row.planned.interest, third.written_off.interest);
    assert!(lines.contains(&line(12, Planned(Interest), -106)), "{lines:?}");
    let lost: i64 = lines.iter().filter(|l| l.effect == WrittenOff(Principal)).map(|l| l.amount.minor()).sum();
    assert_eq!(lost, 120_000 - 9_462);
    assert_eq!(loan.state.status().unwrap(), Status::WrittenOff);
    assert!(position(&loan.state, day("2024-06-01")).unwrap().outstanding.is_zero());

    assert_eq!(loan.rejected("2024-04-01", write_off()), "loan-written-off");
    assert_eq!(loan.rejected("2024-04-01", pay(100)), "loan-written-off");
    assert_eq!(loan.rejected("2024-03-29", recover(100)), "before-start");
    assert_eq!(loan.lines("2024-04-01", recover(5_000)), [line(0, Recovered(Principal), 5_000)]);
    let written_off = loan.state.book.written_off().unwrap();
    let all = written_off.total().unwrap().minor();
    loan.then("2024-04-02", recover(all - 5_000 + 77));
    assert_eq!(
        loan.state.book.recovered().interest.minor(),
        written_off.interest.minor() + 77,
        "beyond the loss it is interest that was never booked"
    );
    // a payment that had come before the write-off makes the loss smaller
    let events = loan.then("2024-03-15", pay(10_662));
    assert!(events[1].outcome.restated.iter().any(|r| r.difference.effect == WrittenOff(Principal)));
}

#[test]
fn claims_are_waived_up_to_what_is_outstanding() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    loan.then("2024-02-01", fee(300));
    assert_eq!(loan.rejected("2024-02-02", waive(Fee, Some(301))), "waiver-exceeds-outstanding");
    assert_eq!(loan.rejected("2024-02-02", waive(Interest, None)), "waiver-exceeds-outstanding");
    assert_eq!(loan.rejected("2024-02-02", waive(Principal, None)), "principal-not-waivable");
    assert_eq!(loan.lines("2024-02-02", waive(Fee, Some(100))), [line(1, Waived(Fee), 100)]);
    assert_eq!(loan.lines("2024-02-03", waive(Fee, None)), [line(1, Waived(Fee), 200)]);
    // penalty interest that only time accrued is put on the account and waived
    assert_eq!(
        loan.lines("2024-02-25", waive(Penalty, None)),
        [line(1, Accrued(Penalty), 100), line(1, Waived(Penalty), 100)]
    );
}

#[test]
fn a_settled_loan_is_closed_and_money_opens_it_again() {
    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    loan.then("2024-02-01", pay(120_000));
    assert_eq!(loan.state.status().unwrap(), Status::Settled);
    loan.then("2024-02-01", close());
    assert_eq!(loan.state.status().unwrap(), Status::Closed);
    assert_eq!(loan.rejected("2024-02-02", fee(100)), "loan-closed");
    assert_eq!(loan.rejected("2024-02-02", close()), "loan-closed");
    loan.then("2024-02-02", pay(50));
    assert_eq!(loan.state.status().unwrap(), Status::Overpaid);
    loan.then("2024-02-05", reverse(2));
    assert_eq!(loan.state.status().unwrap(), Status::Active);
}

#[test]
fn what_is_not_allowed_is_rejected_with_a_stable_code() {
    let mut none = Loan::default();
    for facts in [pay(1), fee(1), write_off(), recover(1), close(), late_fee(1), waive(Fee, None), reverse(0)] {
        assert_eq!(none.rejected("2024-01-15", facts), "loan-not-originated");
    }
    let mut pending = Loan::originated(plain_terms(), "2024-01-15");
    for facts in [pay(1), fee(1), write_off(), close(), late_fee(1), waive(Fee, None), recover(1)] {
        assert_eq!(pending.rejected("2024-01-15", facts), "loan-not-disbursed");
    }
    let disburse = |minor, currency: &str| Facts::Disbursed {
        amount: cents(minor),
        currency: currency.parse().unwrap(),
        payment: Default::default(),
    };
    assert_eq!(pending.rejected("2024-01-14", disburse(120_000, "USD")), "before-start");
    assert_eq!(pending.rejected("2024-01-15", disburse(120_001, "USD")), "disbursement-exceeds-principal");
    assert_eq!(pending.rejected("2024-01-15", disburse(120_000, "CNY")), "wrong-currency");
    assert_eq!(pending.rejected("2024-01-15", disburse(0, "USD")), "amount-not-positive");
    assert_eq!(pending.rejected("2031-01-15", disburse(1, "USD")), "future-dated");

    let mut loan = Loan::disbursed(plain_terms(), "2024-01-15");
    assert_eq!(loan.rejected("2024-01-15", disburse(1, "USD")), "loan-already-disbursed");
    let terms = Box::new(plain_terms());
    let again = Facts::Originated { terms, borrower: None, references: Vec::new() };
    assert_eq!(loan.rejected("2024-01-15", again), "loan-already-originated");
    assert_eq!(loan.rejected("2024-01-14", pay(1)), "before-start");
    assert_eq!(loan.rejected("2024-01-15", pay(0)), "amount-not-positive");
    assert_eq!(loan.rejected("2024-01-15", pay(-5)), "amount-not-positive");
    assert_eq!(loan.rejected("2024-01-15", recover(1)), "loan-not-written-off");
    let restate = Facts::Restated { cause: ledger_core::stream::Version(1) };
    assert_eq!(loan.rejected("2024-01-15", restate), "not-a-command");
    assert_eq!(loan.rejected("2024-01-15", Facts::Closed { reason: String::new() }), "bad-text");
    assert_eq!(loan.rejected("2024-01-15", Facts::WrittenOff { reason: "x".repeat(1025) }), "bad-text");
    loan.then("2024-02-15", pay(1));
    assert_eq!(loan.rejected("2024-02-14", write_off()), "before-start");
    loan.then("2024-02-15", pay(119_999));
    assert_eq!(loan.rejected("2024-02-15", write_off()), "nothing-outstanding");
    let mut wrong = pay(1);
    if let Facts::RepaymentReceived { currency, .. } = &mut wrong {
        *currency = "CNY".parse().unwrap();
    }
    assert_eq!(loan.rejected("2024-02-15", wrong), "wrong-currency");
}
