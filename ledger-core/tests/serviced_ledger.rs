//! What always holds of the events of a loan that is serviced by the day, over random commands with backdating and
//! reversals.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::contract::contract;
use common::{Loan, cents, day, pay, serviced_terms};
use ledger_core::calendar::{Date, Frequency};
use ledger_core::loan::{
    Components, Context, Effect, Facts, Kept, LoanState, Operation, Payment, Position, ServicedHistory, decide,
    late_fees_due, position,
};
use ledger_core::money::{Amount, Currency, Rate};
use ledger_core::servicing::contract::{Contract, FutureInstalments, PaymentKind};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::ChargeAmount;
use ledger_core::stream::Version;
use ledger_core::terms::{Backdating, Component, LateFee, LateFeeRule, Terms};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// What is asked of the ledger; `on` counts days from the disbursement.
#[derive(Debug, Clone)]
enum Ask {
    Pay(i64),
    Refund(i64),
    Goodwill(i64),
    Charge(i64),
    ShareOfPrincipal(i64),
    WaiveLastCharge,
    ChargeBackLast(i64),
    Rate(i64),
    Extend(u32),
    ReAge(u32),
    ChargeEveryInstalment(i64),
    Pause(i64),
    ReAmortise,
    ReverseLast,
    Capitalise(i64),
    LateFee,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        6 => (1..60_000_i64).prop_map(Ask::Pay),
        1 => (1..40_000_i64).prop_map(Ask::Refund),
        1 => (1..20_000_i64).prop_map(Ask::Goodwill),
        2 => (1..3_000_i64).prop_map(Ask::Charge),
        1 => (1..5_i64).prop_map(Ask::ShareOfPrincipal),
        1 => Just(Ask::WaiveLastCharge),
        1 => (1..5_000_i64).prop_map(Ask::ChargeBackLast),
        1 => (1..30_i64).prop_map(Ask::Rate),
        1 => (1..4_u32).prop_map(Ask::Extend),
        1 => (1..6_u32).prop_map(Ask::ReAge),
        1 => (1..500_i64).prop_map(Ask::ChargeEveryInstalment),
        1 => (1..20_i64).prop_map(Ask::Pause),
        1 => Just(Ask::ReAmortise),
        2 => Just(Ask::ReverseLast),
        1 => (1..9_000_i64).prop_map(Ask::Capitalise),
        3 => Just(Ask::LateFee),
    ]
}

fn operation(operation: Operation) -> Facts {
    Facts::Operation(Box::new(operation))
}

fn credited(kind: PaymentKind, minor: i64) -> Facts {
    operation(Operation::Credited {
        kind,
        amount: cents(minor),
        currency: Currency::USD,
        payment: Payment::default(),
        of: None,
        interest_refund: None,
    })
}

fn last(state: &LoanState, is: impl Fn(&Facts) -> bool) -> Option<Version> {
    state.facts.iter().rev().find(|fact| fact.reversed_by.is_none() && is(&fact.facts)).map(|fact| fact.version)
}

fn is_charge(facts: &Facts) -> bool {
    matches!(facts, Facts::Operation(operation) if matches!(**operation, Operation::ChargeLevied { .. }))
}

fn reason() -> String {
    "test".to_owned()
}

/// The facts, if the loan has what they name.
fn facts(state: &LoanState, ask: &Ask, on: Date) -> Option<Facts> {
    Some(match ask {
        Ask::Pay(minor) => pay(*minor),
        Ask::Refund(minor) => credited(PaymentKind::MerchantRefund, *minor),
        Ask::Goodwill(minor) => credited(PaymentKind::Goodwill, *minor),
        Ask::Charge(minor) => charge(ChargeAmount::Flat(cents(*minor)), on),
        Ask::ShareOfPrincipal(percent) => charge(ChargeAmount::OfPrincipal(Rate::new(Decimal::new(*percent, 2))), on),
        Ask::WaiveLastCharge => operation(Operation::ChargeWaived { of: last(state, is_charge)?, reason: reason() }),
        Ask::ChargeBackLast(minor) => operation(Operation::ChargedBack {
            of: last(state, |facts| matches!(facts, Facts::RepaymentReceived { .. }))?,
            amount: cents(*minor),
            currency: Currency::USD,
            reason: reason(),
        }),
        Ask::Rate(percent) => rescheduled(next_due(state, on)?, None, Some(Rate::new(Decimal::new(*percent, 2)))),
        Ask::Extend(extra) => rescheduled(next_due(state, on)?, Some(*extra), None),
        Ask::ReAge(instalments) => operation(Operation::ReAged {
            start: on.plus_days(25).unwrap(),
            every: Frequency::MONTHLY,
            instalments: *instalments,
            handling: Default::default(),
            reason: reason(),
        }),
        Ask::ChargeEveryInstalment(minor) => operation(Operation::ChargeLevied {
            component: Component::Fee,
            amount: ChargeAmount::Flat(cents(*minor)),
            due_on: None,
            reason: reason(),
        }),
        Ask::Pause(days) => {
            operation(Operation::InterestPaused { first: on, last: on.plus_days(*days).unwrap(), reason: reason() })
        }
        Ask::ReAmortise => operation(Operation::ReAmortised { handling: Default::default(), reason: reason() }),
        Ask::ReverseLast => operation(Operation::Reversed {
            reversed: last(state, |facts| facts.reverses().is_none() && !matches!(facts, Facts::Disbursed { .. }))?,
            reason: reason(),
        }),
        Ask::LateFee => {
            let due = late_fees_due(state, on).unwrap();
            Facts::LateFeeAssessed { instalment: due.iter().find(|fee| fee.on == on).or(due.first())?.instalment }
        }
        Ask::Capitalise(minor) => {
            operation(Operation::IncomeCapitalised { amount: cents(*minor), currency: Currency::USD, reason: reason() })
        }
    })
}

fn charge(amount: ChargeAmount, on: Date) -> Facts {
    operation(Operation::ChargeLevied { component: Component::Fee, amount, due_on: Some(on), reason: reason() })
}

fn rescheduled(from: Date, extra_instalments: Option<u32>, annual_rate: Option<Rate>) -> Facts {
    operation(Operation::Rescheduled { from, extra_instalments, annual_rate, new_due_on: None, reason: reason() })
}

fn next_due(state: &LoanState, on: Date) -> Option<Date> {
    state.book.instalments().iter().map(|row| row.row.due_on).find(|due| *due > on)
}

prop_compose! {
    fn terms()(
        percent in prop_oneof![Just(0_i64), 1..40_i64],
        instalments in 1..10_u32,
        future in prop_oneof![Just(FutureInstalments::Next), Just(FutureInstalments::Last)],
        vertical in any::<bool>(),
        flat in any::<bool>(),
        refunds in any::<bool>(),
    ) -> Contract {
        // by component and interest by the day do not go together
        let mut contract = contract(percent, instalments, future, vertical && flat, flat);
        contract.interest_refund_on = if refunds { vec![PaymentKind::MerchantRefund] } else { Vec::new() };
        contract
    }
}

fn at(offset: i64) -> Date {
    day("2024-01-01").plus_days(offset).unwrap()
}

fn lent(contract: Contract) -> Loan {
    Loan::disbursed(with_late_fee(contract, Backdating::Reverse), "2024-01-01")
}

/// 5 % of what is overdue, at least 3.00, after 3 days.
fn with_late_fee(contract: Contract, backdating: Backdating) -> Terms {
    let rule = LateFeeRule::Greater(cents(300), Rate::new(Decimal::new(5, 2)));
    Terms { late_fee: Some(LateFee { rule, cap: None, backdating }), ..serviced_terms(contract) }
}

/// Asks one after the other; what is rejected changes nothing.
fn live(loan: &mut Loan, asks: &[(i64, Ask)]) {
    for (offset, ask) in asks {
        let on = at(*offset);
        if let Some(facts) = facts(&loan.state, ask, on) {
            let before = loan.state.clone();
            if loan.attempt(&on.to_string(), facts).is_err() {
                assert_eq!(loan.state, before);
            }
        }
    }
}

/// The lines of all events add up to the instalments that the facts make.
fn adds_up(state: &LoanState) {
    let contract = state.contract().unwrap();
    let history = ServicedHistory::of(state, contract, |_| true);
    let engine = Engine::run(contract, &history.facts, history.last_day().unwrap()).unwrap();
    for (row, made) in (1_u32..).zip(&engine.instalments) {
        let told = state.book.instalment(row).unwrap();
        assert_eq!((told.row.from, told.row.due_on), (made.from, made.due));
        let planned = told.row.planned;
        assert_eq!(
            [planned.principal, planned.interest, told.charged.fee, told.charged.penalty],
            [made.owed.principal, made.owed.interest, made.owed.fee, made.owed.penalty],
            "row {row}"
        );
        let of = |split: &Components| [split.principal, split.interest, split.fee, split.penalty];
        assert_eq!(of(&told.paid), [made.paid.principal, made.paid.interest, made.paid.fee, made.paid.penalty]);
        let waived = told.waived.plus(&told.written_off).unwrap();
        assert_eq!(of(&waived), [made.waived.principal, made.waived.interest, made.waived.fee, made.waived.penalty]);
    }
    assert_eq!(state.book.credit(), engine.overpaid);
    no_money_is_lost(state, &engine);
    let gone = state.book.instalments().iter().skip(engine.instalments.len());
    assert!(gone.into_iter().all(|row| row.open().unwrap().is_zero()), "a row that is gone owes something");
}

/// What came in is paid on something, held, or was paid back.
fn no_money_is_lost(state: &LoanState, engine: &Engine) {
    let mut came_in = 0;
    for fact in state.facts.iter().filter(|fact| fact.reversed_by.is_none()) {
        match &fact.facts {
            Facts::RepaymentReceived { amount, .. } => came_in += amount.minor(),
            Facts::Operation(operation) => match &**operation {
                Operation::Credited { amount, .. } => came_in += amount.minor(),
                Operation::CreditRefunded { amount, .. } => came_in -= amount.minor(),
                Operation::InterestRefunded { .. } => {
                    let lines = state.book.lines_in_force(fact.version).unwrap();
                    let settles = |effect| matches!(effect, Effect::Paid(_) | Effect::Credited);
                    came_in += lines.iter().filter(|l| settles(l.effect)).map(|l| l.amount.minor()).sum::<i64>();
                }
                _ => {}
            },
            _ => {}
        }
    }
    let paid: i64 = engine.instalments.iter().map(|row| row.paid.total().unwrap().minor()).sum();
    assert_eq!(paid + engine.overpaid.minor(), came_in, "money that came in is neither paid on something nor held");
}

/// What a loan owes and has, whatever the order of its events.
fn figures(position: &Position) -> (Vec<(Date, Date, Components, Components)>, Amount) {
    let rows = position.instalments.iter().map(|one| {
        let row = &one.instalment;
        (row.row.from, row.row.due_on, one.outstanding, row.paid)
    });
    (rows.collect(), position.credit)
}

/// What every event comes to, differences included: instalment, effect, amount.
fn in_force(state: &LoanState, version: Version) -> Vec<(u32, Effect, i64)> {
    let lines = state.book.lines_in_force(version).unwrap();
    lines.into_iter().map(|line| (line.instalment, line.effect, line.amount.minor())).collect()
}

/// A late fee that a backdated payment proves wrong goes or stays, as the terms say.
#[test]
fn a_disproved_late_fee_goes_or_stays() {
    for (backdating, left) in [(Backdating::Reverse, 0), (Backdating::Keep, 888)] {
        let contract = contract(12, 12, FutureInstalments::Next, false, false);
        let mut loan = Loan::disbursed(with_late_fee(contract, backdating), "2024-01-01");
        assert_eq!(loan.rejected("2024-02-04", Facts::LateFeeAssessed { instalment: 1 }), "not-overdue");
        let due = late_fees_due(&loan.state, day("2024-02-05")).unwrap();
        assert_eq!(due.iter().map(|fee| (fee.instalment, fee.on)).collect::<Vec<_>>(), [(1, day("2024-02-05"))]);
        // 5 % of 177.67
        let lines = loan.lines("2024-02-05", Facts::LateFeeAssessed { instalment: 1 });
        let fee = lines.iter().find(|line| line.effect == Effect::Charged(Component::Penalty)).unwrap();
        assert_eq!((fee.instalment, fee.amount), (1, cents(888)));
        assert_eq!(loan.rejected("2024-02-06", Facts::LateFeeAssessed { instalment: 1 }), "late-fee-already-assessed");
        loan.then("2024-02-01", pay(17_767));
        let now = position(&loan.state, day("2024-02-10")).unwrap();
        assert_eq!(now.outstanding.penalty, cents(left), "{backdating:?}");
        adds_up(&loan.state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// After every command the lines of all events add up to the instalments; what was taken back has no lines in force; and
    /// an engine that is kept decides as a fresh one does.
    #[test]
    fn outcomes_add_up_to_the_loan(contract in terms(), asks in prop::collection::vec((1..300_i64, ask()), 1..14)) {
        let mut loan = lent(contract);
        for one in &asks {
            let mut fresh = loan.clone();
            fresh.state.kept = Kept::default();
            // a dry run leaves nothing that the command itself could stumble over
            if let Some(facts) = facts(&loan.state, &one.1, at(one.0)) {
                let _ = decide(&loan.state, &loan.command(&at(one.0).to_string(), facts), &Context::default());
            }
            live(&mut loan, std::slice::from_ref(one));
            live(&mut fresh, std::slice::from_ref(one));
            prop_assert_eq!(&loan.log, &fresh.log);
            adds_up(&loan.state);
            for fact in loan.state.facts.iter().filter(|fact| fact.reversed_by.is_some()) {
                prop_assert_eq!(in_force(&loan.state, fact.version), vec![]);
            }
        }
    }

    /// A fact and its reversal leave no amount and no change of the plan.
    #[test]
    fn a_reversal_leaves_nothing(
        contract in terms(),
        asks in prop::collection::vec((1..300_i64, ask()), 0..8),
        on in 1..300_i64,
        more in ask(),
    ) {
        let mut loan = lent(contract);
        live(&mut loan, &asks);
        let before = loan.state.clone();
        let Some(told) = facts(&loan.state, &more, at(on)).filter(|facts| facts.reverses().is_none()) else { return Ok(()) };
        let version = before.version.unwrap().next();
        if loan.attempt(&at(on).to_string(), told).is_err() {
            return Ok(());
        }
        loan.then(&at(on).to_string(), operation(Operation::Reversed { reversed: version, reason: reason() }));
        for fact in &before.facts {
            prop_assert_eq!(in_force(&loan.state, fact.version), in_force(&before, fact.version));
        }
        for offset in [0, 40, 100, 310] {
            let (now, then) = (position(&loan.state, at(offset)).unwrap(), position(&before, at(offset)).unwrap());
            prop_assert_eq!(figures(&now), figures(&then));
        }
        adds_up(&loan.state);
    }

    /// Where two commands are accepted in both orders, the loan stands the same in the end.
    #[test]
    fn the_order_of_recording_does_not_matter(
        contract in terms(),
        asks in prop::collection::vec((1..300_i64, ask()), 0..6),
        one in (1..150_i64, ask()),
        other in (150..300_i64, ask()),
    ) {
        let mut loan = lent(contract);
        live(&mut loan, &asks);
        let told = |(offset, ask): &(i64, Ask)| facts(&loan.state, ask, at(*offset)).map(|facts| (at(*offset), facts));
        let (Some(one), Some(other)) = (told(&one), told(&other)) else { return Ok(()) };
        let play = |order: [&(Date, Facts); 2]| {
            let mut loan = loan.clone();
            loan.state.kept = Kept::default();
            for (on, facts) in order {
                loan.attempt(&on.to_string(), facts.clone()).ok()?;
            }
            Some(loan.state)
        };
        if let (Some(forwards), Some(backwards)) = (play([&one, &other]), play([&other, &one])) {
            for offset in [150, 310] {
                let (a, b) = (position(&forwards, at(offset)).unwrap(), position(&backwards, at(offset)).unwrap());
                prop_assert_eq!(figures(&a), figures(&b));
            }
            adds_up(&backwards);
        }
    }
}
