//! The loans behind a figure of a portfolio: what each of them adds to it. How a loan comes to its part, its events say
//! ([`crate::explain`]).

use super::migration::{Place, place};
use super::month::Month;
use super::portfolio::Portfolio;
use super::vintages::default_of;
use crate::ViewError;
use crate::loans::Standing;
use crate::overdue::Buckets;
use ledger_core::calendar::Date;
use ledger_core::loan::{Status, position};
use ledger_core::money::{Amount, Currency};
use std::sync::Arc;

/// A loan of a bucket of the ageing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgedLoan {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// Days past due; `None` is unknown.
    pub days_past_due: Option<i64>,
    /// Principal outstanding.
    pub principal: Amount,
    /// Everything outstanding as recorded.
    pub outstanding: Amount,
    /// Outstanding and due before the day, penalty interest to the day included.
    pub past_due: Amount,
}

/// A loan of a cell of the migration matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedLoan {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// Principal outstanding at the end of the month before.
    pub opening: Amount,
    /// Principal outstanding at the end of the month.
    pub closing: Amount,
}

/// A loan of a vintage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VintageLoan {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// What was paid out.
    pub disbursed: Amount,
    /// The day on which its default began, and the principal then.
    pub default: Option<(Date, Amount)>,
}

/// The active loans of the bucket with this number (after the last: unknown arrears) at the end of `date`, by id.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn loans_of_bucket(
    portfolio: &Portfolio<'_>,
    date: Date,
    buckets: &Buckets,
    bucket: usize,
) -> Result<Vec<AgedLoan>, ViewError> {
    let gathered: Vec<Vec<AgedLoan>> = portfolio.loans(|found: &mut Vec<AgedLoan>, loan, row| {
        let at = position(&row.state, date)?;
        if at.status == Status::Active && buckets.of(at.days_past_due).1 == bucket {
            let outstanding = Standing::of(&at)?.outstanding;
            found.push(AgedLoan {
                loan: loan.clone(),
                currency: row.currency,
                days_past_due: at.days_past_due,
                principal: outstanding.principal,
                outstanding: outstanding.total()?,
                past_due: at.overdue.total()?,
            });
        }
        Ok(())
    })?;
    Ok(sorted(gathered, |one| &one.loan))
}

/// The loans that were in `from` at the end of the month before and are in `to` at the end of the month, by id.
///
/// # Errors
/// As for [`loans_of_bucket`].
pub fn loans_of_cell(
    portfolio: &Portfolio<'_>,
    month: Month,
    buckets: &Buckets,
    from: Place,
    to: Place,
) -> Result<Vec<MovedLoan>, ViewError> {
    let opening = month.plus(-1)?.end();
    let gathered: Vec<Vec<MovedLoan>> = portfolio.timelines(|found: &mut Vec<MovedLoan>, loan, row, timeline| {
        let (before, now) = (timeline.at(opening)?, timeline.at(month.end())?);
        let was = Some(place(&before, buckets)).filter(|was| matches!(was, Place::Bucket(_)));
        if was.unwrap_or(Place::Outside) == from && place(&now, buckets) == to {
            let opening = if was.is_some() { before.outstanding.principal } else { Amount::ZERO };
            let closing = now.outstanding.principal;
            found.push(MovedLoan { loan: loan.clone(), currency: row.currency, opening, closing });
        }
        Ok(())
    })?;
    Ok(sorted(gathered, |one| &one.loan))
}

/// The loans that were paid out in a month, as of the end of `date`, by id.
///
/// # Errors
/// As for [`loans_of_bucket`].
pub fn loans_of_vintage(
    portfolio: &Portfolio<'_>,
    date: Date,
    days: u32,
    vintage: Month,
) -> Result<Vec<VintageLoan>, ViewError> {
    let gathered: Vec<Vec<VintageLoan>> =
        portfolio.timelines(|found: &mut Vec<VintageLoan>, loan, row, timeline| {
            let Some(disbursed_on) = row.state.disbursed_on.filter(|on| *on <= date) else { return Ok(()) };
            if Month::of(disbursed_on)? == vintage {
                let default = default_of(row, timeline, date, days)?;
                let (currency, disbursed) = (row.currency, row.state.disbursed);
                found.push(VintageLoan { loan: loan.clone(), currency, disbursed, default });
            }
            Ok(())
        })?;
    Ok(sorted(gathered, |one| &one.loan))
}

fn sorted<T>(gathered: Vec<Vec<T>>, id: impl Fn(&T) -> &Arc<str>) -> Vec<T> {
    let mut all: Vec<T> = gathered.into_iter().flatten().collect();
    all.sort_by(|a, b| id(a).cmp(id(b)));
    all
}
