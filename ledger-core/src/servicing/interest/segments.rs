//! How a change of the balance cuts a period into segments.

use super::{Model, Period, Segment};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;

/// What changes on a day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    pub disbursed: Amount,
    pub capitalised: Amount,
    pub correction: Amount,
}

impl Segment {
    fn add(&mut self, change: Change) -> Result<(), Overflow> {
        self.disbursed = self.disbursed.plus(change.disbursed)?;
        self.capitalised = self.capitalised.plus(change.capitalised)?;
        self.correction = self.correction.plus(change.correction)?;
        Ok(())
    }
}

impl Period {
    /// Cuts the segment that holds the day; what changes is booked at the end of the first part.
    fn cut(&mut self, on: Date, change: Change) -> Result<(), Overflow> {
        let at = self.segments.iter().rposition(|segment| on > segment.from && on <= segment.due).unwrap_or(0);
        let Some(before) = self.segments.get_mut(at) else { return Ok(()) };
        let (end, on) = (before.due, on.max(before.from).min(before.due));
        before.due = on;
        before.add(change)?;
        let rest = Segment::new(on, end, before.paused);
        self.segments.insert(at.saturating_add(1), rest);
        Ok(())
    }
}

impl Model {
    /// Books a change of the balance on a day; returns the period that holds it.
    pub(super) fn change_balance(&mut self, on: Date, change: Change) -> Result<Option<usize>, ServicingError> {
        let Some(at) = self.period_of(on) else { return Ok(None) };
        let last = at.saturating_add(1) == self.periods.len();
        let Some(period) = self.periods.get_mut(at) else { return Ok(None) };
        // a credit on the last due date gets a segment without days
        let at_maturity = last && on == period.due;
        let segment = if at_maturity {
            period.segments.last_mut().filter(|segment| segment.from == segment.due)
        } else {
            period.segments.iter_mut().find(|segment| segment.due == on)
        };
        match segment {
            Some(segment) => segment.add(change)?,
            None => period.cut(on, change)?,
        }
        Ok(Some(at))
    }

    /// No interest runs from the first to the last day, both included.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn pause_interest(&mut self, first: Date, last: Date) -> Result<(), ServicingError> {
        if !self.pauses.contains(&(first, last)) {
            self.pauses.push((first, last));
        }
        let before = first.plus_days(-1)?;
        let mut start = None;
        for period in &mut self.periods {
            if period.from >= last || period.due < first {
                continue;
            }
            start.get_or_insert(period.from);
            let (from, to) = (before.max(period.from), last.min(period.due));
            if !period.segments.iter().any(|segment| segment.from == from) {
                period.cut(from, Change::default())?;
            }
            if !period.segments.iter().any(|segment| segment.due == to) {
                period.cut(to, Change::default())?;
            }
            for segment in &mut period.segments {
                if segment.from >= from && segment.due <= to {
                    segment.paused = true;
                }
            }
        }
        if let Some(start) = start {
            self.update_factors_from(start)?;
            self.update_balances()?;
            self.settle_last_unpaid(start)?;
        }
        Ok(())
    }
}
