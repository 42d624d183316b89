//! The interest model: the periods of a loan, each with its instalment, its payments and the days that earn interest.
//!
//! * [`period`](self): [`Period`] and [`Segment`].
//! * `factor`: what a unit of money earns over some days.
//! * `model`: the periods together; balances and what falls due.
//! * `segments`: how a change of balance cuts a period.
//! * `level`: the level instalment.
//! * `last_unpaid`: the last open instalment takes what is left over.
//! * `paying`: payments, credits and overdue principal.
//! * `overdue`: overdue principal earns interest.
//! * `reageing`: new instalments for what is open.
//! * `restructuring`: rate, dates and number of periods.
//! * `views`: the model as it stands on a day.

mod factor;
mod last_unpaid;
mod level;
mod memo;
mod model;
mod overdue;
mod paying;
mod period;
mod reageing;
mod restructuring;
mod segments;
mod views;

use level::Basis;
pub use model::{Due, Model};
pub use period::{Period, Segment};
pub(in crate::servicing) use restructuring::{moved, regular_periods};
pub use views::DueAmounts;
