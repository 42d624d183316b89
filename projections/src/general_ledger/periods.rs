//! Closed accounting periods, and the day on which an event is posted.

use ledger_core::calendar::{Date, DateError};

/// A closed period, as the books need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Closed {
    /// How many events of the log it holds; what came later is posted later.
    events: u64,
    /// Its last day.
    through: Date,
}

/// The closed periods that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Periods {
    closed: Vec<Closed>,
    accrued_to: Option<Date>,
}

impl Periods {
    /// Everything up to a day is closed; the books of it hold the first `events` events of the log.
    pub fn close(&mut self, events: u64, through: Date) {
        self.closed.push(Closed { events, through });
    }

    /// Interest is accrued to a day on which no period ends.
    pub fn accrue_to(&mut self, day: Date) {
        self.accrued_to = Some(day);
    }

    /// The days to which interest is accrued: the last ones of the closed periods, and the one that was asked for.
    pub fn ends(&self) -> impl Iterator<Item = Date> + '_ {
        self.closed.iter().map(|closed| closed.through).chain(self.accrued_to)
    }

    /// When the event with this ordinal (from 0) is posted: on the day on which it was booked or, if that day was closed
    /// before the event came, on the first open day.
    ///
    /// # Errors
    /// The last closed day is the last of the calendar.
    pub fn posting_date(&self, ordinal: u64, booked_on: Date) -> Result<Date, DateError> {
        let before = self.closed.iter().filter(|closed| closed.events <= ordinal);
        match before.map(|closed| closed.through).max() {
            Some(through) if booked_on <= through => through.tomorrow(),
            _ => Ok(booked_on),
        }
    }
}
