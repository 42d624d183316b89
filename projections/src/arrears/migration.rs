//! Migration and roll rates: which bucket the loans of a bucket were in a month later.

use super::month::Month;
use super::portfolio::Portfolio;
use super::share::{add, increment, percent, percent_of_count};
use crate::ViewError;
use crate::loans::Standing;
use crate::overdue::Buckets;
use ledger_core::loan::Status;
use ledger_core::money::{Amount, Currency, Overflow};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Where a loan is at the end of a month. Buckets are ordered: a later one is worse, and unknown arrears, whose number
/// follows those of the buckets, are the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Not active: not paid out yet, or nothing is outstanding, or it was written off.
    Outside,
    /// In the bucket with this number.
    Bucket(usize),
    /// Nothing is outstanding any more.
    PaidOff,
    /// Written off.
    WrittenOff,
}

/// Loans that went from one place to another within a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// How many loans.
    pub loans: u64,
    /// Their principal outstanding at the end of the month before.
    pub opening: Amount,
    /// Their principal outstanding at the end of the month.
    pub closing: Amount,
}

impl Moved {
    fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        Ok(Self {
            loans: self.loans.checked_add(other.loans).ok_or(Overflow)?,
            opening: self.opening.plus(other.opening)?,
            closing: self.closing.plus(other.closing)?,
        })
    }
}

/// One cell of the migration matrix of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationCell {
    /// The month, from the end of the one before to its own end.
    pub month: Month,
    /// The currency.
    pub currency: Currency,
    /// Where the loans were at the end of the month before; [`Place::Outside`] for those that came in.
    pub from: Place,
    /// Where they are at the end of the month; never outside.
    pub to: Place,
    /// The loans.
    pub moved: Moved,
    /// Their share of the loans of `from`, in percent to 4 decimals, rounded half up.
    pub share_of_loans: Option<Decimal>,
    /// Their share of the opening principal of `from`, likewise.
    pub share_of_opening: Option<Decimal>,
}

/// What became of a bucket within a month; the parts add up to the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollRate {
    /// The month.
    pub month: Month,
    /// The currency.
    pub currency: Currency,
    /// The number of the bucket.
    pub bucket: usize,
    /// All loans that were in the bucket at the end of the month before.
    pub whole: Moved,
    /// Those in a worse bucket now.
    pub worse: Moved,
    /// Those written off.
    pub written_off: Moved,
    /// Those still in the bucket.
    pub same: Moved,
    /// Those in a better bucket.
    pub better: Moved,
    /// Those paid off.
    pub paid_off: Moved,
    /// The roll rate: worse and written off, of the opening principal, in percent to 4 decimals, rounded half up.
    pub roll_rate: Option<Decimal>,
    /// The same of the number of loans.
    pub roll_rate_of_loans: Option<Decimal>,
    /// The cure rate: better and paid off, of the opening principal.
    pub cure_rate: Option<Decimal>,
}

/// The migration of a portfolio over months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The cells in which there are loans, by month, currency, `from` and `to`.
    pub cells: Vec<MigrationCell>,
    /// The buckets in which there were loans, by month, currency and bucket.
    pub roll_rates: Vec<RollRate>,
}

type Cells = BTreeMap<(Month, Currency, Place, Place), Moved>;

pub(super) fn place(standing: &Standing, buckets: &Buckets) -> Place {
    match standing.status {
        Status::Active => Place::Bucket(buckets.of(standing.days_past_due).1),
        Status::WrittenOff => Place::WrittenOff,
        Status::Pending | Status::Overpaid | Status::Settled | Status::Closed => Place::PaidOff,
    }
}

/// The migration within each of the months from `first` to `last`, from the positions at the ends of the months.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn migration(
    portfolio: &Portfolio<'_>,
    first: Month,
    last: Month,
    buckets: &Buckets,
) -> Result<Migration, ViewError> {
    let months = first.through(last)?;
    let opening = first.plus(-1)?.end();
    let gathered: Vec<Cells> = portfolio.timelines(|cells: &mut Cells, _, row, timeline| {
        let mut before = timeline.at(opening)?;
        for month in &months {
            let now = timeline.at(month.end())?;
            let from = match place(&before, buckets) {
                Place::Bucket(bucket) => Place::Bucket(bucket),
                _ => Place::Outside,
            };
            let to = place(&now, buckets);
            if matches!(from, Place::Bucket(_)) || matches!(to, Place::Bucket(_)) {
                let moved = cells.entry((*month, row.currency, from, to)).or_default();
                increment(&mut moved.loans)?;
                if matches!(from, Place::Bucket(_)) {
                    add(&mut moved.opening, before.outstanding.principal)?;
                }
                add(&mut moved.closing, now.outstanding.principal)?;
            }
            before = now;
        }
        Ok(())
    })?;
    let mut cells = Cells::new();
    let mut wholes: BTreeMap<(Month, Currency, Place), Moved> = BTreeMap::new();
    for ((month, currency, from, to), moved) in gathered.into_iter().flatten() {
        let sum = cells.entry((month, currency, from, to)).or_default();
        *sum = sum.plus(&moved)?;
        let whole = wholes.entry((month, currency, from)).or_default();
        *whole = whole.plus(&moved)?;
    }
    let roll_rates = wholes
        .iter()
        .filter_map(|((month, currency, from), whole)| match from {
            Place::Bucket(bucket) => Some(roll_rate(*month, *currency, *bucket, whole, &cells)),
            _ => None,
        })
        .collect::<Result<_, _>>()?;
    let cells = cells
        .into_iter()
        .map(|((month, currency, from, to), moved)| {
            let whole = wholes.get(&(month, currency, from)).copied().unwrap_or_default();
            MigrationCell {
                month,
                currency,
                from,
                to,
                moved,
                share_of_loans: percent_of_count(moved.loans, whole.loans),
                share_of_opening: percent(moved.opening, whole.opening),
            }
        })
        .collect();
    Ok(Migration { cells, roll_rates })
}

fn roll_rate(
    month: Month,
    currency: Currency,
    bucket: usize,
    whole: &Moved,
    cells: &Cells,
) -> Result<RollRate, Overflow> {
    let [mut worse, mut written_off, mut same, mut better, mut paid_off] = [Moved::default(); 5];
    let from = Place::Bucket(bucket);
    let row = (month, currency, from, Place::Outside)..=(month, currency, from, Place::WrittenOff);
    for ((_, _, _, to), moved) in cells.range(row) {
        let part = match to {
            Place::Bucket(now) if *now > bucket => &mut worse,
            Place::Bucket(now) if *now < bucket => &mut better,
            Place::Bucket(_) => &mut same,
            Place::WrittenOff => &mut written_off,
            Place::PaidOff | Place::Outside => &mut paid_off,
        };
        *part = part.plus(moved)?;
    }
    let (rolled, cured) = (worse.plus(&written_off)?, better.plus(&paid_off)?);
    Ok(RollRate {
        month,
        currency,
        bucket,
        whole: *whole,
        worse,
        written_off,
        same,
        better,
        paid_off,
        roll_rate: percent(rolled.opening, whole.opening),
        roll_rate_of_loans: percent_of_count(rolled.loans, whole.loans),
        cure_rate: percent(cured.opening, whole.opening),
    })
}
