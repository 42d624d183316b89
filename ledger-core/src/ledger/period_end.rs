//! The end of an accounting period: the days are closed, the period before is, and its totals are recorded.

use super::{Ledger, LedgerError, Meta};
use crate::calendar::{Date, Timestamp};
use crate::record::{Event, LedgerEvent, PeriodClosed, Record, codec};
use crate::store::EventStore;
use crate::stream::{Position, StreamName, Version};

/// Why a period cannot be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Days of it have not been closed.
    #[error("the days through {through} must be closed first{}: `iledger close-day --through {through}`",
        .closed.map_or_else(String::new, |closed| format!(", and they are through {closed}")))]
    DaysOpen {
        /// The period's last day.
        through: Date,
        /// The last day that was closed.
        closed: Option<Date>,
    },
    /// A later period is closed already.
    #[error("the books are closed through {closed} already: a period that ends on {through} cannot be closed any more")]
    LaterClosed {
        /// The period's last day.
        through: Date,
        /// The last day of the last closed period.
        closed: Date,
    },
    /// The store, or what it holds.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl PeriodError {
    /// The stable code, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DaysOpen { .. } => "days-open",
            Self::LaterClosed { .. } => "later-period-closed",
            Self::Ledger(_) => "ledger",
        }
    }
}

/// Where the stream `ledger` stands: which days and periods are closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closings {
    /// The last day that was closed.
    pub day: Option<Date>,
    /// The closed periods, in their order.
    pub periods: Vec<PeriodClosed>,
    last: Option<(Version, Timestamp)>,
}

impl Closings {
    /// Whether a period may end on a day: nothing if it may, the period if it was closed already.
    ///
    /// # Errors
    /// Its days are open, or a later period is closed.
    pub fn check(&self, through: Date) -> Result<Option<&PeriodClosed>, PeriodError> {
        if let Some(closed) = self.periods.iter().find(|period| period.through == through) {
            return Ok(Some(closed));
        }
        if let Some(last) = self.periods.last().filter(|last| last.through > through) {
            return Err(PeriodError::LaterClosed { through, closed: last.through });
        }
        match self.day {
            Some(closed) if closed >= through => Ok(None),
            closed => Err(PeriodError::DaysOpen { through, closed }),
        }
    }
}

impl<S: EventStore> Ledger<S> {
    /// Which days and periods are closed.
    ///
    /// # Errors
    /// The store cannot be read, or an event does not decode.
    pub async fn closings(&self) -> Result<Closings, LedgerError> {
        let mut closings = Closings::default();
        for record in self.records(&StreamName::ledger()).await? {
            closings.last = Some((record.version, record.envelope.recorded_at));
            match decode(&record)? {
                Event::Ledger(LedgerEvent::DayClosed { day, .. }) => closings.day = closings.day.max(Some(day)),
                Event::Ledger(LedgerEvent::PeriodClosed(closed)) => closings.periods.push(*closed),
                _ => {}
            }
        }
        Ok(closings)
    }

    /// The closed periods with the positions of their events.
    ///
    /// # Errors
    /// The store cannot be read, or an event does not decode.
    pub async fn closed_periods(&self) -> Result<Vec<(Position, PeriodClosed)>, LedgerError> {
        let mut periods = Vec::new();
        for record in self.records(&StreamName::ledger()).await? {
            if let Event::Ledger(LedgerEvent::PeriodClosed(period)) = decode(&record)? {
                periods.push((record.position, *period));
            }
        }
        Ok(periods)
    }

    /// Records the end of a period after the events of the stream `ledger` that `closings` knows; the period that was
    /// recorded for this last day before, if there is one, is left as it is.
    ///
    /// # Errors
    /// The period may not be closed (see [`Closings::check`]), another event came between, or the store.
    pub async fn close_period(
        &self,
        closings: &Closings,
        period: PeriodClosed,
        meta: &Meta,
    ) -> Result<bool, PeriodError> {
        if closings.check(period.through)?.is_some() {
            return Ok(false);
        }
        let (through, key) = (period.through, format!("period:{}", period.through));
        let event = Event::Ledger(LedgerEvent::PeriodClosed(Box::new(period)));
        self.append_after(StreamName::ledger(), closings.last, &key, &event, through, meta).await?;
        Ok(true)
    }
}

fn decode(record: &Record) -> Result<Event, LedgerError> {
    codec::decode_record(record).map_err(|error| LedgerError::Codec {
        position: record.position,
        stream: record.stream.clone(),
        version: record.version,
        error,
    })
}
