//! Ageing: the portfolio by how long it is past due.

use super::portfolio::Portfolio;
use super::share::{add, increment, percent};
use crate::ViewError;
use crate::loans::Standing;
use crate::overdue::Buckets;
use ledger_core::calendar::Date;
use ledger_core::loan::{Status, position};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::Position;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The active loans of a bucket in a currency, or all of them in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aged {
    /// How many loans.
    pub loans: u64,
    /// Principal outstanding, due or not.
    pub principal: Amount,
    /// Everything outstanding as recorded, without penalty interest that only time has accrued: what the balances say.
    pub outstanding: Amount,
    /// Outstanding and due before the day, penalty interest to the day included: what the arrears list says.
    pub past_due: Amount,
}

impl Aged {
    fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        Ok(Self {
            loans: self.loans.checked_add(other.loans).ok_or(Overflow)?,
            principal: self.principal.plus(other.principal)?,
            outstanding: self.outstanding.plus(other.outstanding)?,
            past_due: self.past_due.plus(other.past_due)?,
        })
    }
}

/// One line of the ageing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeingRow {
    /// The currency.
    pub currency: Currency,
    /// The name of the bucket.
    pub bucket: Arc<str>,
    /// Its loans and amounts.
    pub aged: Aged,
    /// Its share of the outstanding in the currency, in percent to 4 decimals, rounded half up.
    pub share: Option<Decimal>,
    /// The share of this bucket and all later ones, unknown arrears included: the portfolio at risk (PAR).
    pub at_risk: Option<Decimal>,
}

/// The ageing table at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ageing {
    /// The day.
    pub date: Date,
    /// The last event that is contained.
    pub position: Option<Position>,
    /// By currency, in the order of the buckets; every bucket is there for every currency with active loans, the one for
    /// unknown arrears only if there are such.
    pub rows: Vec<AgeingRow>,
    /// All active loans by currency.
    pub totals: BTreeMap<Currency, Aged>,
}

type Sums = BTreeMap<(Currency, usize), Aged>;

fn count(
    sums: &mut Sums,
    currency: Currency,
    bucket: usize,
    standing: &Standing,
    past_due: Amount,
) -> Result<(), Overflow> {
    let sum = sums.entry((currency, bucket)).or_default();
    increment(&mut sum.loans)?;
    add(&mut sum.principal, standing.outstanding.principal)?;
    add(&mut sum.outstanding, standing.outstanding.total()?)?;
    add(&mut sum.past_due, past_due)
}

/// The ageing table at the end of `date`. Active loans are in it, each in the bucket of its days past due.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn ageing(portfolio: &Portfolio<'_>, date: Date, buckets: &Buckets) -> Result<Ageing, ViewError> {
    let gathered: Vec<Sums> = portfolio.state.gather(
        portfolio.threads,
        |sums: &mut Sums, loan, hint| {
            let Some(summary) = hint.on(date) else { return Ok::<bool, ViewError>(true) };
            if summary.status != Status::Active {
                return Ok(false);
            }
            if summary.arrears_unknown || summary.oldest_open_due_on.is_some_and(|due_on| due_on < date) {
                return Ok(true);
            }
            let standing = summary.standing(date);
            let (_, bucket) = buckets.of(standing.days_past_due);
            count(sums, hint.currency, bucket, &standing, Amount::ZERO)
                .map_err(|error| ViewError::loan(loan, error))?;
            Ok(false)
        },
        |sums, loan, row| {
            let at = position(&row.state, date).map_err(|error| ViewError::loan(loan, error))?;
            if at.status == Status::Active {
                let standing = Standing::of(&at).map_err(|error| ViewError::loan(loan, error))?;
                let (_, bucket) = buckets.of(standing.days_past_due);
                let past_due = at.overdue.total();
                past_due
                    .and_then(|past_due| count(sums, row.currency, bucket, &standing, past_due))
                    .map_err(|error| ViewError::loan(loan, error))?;
            }
            Ok(())
        },
    )?;
    let mut sums = Sums::new();
    let mut totals: BTreeMap<Currency, Aged> = BTreeMap::new();
    for ((currency, bucket), aged) in gathered.into_iter().flatten() {
        let sum = sums.entry((currency, bucket)).or_default();
        *sum = sum.plus(&aged)?;
        let total = totals.entry(currency).or_default();
        *total = total.plus(&aged)?;
    }
    let mut rows = Vec::new();
    for (currency, total) in &totals {
        let mut at_risk = total.outstanding;
        for bucket in 0..=buckets.all().len() {
            let aged = sums.get(&(*currency, bucket)).copied().unwrap_or_default();
            if bucket == buckets.all().len() && aged.loans == 0 {
                continue;
            }
            rows.push(AgeingRow {
                currency: *currency,
                bucket: buckets.name(bucket),
                aged,
                share: percent(aged.outstanding, total.outstanding),
                at_risk: percent(at_risk, total.outstanding),
            });
            at_risk = at_risk.minus(aged.outstanding)?;
        }
    }
    Ok(Ageing { date, position: portfolio.position(), rows, totals })
}
