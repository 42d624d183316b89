//! A loan that is serviced by the day: its facts go through the servicing engine in the order in which they count, and what
//! each of them did to the instalments is its outcome.
//!
//! * [`history`]: recorded facts as the engine takes them.
//! * [`effects`]: what each fact did, as lines.
//! * [`follow`]: the facts that follow from a fact.
//! * [`late_fees`]: which late fees fall due.
//! * [`allowed`]: what is allowed.
//! * [`kept`]: the engine after the facts so far, kept between commands.
//! * [`decision`]: the events of a command.
//! * [`standing`]: how the loan stands at the end of a day.

mod allowed;
mod decision;
mod effects;
mod follow;
mod history;
mod kept;
mod late_fees;
mod standing;

pub(super) use decision::decide;
pub(super) use follow::refresh;
pub use history::History;
pub use kept::Kept;
pub(super) use late_fees::{late_fees_due, next_assessment_after};
pub use standing::planned_rows;
pub(super) use standing::position;
