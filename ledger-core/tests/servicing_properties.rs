//! What always holds of the servicing engine, over random histories.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::contract::contract;
use ledger_core::calendar::Date;
use ledger_core::money::Amount;
use ledger_core::servicing::contract::{Component, Contract, FutureInstalments, PaymentKind};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use ledger_core::servicing::instalment::Instalment;
use proptest::prelude::*;

fn day(offset: i64) -> Date {
    Date::new(2024, 1, 1).unwrap().plus_days(offset).unwrap()
}

fn dated(on: i64, fact: Fact) -> Dated {
    Dated { on: day(on), booked: day(400), fact, reversed: false }
}

prop_compose! {
    fn terms()(
        percent in prop_oneof![Just(0_i64), 1..40_i64],
        instalments in 1..13_u32,
        future in prop_oneof![
            Just(FutureInstalments::Next), Just(FutureInstalments::Last), Just(FutureInstalments::Reamortise),
        ],
        flat in any::<bool>(),
    ) -> Contract {
        contract(percent, instalments, future, false, flat)
    }
}

/// Payments and charges on different days.
fn history() -> impl Strategy<Value = Vec<Dated>> {
    prop::collection::btree_map(1..380_i64, (any::<bool>(), 1..60_000_i64), 0..9).prop_map(|facts| {
        let fact = |(on, (pays, minor)): (i64, (bool, i64))| {
            let amount = Amount::from_minor(minor);
            dated(
                on,
                if pays {
                    Fact::Paid { kind: PaymentKind::Repayment, amount }
                } else {
                    let amount =
                        ledger_core::servicing::fact::ChargeAmount::Flat(Amount::from_minor(minor % 3_000 + 1));
                    Fact::Charged { component: Component::Fee, amount, due: Some(day(on)) }
                },
            )
        };
        let mut all = vec![dated(0, Fact::Disbursed { amount: Amount::from_minor(200_000) })];
        all.extend(facts.into_iter().map(fact));
        all
    })
}

fn sum(rows: &[Instalment], of: impl Fn(&Instalment) -> Amount) -> i64 {
    rows.iter().map(|row| of(row).minor()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Principal of the instalments is what was lent; every cent of a payment is paid on something or overpaid.
    #[test]
    fn no_cent_is_lost(contract in terms(), facts in history()) {
        let engine = Engine::run(&contract, &facts, day(395)).unwrap();
        prop_assert_eq!(sum(&engine.instalments, |row| row.owed.principal), 200_000);
        for line in &engine.lines {
            if let Fact::Paid { amount, .. } = &facts[line.fact].fact {
                prop_assert_eq!(line.split.total().unwrap().minor() + line.overpaid.minor(), amount.minor());
            }
        }
        let paid: i64 = engine.lines.iter().map(|line| line.split.total().unwrap().minor()).sum();
        prop_assert_eq!(sum(&engine.instalments, |row| row.paid.total().unwrap()), paid);
        let overpaid: i64 = engine.lines.iter().map(|line| line.overpaid.minor()).sum();
        prop_assert_eq!(engine.overpaid.minor(), overpaid);
        for row in &engine.instalments {
            prop_assert!(!row.open_total().unwrap().is_negative(), "{row:?}");
            prop_assert_eq!(row.is_met(), row.open_total().unwrap().is_zero());
        }
    }

    /// Facts of different days end the same in whatever order they are recorded.
    #[test]
    fn the_order_of_recording_does_not_matter(contract in terms(), facts in history(), seed in any::<u64>()) {
        let mut shuffled = facts.clone();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let one = Engine::run(&contract, &facts, day(395)).unwrap();
        let other = Engine::run(&contract, &shuffled, day(395)).unwrap();
        prop_assert_eq!(one.instalments, other.instalments);
        prop_assert_eq!(one.overpaid, other.overpaid);
    }

    /// A fact and its reversal leave nothing.
    #[test]
    fn a_reversal_leaves_nothing(contract in terms(), facts in history(), on in 1..380_i64, minor in 1..90_000_i64) {
        let mut with = facts.clone();
        let payment = Fact::Paid { kind: PaymentKind::Repayment, amount: Amount::from_minor(minor) };
        with.push(Dated { reversed: true, ..dated(on, payment) });
        let before = Engine::run(&contract, &facts, day(395)).unwrap();
        let after = Engine::run(&contract, &with, day(395)).unwrap();
        prop_assert_eq!(before.instalments, after.instalments);
        prop_assert_eq!(before.lines, after.lines);
    }

    /// By component instead of by instalment, nothing is lost either.
    #[test]
    fn vertical_allocation_loses_no_cent(percent in 0..40_i64, instalments in 1..13_u32, facts in history()) {
        let contract = contract(percent, instalments, FutureInstalments::Next, true, true);
        let engine = Engine::run(&contract, &facts, day(395)).unwrap();
        prop_assert_eq!(sum(&engine.instalments, |row| row.owed.principal), 200_000);
        for line in &engine.lines {
            if let Fact::Paid { amount, .. } = &facts[line.fact].fact {
                prop_assert_eq!(line.split.total().unwrap().minor() + line.overpaid.minor(), amount.minor());
            }
        }
    }
}
