//! Dates, day counts, due dates, business days.

mod date;

pub use date::{Date, DateError, Timestamp};
