//! What of a loan's planned interest and fees is earned at the end of a day.
//!
//! Accrual basis (IFRS Conceptual Framework 1.17; ASC 310-20-35 for the contract's interest): interest of an
//! instalment is earned by the day over its period `[from, due_on)`, a planned fee on its due date. Accrued(loan, D)
//! is rounded once, what is posted for a period is Accrued(end) − Accrued(start), and the last day takes the residue,
//! so postings add up to the plan.

use ledger_core::calendar::Date;
use ledger_core::loan::Components;
use ledger_core::money::{Amount, Overflow, Rounding};
use ledger_core::terms::Component;
use std::collections::BTreeMap;

/// The components that are earned by time.
pub(super) const BY_TIME: [Component; 2] = [Component::Interest, Component::Fee];

/// A change of what an instalment plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// From when it counts.
    pub on: Date,
    /// The first day of the instalment's period.
    pub from: Date,
    /// When it falls due after the change.
    pub due_on: Date,
    /// The difference of the planned interest.
    pub interest: Amount,
    /// The difference of the planned fee.
    pub fee: Amount,
}

/// An instalment: what it plans, by the dates from which that counts, and what was paid, waived or lost of it.
#[derive(Debug, Default)]
pub(super) struct Row {
    steps: Vec<Step>,
    settled: Components,
    /// What is owed beyond the plan: earned when it was charged.
    charged: Components,
}

impl Row {
    /// Changes the plan; changes may come in any order.
    pub fn change(&mut self, step: Step) {
        let at = self.steps.partition_point(|other| other.on <= step.on);
        self.steps.insert(at, step);
    }

    /// What the plan says in all.
    fn planned(&self, of: Component) -> Result<Amount, Overflow> {
        Amount::sum(self.steps.iter().map(|step| if of == Component::Fee { step.fee } else { step.interest }))
    }

    /// What of the plan is earned at the end of a day.
    fn earned(&self, of: Component, day: Date, rounding: Rounding) -> Result<Amount, Overflow> {
        let due = self.steps.last().is_none_or(|step| step.due_on <= day);
        match of {
            _ if due => self.planned(of),
            Component::Interest => self.interest(day, rounding),
            _ => Ok(Amount::ZERO),
        }
    }

    /// Interest by the day. Where the plan changes within the period, what was earned until then stays, and the rest is
    /// spread over the days that are left.
    fn interest(&self, day: Date, rounding: Rounding) -> Result<Amount, Overflow> {
        let Some(first) = self.steps.first() else { return Ok(Amount::ZERO) };
        let (mut base, mut since) = (Amount::ZERO, first.from);
        let (mut planned, mut due_on) = (first.interest, first.due_on);
        for step in self.steps.iter().skip(1) {
            let on = step.on.min(day);
            if on > since {
                base = by_day(base, planned, (since, due_on), on, rounding)?;
                since = on;
            }
            planned = planned.plus(step.interest)?;
            due_on = step.due_on;
        }
        by_day(base, planned, (since, due_on), day, rounding)
    }
}

/// From `base` at the start of a period to `planned` at its end, on a day within it.
fn by_day(
    base: Amount,
    planned: Amount,
    (from, to): (Date, Date),
    day: Date,
    rounding: Rounding,
) -> Result<Amount, Overflow> {
    if day >= to {
        return Ok(planned);
    }
    if day <= from {
        return Ok(base);
    }
    let rest = planned.minus(base)?.to_decimal();
    let share = rest.checked_mul(day.days_since(from).into()).ok_or(Overflow)?;
    let share = share.checked_div(to.days_since(from).into()).ok_or(Overflow)?;
    base.plus(rounding.round(share)?)
}

/// The instalments of a loan.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<u32, Row>,
    open: Components,
    /// When the loan was taken over from another system.
    pub taken_over_on: Option<Date>,
}

/// What the books hold of a loan at the end of a day because time has passed, by component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Levels {
    /// Earned by this ledger.
    pub earned: Components,
    /// Earned by the system before.
    pub before: Components,
    /// Paid, waived or lost before it is earned.
    pub in_advance: Components,
}

impl Rows {
    fn row(&mut self, number: u32) -> &mut Row {
        self.rows.entry(number).or_default()
    }

    /// Changes the plan of an instalment.
    pub fn change(&mut self, number: u32, step: Step) -> Result<(), Overflow> {
        self.open.add(Component::Interest, step.interest)?;
        self.open.add(Component::Fee, step.fee)?;
        self.row(number).change(step);
        Ok(())
    }

    /// Principal is planned.
    pub fn principal(&mut self, amount: Amount) -> Result<(), Overflow> {
        self.open.add(Component::Principal, amount)
    }

    /// More is owed than planned.
    pub fn charge(&mut self, number: u32, of: Component, amount: Amount) -> Result<(), Overflow> {
        self.open.add(of, amount)?;
        self.row(number).charged.add(of, amount)
    }

    /// Something is paid, waived or lost.
    pub fn settle(&mut self, number: u32, of: Component, amount: Amount) -> Result<(), Overflow> {
        self.open.add(of, amount.negated()?)?;
        self.row(number).settled.add(of, amount)
    }

    /// How it stands at the end of a day. A loan on which nothing is open any more is derecognised: what its plan still
    /// held is earned.
    pub fn at(&self, day: Date, rounding: Rounding) -> Result<Levels, Overflow> {
        let mut levels = Levels::default();
        let over = self.open.is_zero();
        for (number, row) in &self.rows {
            for of in BY_TIME {
                let earned = if over { row.planned(of)? } else { row.earned(of, day, rounding)? };
                let before = match self.taken_over_on {
                    _ if *number == 0 => earned,
                    Some(on) => row.earned(of, on.min(day), rounding)?,
                    None => Amount::ZERO,
                };
                levels.before.add(of, before)?;
                levels.earned.add(of, earned.minus(before)?)?;
                let owed = earned.plus(row.charged.get(of))?;
                levels.in_advance.add(of, row.settled.get(of).minus(owed)?.or_zero())?;
            }
        }
        Ok(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::{Components, Rows, Step};
    use ledger_core::calendar::Date;
    use ledger_core::money::{Amount, Rounding};
    use ledger_core::terms::Component;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn step(on: &str, interest: i64) -> Step {
        let (from, due_on) = (day("2024-04-01"), day("2024-05-01"));
        Step { on: day(on), from, due_on, interest: Amount::from_minor(interest), fee: Amount::ZERO }
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        rows.principal(Amount::from_minor(10_000)).unwrap();
        rows.change(1, step("2024-04-01", 1_000)).unwrap();
        rows
    }

    fn earned(rows: &Rows, on: &str) -> i64 {
        rows.at(day(on), Rounding::HalfUp).unwrap().earned.get(Component::Interest).minor()
    }

    #[test]
    fn interest_is_earned_by_the_day_and_adds_up() {
        let rows = rows();
        let at = |on| earned(&rows, on);
        assert_eq!([at("2024-03-31"), at("2024-04-01"), at("2024-04-02"), at("2024-04-16")], [0, 0, 33, 500]);
        assert_eq!([at("2024-04-30"), at("2024-05-01"), at("2024-06-01")], [967, 1_000, 1_000]);
    }

    #[test]
    fn a_change_within_the_period_leaves_what_was_earned() {
        let mut rows = rows();
        // half of it is earned; 200 of the rest will not fall due
        rows.change(1, step("2024-04-16", -200)).unwrap();
        let at = |on| earned(&rows, on);
        assert_eq!([at("2024-04-16"), at("2024-04-21"), at("2024-05-01")], [500, 600, 800]);
    }

    #[test]
    fn what_is_paid_before_it_is_earned_is_held_in_advance_until_nothing_is_open() {
        let mut rows = rows();
        rows.settle(1, Component::Interest, Amount::from_minor(1_000)).unwrap();
        let levels = rows.at(day("2024-04-16"), Rounding::HalfUp).unwrap();
        assert_eq!(levels.in_advance.get(Component::Interest).minor(), 500);
        rows.settle(1, Component::Principal, Amount::from_minor(10_000)).unwrap();
        let levels = rows.at(day("2024-04-16"), Rounding::HalfUp).unwrap();
        assert_eq!(levels.earned.get(Component::Interest).minor(), 1_000);
        assert_eq!(levels.in_advance, Components::default());
    }

    #[test]
    fn what_the_system_before_has_earned_is_not_ours() {
        let mut rows = rows();
        rows.taken_over_on = Some(day("2024-04-16"));
        let levels = rows.at(day("2024-04-21"), Rounding::HalfUp).unwrap();
        let interest = Component::Interest;
        assert_eq!((levels.before.get(interest).minor(), levels.earned.get(interest).minor()), (500, 167));
    }
}
