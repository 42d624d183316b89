//! Which streams have appends on the way.

use crate::record::{StreamName, Version};
use std::collections::HashMap;

/// The appends of one stream that are on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flight {
    count: usize,
    /// The stream's last version when all of them are stored.
    pub(super) last: Version,
    /// One was refused: what `last` says is not so.
    pub(super) failed: bool,
    /// The first was sent without knowing the stream's head: what `last` says may not be so.
    pub(super) guessed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Flights(HashMap<StreamName, Flight>);

impl Flights {
    pub(super) fn get(&self, stream: &StreamName) -> Option<Flight> {
        self.0.get(stream).copied()
    }

    /// An append was sent after which the stream has this last version; `guessed` if the head before it is not known.
    pub(super) fn begin(&mut self, stream: &StreamName, last: Version, guessed: bool) {
        let flight = self.0.entry(stream.clone()).or_insert(Flight { count: 0, last, failed: false, guessed });
        flight.count = flight.count.saturating_add(1);
        flight.last = last;
    }

    /// An append was answered; if it was the last one, whether any of the stream's failed.
    pub(super) fn end(&mut self, stream: &StreamName, failed: bool) -> Option<bool> {
        let flight = self.0.get_mut(stream)?;
        flight.count = flight.count.saturating_sub(1);
        flight.failed |= failed;
        if flight.count > 0 {
            return None;
        }
        self.0.remove(stream).map(|flight| flight.failed)
    }
}
