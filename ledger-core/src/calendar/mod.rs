//! Dates, day counts, due dates, business days.

mod act_act;
mod adjustment;
mod date;
mod day_count;
#[cfg(test)]
mod day_count_tests;
mod frequency;
mod period;
mod thirty_360;

pub use adjustment::Adjustment;
pub use date::{Date, DateError, Timestamp};
pub use day_count::{DayCount, DayCountError, UnknownDayCount};
pub use frequency::{Frequency, FrequencyError, PeriodUnit};
pub use period::{PeriodContext, ReferencePeriod};
