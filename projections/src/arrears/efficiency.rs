//! Collections efficiency: what of the demand of a month was paid, and when.

use super::month::Month;
use super::portfolio::Portfolio;
use super::share::{add, percent};
use crate::ViewError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Book, CalculationError, Effect, Entry, Instalment};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::terms::Component;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Sums of one month in one currency. The demand is contractual: planned principal, interest and fee of the instalments
/// that fall due in the month, as the plan stands on the day of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// What fell due.
    pub due: Amount,
    /// Of it, paid by the end of the due date.
    pub paid_in_time: Amount,
    /// Of it, paid by the end of the month.
    pub paid_in_month: Amount,
    /// Of it, paid by the day of the view.
    pub paid: Amount,
    /// Of it, given up or written off by the day of the view.
    pub lost: Amount,
    /// Of it, still open on the day of the view.
    pub open: Amount,
    /// Received in the month for instalments of earlier months: arrears, fees and penalties included.
    pub received_for_arrears: Amount,
    /// Received in the month for its own instalments, fees and penalties included.
    pub received_for_month: Amount,
    /// Received in the month for instalments of later months.
    pub received_in_advance: Amount,
}

impl Collected {
    fn parts(&mut self) -> [&mut Amount; 9] {
        [
            &mut self.due,
            &mut self.paid_in_time,
            &mut self.paid_in_month,
            &mut self.paid,
            &mut self.lost,
            &mut self.open,
            &mut self.received_for_arrears,
            &mut self.received_for_month,
            &mut self.received_in_advance,
        ]
    }

    fn add(&mut self, mut other: Self) -> Result<(), Overflow> {
        for (part, more) in self.parts().into_iter().zip(other.parts()) {
            add(part, *more)?;
        }
        Ok(())
    }
}

/// One month in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfficiencyRow {
    /// The month.
    pub month: Month,
    /// The currency.
    pub currency: Currency,
    /// The sums; due = paid + lost + open.
    pub collected: Collected,
    /// Paid in time, of what fell due, in percent to 4 decimals, rounded half up.
    pub in_time: Option<Decimal>,
    /// Paid by the end of the month, of what fell due.
    pub in_month: Option<Decimal>,
    /// Paid by the day of the view, of what fell due.
    pub to_date: Option<Decimal>,
    /// Everything received in the month, arrears and advance payments included, of what fell due.
    pub total: Option<Decimal>,
}

type Sums = BTreeMap<(Month, Currency), Collected>;

/// Collections efficiency of the months from `first` to `last`, as known and paid at the end of `date`. Row 0 of loans that
/// were taken over, which holds what the other system received, is left out.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn efficiency(
    portfolio: &Portfolio<'_>,
    first: Month,
    last: Month,
    date: Date,
) -> Result<Vec<EfficiencyRow>, ViewError> {
    let gathered: Vec<Sums> = portfolio.loans(|sums: &mut Sums, _, row| {
        let whole = &row.state.book;
        let is_whole = whole.last_effective_on().is_none_or(|last| last <= date);
        let then = if is_whole { None } else { Some(whole.as_of(date)?) };
        let book = then.as_ref().unwrap_or(whole);
        let in_view = |month: Month| first <= month && month <= last;
        for instalment in book.instalments().iter().filter(|one| one.row.number > 0 && one.row.due_on <= date) {
            let month = Month::of(instalment.row.due_on)?;
            if in_view(month) {
                let sum = sums.entry((month, row.currency)).or_default();
                sum.add(demand(book, instalment, month)?)?;
            }
        }
        for entry in book.entries() {
            let month = Month::of(entry.effective_on)?;
            if matches!(entry.line.effect, Effect::Paid(_)) && entry.line.instalment > 0 && in_view(month) {
                let Some(instalment) = book.instalment(entry.line.instalment) else { continue };
                let due = Month::of(instalment.row.due_on)?;
                let sum = sums.entry((month, row.currency)).or_default();
                let part = match due.cmp(&month) {
                    std::cmp::Ordering::Less => &mut sum.received_for_arrears,
                    std::cmp::Ordering::Equal => &mut sum.received_for_month,
                    std::cmp::Ordering::Greater => &mut sum.received_in_advance,
                };
                add(part, entry.line.amount)?;
            }
        }
        Ok(())
    })?;
    let mut sums = Sums::new();
    for (key, collected) in gathered.into_iter().flatten() {
        sums.entry(key).or_default().add(collected)?;
    }
    let mut rows = Vec::with_capacity(sums.len());
    for ((month, currency), collected) in sums {
        let received = [collected.received_for_arrears, collected.received_for_month, collected.received_in_advance];
        rows.push(EfficiencyRow {
            month,
            currency,
            in_time: percent(collected.paid_in_time, collected.due),
            in_month: percent(collected.paid_in_month, collected.due),
            to_date: percent(collected.paid, collected.due),
            total: percent(Amount::sum(received)?, collected.due),
            collected,
        });
    }
    Ok(rows)
}

/// The demand of an instalment, and what became of it.
fn demand(book: &Book, instalment: &Instalment, month: Month) -> Result<Collected, CalculationError> {
    let number = instalment.row.number;
    let paid_by = |day: Option<Date>| -> Result<Amount, Overflow> {
        let counts =
            |entry: &&Entry| entry.line.instalment == number && day.is_none_or(|day| entry.effective_on <= day);
        let (mut paid, mut fee) = (Amount::ZERO, Amount::ZERO);
        for entry in book.entries().iter().filter(counts) {
            match entry.line.effect {
                Effect::Paid(Component::Principal | Component::Interest) => add(&mut paid, entry.line.amount)?,
                Effect::Paid(Component::Fee) => add(&mut fee, entry.line.amount)?,
                _ => {}
            }
        }
        // what is paid on fees pays the planned fee first
        paid.plus(fee.min(instalment.row.planned.fee))
    };
    let due = instalment.row.planned.total()?;
    let (paid, open) = (paid_by(None)?, instalment.contractual_open()?);
    Ok(Collected {
        due,
        paid_in_time: paid_by(Some(instalment.row.due_on))?,
        paid_in_month: paid_by(Some(month.end()))?,
        paid,
        lost: due.minus(paid)?.minus(open)?,
        open,
        ..Collected::default()
    })
}
