//! The arrears list at a date.

use super::{Buckets, Overdue};
use crate::ViewError;
use crate::engine::State;
use crate::loans::LoanRow;
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Components, Position as LoanPosition, Status, position};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::Position;
use std::cmp::Reverse;
use std::sync::Arc;

/// A loan with something overdue, or with arrears of which nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueRow {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// Its product.
    pub product: String,
    /// Days past due; `None` is unknown and never 0. It can be 0 beside an overdue amount: when the contractual amounts
    /// are paid and a late fee is not.
    pub days_past_due: Option<i64>,
    /// Outstanding and due before the date, penalty interest to the date included.
    pub overdue: Components,
    /// The sum of it.
    pub overdue_total: Amount,
    /// Principal outstanding, due or not.
    pub outstanding_principal: Amount,
    /// The name of the bucket.
    pub bucket: Arc<str>,
    /// The due date of the oldest instalment with an unpaid contractual amount.
    pub oldest_unpaid_due_on: Option<Date>,
}

/// One line of the summary: the active loans of one bucket and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueSummary {
    /// The name of the bucket.
    pub bucket: Arc<str>,
    /// The currency.
    pub currency: Currency,
    /// How many loans.
    pub loans: u64,
    /// Overdue in all, penalty interest to the date included.
    pub overdue: Amount,
    /// Principal outstanding, due or not.
    pub outstanding_principal: Amount,
}

/// The arrears list at the end of a day, from the events up to [`OverdueView::position`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueView {
    /// The day.
    pub date: Date,
    /// The last event that is contained.
    pub position: Option<Position>,
    /// Loans with something overdue: the longest past due first, unknown arrears last; by id among equals.
    pub rows: Vec<OverdueRow>,
    /// All active loans (those that are not overdue too), by currency and bucket, in the order of the buckets. Buckets
    /// without loans are left out.
    pub summary: Vec<OverdueSummary>,
}

/// Sums by currency and number of the bucket.
type Tally = std::collections::BTreeMap<(Currency, usize), (u64, Amount, Amount)>;

fn count(
    tally: &mut Tally,
    currency: Currency,
    bucket: usize,
    overdue: Amount,
    principal: Amount,
) -> Result<(), Overflow> {
    let (loans, overdue_sum, principal_sum) = tally.entry((currency, bucket)).or_default();
    *loans = loans.checked_add(1).ok_or(Overflow)?;
    *overdue_sum = overdue_sum.plus(overdue)?;
    *principal_sum = principal_sum.plus(principal)?;
    Ok(())
}

/// The arrears list at the end of `date`. A loan is on it if something is outstanding that was due before that day, or if
/// its arrears are unknown. Positions, penalty interest and days past due are those of [`position`], also for a date
/// before a loan's last event; a loan whose summary says that nothing can be overdue on that date is not decoded.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn view(state: &State<Overdue>, date: Date, buckets: &Buckets) -> Result<OverdueView, ViewError> {
    let mut rows: Vec<OverdueRow> = Vec::new();
    let mut tally = Tally::new();
    let mut overflow: Result<(), Overflow> = Ok(());
    let mut seen = Tally::new();
    state.visit(
        |_, hint| {
            let Some(summary) = hint.on(date) else { return true };
            if summary.status != Status::Active {
                return false;
            }
            if summary.arrears_unknown || summary.oldest_open_due_on.is_some_and(|due_on| due_on < date) {
                return true;
            }
            let (_, bucket) = buckets.of(Some(0));
            let counted = count(&mut seen, hint.currency, bucket, Amount::ZERO, summary.outstanding.principal);
            overflow = overflow.and(counted);
            false
        },
        |loan, row| {
            let (found, bucket) = one(loan, row, date, buckets).map_err(|error| ViewError::loan(loan, error))?;
            if let Some(found) = found {
                count(&mut tally, row.currency, bucket, found.overdue_total, found.outstanding_principal)?;
                if found.days_past_due != Some(0) || !found.overdue.is_zero() {
                    rows.push(found);
                }
            }
            Ok::<(), ViewError>(())
        },
    )?;
    overflow?;
    for ((currency, bucket), (loans, overdue, principal)) in seen {
        let (loans_sum, overdue_sum, principal_sum) = tally.entry((currency, bucket)).or_default();
        *loans_sum = loans_sum.checked_add(loans).ok_or(Overflow)?;
        *overdue_sum = overdue_sum.plus(overdue)?;
        *principal_sum = principal_sum.plus(principal)?;
    }
    rows.sort_by(|a, b| {
        let key = |row: &OverdueRow| (row.days_past_due.is_none(), Reverse(row.days_past_due));
        key(a).cmp(&key(b)).then_with(|| a.loan.cmp(&b.loan))
    });
    let summary = tally
        .into_iter()
        .map(|((currency, bucket), (loans, overdue, outstanding_principal))| OverdueSummary {
            bucket: buckets.name(bucket),
            currency,
            loans,
            overdue,
            outstanding_principal,
        })
        .collect();
    Ok(OverdueView { date, position: state.position(), rows, summary })
}

/// The row of a loan that is active on the date, and the number of its bucket.
fn one(
    loan: &Arc<str>,
    row: &LoanRow,
    date: Date,
    buckets: &Buckets,
) -> Result<(Option<OverdueRow>, usize), CalculationError> {
    let at: LoanPosition = position(&row.state, date)?;
    let (name, bucket) = buckets.of(at.days_past_due);
    if at.status != Status::Active {
        return Ok((None, bucket));
    }
    let found = OverdueRow {
        loan: loan.clone(),
        currency: row.currency,
        product: row.product.clone(),
        days_past_due: at.days_past_due,
        overdue_total: at.overdue.total()?,
        overdue: at.overdue,
        outstanding_principal: at.outstanding.principal,
        bucket: name,
        oldest_unpaid_due_on: at.oldest_unpaid_due_on,
    };
    Ok((Some(found), bucket))
}
