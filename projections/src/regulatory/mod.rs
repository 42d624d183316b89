//! Regulatory views: each row says which rule put a loan there, and which event.
//!
//! * [`Portfolio`]: the loans of a log as they were known, read in one pass.
//! * [`exposures`](fn@exposures): how each stands at the end of a day, and the event that planned its oldest unpaid
//!   instalment.
//! * [`classes`](fn@classes): a classification by days past due, with reasons; [`PastDueBands`]: FINREP F 18.
//! * [`EclTable`]: expected credit losses from a PD/LGD table; [`ratios`](fn@ratios): provisions against loans.
//! * [`PeriodReport`]: all of it at the end of a period, frozen, with totals that tie to the trial balance.

mod classes;
mod ecl;
mod exposure;
mod freeze;
mod past_due;
mod portfolio;
mod ratios;

pub use classes::{ClassedLoan, Reason, classes};
pub use ecl::{EclRow, EclTable, Horizon};
pub use exposure::{Exposure, Oldest, exposures};
pub use freeze::{ClassTotal, Control, FreezeError, PeriodReport, freeze};
pub use past_due::{BandedLoan, PastDueBands};
pub use portfolio::Portfolio;
pub use ratios::{Ratio, ratios};
