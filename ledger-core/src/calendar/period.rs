//! What some day counts need besides two dates: the period that the dates lie in.

use super::{Date, DayCountError, Frequency};

/// The context of a day count. Most conventions need none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeriodContext {
    /// The interest period that the dates belong to: needed by `act/act-icma` and `30/360-by-period`, used by
    /// `act/act-by-period-start`.
    pub reference: Option<ReferencePeriod>,
    /// The date on which the contract ends: used by `30e/360-isda`, for a contract that ends with February.
    pub termination: Option<Date>,
}

/// One regular period between two unadjusted due dates. For a stub it is the regular period that the stub is cut from
/// or that it prolongs, so that `start` may lie before the disbursement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferencePeriod {
    /// Its first day.
    pub start: Date,
    /// The day after its last day: the next due date.
    pub end: Date,
    /// Its nominal length.
    pub frequency: Frequency,
}

impl PeriodContext {
    /// No context, for the conventions that two dates are enough for.
    pub const NONE: Self = Self { reference: None, termination: None };

    /// The context of a period.
    #[must_use]
    pub const fn of(start: Date, end: Date, frequency: Frequency) -> Self {
        Self { reference: Some(ReferencePeriod { start, end, frequency }), termination: None }
    }

    /// The same with the contract's termination date.
    #[must_use]
    pub const fn with_termination(self, date: Date) -> Self {
        Self { termination: Some(date), ..self }
    }
}

/// How much of the regular periods a span covers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cover {
    /// Periods covered whole.
    pub whole: i64,
    /// Periods covered in part, at most the first and the last: days covered, days of the period.
    pub parts: Vec<(i64, i64)>,
}

impl ReferencePeriod {
    /// Cuts [from, to) at the limits of the regular periods before, in and after this one (ICMA rule 251: a long stub
    /// is counted in each of the regular periods that it lies in, each with its own length).
    pub(super) fn cover(&self, from: Date, to: Date) -> Result<Cover, DayCountError> {
        // `every` is at least 1 in everything that was read; a 0 made in code would never reach the span
        if self.start >= self.end || self.frequency.every == 0 {
            return Err(DayCountError::EmptyReferencePeriod { start: self.start, end: self.end });
        }
        let mut cover = Cover { whole: 0, parts: Vec::new() };
        if from >= to {
            return Ok(cover);
        }
        let mut k: i64 = 0;
        while self.limit(k)? > from {
            k = k.saturating_sub(1);
        }
        let mut start = self.limit(k)?;
        while start < to {
            k = k.saturating_add(1);
            let end = self.limit(k)?;
            let covered = end.min(to).days_since(start.max(from));
            let length = end.days_since(start);
            if covered > 0 && covered == length {
                cover.whole = cover.whole.saturating_add(1);
            } else if covered > 0 {
                cover.parts.push((covered, length));
            }
            start = end;
        }
        Ok(cover)
    }

    /// The k-th limit of the regular periods: 0 is the start, 1 the end.
    ///
    /// Clamping loses the anchor's day (28 Feb may stand for a 31st), so the limits beyond the two known ones are
    /// counted from that of the two which yields the other one.
    fn limit(&self, k: i64) -> Result<Date, DayCountError> {
        let from_end = k.saturating_sub(1);
        Ok(match k {
            0 => self.start,
            1 => self.end,
            _ if self.frequency.date(self.end, -1) == Ok(self.start) => self.frequency.date(self.end, from_end)?,
            _ if self.frequency.date(self.start, 1) == Ok(self.end) => self.frequency.date(self.start, k)?,
            k if k < 0 => self.frequency.date(self.start, k)?,
            _ => self.frequency.date(self.end, from_end)?,
        })
    }
}
