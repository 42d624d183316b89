//! What always holds, for random lives of loans with facts in any order of dates.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::*;
use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanState, late_fees_due, position};
use ledger_core::money::Amount;
use ledger_core::stream::Version;
use ledger_core::terms::{Amortisation, Component, Terms};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Pay { after: i64, minor: i64 },
    Fee { after: i64, minor: i64 },
    Waive { after: i64, component: Component, minor: i64 },
    Reverse { nth: usize },
    DayEnd { after: i64 },
    WriteOff { after: i64 },
    Recover { after: i64, minor: i64 },
}

fn steps(ending: bool) -> impl Strategy<Value = Vec<Step>> {
    let pay = (0_i64..500, 1_i64..30_000).prop_map(|(after, minor)| Step::Pay { after, minor });
    let fee = (0_i64..500, 1_i64..3_000).prop_map(|(after, minor)| Step::Fee { after, minor });
    let waivable = prop_oneof![Just(Component::Fee), Just(Component::Penalty), Just(Component::Interest)];
    let waive = (0_i64..500, waivable, 1_i64..1_000).prop_map(|(after, component, minor)| Step::Waive {
        after,
        component,
        minor,
    });
    let reverse = (0_usize..20).prop_map(|nth| Step::Reverse { nth });
    let day_end = (0_i64..500).prop_map(|after| Step::DayEnd { after });
    let write_off = (300_i64..500).prop_map(|after| Step::WriteOff { after });
    let recover = (300_i64..500, 1_i64..30_000).prop_map(|(after, minor)| Step::Recover { after, minor });
    let rare = u32::from(ending);
    let step = prop_oneof![
        8 => pay, 2 => fee, rare => waive, 2 => reverse, 3 => day_end, rare => write_off, rare => recover
    ];
    prop::collection::vec(step, 1..14)
}

fn terms() -> impl Strategy<Value = Terms> {
    prop_oneof![
        Just(plain_terms()),
        Just(annuity_terms()),
        Just(Terms { amortisation: Amortisation::InterestOnly { balloon: None }, ..annuity_terms() }),
    ]
}

const START: &str = "2024-01-15";

fn on(after: i64) -> Date {
    day(START).plus_days(after).unwrap()
}

fn take(loan: &mut Loan, step: &Step) {
    let facts = match step {
        Step::Pay { minor, .. } => pay(*minor),
        Step::Fee { minor, .. } => fee(*minor),
        Step::Waive { component, minor, .. } => Facts::Waived {
            component: *component,
            amount: Some(cents(*minor)),
            instalment: None,
            reason: "test".to_owned(),
        },
        Step::Reverse { nth } => reverse(*nth as u64),
        Step::WriteOff { .. } => write_off(),
        Step::Recover { minor, .. } => recover(*minor),
        Step::DayEnd { after } => {
            for due in late_fees_due(&loan.state, on(*after)).unwrap() {
                loan.then(&due.on.to_string(), Facts::LateFeeAssessed { instalment: due.instalment });
            }
            return;
        }
    };
    let after = match step {
        Step::Pay { after, .. }
        | Step::Fee { after, .. }
        | Step::Waive { after, .. }
        | Step::WriteOff { after }
        | Step::Recover { after, .. }
        | Step::DayEnd { after } => *after,
        Step::Reverse { .. } => 0,
    };
    // a rejection is a fine answer; what counts is that the state stays whole
    let _ = loan.attempt(&on(after).to_string(), facts);
}

fn live(terms: Terms, steps: &[Step]) -> Loan {
    let mut loan = Loan::disbursed(terms, START);
    for step in steps {
        take(&mut loan, step);
    }
    loan
}

/// Money in = money spread + money held, counted from the facts alone.
fn money_adds_up(state: &LoanState) {
    let facts = || state.facts.iter().filter(|fact| fact.reversed_by.is_none());
    let received = Amount::sum(facts().filter_map(|fact| match fact.facts {
        Facts::RepaymentReceived { amount, .. } => Some(amount),
        _ => None,
    }));
    let recovered = Amount::sum(facts().filter_map(|fact| match fact.facts {
        Facts::RecoveryReceived { amount, .. } => Some(amount),
        _ => None,
    }));
    let paid = Amount::sum(state.book.instalments().iter().map(|instalment| instalment.paid.total().unwrap())).unwrap();
    assert_eq!(received.unwrap(), paid.plus(state.book.credit()).unwrap(), "repayments = paid + credit");
    assert_eq!(recovered.unwrap(), state.book.recovered().total().unwrap(), "recoveries");
}

fn nothing_is_negative(state: &LoanState) {
    assert!(!state.book.credit().is_negative());
    for instalment in state.book.instalments() {
        let open = instalment.open().unwrap();
        assert!(!open.any_negative(), "{instalment:?}");
        assert!(!instalment.contractual_open().unwrap().is_negative());
        for one in [&instalment.charged, &instalment.paid, &instalment.waived, &instalment.written_off] {
            assert!(!one.any_negative(), "{instalment:?}");
        }
        assert!(!instalment.accrued.is_negative(), "{instalment:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn money_adds_up_and_nothing_is_negative(terms in terms(), steps in steps(true)) {
        let mut loan = Loan::disbursed(terms, START);
        for step in &steps {
            take(&mut loan, step);
            money_adds_up(&loan.state);
            nothing_is_negative(&loan.state);
            let planned = loan.state.book.instalments().iter().map(|instalment| instalment.row.planned.principal);
            prop_assert_eq!(Amount::sum(planned).unwrap(), cents(120_000), "the plan adds up to the principal");
        }
    }

    /// A life told in any order comes to the same as the same life told in the order of its dates.
    #[test]
    fn restatements_lead_to_where_the_order_of_dates_leads(terms in terms(), steps in steps(false)) {
        let told = live(terms.clone(), &steps);
        let mut in_order = Loan::disbursed(terms, START);
        for fact in told.state.facts_in_order() {
            if !matches!(fact.facts, Facts::Disbursed { .. } | Facts::RepaymentReversed { .. }) {
                // a late fee that was never due is rejected here and restated to nothing there
                let _ = in_order.attempt(&fact.effective_on.to_string(), fact.facts.clone());
            }
        }
        prop_assert_eq!(told.state.book.instalments(), in_order.state.book.instalments());
        prop_assert_eq!(told.state.book.credit(), in_order.state.book.credit());
        for after in [0, 40, 100, 250, 600] {
            let (a, b) = (position(&told.state, on(after)).unwrap(), position(&in_order.state, on(after)).unwrap());
            prop_assert_eq!(a.instalments, b.instalments, "as of day {}", after);
        }
    }

    /// The lines of each event in force are its outcome plus every difference to it.
    #[test]
    fn every_difference_belongs_to_a_fact_and_is_not_zero(terms in terms(), steps in steps(true)) {
        let loan = live(terms, &steps);
        for stored in &loan.log {
            for restated in &stored.event.outcome.restated {
                prop_assert!(!restated.difference.amount.is_zero());
                prop_assert!(restated.corrected < stored.version);
                let corrected = loan.state.fact(restated.corrected).unwrap();
                prop_assert_eq!(corrected.effective_on, restated.effective_on);
            }
            if let Facts::RepaymentReversed { reversed, .. } = stored.event.facts {
                prop_assert_eq!(loan.state.book.lines_in_force(reversed).unwrap(), Vec::new());
            }
        }
        let credited: Vec<_> = loan.state.book.entries().iter().filter(|e| e.line.effect == Effect::Credited).collect();
        prop_assert_eq!(Amount::sum(credited.iter().map(|e| e.line.amount)).unwrap(), loan.state.book.credit());
    }

    /// However often a payment of one cent puts penalty interest on the account, its sum is that of the whole time.
    #[test]
    fn penalty_interest_put_on_the_account_in_parts_adds_up(days in 1_i64..300, parts in prop::collection::vec(1_i64..300, 0..6)) {
        let mut loan = Loan::disbursed(plain_terms(), START);
        for part in parts {
            let date = on(31 + part.min(days)).to_string();
            // penalties are paid first, so that the principal stays and goes on earning 0.10 a day
            loan.then(&date, pay(1));
        }
        let first = &position(&loan.state, on(31 + days)).unwrap().instalments[0];
        let whole = first.instalment.accrued.plus(first.penalty_to_date).unwrap();
        prop_assert_eq!(whole, cents(10 * days));
    }
}

#[test]
fn versions_are_gap_free() {
    let loan = live(plain_terms(), &[Step::Pay { after: 40, minor: 5 }, Step::Pay { after: 30, minor: 500 }]);
    let versions: Vec<Version> = loan.log.iter().map(|stored| stored.version).collect();
    assert_eq!(versions, (0..versions.len() as u64).map(Version).collect::<Vec<_>>());
}
