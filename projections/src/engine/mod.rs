//! The engine: from the log to rows, one pass for several projections.
//!
//! * [`Projection`] says what a projection keeps of one loan and of the ledger as a whole.
//! * [`State`] holds its rows, partitioned by loan, and decodes a stored row only when it is needed.
//! * [`KnownAt`] is the log as it was known at an instant.
//! * [`catch_up`](fn@catch_up) reads the log once and feeds every [`Fold`] with what it has not seen yet,
//!   by loan with several threads.

mod anchor;
mod catch_up;
mod fold;
mod known_at;
pub(crate) mod packed;
mod parallel;
mod partition;
mod projection;
mod state;

pub use anchor::Anchor;
pub use catch_up::{CaughtUp, EngineError, Pass, Stop, catch_up, check_anchor};
pub use fold::{Fold, FoldPart};
pub use known_at::{KnownAt, fold_known_at};
pub use projection::{ApplyError, Projection};
pub use state::{Differences, State};
