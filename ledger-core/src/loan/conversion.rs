//! Taking over a loan from another system: what was received becomes row 0, the rest is planned anew.

use super::{Conversion, Effect, Line, Outcome, PlanChange, Rejection};
use crate::calendar::{BusinessCalendar, Date};
use crate::money::{Amount, Overflow};
use crate::schedule::{self, PlanRow, Planned};
use crate::terms::{Amortisation, Component, Terms};

impl Conversion {
    /// The principal received that was lent at all; a source may report a cent more.
    fn principal_received(&self) -> Amount {
        self.received.principal.min(self.disbursed)
    }

    /// The principal still owed.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn remaining(&self) -> Result<Amount, Overflow> {
        self.disbursed.minus(self.principal_received())
    }

    /// Something is owed and nobody says since when.
    #[must_use]
    pub fn arrears_unknown(&self) -> bool {
        !self.settled && self.oldest_unpaid_due_on.is_none() && self.remaining().is_ok_and(Amount::is_positive)
    }
}

/// The outcome of a conversion on a day. Row 0 plans what was received and holds it as paid. Principal received beyond what
/// was lent is charged, so that the sums of the source come out again to the cent. What is left of the principal is spread
/// over the contract's rows from the oldest unpaid one on (or those after the conversion); where its sum differs from the
/// contract's, these rows are planned anew.
pub(super) fn outcome(
    terms: &Terms,
    calendar: Option<&BusinessCalendar>,
    on: Date,
    conversion: &Conversion,
) -> Result<Outcome, Rejection> {
    let received = &conversion.received;
    let remaining = conversion.remaining()?;
    let waived = if conversion.settled { remaining } else { Amount::ZERO };
    let planned = Planned {
        principal: conversion.principal_received().plus(waived)?,
        interest: received.interest,
        fee: received.fee,
    };
    let brought_forward =
        PlanRow { number: 0, from: conversion.disbursed_on, due_on: on, original_due_on: on, planned };
    let mut outcome = Outcome { plan: vec![PlanChange { old: None, new: brought_forward }], ..Outcome::default() };
    let excess = received.principal.minus(conversion.principal_received())?;
    let mut lines =
        vec![(Effect::Charged(Component::Principal), excess), (Effect::Charged(Component::Penalty), received.penalty)];
    lines.extend(Component::ALL.map(|component| (Effect::Paid(component), received.get(component))));
    lines.push((Effect::Waived(Component::Principal), waived));
    let nonzero = lines.into_iter().filter(|(_, amount)| !amount.is_zero());
    outcome.lines.extend(nonzero.map(|(effect, amount)| Line { instalment: 0, effect, amount }));
    if remaining.is_positive() && !conversion.settled {
        let rows = remaining_rows(terms, calendar, on, conversion, remaining)?;
        outcome.plan.extend(rows.into_iter().map(|new| PlanChange { old: None, new }));
    }
    Ok(outcome)
}

fn remaining_rows(
    terms: &Terms,
    calendar: Option<&BusinessCalendar>,
    on: Date,
    conversion: &Conversion,
    remaining: Amount,
) -> Result<Vec<PlanRow>, Rejection> {
    let contract = schedule::generate(terms, conversion.disbursed_on, conversion.disbursed, calendar)?;
    let last = contract.last().copied();
    let mut rows: Vec<PlanRow> = contract
        .into_iter()
        .filter(|row| match conversion.oldest_unpaid_due_on {
            Some(oldest) => row.due_on >= oldest,
            None => row.due_on > on,
        })
        .collect();
    let (Some(first), Some(last)) = (rows.first().copied(), last) else {
        // the contract has run out: all of it was due at maturity
        let planned = Planned { principal: remaining, ..Planned::default() };
        return Ok(last.map(|row| PlanRow { planned, ..row }).into_iter().collect());
    };
    if Amount::sum(rows.iter().map(|row| row.planned.principal))? == remaining {
        return Ok(rows);
    }
    if matches!(terms.amortisation, Amortisation::Custom(_)) || rows.len() == 1 {
        fill_from_the_end(&mut rows, remaining)?;
        return Ok(rows);
    }
    let mut anew = terms.clone();
    anew.principal = remaining;
    anew.instalments = u32::try_from(rows.len()).map_err(|_| Overflow)?;
    anew.first_due_on = Some(first.due_on);
    if let Amortisation::InterestOnly { balloon: Some(balloon) } = &mut anew.amortisation {
        *balloon = (*balloon).min(remaining).min(last.planned.principal);
    }
    let planned = schedule::generate(&anew, first.from, remaining, calendar)?;
    for (row, new) in rows.iter_mut().zip(planned) {
        row.planned = Planned { fee: row.planned.fee, ..new.planned };
    }
    Ok(rows)
}

/// The last rows keep their principal as far as it goes; the first takes what is left over.
fn fill_from_the_end(rows: &mut [PlanRow], remaining: Amount) -> Result<(), Overflow> {
    let mut left = remaining;
    let first = rows.first().map(|row| row.number);
    for row in rows.iter_mut().rev() {
        let share = if Some(row.number) == first { left } else { row.planned.principal.min(left) };
        row.planned.principal = share;
        left = left.minus(share)?;
    }
    Ok(())
}
