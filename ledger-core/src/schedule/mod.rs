//! From terms to planned instalments: a pure function of terms, disbursement date and amount.
//!
//! [`generate`] is the whole of it. Beneath: [`due_periods`] (dates), [`interest_factors`] (what each period earns),
//! [`amortise`] (principal and interest in minor units); [`annuity`] holds the formula, unrounded.

pub mod annuity;
mod custom;
mod due_dates;
mod equal_principal;
mod error;
mod factors;
mod flat_fee;
mod instalment;
mod interest_only;
mod level;
mod plan;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod properties;
mod smoothing;
pub(crate) use crate::money::Precision;
pub use due_dates::{DuePeriod, due_periods};
pub use error::ScheduleError;
pub use factors::{interest_factor, interest_factors};
pub use instalment::{PlanRow, Planned};
pub use plan::{amortise, generate};
