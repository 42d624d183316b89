//! Dates, day counts, due dates, business days.

mod act_act;
mod adjustment;
mod builtin;
mod business_days;
#[cfg(test)]
mod business_days_tests;
mod calendar_file;
mod date;
mod day_count;
#[cfg(test)]
mod day_count_tests;
mod dpd;
mod frequency;
mod period;
mod thirty_360;

pub use adjustment::Adjustment;
pub use builtin::{BUILTIN_IDS, builtin};
pub use business_days::BusinessCalendar;
pub use calendar_file::CalendarError;
pub use date::{Date, DateError, Timestamp};
pub use day_count::{DayCount, DayCountError, UnknownDayCount};
pub use dpd::{days_past_due, days_past_due_inclusive};
pub use frequency::{Frequency, FrequencyError, PeriodUnit};
pub use period::{PeriodContext, ReferencePeriod};
