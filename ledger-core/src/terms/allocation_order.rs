//! The waterfall as data: in which order a payment is spread.

use super::Component;
use serde::{Deserialize, Serialize};

/// How an instalment stands on the day of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueType {
    /// Due before that day.
    PastDue,
    /// Due on that day.
    Due,
    /// Due after that day.
    InAdvance,
}

/// One step of the waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// Which instalments.
    pub due: DueType,
    /// Which component.
    pub component: Component,
}

/// Instalment by instalment, or component by component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The oldest instalment first with all its components, then the next (within one due type).
    #[default]
    Horizontal,
    /// One component over all instalments of a due type, then the next component.
    Vertical,
}

/// The order in which a payment is spread over (past due, due, in advance) × components.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AllocationOrder {
    /// Horizontal or vertical.
    pub direction: Direction,
    /// The steps; a pair that is not listed is never paid by this order.
    pub buckets: Vec<Bucket>,
}

impl AllocationOrder {
    /// The same order of components for past due, due and in advance, in that order.
    #[must_use]
    pub fn uniform(direction: Direction, components: [Component; 4]) -> Self {
        let dues = [DueType::PastDue, DueType::Due, DueType::InAdvance];
        let buckets = dues.into_iter().flat_map(|due| components.map(|component| Bucket { due, component })).collect();
        Self { direction, buckets }
    }
}

impl Default for AllocationOrder {
    /// Oldest instalment first; within it penalty, fee, interest, principal.
    fn default() -> Self {
        use Component::{Fee, Interest, Penalty, Principal};
        Self::uniform(Direction::Horizontal, [Penalty, Fee, Interest, Principal])
    }
}
