//! What is allowed on a loan that is serviced by the day.

use super::follow::is_reversible;
use super::history::History;
use crate::calendar::Date;
use crate::loan::{Command, Fact, Facts, LoanState, Operation, Rejection, late_fee, legality};
use crate::money::{Amount, Rate};
use crate::servicing::contract::{Contract, PaymentKind};
use crate::servicing::engine::Engine;
use crate::servicing::fact::ChargeAmount;
use crate::stream::Version;
use crate::terms::{Component, MAX_INSTALMENTS, Terms};
use rust_decimal::Decimal;

/// The largest ratio of a charge, and the largest annual rate: 100, which is 10,000 %.
const MAX_RATIO: Decimal = Decimal::ONE_HUNDRED;

/// Everything but originations.
///
/// # Errors
/// [`Rejection`] says why not.
pub fn check(state: &LoanState, terms: &Terms, contract: &Contract, command: &Command) -> Result<(), Rejection> {
    legality::texts(command)?;
    let on = command.effective_on;
    if command.facts.reverses().is_none() {
        legality::not_in_the_future(command)?;
        legality::money(terms, command)?;
    }
    match &command.facts {
        Facts::Disbursed { .. } => after_contract(state, on).and_then(|()| not_ended(state, on)),
        Facts::RepaymentReceived { .. } => started(state, on).and_then(|()| not_ended(state, on)),
        Facts::RecoveryReceived { .. } => {
            started(state, on)?;
            if state.written_off_on.is_some_and(|written_off_on| on >= written_off_on) {
                Ok(())
            } else {
                Err(Rejection::NotWrittenOff)
            }
        }
        Facts::FeeCharged { .. } => after_contract(state, on).and_then(|()| not_ended(state, on)),
        Facts::WrittenOff { .. } => {
            started(state, on)?;
            not_ended(state, on)
        }
        Facts::RepaymentReversed { reversed, .. } => {
            let fact = in_force(state, *reversed)?;
            match &fact.facts {
                Facts::RepaymentReceived { .. } | Facts::RecoveryReceived { .. } => Ok(()),
                other => Err(Rejection::NotReversible { version: *reversed, kind: other.kind() }),
            }
        }
        Facts::Closed { .. } => legality::check_closing(state, on),
        Facts::Operation(operation) => operation_allowed(state, contract, operation, on),
        Facts::Converted(_) => Err(Rejection::ServicedOtherwise("it cannot be taken over in the middle of its life")),
        Facts::LateFeeAssessed { instalment } => {
            started(state, on)?;
            not_ended(state, on)?;
            late_fee_allowed(state, terms, contract, *instalment, on)
        }
        Facts::Waived { .. } => {
            Err(Rejection::ServicedOtherwise("waive a charge, or record an interest payment waiver"))
        }
        Facts::Originated { .. } | Facts::Restated { .. } => Err(Rejection::NotACommand),
    }
}

fn late_fee_allowed(
    state: &LoanState,
    terms: &Terms,
    contract: &Contract,
    number: u32,
    on: Date,
) -> Result<(), Rejection> {
    if terms.late_fee.is_none() {
        return Err(Rejection::NoLateFee);
    }
    let instalment = state.book.instalment(number).ok_or(Rejection::NoSuchInstalment(number))?;
    if late_fee::is_assessed(state, number) {
        return Err(Rejection::LateFeeAlreadyAssessed(number));
    }
    let late = late_fee::assessed_on(terms, instalment.row.due_on)? <= on;
    if late && super::late_fees::overdue_before(state, contract, number, on)? {
        Ok(())
    } else {
        Err(Rejection::NotOverdue { instalment: number, on })
    }
}

fn operation_allowed(state: &LoanState, contract: &Contract, operation: &Operation, on: Date) -> Result<(), Rejection> {
    let bad = |field: &'static str, problem: &'static str| Err(Rejection::BadField { field, problem });
    match operation {
        Operation::Credited { kind, of, .. } => {
            if matches!(kind, PaymentKind::Repayment | PaymentKind::Recovery) {
                return bad("kind", "a repayment and a recovery have facts of their own");
            }
            if let Some(of) = of {
                in_force(state, *of)?;
            }
            started(state, on)?;
            not_ended(state, on)
        }
        Operation::InterestRefunded { .. } => Err(Rejection::NotACommand),
        Operation::ChargeLevied { component, amount, .. } => {
            if !matches!(component, Component::Fee | Component::Penalty) {
                return bad("component", "a charge is a fee or a penalty");
            }
            charge_amount(*amount)?;
            after_contract(state, on)?;
            not_ended(state, on)
        }
        Operation::ChargeWaived { of, .. } => {
            let fact = in_force(state, *of)?;
            let is_charge = match &fact.facts {
                Facts::FeeCharged { .. } | Facts::LateFeeAssessed { .. } => true,
                Facts::Operation(operation) => matches!(**operation, Operation::ChargeLevied { .. }),
                _ => false,
            };
            if !is_charge {
                return Err(wrong_target(fact, "a charge"));
            }
            not_ended(state, on)
        }
        Operation::ChargedBack { of, amount, .. } => {
            started(state, on)?;
            let fact = in_force(state, *of)?;
            let paid = paid_by(&fact.facts).ok_or_else(|| wrong_target(fact, "a payment"))?;
            let before = Amount::sum(charged_back(state, *of))?;
            let limit = paid.minus(before)?;
            if *amount > limit {
                return Err(Rejection::ExceedsLimit { amount: *amount, of: "what is left of the payment", limit });
            }
            Ok(())
        }
        Operation::CreditRefunded { amount, .. } => {
            started(state, on)?;
            let limit = state.book.credit();
            if *amount > limit {
                return Err(Rejection::ExceedsLimit { amount: *amount, of: "what was overpaid", limit });
            }
            Ok(())
        }
        Operation::ReAged { every, instalments, .. } => {
            if *instalments == 0 || *instalments > MAX_INSTALMENTS {
                return bad("instalments", "must be 1 to 1200");
            }
            if every.every == 0 || every.every > 3660 {
                return bad("every", "must be 1 to 3660 units");
            }
            started(state, on)?;
            not_ended(state, on)
        }
        Operation::Rescheduled { from, extra_instalments, annual_rate, new_due_on, .. } => {
            if extra_instalments.is_none() && annual_rate.is_none() && new_due_on.is_none() {
                return bad("reschedule", "says nothing: give more instalments, a rate or a due date");
            }
            if extra_instalments.is_some_and(|extra| extra == 0 || extra > MAX_INSTALMENTS) {
                return bad("extra_instalments", "must be 1 to 1200");
            }
            if annual_rate.is_some_and(|rate| !within(rate, Decimal::ZERO)) {
                return bad("annual_rate", "must be a ratio from 0 to 100");
            }
            if new_due_on.is_some_and(|new| new == *from) {
                return bad("new_due_on", "is the due date that the instalment has already");
            }
            started(state, on)?;
            not_ended(state, on)?;
            let history = History::of(state, contract, |_| true);
            let Some(model) = Engine::run(contract, &history.facts, on)?.model else {
                return Err(Rejection::NotDisbursed);
            };
            // a rate may change on any day, the plan only from a due date on
            let (start, maturity) = (model.start(), model.maturity());
            if extra_instalments.is_none() && new_due_on.is_none() {
                if start.is_some_and(|start| start <= *from) && maturity.is_some_and(|maturity| *from <= maturity) {
                    return Ok(());
                }
                return bad("from", "lies outside the schedule");
            }
            if model.periods().iter().any(|period| period.due == *from) {
                Ok(())
            } else {
                bad("from", "is the due date of no instalment of the schedule")
            }
        }
        Operation::InterestPaused { first, last, .. } => {
            if first > last {
                return bad("last", "is before the first day of the pause");
            }
            if contract.interest.annual_rate.is_zero() {
                return bad("first", "the loan bears no interest: there is nothing to pause");
            }
            started(state, on)?;
            not_ended(state, on)
        }
        Operation::ChargedOff { .. } => {
            started(state, on)?;
            not_ended(state, on)?;
            match earlier(state, |operation| matches!(operation, Operation::ChargedOff { .. })) {
                Some(_) => bad("charge-off", "the loan is charged off already"),
                None => Ok(()),
            }
        }
        Operation::Terminated { .. } => {
            started(state, on)?;
            not_ended(state, on)?;
            match earlier(state, |operation| matches!(operation, Operation::Terminated { .. })) {
                Some(_) => bad("termination", "the contract is terminated already"),
                None => Ok(()),
            }
        }
        Operation::DelinquencyPaused { until, .. } if until.is_some_and(|until| until < on) => {
            bad("until", "is before the first day of the pause")
        }
        Operation::Reversed { reversed, .. } => {
            let fact = in_force(state, *reversed)?;
            if is_reversible(&fact.facts) {
                Ok(())
            } else {
                Err(Rejection::NotReversible { version: *reversed, kind: fact.facts.kind() })
            }
        }
        Operation::DisbursementsUndone { .. } if state.disbursed_on.is_none() => Err(Rejection::NotDisbursed),
        Operation::DisbursementsUndone { .. } => Ok(()),
        Operation::ReAmortised { .. }
        | Operation::IncomeCapitalised { .. }
        | Operation::BuyDownFeeReceived { .. }
        | Operation::DelinquencyPaused { .. }
        | Operation::DelinquencyResumed { .. } => started(state, on).and_then(|()| not_ended(state, on)),
        Operation::TrancheExpected { .. } | Operation::Transferred { .. } => after_contract(state, on),
    }
}

fn within(rate: Rate, least: Decimal) -> bool {
    rate.ratio() >= least && rate.ratio() <= MAX_RATIO
}

fn charge_amount(amount: ChargeAmount) -> Result<(), Rejection> {
    match amount {
        ChargeAmount::Flat(amount) if amount.is_positive() => Ok(()),
        ChargeAmount::Flat(_) => Err(Rejection::AmountNotPositive),
        ChargeAmount::OfPrincipal(share)
        | ChargeAmount::OfInterest(share)
        | ChargeAmount::OfPrincipalAndInterest(share) => {
            if !share.is_zero() && within(share, Decimal::ZERO) {
                Ok(())
            } else {
                Err(Rejection::BadField { field: "amount", problem: "must be a ratio above 0, at most 100" })
            }
        }
    }
}

fn wrong_target(fact: &Fact, wanted: &'static str) -> Rejection {
    Rejection::WrongTarget { version: fact.version, kind: fact.facts.kind(), wanted }
}

fn in_force(state: &LoanState, version: Version) -> Result<&Fact, Rejection> {
    let fact = state.fact(version).ok_or(Rejection::NoSuchEvent(version))?;
    if fact.reversed_by.is_some() { Err(Rejection::AlreadyReversed(version)) } else { Ok(fact) }
}

fn paid_by(facts: &Facts) -> Option<Amount> {
    match facts {
        Facts::RepaymentReceived { amount, .. } => Some(*amount),
        Facts::Operation(operation) => match &**operation {
            Operation::Credited { amount, .. } => Some(*amount),
            _ => None,
        },
        _ => None,
    }
}

fn charged_back(state: &LoanState, of: Version) -> impl Iterator<Item = Amount> {
    state.facts.iter().filter(|fact| fact.reversed_by.is_none()).filter_map(move |fact| match &fact.facts {
        Facts::Operation(operation) => match &**operation {
            Operation::ChargedBack { of: payment, amount, .. } if *payment == of => Some(*amount),
            _ => None,
        },
        _ => None,
    })
}

fn earlier(state: &LoanState, is: impl Fn(&Operation) -> bool) -> Option<&Fact> {
    state.facts.iter().filter(|fact| fact.reversed_by.is_none()).find(|fact| match &fact.facts {
        Facts::Operation(operation) => is(operation),
        _ => false,
    })
}

fn after_contract(state: &LoanState, on: Date) -> Result<(), Rejection> {
    match state.originated_on {
        Some(earliest) if on < earliest => Err(Rejection::BeforeStart { given: on, earliest, began: "originated" }),
        _ => Ok(()),
    }
}

fn started(state: &LoanState, on: Date) -> Result<(), Rejection> {
    match state.disbursed_on {
        None => Err(Rejection::NotDisbursed),
        Some(earliest) if on < earliest => Err(Rejection::BeforeStart { given: on, earliest, began: "disbursed" }),
        Some(_) => Ok(()),
    }
}

fn not_ended(state: &LoanState, on: Date) -> Result<(), Rejection> {
    match (state.written_off_on, state.closed_on) {
        (Some(written_off_on), _) if on >= written_off_on => Err(Rejection::WrittenOff(written_off_on)),
        (_, Some(closed_on)) => Err(Rejection::Closed(closed_on)),
        _ => Ok(()),
    }
}
