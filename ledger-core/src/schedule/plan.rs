//! From terms to rows.

use super::due_dates::{DuePeriod, due_periods};
use super::level::Level;
use super::{
    PlanRow, Planned, Precision, ScheduleError, custom, equal_principal, flat_fee, interest_factors, interest_only,
};
use crate::calendar::{BusinessCalendar, Date};
use crate::money::Amount;
use crate::terms::{Amortisation, Terms};
use rust_decimal::Decimal;

/// The schedule of a loan of which `amount` was disbursed on `disbursed_on`.
///
/// The principals add up to `amount`, no part is negative, and due dates never run backwards. `amount` may differ from the
/// principal of the terms, except for listed instalments; a balloon stays what the terms say.
///
/// # Errors
/// [`ScheduleError`] for an amount, dates or rates that no schedule follows from. Terms that [`Terms::validate`] accepts can
/// still have none, such as a first period so long that its interest exceeds the level instalment.
pub fn generate(
    terms: &Terms,
    disbursed_on: Date,
    amount: Amount,
    calendar: Option<&BusinessCalendar>,
) -> Result<Vec<PlanRow>, ScheduleError> {
    if !amount.is_positive() {
        return Err(ScheduleError::NotPositive(amount));
    }
    if terms.instalments == 0 {
        return Err(ScheduleError::NoInstalments);
    }
    let periods = due_periods(terms, disbursed_on, calendar)?;
    let mut planned = if let Amortisation::Custom(listed) = &terms.amortisation {
        custom::plan(listed, amount)?
    } else {
        amortise(terms, amount, &interest_factors(terms, &periods)?)?
    };
    if let Some(fee) = &terms.flat_fee {
        let precision = Precision::new(terms.significant_digits);
        let fees = flat_fee::fees(fee, amount, planned.len(), terms.rounding, precision)?;
        for (row, fee) in planned.iter_mut().zip(fees) {
            row.fee = row.fee.plus(fee)?;
        }
    }
    Ok(periods.iter().zip(planned).map(|(period, planned)| row(period, planned)).collect())
}

fn row(period: &DuePeriod, planned: Planned) -> PlanRow {
    PlanRow { number: period.number, from: period.from, due_on: period.due_on, original_due_on: period.due_on, planned }
}

/// Principal and interest of instalments with these interest factors (see [`interest_factors`]), without fees.
///
/// This is what a schedule computed anew for a part of a loan needs too: `amount` is then the balance, and the factors are
/// those of the instalments that are left. Listed instalments cannot be computed anew.
///
/// # Errors
/// As [`generate`].
pub fn amortise(terms: &Terms, amount: Amount, factors: &[Decimal]) -> Result<Vec<Planned>, ScheduleError> {
    if factors.is_empty() {
        return Err(ScheduleError::NoInstalments);
    }
    let (rounding, precision) = (terms.rounding, Precision::new(terms.significant_digits));
    let level = |balloon| Level { terms, amount, balloon, factors, precision }.plan();
    match &terms.amortisation {
        // without interest a service fee makes the shares, and those are equal ones: rounded down, the rest at the end
        Amortisation::Annuity if terms.flat_fee.is_some() && factors.iter().all(Decimal::is_zero) => {
            equal_principal::plan(amount, factors, terms.residue, rounding, precision)
        }
        Amortisation::Annuity => level(Amount::ZERO),
        Amortisation::EqualPrincipal => equal_principal::plan(amount, factors, terms.residue, rounding, precision),
        Amortisation::InterestOnly { balloon } => match balloon {
            Some(balloon) if *balloon > amount => {
                Err(ScheduleError::BalloonExceedsAmount { balloon: *balloon, amount })
            }
            Some(balloon) if *balloon < amount => level(*balloon),
            _ => interest_only::plan(amount, factors, rounding, precision),
        },
        Amortisation::Custom(listed) => custom::plan(listed, amount),
    }
}
