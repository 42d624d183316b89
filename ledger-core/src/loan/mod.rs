//! The loan: command → decide → event → evolve → position. Pure: no IO, no clock, no randomness.
//!
//! * [`Command`] asks for one fact. [`decide`] answers with events or a typed [`Rejection`].
//! * A [`LoanEvent`] carries the [`Facts`] and the [`Outcome`] that the ledger decided: signed lines that add up.
//! * [`LoanState::evolve`] folds events; since lines are dated and additive, a fold in log order and one in order of
//!   effective dates come to the same sums.
//! * [`position`](fn@position) says how the loan stands at the end of a day.

mod allocation;
mod book;
mod calculation;
mod command;
mod components;
mod conversion;
mod decide;
mod event;
mod evolve;
mod facts;
mod instalment;
mod late_fee;
mod legality;
mod milestones;
mod operation;
mod outcome;
mod penalty;
mod position;
mod refold;
mod rejection;
mod servicing;
mod state;

pub use book::{Book, BookError, Entry};
pub use calculation::CalculationError;
pub use command::Command;
pub use components::Components;
pub use decide::{Context, Decision, decide};
pub use event::{Effect, Line, LoanEvent, Outcome, PlanChange, Restated};
pub use evolve::{EvolveError, Stored};
pub use facts::{Conversion, Facts, Payment};
pub use instalment::Instalment;
pub use late_fee::{LateFeeDue, late_fees_due, next_assessment_after};
pub use milestones::Milestones;
pub use operation::Operation;
pub use position::{InstalmentPosition, Position, position};
pub use rejection::Rejection;
pub use servicing::{History as ServicedHistory, Kept, planned_rows};
pub use state::{Applied, Fact, LoanState, Status};
