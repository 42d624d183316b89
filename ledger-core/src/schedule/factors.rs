//! Interest factors: what one unit of money earns in each period.

use super::{DuePeriod, Precision, ScheduleError};
use crate::calendar::DayCount;
use crate::money::Rate;
use crate::terms::Terms;
use rust_decimal::Decimal;

/// The interest factor of each period: annual rate × year fraction, in the significant digits of the terms.
///
/// # Errors
/// A day count without an answer, or an overflow.
pub fn interest_factors(terms: &Terms, periods: &[DuePeriod]) -> Result<Vec<Decimal>, ScheduleError> {
    let precision = Precision::new(terms.significant_digits);
    // months of one length repeat: the last fraction and its factor are remembered
    let mut last: Option<(Decimal, Decimal)> = None;
    let mut whole: Option<Decimal> = None;
    periods
        .iter()
        .map(|period| {
            let by_periods = counts_periods(terms.day_count) && is_whole(period);
            if let Some(factor) = whole.filter(|_| by_periods) {
                return Ok(factor);
            }
            let fraction = year_fraction(terms.day_count, period)?;
            let factor = match last {
                Some((known, factor)) if known == fraction => factor,
                _ => precision.mul(terms.annual_rate.ratio(), precision.cut(fraction))?,
            };
            last = Some((fraction, factor));
            whole = if by_periods { Some(factor) } else { whole };
            Ok(factor)
        })
        .collect()
}

/// The interest factor of one period at some rate, for a rate that changes on a due date.
///
/// # Errors
/// As [`interest_factors`].
pub fn interest_factor(terms: &Terms, rate: Rate, period: &DuePeriod) -> Result<Decimal, ScheduleError> {
    let precision = Precision::new(terms.significant_digits);
    Ok(precision.mul(rate.ratio(), precision.cut(year_fraction(terms.day_count, period)?))?)
}

/// The fraction of a year of a period.
///
/// Day counts that count days take the dates on which money really falls due. The two that count periods take the dates of
/// the contract: a month stays a month when a holiday moves its end.
fn year_fraction(day_count: DayCount, period: &DuePeriod) -> Result<Decimal, ScheduleError> {
    let (from, to) = if counts_periods(day_count) {
        (period.contract_from, period.contract_due)
    } else {
        (period.from, period.due_on)
    };
    Ok(day_count.year_fraction(from, to, &period.context)?)
}

const fn counts_periods(day_count: DayCount) -> bool {
    matches!(day_count, DayCount::Thirty360ByPeriod | DayCount::ActActIcma)
}

/// Whether the period is exactly its regular period; all such periods count the same if a day count counts periods.
fn is_whole(period: &DuePeriod) -> bool {
    period
        .context
        .reference
        .is_some_and(|regular| (regular.start, regular.end) == (period.contract_from, period.contract_due))
}
