//! What is known of the streams' last versions: lower bounds, because streams only grow.

use crate::record::{StreamName, Version};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many streams are remembered.
const KEPT: usize = 200_000;

/// What was learned of a stream, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The last version; `None`: there is no such stream.
    pub(super) last: Option<Version>,
    /// The store was asked after this moment.
    pub(super) asked: u64,
}

#[derive(Debug, Default)]
struct Known {
    streams: HashMap<StreamName, Head>,
    clock: u64,
}

/// The streams' heads as this handle knows them.
#[derive(Debug, Default)]
pub(super) struct Heads(Mutex<Known>);

impl Heads {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment: later than all before.
    pub(super) fn now(&self) -> u64 {
        let mut known = self.known();
        known.clock = known.clock.saturating_add(1);
        known.clock
    }

    /// What is known of a stream.
    pub(super) fn get(&self, stream: &StreamName) -> Option<Head> {
        self.known().streams.get(stream).copied()
    }

    /// The stream had this last version at a moment after `asked`.
    pub(super) fn learn(&self, stream: &StreamName, last: Option<Version>, asked: u64) {
        let mut known = self.known();
        if let Some(head) = known.streams.get_mut(stream) {
            *head = Head { last: head.last.max(last), asked: head.asked.max(asked) };
            return;
        }
        if known.streams.len() >= KEPT {
            known.streams.clear();
        }
        known.streams.insert(stream.clone(), Head { last, asked });
    }
}
