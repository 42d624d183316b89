//! From terms to planned instalments: a pure function of terms, disbursement date and amount.

mod instalment;

pub use instalment::{PlanRow, Planned};
