//! What is asked of the ledger and what it answers.

use crate::calendar::Date;
use crate::loan::{Command, LoanEvent};
use crate::stream::{Position, StreamName, Version};

/// Commands for one loan that are stored together or not at all.
#[derive(Debug, Clone)]
pub struct Work {
    /// The loan's stream.
    pub stream: StreamName,
    /// The commands, in order.
    pub commands: Vec<Command>,
}

/// What a command led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was decided and stored (or, in a dry run, would be).
    Executed {
        /// The version of its first event.
        first: Version,
        /// The version of its last event.
        last: Version,
        /// The position of the last event of its append; none in a dry run.
        position: Option<Position>,
        /// When its events count.
        effective_on: Date,
        /// Its events.
        events: Vec<LoanEvent>,
    },
    /// The same key with the same facts was stored before; nothing was decided again.
    AlreadyApplied {
        /// The version of the first event of then.
        first: Version,
        /// The version of the last event of then.
        last: Version,
    },
}

impl Answer {
    /// The events that were stored now; none if the command had been applied before.
    #[must_use]
    pub fn events(&self) -> &[LoanEvent] {
        match self {
            Self::Executed { events, .. } => events,
            Self::AlreadyApplied { .. } => &[],
        }
    }
}
