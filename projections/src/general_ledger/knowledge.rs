//! How much of a log is known.

use ledger_core::calendar::Timestamp;
use ledger_core::record::Record;

/// How much of a log is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Knowledge {
    /// Only what was recorded by this instant.
    pub known_at: Option<Timestamp>,
    /// Only the first so many events of the log.
    pub events: Option<u64>,
}

impl Knowledge {
    /// Whether an event with its ordinal (from 0) is known.
    #[must_use]
    pub fn holds(&self, ordinal: u64, record: &Record) -> bool {
        self.known_at.is_none_or(|known_at| record.envelope.recorded_at <= known_at)
            && self.events.is_none_or(|events| ordinal < events)
    }
}
