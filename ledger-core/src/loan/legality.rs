//! What is allowed: every check that stands between a command and its outcome.

use super::{
    Book, CalculationError, Command, Context, Conversion, Fact, Facts, LoanState, Operation, Payment, Position,
    Rejection, Status, late_fee, position,
};
use crate::calendar::Date;
use crate::money::Amount;
use crate::stream::Version;
use crate::terms::{Component, Terms};

const SHORT: usize = 128;
const LONG: usize = 1024;

/// From when a command counts: a reversal from the date of what it reverses.
pub(super) fn effective_on(state: &LoanState, command: &Command) -> Result<Date, Rejection> {
    match command.facts.reverses() {
        Some(reversed) => state.fact(reversed).map(|fact| fact.effective_on).ok_or(match state.terms {
            Some(_) => Rejection::NoSuchEvent(reversed),
            None => Rejection::NotOriginated,
        }),
        None => Ok(command.effective_on),
    }
}

fn text(field: &'static str, value: &str, limit: usize) -> Result<(), Rejection> {
    let length = value.len();
    if length == 0 || length > limit { Err(Rejection::BadText { field, length, limit }) } else { Ok(()) }
}

fn optional(field: &'static str, value: Option<&String>, limit: usize) -> Result<(), Rejection> {
    value.map_or(Ok(()), |value| text(field, value, limit))
}

pub(super) fn texts(command: &Command) -> Result<(), Rejection> {
    text("actor", &command.actor, SHORT)?;
    text("key", &command.key, 2 * SHORT)?;
    let of_payment = |payment: &Payment| {
        optional("channel", payment.channel.as_ref(), SHORT)?;
        optional("reference", payment.reference.as_ref(), 2 * SHORT)
    };
    match &command.facts {
        Facts::Originated { borrower, .. } => optional("borrower", borrower.as_ref(), SHORT),
        Facts::Converted(conversion) => text("source", &conversion.source, 2 * SHORT),
        Facts::Disbursed { payment, .. }
        | Facts::RepaymentReceived { payment, .. }
        | Facts::RecoveryReceived { payment, .. } => of_payment(payment),
        Facts::RepaymentReversed { reason, .. }
        | Facts::FeeCharged { reason, .. }
        | Facts::Waived { reason, .. }
        | Facts::WrittenOff { reason }
        | Facts::Closed { reason } => text("reason", reason, LONG),
        Facts::Operation(operation) => {
            if let Some(payment) = operation.payment() {
                of_payment(payment)?;
            }
            if let Operation::Transferred { owner, .. } = &**operation {
                text("owner", owner, SHORT)?;
            }
            operation.reason().map_or(Ok(()), |reason| text("reason", reason, LONG))
        }
        Facts::LateFeeAssessed { .. } | Facts::Restated { .. } => Ok(()),
    }
}

/// A fact's money is in the currency of the loan, and more than nothing.
pub(super) fn money(terms: &Terms, command: &Command) -> Result<(), Rejection> {
    let Some((amount, currency)) = command.facts.money() else { return Ok(()) };
    if currency != terms.currency {
        return Err(Rejection::WrongCurrency { given: currency, loan: terms.currency });
    }
    if amount.is_positive() { Ok(()) } else { Err(Rejection::AmountNotPositive) }
}

pub(super) fn not_in_the_future(command: &Command) -> Result<(), Rejection> {
    if command.effective_on > command.booked_on {
        let Command { effective_on, booked_on, .. } = *command;
        return Err(Rejection::FutureDated { effective_on, booked_on });
    }
    Ok(())
}

pub(super) fn check_origination(
    state: &LoanState,
    command: &Command,
    terms: &Terms,
    context: &Context<'_>,
) -> Result<(), Rejection> {
    texts(command)?;
    if state.version.is_some() {
        return Err(Rejection::AlreadyOriginated);
    }
    not_in_the_future(command)?;
    if terms.rules > Terms::CALCULATION_RULES || terms.rules == 0 {
        return Err(Rejection::UnknownRules(terms.rules));
    }
    terms.validate()?;
    check_calendar(terms, context)
}

pub(super) fn check_calendar(terms: &Terms, context: &Context<'_>) -> Result<(), Rejection> {
    match (&terms.calendar, context.calendar) {
        (Some(named), None) => Err(Rejection::MissingCalendar(named.id.clone())),
        _ => Ok(()),
    }
}

pub(super) fn check_reversal<'a>(
    state: &'a LoanState,
    command: &Command,
    reversed: Version,
) -> Result<&'a Fact, Rejection> {
    texts(command)?;
    let fact = state.fact(reversed).ok_or(Rejection::NoSuchEvent(reversed))?;
    if fact.reversed_by.is_some() {
        return Err(Rejection::AlreadyReversed(reversed));
    }
    match &fact.facts {
        Facts::RepaymentReceived { .. } | Facts::RecoveryReceived { .. } => Ok(fact),
        other => Err(Rejection::NotReversible { version: reversed, kind: other.kind() }),
    }
}

/// Everything but originations and reversals. `book` holds what counts before the command.
pub(super) fn check(state: &LoanState, terms: &Terms, book: &Book, command: &Command) -> Result<(), Rejection> {
    texts(command)?;
    not_in_the_future(command)?;
    let on = command.effective_on;
    money(terms, command)?;
    match &command.facts {
        Facts::Disbursed { amount, .. } => {
            not_disbursed(state, on)?;
            if *amount > terms.principal {
                return Err(Rejection::ExceedsPrincipal { amount: *amount, principal: terms.principal });
            }
            Ok(())
        }
        Facts::Converted(conversion) => {
            not_disbursed(state, conversion.disbursed_on)?;
            check_conversion(terms, conversion, on)
        }
        Facts::RepaymentReceived { .. } => {
            started(state, on)?;
            not_written_off(state, on)
        }
        Facts::RecoveryReceived { .. } => {
            started(state, on)?;
            match state.written_off_on {
                Some(written_off_on) if on >= written_off_on => Ok(()),
                Some(earliest) => Err(Rejection::BeforeStart { given: on, earliest, began: "written off" }),
                None => Err(Rejection::NotWrittenOff),
            }
        }
        Facts::FeeCharged { .. } => {
            started(state, on)?;
            not_written_off(state, on)?;
            open_file(state)
        }
        Facts::LateFeeAssessed { instalment } => {
            started(state, on)?;
            not_written_off(state, on)?;
            open_file(state)?;
            check_late_fee(state, terms, book, *instalment, on)
        }
        Facts::Waived { component, amount, instalment, .. } => {
            started(state, on)?;
            not_written_off(state, on)?;
            open_file(state)?;
            check_waiver(state, book, on, *component, *amount, *instalment)
        }
        Facts::WrittenOff { .. } => {
            started(state, on)?;
            if let Some(written_off_on) = state.written_off_on {
                return Err(Rejection::WrittenOff(written_off_on));
            }
            open_file(state)?;
            last_of_all(state, on)?;
            if position::of_book(state, book, on)?.outstanding.is_zero() {
                return Err(Rejection::NothingOutstanding);
            }
            Ok(())
        }
        Facts::Closed { .. } => {
            started(state, on)?;
            closing(state, on, |on| position::of_book(state, book, on))
        }
        Facts::Originated { .. } | Facts::RepaymentReversed { .. } | Facts::Operation(_) | Facts::Restated { .. } => {
            Err(Rejection::NotACommand)
        }
    }
}

/// The closing of a loan that is serviced by the day.
pub(super) fn check_closing(state: &LoanState, on: Date) -> Result<(), Rejection> {
    closing(state, on, |on| position::position(state, on))
}

fn closing(
    state: &LoanState,
    on: Date,
    position: impl Fn(Date) -> Result<Position, CalculationError>,
) -> Result<(), Rejection> {
    open_file(state)?;
    last_of_all(state, on)?;
    match position(on)?.status {
        Status::Settled => Ok(()),
        status => Err(Rejection::NotSettled { status }),
    }
}

fn not_disbursed(state: &LoanState, on: Date) -> Result<(), Rejection> {
    if let Some(disbursed_on) = state.disbursed_on {
        return Err(Rejection::AlreadyDisbursed(disbursed_on));
    }
    match state.originated_on {
        Some(earliest) if on < earliest => Err(Rejection::BeforeStart { given: on, earliest, began: "originated" }),
        _ => Ok(()),
    }
}

/// The principal was paid out (or taken over) on that day or before.
fn started(state: &LoanState, on: Date) -> Result<(), Rejection> {
    let (earliest, began) = match (state.converted_on, state.disbursed_on) {
        (Some(converted_on), _) => (converted_on, "taken over"),
        (None, Some(disbursed_on)) => (disbursed_on, "disbursed"),
        (None, None) => return Err(Rejection::NotDisbursed),
    };
    if on < earliest { Err(Rejection::BeforeStart { given: on, earliest, began }) } else { Ok(()) }
}

fn not_written_off(state: &LoanState, on: Date) -> Result<(), Rejection> {
    match state.written_off_on {
        Some(written_off_on) if on >= written_off_on => Err(Rejection::WrittenOff(written_off_on)),
        _ => Ok(()),
    }
}

fn open_file(state: &LoanState) -> Result<(), Rejection> {
    state.closed_on.map_or(Ok(()), |closed_on| Err(Rejection::Closed(closed_on)))
}

/// A write-off and a closing end what can happen: they cannot be dated before something that has.
fn last_of_all(state: &LoanState, on: Date) -> Result<(), Rejection> {
    match state.last_effective_on() {
        Some(earliest) if on < earliest => Err(Rejection::BeforeStart { given: on, earliest, began: "last changed" }),
        _ => Ok(()),
    }
}

fn check_conversion(terms: &Terms, conversion: &Conversion, on: Date) -> Result<(), Rejection> {
    if conversion.currency != terms.currency {
        return Err(Rejection::WrongCurrency { given: conversion.currency, loan: terms.currency });
    }
    if !conversion.disbursed.is_positive() {
        return Err(Rejection::AmountNotPositive);
    }
    if conversion.disbursed > terms.principal {
        return Err(Rejection::ExceedsPrincipal { amount: conversion.disbursed, principal: terms.principal });
    }
    if conversion.received.any_negative() {
        return Err(Rejection::BadConversion("an amount received to date is negative"));
    }
    if on < conversion.disbursed_on {
        return Err(Rejection::BeforeStart { given: on, earliest: conversion.disbursed_on, began: "disbursed" });
    }
    match conversion.oldest_unpaid_due_on {
        Some(_) if conversion.settled => {
            Err(Rejection::BadConversion("a loan that is paid in full has no oldest unpaid due date"))
        }
        Some(oldest) if oldest < conversion.disbursed_on => {
            Err(Rejection::BadConversion("the oldest unpaid due date is before the disbursement"))
        }
        _ => Ok(()),
    }
}

fn check_late_fee(state: &LoanState, terms: &Terms, book: &Book, number: u32, on: Date) -> Result<(), Rejection> {
    if terms.late_fee.is_none() {
        return Err(Rejection::NoLateFee);
    }
    let instalment = book.instalment(number).filter(|_| number > 0).ok_or(Rejection::NoSuchInstalment(number))?;
    if late_fee::is_assessed(state, number) {
        return Err(Rejection::LateFeeAlreadyAssessed(number));
    }
    let overdue = late_fee::assessed_on(terms, instalment.row.due_on)? <= on
        && late_fee::overdue_at(book, number, on)?.is_positive();
    if overdue { Ok(()) } else { Err(Rejection::NotOverdue { instalment: number, on }) }
}

fn check_waiver(
    state: &LoanState,
    book: &Book,
    on: Date,
    component: Component,
    amount: Option<Amount>,
    number: Option<u32>,
) -> Result<(), Rejection> {
    if component == Component::Principal {
        return Err(Rejection::PrincipalNotWaivable);
    }
    if amount.is_some_and(|amount| !amount.is_positive()) {
        return Err(Rejection::AmountNotPositive);
    }
    let position = position::of_book(state, book, on)?;
    let outstanding = match number {
        Some(number) => {
            let one = position.instalments.iter().find(|one| one.instalment.row.number == number);
            one.ok_or(Rejection::NoSuchInstalment(number))?.outstanding.get(component)
        }
        None => position.outstanding.get(component),
    };
    if !outstanding.is_positive() || amount.is_some_and(|amount| amount > outstanding) {
        return Err(Rejection::WaiverExceedsOutstanding { component, outstanding });
    }
    Ok(())
}
