//! Vintages: what became of the loans of a month, by their age.

use super::month::Month;
use super::portfolio::Portfolio;
use super::share::{add, increment, percent, percent_of_count};
use crate::ViewError;
use crate::loans::{LoanRow, Timeline};
use ledger_core::calendar::Date;
use ledger_core::loan::CalculationError;
use ledger_core::money::{Amount, Currency, Overflow};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The loans paid out in a month, at an age. They are in default from the first day on which they are so many days past
/// due, or are written off, for ever: the default is cumulative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VintageRow {
    /// The month in which the loans were paid out.
    pub vintage: Month,
    /// The currency.
    pub currency: Currency,
    /// Their age at the end of a month: whole months from that of the payout.
    pub months_on_book: u32,
    /// How many loans.
    pub loans: u64,
    /// What was paid out.
    pub disbursed: Amount,
    /// Loans in default by then.
    pub defaulted_loans: u64,
    /// Their principal outstanding when the default began; for a write-off, at the end of the day before.
    pub defaulted: Amount,
    /// The share of the loans, in percent to 4 decimals, rounded half up.
    pub rate_of_loans: Option<Decimal>,
    /// The share of what was paid out, likewise.
    pub rate: Option<Decimal>,
}

/// The vintages as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vintages {
    /// By vintage, currency and age; ages whose month has not ended by the day are left out.
    pub rows: Vec<VintageRow>,
    /// Loans whose arrears are of unknown age: their default is seen when they are written off and not before.
    pub arrears_unknown: u64,
}

#[derive(Default)]
struct Vintage {
    loans: u64,
    disbursed: Amount,
    /// By age: loans and principal.
    defaults: BTreeMap<u32, (u64, Amount)>,
}

#[derive(Default)]
struct Gathered {
    vintages: BTreeMap<(Month, Currency), Vintage>,
    arrears_unknown: u64,
}

/// Cumulative default by month of payout and months on book, as of the end of `date`. A default begins on the first day at
/// whose end a loan is `days` or more past due, or on which it is written off.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn vintages(portfolio: &Portfolio<'_>, date: Date, days: u32) -> Result<Vintages, ViewError> {
    let parts: Vec<Gathered> = portfolio.timelines(|gathered: &mut Gathered, _, row, timeline| {
        let Some(disbursed_on) = row.state.disbursed_on.filter(|on| *on <= date) else { return Ok(()) };
        if row.state.arrears_unknown {
            increment(&mut gathered.arrears_unknown)?;
        }
        let month = Month::of(disbursed_on)?;
        let vintage = gathered.vintages.entry((month, row.currency)).or_default();
        increment(&mut vintage.loans)?;
        add(&mut vintage.disbursed, row.state.disbursed)?;
        if let Some((on, principal)) = default_of(row, timeline, date, days)? {
            let age = u32::try_from(Month::of(on)?.since(month)).unwrap_or(0);
            let (loans, defaulted) = vintage.defaults.entry(age).or_default();
            increment(loans)?;
            add(defaulted, principal)?;
        }
        Ok(())
    })?;
    let mut all = Gathered::default();
    for part in parts {
        all.arrears_unknown = all.arrears_unknown.checked_add(part.arrears_unknown).ok_or(Overflow)?;
        for (key, vintage) in part.vintages {
            let sum = all.vintages.entry(key).or_default();
            sum.loans = sum.loans.checked_add(vintage.loans).ok_or(Overflow)?;
            add(&mut sum.disbursed, vintage.disbursed)?;
            for (age, (loans, defaulted)) in vintage.defaults {
                let slot = sum.defaults.entry(age).or_default();
                slot.0 = slot.0.checked_add(loans).ok_or(Overflow)?;
                add(&mut slot.1, defaulted)?;
            }
        }
    }
    let last = Month::last_ended_by(date)?;
    let mut rows = Vec::new();
    for ((month, currency), vintage) in all.vintages {
        let (mut loans, mut defaulted) = (0_u64, Amount::ZERO);
        let ages = u32::try_from(last.since(month)).map_or(0..0, |oldest| 0..oldest.saturating_add(1));
        for months_on_book in ages {
            if let Some((more, amount)) = vintage.defaults.get(&months_on_book) {
                loans = loans.checked_add(*more).ok_or(Overflow)?;
                add(&mut defaulted, *amount)?;
            }
            rows.push(VintageRow {
                vintage: month,
                currency,
                months_on_book,
                loans: vintage.loans,
                disbursed: vintage.disbursed,
                defaulted_loans: loans,
                defaulted,
                rate_of_loans: percent_of_count(loans, vintage.loans),
                rate: percent(defaulted, vintage.disbursed),
            });
        }
    }
    Ok(Vintages { rows, arrears_unknown: all.arrears_unknown })
}

/// The day on which a loan's default began, up to `date`, and its principal then: at the end of the first day on which it was
/// so many days past due, or of the day before it was written off.
pub(super) fn default_of(
    row: &LoanRow,
    timeline: &Timeline,
    date: Date,
    days: u32,
) -> Result<Option<(Date, Amount)>, CalculationError> {
    let past_due = timeline.first_past_due(days, date);
    let written_off = row.state.written_off_on.filter(|on| *on <= date);
    Ok(match (past_due, written_off) {
        (Some(on), off) if off.is_none_or(|off| on < off) => Some((on, timeline.at(on)?.outstanding.principal)),
        (_, Some(off)) => Some((off, timeline.at(off.plus_days(-1)?)?.outstanding.principal)),
        (_, None) => None,
    })
}
