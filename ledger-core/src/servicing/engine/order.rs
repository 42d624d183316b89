//! The order in which facts count: their day, then the day of recording, then the order of recording.

use crate::calendar::Date;
use crate::servicing::fact::{Dated, Fact};

/// The indices of the facts that count, in order.
pub(super) fn in_order(facts: &[Dated], recalculated: bool) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..facts.len()).filter(|at| facts.get(*at).is_some_and(|dated| !dated.reversed)).collect();
    let lent_on = |day: Date| {
        facts
            .iter()
            .rposition(|dated| !dated.reversed && dated.on == day && matches!(dated.fact, Fact::Disbursed { .. }))
    };
    // a fee with every instalment needs instalments: it follows a disbursement of its day
    let place = |dated: &Dated, at: usize| match dated.fact {
        Fact::Charged { due: None, .. } => (lent_on(dated.on).unwrap_or(at).max(at), 1, at),
        _ => (at, 0, at),
    };
    // what changes the plan needs one: on the day of the first disbursement it follows that
    let lends = |dated: &&Dated| !dated.reversed && matches!(dated.fact, Fact::Disbursed { .. });
    let first_lent = facts.iter().filter(lends).map(|dated| dated.on).min();
    let rank_of = |dated: &Dated| match rank(&dated.fact) {
        0 if first_lent.is_some_and(|lent| day(dated, recalculated) <= lent) => 2,
        rank => rank,
    };
    let key = |at: &usize| {
        facts
            .get(*at)
            .map(|dated| (day(dated, recalculated), rank_of(dated), dated.booked, dated.on, place(dated, *at)))
    };
    order.sort_by_key(key);
    order
}

fn day(dated: &Dated, recalculated: bool) -> Date {
    match &dated.fact {
        Fact::Charged { due: Some(due), .. } => dated.booked.min(*due),
        Fact::RateChanged { from, .. } => *from,
        // where interest follows payments, more instalments count when they are needed; else the plan knows them at once
        Fact::Extended { from, .. } if recalculated => *from,
        Fact::Extended { from, .. } => dated.on.min(*from),
        Fact::InterestPaused { first, .. } => *first,
        Fact::DueDateChanged { due, .. } => *due,
        _ => dated.on,
    }
}

fn rank(fact: &Fact) -> u8 {
    match fact {
        Fact::RateChanged { .. }
        | Fact::Extended { .. }
        | Fact::InterestPaused { .. }
        | Fact::DueDateChanged { .. }
        // on what was overdue when the day before ended
        | Fact::LateFee { .. } => 0,
        _ => 1,
    }
}
