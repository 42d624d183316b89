//! Listed instalments.

use super::{Planned, ScheduleError};
use crate::money::Amount;
use crate::terms::CustomInstalment;

/// What the listed instalments plan, after a check that they pay back exactly `amount`.
///
/// A list cannot be scaled to another amount: its parts were agreed one by one.
pub(super) fn plan(listed: &[CustomInstalment], amount: Amount) -> Result<Vec<Planned>, ScheduleError> {
    for (number, row) in (1_u32..).zip(listed) {
        if [row.principal, row.interest, row.fee].into_iter().any(Amount::is_negative) {
            return Err(ScheduleError::CustomNegative { number });
        }
    }
    let sum = Amount::sum(listed.iter().map(|row| row.principal))?;
    if sum != amount {
        return Err(ScheduleError::CustomSum { listed: sum, amount });
    }
    Ok(listed.iter().map(|row| Planned { principal: row.principal, interest: row.interest, fee: row.fee }).collect())
}
