//! The view of the balances.

use super::{Balance, Balances};
use crate::ViewError;
use crate::engine::State;
use ledger_core::calendar::Date;
use ledger_core::loan::{Components, Status};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::Position;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which loans to show; an empty filter shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalanceFilter {
    /// Only this loan.
    pub loan: Option<String>,
    /// Only loans of this status.
    pub status: Option<Status>,
    /// Only loans in this currency.
    pub currency: Option<Currency>,
}

/// The balances of one loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    /// The loan's id.
    pub loan: Arc<str>,
    /// How it stands in its life.
    pub status: Status,
    /// Its currency.
    pub currency: Currency,
    /// Its product.
    pub product: String,
    /// Its amounts.
    pub amounts: BalanceTotals,
}

/// The amounts of a loan, or their sums over loans of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BalanceTotals {
    /// The number of loans.
    pub loans: u64,
    /// Principal paid out.
    pub disbursed: Amount,
    /// Planned and charged and not yet settled, due or not.
    pub outstanding: Components,
    /// Received to date on the contract, also by another system before the loan was taken over.
    pub received: Components,
    /// Given up.
    pub waived: Components,
    /// Lost.
    pub written_off: Components,
    /// Came in for what had been lost.
    pub recovered: Components,
    /// Held for the borrowers.
    pub credit: Amount,
    /// Principal written off that did not come back.
    pub principal_lost: Amount,
}

/// The balances as the log's events up to [`BalancesView::position`] say.
///
/// Outstanding amounts are the recorded ones: penalty interest that only time has accrued is not in them until an event
/// puts it on the account. So the view needs no date and no computation by loan; the arrears list has both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancesView {
    /// The last event that is contained.
    pub position: Option<Position>,
    /// The last business day that was closed.
    pub closed_through: Option<Date>,
    /// The loans, by id.
    pub rows: Vec<BalanceRow>,
    /// Sums over the rows.
    pub totals: BTreeMap<Currency, BalanceTotals>,
}

impl BalanceTotals {
    fn of(balance: &Balance) -> Result<Self, Overflow> {
        Ok(Self {
            loans: 1,
            disbursed: balance.milestones.disbursed,
            outstanding: balance.outstanding()?,
            received: balance.paid,
            waived: balance.waived,
            written_off: balance.written_off,
            recovered: balance.recovered,
            credit: balance.credit,
            principal_lost: balance.principal_lost()?,
        })
    }

    /// The sum of two.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        Ok(Self {
            loans: self.loans.checked_add(other.loans).ok_or(Overflow)?,
            disbursed: self.disbursed.plus(other.disbursed)?,
            outstanding: self.outstanding.plus(&other.outstanding)?,
            received: self.received.plus(&other.received)?,
            waived: self.waived.plus(&other.waived)?,
            written_off: self.written_off.plus(&other.written_off)?,
            recovered: self.recovered.plus(&other.recovered)?,
            credit: self.credit.plus(other.credit)?,
            principal_lost: self.principal_lost.plus(other.principal_lost)?,
        })
    }
}

/// The balances of the loans that the filter lets through, and their totals.
///
/// # Errors
/// A stored row does not decode, or a sum leaves the range of amounts.
pub fn view(state: &State<Balances>, filter: &BalanceFilter) -> Result<BalancesView, ViewError> {
    let mut rows = Vec::new();
    let mut take = |loan: &Arc<str>, balance: &Balance| -> Result<(), ViewError> {
        rows.extend(row_of(loan, balance, filter)?);
        Ok(())
    };
    match &filter.loan {
        Some(id) => {
            if let Some(balance) = state.get(id)? {
                take(&Arc::from(id.as_str()), &balance)?;
            }
        }
        None => state.visit(|_, ()| true, &mut take)?,
    }
    of_rows(rows, state.position(), state.shared().closed_through)
}

/// The row of a loan, if the filter lets it through.
pub(super) fn row_of(
    loan: &Arc<str>,
    balance: &Balance,
    filter: &BalanceFilter,
) -> Result<Option<BalanceRow>, ViewError> {
    let out = |overflow: Overflow| ViewError::loan(loan, overflow);
    let status = balance.status().map_err(out)?;
    let fits = filter.status.is_none_or(|wanted| wanted == status)
        && filter.currency.is_none_or(|wanted| wanted == balance.currency)
        && filter.loan.as_ref().is_none_or(|wanted| **wanted == **loan);
    if !fits {
        return Ok(None);
    }
    let amounts = BalanceTotals::of(balance).map_err(out)?;
    let (currency, product) = (balance.currency, balance.product.clone());
    Ok(Some(BalanceRow { loan: loan.clone(), status, currency, product, amounts }))
}

/// The view of rows.
pub(super) fn of_rows(
    mut rows: Vec<BalanceRow>,
    position: Option<Position>,
    closed_through: Option<Date>,
) -> Result<BalancesView, ViewError> {
    rows.sort_by(|a, b| a.loan.cmp(&b.loan));
    let mut totals: BTreeMap<Currency, BalanceTotals> = BTreeMap::new();
    for row in &rows {
        let total = totals.entry(row.currency).or_default();
        *total = total.plus(&row.amounts)?;
    }
    Ok(BalancesView { position, closed_through, rows, totals })
}
