//! Random lives of loans.

use crate::common::{Log, cents, convert, day, disburse, originate, pay, recover, reverse, terms, write_off};
use ledger_core::loan::{Facts, late_fees_due};
use ledger_core::money::Currency;
use ledger_core::terms::Component;
use proptest::prelude::*;

/// Something that is tried with a loan, so many days after the start.
#[derive(Debug, Clone)]
pub struct Step {
    loan: usize,
    after: i64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Pay(i64),
    Fee(i64),
    Waive(Component),
    Reverse(u64),
    LateFees,
    WriteOff,
    Recover(i64),
    Close,
    CloseDay,
}

pub const START: &str = "2024-01-15";

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        10 => (1_i64..40_000).prop_map(What::Pay),
        2 => (1_i64..3_000).prop_map(What::Fee),
        1 => prop_oneof![Just(Component::Fee), Just(Component::Penalty), Just(Component::Interest)].prop_map(What::Waive),
        3 => (2_u64..9).prop_map(What::Reverse),
        3 => Just(What::LateFees),
        1 => Just(What::WriteOff),
        2 => (1_i64..30_000).prop_map(What::Recover),
        1 => Just(What::Close),
        1 => Just(What::CloseDay),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_usize..6, 0_i64..500, what()).prop_map(|(loan, after, what)| Step { loan, after, what });
    prop::collection::vec(step, 0..50)
}

/// The same steps in the order of their days, without those that reach back to an earlier day.
#[allow(dead_code, reason = "each test file uses its part")]
pub fn in_order(steps: &[Step]) -> Vec<Step> {
    let reaches_back = |step: &&Step| matches!(step.what, What::Reverse(_) | What::LateFees);
    let mut steps: Vec<Step> = steps.iter().filter(|step| !reaches_back(step)).cloned().collect();
    steps.sort_by_key(|step| step.after);
    steps
}

/// Six loans in two currencies, two of them taken over, and what happens to them. A step that the ledger rejects is left out.
pub fn live(steps: &[Step]) -> Log {
    let mut log = Log::default();
    let currency = |loan: usize| if loan == 3 { "JPY".parse().expect("a currency") } else { Currency::USD };
    for loan in 0..6 {
        let id = format!("L-{loan}");
        log.then(&id, START, originate(terms(if loan % 2 == 0 { "0" } else { "0.12" }, currency(loan))));
        match loan {
            1 => log.then(&id, "2024-06-20", convert(START, None)),
            2 => log.then(&id, "2024-06-20", convert(START, Some("2024-05-15"))),
            _ => log.then(&id, START, disburse(120_000, currency(loan))),
        }
    }
    for step in steps {
        let id = format!("L-{}", step.loan);
        let on = day(START).plus_days(step.after).expect("a date");
        let facts = match &step.what {
            What::Pay(minor) => pay(*minor, currency(step.loan)),
            What::Recover(minor) => recover(*minor, currency(step.loan)),
            What::Fee(minor) => {
                Facts::FeeCharged { amount: cents(*minor), currency: currency(step.loan), reason: "copy".to_owned() }
            }
            What::Waive(component) => {
                Facts::Waived { component: *component, amount: None, instalment: None, reason: "test".to_owned() }
            }
            What::Reverse(version) => reverse(*version),
            What::WriteOff => write_off(),
            What::Close => Facts::Closed { reason: "test".to_owned() },
            What::LateFees => {
                let due = log.states.get(&id).map(|state| late_fees_due(state, on)).expect("a loan");
                for one in due.expect("late fees") {
                    let _ = log.attempt(&id, one.on, Facts::LateFeeAssessed { instalment: one.instalment });
                }
                continue;
            }
            What::CloseDay => {
                log.close_day(&on.to_string());
                continue;
            }
        };
        let _ = log.attempt(&id, on, facts);
    }
    log
}
