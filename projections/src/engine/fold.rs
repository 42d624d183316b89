//! A projection's state without its type, so that one pass can feed several.

use super::{Anchor, ApplyError, Projection, State};
use crate::checkpoint::Distrust;
use ledger_core::loan::LoanEvent;
use ledger_core::record::{Event, Position, Record};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A part of the loans of a projection's state, to be folded by one thread.
pub trait FoldPart: Send {
    /// Folds one event of a loan of this part. After an error the loan's row is missing until [`Fold::refold`].
    ///
    /// # Errors
    /// The event cannot be applied.
    fn fold(&mut self, loan: &str, record: &Record, event: &LoanEvent) -> Result<(), ApplyError>;
}

/// A projection's state without its type.
pub trait Fold: Send {
    /// The projection's name.
    fn name(&self) -> &'static str;
    /// The projection's version.
    fn version(&self) -> u32;
    /// The last event that it contains.
    fn anchor(&self) -> Option<&Anchor>;
    /// The number of loans.
    fn rows(&self) -> u64;
    /// Folds one record that it has not seen. After an error the loan's row may be missing until [`Fold::refold`].
    ///
    /// # Errors
    /// The event cannot be applied.
    fn fold(&mut self, record: &Record, event: &Event) -> Result<(), ApplyError>;
    /// The loans in parts, for so many threads.
    fn parts(&mut self, threads: NonZeroUsize) -> Vec<Box<dyn FoldPart + '_>>;
    /// Whether no row is missing.
    fn is_whole(&self) -> bool;
    /// Says that the row of a loan is missing, or holds what it should not.
    fn lose(&mut self, loan: &str);
    /// The loans whose rows are missing.
    fn lost(&self) -> Vec<Arc<str>>;
    /// Folds the records of one loan again, from its first.
    ///
    /// # Errors
    /// One of them cannot be applied.
    fn refold(&mut self, loan: &str, records: &[(Record, Event)]) -> Result<(), ApplyError>;
    /// Says that everything up to this event is contained.
    fn set_anchor(&mut self, anchor: Anchor);
    /// Forgets everything.
    fn clear(&mut self);
    /// The bytes of a checkpoint.
    ///
    /// # Errors
    /// A stored row does not decode.
    fn encode(&mut self, store_id: &str) -> Result<Vec<u8>, Distrust>;
    /// The position of the last event that it contains.
    fn position(&self) -> Option<Position> {
        self.anchor().map(|anchor| anchor.position)
    }
}

impl<P: Projection> Fold for State<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }
    fn version(&self) -> u32 {
        P::VERSION
    }
    fn anchor(&self) -> Option<&Anchor> {
        Self::anchor(self)
    }
    fn rows(&self) -> u64 {
        Self::rows(self)
    }
    fn fold(&mut self, record: &Record, event: &Event) -> Result<(), ApplyError> {
        Self::fold(self, record, event)
    }
    fn parts(&mut self, threads: NonZeroUsize) -> Vec<Box<dyn FoldPart + '_>> {
        Self::parts(self, threads)
    }
    fn is_whole(&self) -> bool {
        Self::is_whole(self)
    }
    fn lose(&mut self, loan: &str) {
        Self::lose(self, loan);
    }
    fn lost(&self) -> Vec<Arc<str>> {
        Self::lost(self)
    }
    fn refold(&mut self, loan: &str, records: &[(Record, Event)]) -> Result<(), ApplyError> {
        Self::refold(self, loan, records)
    }
    fn set_anchor(&mut self, anchor: Anchor) {
        Self::set_anchor(self, anchor);
    }
    fn clear(&mut self) {
        *self = Self::default();
    }
    fn encode(&mut self, store_id: &str) -> Result<Vec<u8>, Distrust> {
        Self::encode(self, store_id)
    }
}
