//! First-payment default: loans whose very first instalment was missed.

use super::month::Month;
use super::portfolio::Portfolio;
use super::share::{add, increment, percent, percent_of_count};
use crate::ViewError;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The loans paid out in a month whose first instalment has been due for long enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPaymentRow {
    /// The month in which the loans were paid out.
    pub vintage: Month,
    /// The currency.
    pub currency: Currency,
    /// Loans whose first instalment fell due so many days ago or more.
    pub loans: u64,
    /// What was paid out to them.
    pub disbursed: Amount,
    /// Those whose first instalment was still not paid in full so many days after its due date, or that were written off
    /// by then.
    pub defaulted_loans: u64,
    /// What was paid out to those.
    pub defaulted: Amount,
    /// The share of the loans, in percent to 4 decimals, rounded half up.
    pub rate_of_loans: Option<Decimal>,
    /// The share of what was paid out, likewise.
    pub rate: Option<Decimal>,
}

/// First-payment defaults as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPayments {
    /// By vintage and currency; months without loans that count are left out.
    pub rows: Vec<FirstPaymentRow>,
    /// Loans that were taken over from another system, whose first payment is not known; they do not count.
    pub taken_over: u64,
}

#[derive(Default, Clone, Copy)]
struct Sums {
    loans: u64,
    disbursed: Amount,
    defaulted_loans: u64,
    defaulted: Amount,
}

#[derive(Default)]
struct Gathered {
    vintages: BTreeMap<(Month, Currency), Sums>,
    taken_over: u64,
}

/// First-payment defaults by month of payout, as of the end of `date`: the first instalment of the original plan unpaid
/// `days` days after its original due date (1: missed).
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn first_payments(portfolio: &Portfolio<'_>, date: Date, days: u32) -> Result<FirstPayments, ViewError> {
    let parts: Vec<Gathered> = portfolio.timelines(|gathered: &mut Gathered, _, row, timeline| {
        let Some(disbursed_on) = row.state.disbursed_on.filter(|on| *on <= date) else { return Ok(()) };
        if row.state.converted_on.is_some() {
            return Ok(increment(&mut gathered.taken_over)?);
        }
        let due_dates = row.state.book.instalments().iter().map(|instalment| instalment.row.original_due_on);
        let Some(first) = due_dates.min() else { return Ok(()) };
        let judged_on = first.plus_days(i64::from(days))?;
        if judged_on > date {
            return Ok(());
        }
        let sums = gathered.vintages.entry((Month::of(disbursed_on)?, row.currency)).or_default();
        increment(&mut sums.loans)?;
        add(&mut sums.disbursed, row.state.disbursed)?;
        let unpaid = timeline.oldest_unpaid_original_due_on(judged_on).is_some_and(|oldest| oldest <= first);
        if unpaid || row.state.written_off_on.is_some_and(|on| on <= judged_on) {
            increment(&mut sums.defaulted_loans)?;
            add(&mut sums.defaulted, row.state.disbursed)?;
        }
        Ok(())
    })?;
    let mut all = Gathered::default();
    for part in parts {
        all.taken_over = all.taken_over.checked_add(part.taken_over).ok_or(Overflow)?;
        for (key, more) in part.vintages {
            let sums = all.vintages.entry(key).or_default();
            sums.loans = sums.loans.checked_add(more.loans).ok_or(Overflow)?;
            sums.defaulted_loans = sums.defaulted_loans.checked_add(more.defaulted_loans).ok_or(Overflow)?;
            add(&mut sums.disbursed, more.disbursed)?;
            add(&mut sums.defaulted, more.defaulted)?;
        }
    }
    let row = |((vintage, currency), sums): ((Month, Currency), Sums)| FirstPaymentRow {
        vintage,
        currency,
        loans: sums.loans,
        disbursed: sums.disbursed,
        defaulted_loans: sums.defaulted_loans,
        defaulted: sums.defaulted,
        rate_of_loans: percent_of_count(sums.defaulted_loans, sums.loans),
        rate: percent(sums.defaulted, sums.disbursed),
    };
    Ok(FirstPayments { rows: all.vintages.into_iter().map(row).collect(), taken_over: all.taken_over })
}
