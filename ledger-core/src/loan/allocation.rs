//! The waterfall: how money is spread over instalments and components.

use super::{Components, Instalment};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::terms::{AllocationOrder, Bucket, Component, Direction, DueType};

/// What is open of one instalment when money comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    pub number: u32,
    pub due_on: Date,
    pub open: Components,
}

impl Open {
    pub fn of(instalment: &Instalment) -> Result<Self, Overflow> {
        Ok(Self { number: instalment.row.number, due_on: instalment.row.due_on, open: instalment.open()? })
    }

    fn due_type(&self, on: Date) -> DueType {
        match self.due_on.cmp(&on) {
            std::cmp::Ordering::Less => DueType::PastDue,
            std::cmp::Ordering::Equal => DueType::Due,
            std::cmp::Ordering::Greater => DueType::InAdvance,
        }
    }
}

/// A share of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub number: u32,
    pub component: Component,
    pub amount: Amount,
}

/// Spreads `amount` over what is open, in the order given; `open` is reduced by it. Returns the shares and what is left.
pub(super) fn allocate(
    order: &AllocationOrder,
    open: &mut [Open],
    on: Date,
    amount: Amount,
) -> Result<(Vec<Share>, Amount), Overflow> {
    let mut left = amount;
    let mut shares = Vec::new();
    for group in order.buckets.chunk_by(|a, b| a.due == b.due) {
        match order.direction {
            Direction::Horizontal => {
                for one in open.iter_mut() {
                    for bucket in group {
                        take(one, bucket, on, &mut left, &mut shares)?;
                    }
                }
            }
            Direction::Vertical => {
                for bucket in group {
                    for one in open.iter_mut() {
                        take(one, bucket, on, &mut left, &mut shares)?;
                    }
                }
            }
        }
    }
    Ok((shares, left))
}

fn take(one: &mut Open, bucket: &Bucket, on: Date, left: &mut Amount, shares: &mut Vec<Share>) -> Result<(), Overflow> {
    let amount = one.open.get(bucket.component).min(*left);
    if amount.is_positive() && one.due_type(on) == bucket.due {
        one.open.add(bucket.component, amount.negated()?)?;
        *left = left.minus(amount)?;
        shares.push(Share { number: one.number, component: bucket.component, amount });
    }
    Ok(())
}
