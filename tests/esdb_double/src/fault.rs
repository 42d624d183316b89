//! Faults on demand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What the client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// One append, alone or in a batch.
    Append,
    /// A read of a stream or of the log.
    Read,
    /// A catch-up subscription.
    Subscribe,
}

/// What goes wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The node says that it is unavailable; nothing is done.
    Unavailable,
    /// It takes this long, then it is done.
    Slow(Duration),
    /// The connections of the node are cut before anything is done; a read, after this many events.
    Cut {
        /// Events of a read or subscription that are sent before.
        after: usize,
    },
    /// The append is stored, and the connections of the node are cut before the answer.
    AnswerLost,
    /// The append is stored, and no answer ever comes.
    Silent,
    /// The append comes twice, as from a proxy that tries again.
    Duplicate,
}

type Plan = dyn Fn(Operation, u64) -> Option<Fault> + Send + Sync;

/// What is to go wrong, and how often it did.
pub struct Faults {
    plan: Mutex<Option<Box<Plan>>>,
    seen: AtomicU64,
    injected: AtomicU64,
}

impl Faults {
    pub(crate) fn none() -> Self {
        Self { plan: Mutex::new(None), seen: AtomicU64::new(0), injected: AtomicU64::new(0) }
    }

    /// From now on, `plan` is asked for every operation; it is told the operation and how many came before.
    pub fn set(&self, plan: impl Fn(Operation, u64) -> Option<Fault> + Send + Sync + 'static) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(plan));
    }

    /// Nothing goes wrong any more.
    pub fn clear(&self) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How many faults were injected.
    pub fn injected(&self) -> u64 {
        self.injected.load(Ordering::Relaxed)
    }

    pub(crate) fn next(&self, operation: Operation) -> Option<Fault> {
        let before = self.seen.fetch_add(1, Ordering::Relaxed);
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = plan.as_ref().and_then(|plan| plan(operation, before));
        self.injected.fetch_add(u64::from(fault.is_some()), Ordering::Relaxed);
        fault
    }
}
