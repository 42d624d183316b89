//! Servicing by the day in products: the contract of a loan is what the product says of it, and what the terms say already.

use super::{AllocationOrder, Amortisation, DayCount, Direction, DueType, Terms};
use crate::calendar::{Date, DateError};
use crate::servicing::contract::{AllocationRule, Component, Contract, DueState, FutureInstalments};
use crate::servicing::rules::{MonthBasis, YearBasis};

/// The bases of a day count in servicing: days of a year and of a month. Day counts that no pair of bases means have none.
#[must_use]
pub const fn bases_of(day_count: DayCount) -> Option<(YearBasis, MonthBasis)> {
    Some(match day_count {
        DayCount::Act360 => (YearBasis::Days360, MonthBasis::Actual),
        DayCount::Act364 => (YearBasis::Days364, MonthBasis::Actual),
        DayCount::Act365Fixed => (YearBasis::Days365, MonthBasis::Actual),
        DayCount::ActActIsda => (YearBasis::Actual, MonthBasis::Actual),
        DayCount::Thirty360ByPeriod => (YearBasis::Days360, MonthBasis::Days30),
        _ => return None,
    })
}

/// A component of the terms as one of servicing.
pub(super) const fn component(of: super::Component) -> Component {
    match of {
        super::Component::Principal => Component::Principal,
        super::Component::Interest => Component::Interest,
        super::Component::Fee => Component::Fee,
        super::Component::Penalty => Component::Penalty,
    }
}

/// The order of payment of the terms as a rule of servicing.
pub(super) fn rule(order: &AllocationOrder, future: FutureInstalments) -> AllocationRule {
    let state = |due: DueType| match due {
        DueType::PastDue => DueState::PastDue,
        DueType::Due => DueState::Due,
        DueType::InAdvance => DueState::InAdvance,
    };
    let order = order.buckets.iter().map(|bucket| (state(bucket.due), component(bucket.component))).collect();
    AllocationRule { order, future }
}

/// The contract of a loan: what the product says of servicing, and everything that it repeats of the terms.
pub(super) fn of_loan(mut contract: Contract, terms: &Terms) -> Result<Contract, DateError> {
    let interest = &mut contract.interest;
    interest.annual_rate = terms.annual_rate;
    interest.frequency = terms.frequency;
    interest.instalments = terms.instalments;
    interest.rounding = terms.rounding;
    interest.significant_digits = terms.significant_digits;
    interest.decimals = decimals(terms);
    interest.equal_principal = matches!(terms.amortisation, Amortisation::EqualPrincipal);
    contract.allocation.vertical = terms.allocation.direction == Direction::Vertical;
    contract.allocation.default = rule(&terms.allocation, contract.allocation.default.future);
    if let Some(first) = terms.first_due_on {
        contract.due_dates = Some(due_dates(terms, first)?);
    }
    Ok(contract)
}

/// The decimals of the loan's currency.
pub(super) fn decimals(terms: &Terms) -> u8 {
    u8::try_from(terms.currency.exponent()).unwrap_or(u8::MAX)
}

/// All due dates, the first of which is given.
fn due_dates(terms: &Terms, first: Date) -> Result<Vec<Date>, DateError> {
    (0..i64::from(terms.instalments)).map(|k| terms.frequency.date(first, k)).collect()
}
