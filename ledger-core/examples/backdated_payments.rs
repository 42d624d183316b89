//! What backdating costs: 400 daily payments of one loan, recorded in the order of their days and in the reverse order.
//!
//! `cargo run --release -p ledger-core --example backdated_payments`
#![allow(clippy::unwrap_used, missing_docs, reason = "an example")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::contract::contract;
use common::{Loan, annuity_terms, day, pay, serviced_terms};
use ledger_core::record::{Event, codec};
use ledger_core::servicing::contract::FutureInstalments;
use ledger_core::terms::Terms;
use std::time::Instant;

const PAYMENTS: i64 = 400;

fn main() {
    println!("loan | order | events | restatement lines | bytes of events | seconds | outstanding");
    let kinds: [(&str, Terms); 2] = [
        ("keeps its plan", Terms { instalments: 36, ..annuity_terms() }),
        ("serviced by the day", serviced_terms(contract(12, 36, FutureInstalments::Next, false, false))),
    ];
    for (name, terms) in kinds {
        let mut outstanding = Vec::new();
        for (order, days) in
            [("by day", (1..=PAYMENTS).collect::<Vec<_>>()), ("reverse", (1..=PAYMENTS).rev().collect())]
        {
            let start = day("2024-01-01");
            let mut loan = Loan::disbursed(terms.clone(), "2024-01-01");
            let began = Instant::now();
            for offset in days {
                loan.then(&start.plus_days(offset).unwrap().to_string(), pay(400));
            }
            let seconds = began.elapsed().as_secs_f64();
            let lines: usize = loan.log.iter().map(|stored| stored.event.outcome.restated.len()).sum();
            let bytes: usize =
                loan.log.iter().map(|stored| codec::encode(&Event::Loan(stored.event.clone())).unwrap().len()).sum();
            let at = ledger_core::loan::position(&loan.state, day("2026-01-01")).unwrap();
            println!(
                "{name} | {order} | {} | {lines} | {bytes} | {seconds:.2} | {:?}",
                loan.log.len(),
                at.outstanding.total().unwrap()
            );
            outstanding.push(at.outstanding);
        }
        assert_eq!(outstanding.first(), outstanding.last(), "the order of recording does not matter");
    }
}
