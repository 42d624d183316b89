//! What always holds, for random lives of loans.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
#[path = "common/lives.rs"]
mod lives;

use common::{Log, day, run};
use ledger_core::loan::{Components, position};
use ledger_core::money::Amount;
use ledger_core::terms::Component;
use lives::{START, live, steps};
use projections::balances::{BalanceFilter, Balances};
use projections::checkpoint::CheckpointStore;
use projections::classification::{Classification, RuleBook};
use projections::engine::{Pass, Projection, State, catch_up};
use projections::overdue::{Buckets, Overdue};
use projections::{Projections, checkpoint::MemoryCheckpoints};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The bytes of all checkpoints of a log that was read in steps of these many events, each time from the saved bytes.
fn bytes_in_steps(log: &Log, splits: &[usize]) -> Vec<Vec<u8>> {
    fn resume<P: Projection>(store: &MemoryCheckpoints) -> State<P> {
        let bytes = store.load(P::NAME, P::VERSION).unwrap();
        bytes.map_or_else(State::default, |bytes| State::decode(&bytes, "store").unwrap())
    }
    let store = MemoryCheckpoints::default();
    let mut end = 0;
    for step in splits.iter().copied().chain([usize::MAX]) {
        end = usize::saturating_add(end, step).min(log.records.len());
        let mut balances: State<Balances> = resume(&store);
        let mut overdue: State<Overdue> = resume(&store);
        let mut classification: State<Classification> = resume(&store);
        let prefix = log.first(end);
        let pass = Pass { checkpoints: Some(&store), save_every: 10, ..Pass::over(&prefix, "store") };
        let report = run(catch_up(&pass, &mut [&mut balances, &mut overdue, &mut classification])).unwrap();
        assert!(report.iter().all(|one| one.stopped.is_none() && one.distrusted.is_none()), "{report:?}");
    }
    vec![
        store.load(Balances::NAME, Balances::VERSION).unwrap().unwrap(),
        store.load(Overdue::NAME, Overdue::VERSION).unwrap().unwrap(),
        store.load(Classification::NAME, Classification::VERSION).unwrap().unwrap(),
    ]
}

fn opened(log: &Log) -> Projections {
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "store").unwrap();
    let report = run(projections.catch_up(log)).unwrap();
    assert_eq!(report.stopped().count(), 0, "{report:?}");
    projections
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// In steps or at once: the same bytes.
    #[test]
    fn incremental_is_rebuilt(steps in steps(), splits in prop::collection::vec(0_usize..30, 0..6)) {
        let log = live(&steps);
        prop_assert_eq!(bytes_in_steps(&log, &splits), bytes_in_steps(&log, &[]));
    }

    /// Balances are what the ledger's own state says, are never negative, and their totals are the sums of the rows.
    #[test]
    fn balances_are_those_of_the_loans(steps in steps()) {
        let log = live(&steps);
        let view = opened(&log).balances(&BalanceFilter::default()).unwrap();
        prop_assert_eq!(view.rows.len(), log.states.len());
        let mut sums: BTreeMap<_, (u64, Amount, Components, Components)> = BTreeMap::new();
        for row in &view.rows {
            let state = &log.states[&*row.loan];
            let amounts = &row.amounts;
            prop_assert_eq!(row.status, state.status().unwrap());
            prop_assert_eq!(amounts.outstanding, state.book.open().unwrap());
            prop_assert_eq!(amounts.written_off, state.book.written_off().unwrap());
            prop_assert_eq!(&amounts.recovered, state.book.recovered());
            prop_assert_eq!(amounts.credit, state.book.credit());
            prop_assert_eq!(amounts.disbursed, state.disbursed);
            for one in [&amounts.outstanding, &amounts.received, &amounts.waived, &amounts.written_off, &amounts.recovered] {
                prop_assert!(!one.any_negative(), "{:?}", row);
            }
            prop_assert!(!amounts.credit.is_negative() && !amounts.principal_lost.is_negative(), "{:?}", row);
            let sum = sums.entry(row.currency).or_default();
            sum.0 += 1;
            sum.1 = sum.1.plus(amounts.disbursed).unwrap();
            sum.2 = sum.2.plus(&amounts.outstanding).unwrap();
            sum.3 = sum.3.plus(&amounts.received).unwrap();
        }
        for (currency, total) in &view.totals {
            let sum = (total.loans, total.disbursed, total.outstanding, total.received);
            prop_assert_eq!(Some(&sum), sums.get(currency));
        }
        prop_assert_eq!(view.totals.len(), sums.len());
    }

    /// On any date, before and after the last event, both views say what the loan's position says; a summary that spares
    /// the decoding of a row changes no answer.
    #[test]
    fn views_are_positions(steps in steps(), after in 0_i64..900) {
        let log = live(&steps);
        let date = day(START).plus_days(after).unwrap();
        let projections = opened(&log);
        let overdue = projections.overdue(date, &Buckets::builtin().unwrap()).unwrap();
        let book = RuleBook::builtin().unwrap();
        let classes = projections.classify(date, book.in_force("cn-five-tier", date).unwrap()).unwrap();
        let mut active = 0;
        for (id, state) in &log.states {
            let at = position(state, date).unwrap();
            let is_active = at.status == ledger_core::loan::Status::Active;
            active += u64::from(is_active);
            let listed = overdue.rows.iter().find(|row| *row.loan == **id);
            let expected = is_active && (!at.overdue.is_zero() || at.days_past_due != Some(0));
            prop_assert_eq!(listed.is_some(), expected, "{} {:?}", id, at);
            if let Some(row) = listed {
                prop_assert_eq!(row.overdue, at.overdue);
                prop_assert_eq!(row.days_past_due, at.days_past_due);
                prop_assert_eq!(row.outstanding_principal, at.outstanding.principal);
            }
            if let Some(row) = classes.rows.iter().find(|row| *row.loan == **id) {
                prop_assert_eq!(row.days_past_due, at.days_past_due);
                prop_assert_eq!(row.outstanding_principal, at.outstanding.principal);
            } else {
                // penalty interest that only time has accrued is no claim to classify
                let contractual = Amount::sum([Component::Principal, Component::Interest, Component::Fee]
                    .map(|component| at.outstanding.get(component))).unwrap();
                prop_assert!(!is_active || contractual.is_zero(), "{} {:?}", id, at);
            }
        }
        prop_assert_eq!(overdue.summary.iter().map(|line| line.loans).sum::<u64>(), active);
        let loans: u64 = classes.summary.iter().map(|line| line.loans).sum();
        prop_assert_eq!(loans, classes.rows.len() as u64);
    }
}
