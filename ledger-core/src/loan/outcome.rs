//! From a fact and the book before it to the outcome. Total for every fact that was ever recorded: when history is
//! restated, what a fact can no longer do (waive what is no longer owed) it does as far as it goes.

use super::allocation::{Open, allocate};
use super::book::sum_lines;
use super::{
    Book, Components, Effect, Entry, Facts, Line, Outcome, PlanChange, Rejection, conversion, late_fee, penalty,
};
use crate::calendar::{BusinessCalendar, Date};
use crate::money::{Amount, Overflow};
use crate::schedule;
use crate::stream::Version;
use crate::terms::{Backdating, Component, Terms};

/// What the ledger decides about a fact.
pub(super) struct Deciding<'a> {
    pub terms: &'a Terms,
    pub calendar: Option<&'a BusinessCalendar>,
    /// The book with all that counts before the fact.
    pub book: &'a Book,
    /// When the fact counts.
    pub on: Date,
    /// The fact's lines in force, if it was recorded before.
    pub in_force: Option<&'a [Line]>,
}

impl Deciding<'_> {
    pub fn outcome(&self, facts: &Facts) -> Result<Outcome, Rejection> {
        let lines = match facts {
            Facts::Originated { .. }
            | Facts::Closed { .. }
            // a loan that is serviced by the day decides them: see `servicing`
            | Facts::Operation(_)
            | Facts::Restated { .. }
            | Facts::RepaymentReversed { .. } => Vec::new(),
            Facts::Disbursed { amount, .. } => {
                let rows = schedule::generate(self.terms, self.on, *amount, self.calendar)?;
                let plan = rows.into_iter().map(|new| PlanChange { old: None, new }).collect();
                return Ok(Outcome { plan, ..Outcome::default() });
            }
            Facts::Converted(conversion) => {
                return conversion::outcome(self.terms, self.calendar, self.on, conversion);
            }
            Facts::RepaymentReceived { amount, .. } => self.repayment(*amount)?,
            Facts::FeeCharged { amount, .. } => self.charge(self.current_instalment(), Component::Fee, *amount)?,
            Facts::LateFeeAssessed { instalment } => self.late_fee(*instalment)?,
            Facts::Waived { component, amount, instalment, .. } => self.waiver(*component, *amount, *instalment)?,
            Facts::WrittenOff { .. } => self.write_off()?,
            Facts::RecoveryReceived { amount, .. } => self.recovery(*amount)?,
        };
        Ok(Outcome { lines: sum_lines(lines)?, ..Outcome::default() })
    }

    /// Penalty interest to the day, and what is open with it.
    fn accrued(&self) -> Result<(Vec<Line>, Vec<Open>), Rejection> {
        let lines = penalty::accrual_lines(self.terms, self.book, self.on)?;
        let mut open = self.book.instalments().iter().map(Open::of).collect::<Result<Vec<_>, Overflow>>()?;
        for line in &lines {
            for one in open.iter_mut().filter(|one| one.number == line.instalment) {
                one.open.add(Component::Penalty, line.amount)?;
            }
        }
        Ok((lines, open))
    }

    fn repayment(&self, amount: Amount) -> Result<Vec<Line>, Rejection> {
        let (mut lines, mut open) = self.accrued()?;
        let (shares, left) = allocate(&self.terms.allocation, &mut open, self.on, amount)?;
        lines.extend(shares.into_iter().map(|share| Line {
            instalment: share.number,
            effect: Effect::Paid(share.component),
            amount: share.amount,
        }));
        if left.is_positive() {
            lines.push(Line { instalment: 0, effect: Effect::Credited, amount: left });
        }
        Ok(lines)
    }

    /// A charge falls due with the instalment whose period holds the day; after maturity with the last one.
    fn current_instalment(&self) -> u32 {
        let rows = self.book.instalments();
        let current = rows.iter().find(|instalment| instalment.row.number > 0 && instalment.row.due_on >= self.on);
        current.or(rows.last()).map_or(0, |instalment| instalment.row.number)
    }

    /// Charges an amount; money held for the borrower pays it at once.
    fn charge(&self, instalment: u32, component: Component, amount: Amount) -> Result<Vec<Line>, Rejection> {
        let mut lines = vec![Line { instalment, effect: Effect::Charged(component), amount }];
        let used = self.book.credit().min(amount);
        if used.is_positive() {
            lines.push(Line { instalment, effect: Effect::Paid(component), amount: used });
            lines.push(Line { instalment: 0, effect: Effect::Credited, amount: used.negated()? });
        }
        Ok(lines)
    }

    fn late_fee(&self, instalment: u32) -> Result<Vec<Line>, Rejection> {
        let Some(fee) = &self.terms.late_fee else { return Ok(Vec::new()) };
        let overdue = late_fee::overdue_at(self.book, instalment, self.on)?;
        let amount = match (fee.backdating, self.in_force) {
            (Backdating::Keep, Some(lines)) => Amount::sum(
                lines.iter().filter(|line| line.effect == Effect::Charged(Component::Penalty)).map(|line| line.amount),
            )?,
            _ if overdue.is_positive() => late_fee::amount(self.terms, fee, overdue)?,
            _ => Amount::ZERO,
        };
        self.charge(instalment, Component::Penalty, amount)
    }

    fn waiver(
        &self,
        component: Component,
        amount: Option<Amount>,
        instalment: Option<u32>,
    ) -> Result<Vec<Line>, Rejection> {
        let (accruals, open) = self.accrued()?;
        let mut lines = if component == Component::Penalty { accruals } else { Vec::new() };
        let mut left = amount;
        for one in open.iter().filter(|one| instalment.is_none_or(|number| one.number == number)) {
            let outstanding = one.open.get(component);
            let share = left.map_or(outstanding, |left| left.min(outstanding));
            if share.is_positive() {
                lines.push(Line { instalment: one.number, effect: Effect::Waived(component), amount: share });
                left = left.map(|left| left.minus(share)).transpose()?;
            }
        }
        Ok(lines)
    }

    /// Interest of the future will not fall due any more; everything else that is open is lost.
    fn write_off(&self) -> Result<Vec<Line>, Rejection> {
        let (mut lines, _) = self.accrued()?;
        for instalment in self.book.instalments().iter().filter(|instalment| instalment.row.due_on > self.on) {
            for component in [Component::Interest, Component::Fee] {
                let cancelled = self.not_earned(instalment, component)?;
                if cancelled.is_positive() {
                    lines.push(Line {
                        instalment: instalment.row.number,
                        effect: Effect::Planned(component),
                        amount: cancelled.negated()?,
                    });
                }
            }
        }
        let mut after = self.book.clone();
        for line in &lines {
            after
                .enter(Entry { effective_on: self.on, source: Version(u64::MAX), line: *line })
                .map_err(|_| Overflow)?;
        }
        for instalment in after.instalments() {
            let open = instalment.open()?;
            for component in Component::ALL {
                let amount = open.get(component);
                if amount.is_positive() {
                    let effect = Effect::WrittenOff(component);
                    lines.push(Line { instalment: instalment.row.number, effect, amount });
                }
            }
        }
        Ok(lines)
    }

    /// What of an instalment's planned interest or fee is not earned on the day: interest by the days that have passed of
    /// its period, a fee only on its due date. Never what is settled already.
    fn not_earned(&self, instalment: &super::Instalment, component: Component) -> Result<Amount, Rejection> {
        let row = &instalment.row;
        let planned = row.planned.get(component);
        let (length, passed) = (row.due_on.days_since(row.from), self.on.days_since(row.from));
        let earned = if component == Component::Interest && passed > 0 && length > 0 {
            let product = planned.to_decimal().checked_mul(passed.into()).ok_or(Overflow)?;
            self.terms.rounding.round(product.checked_div(length.into()).ok_or(Overflow)?)?
        } else {
            Amount::ZERO
        };
        let kept = earned.max(instalment.settled(component)?).min(planned);
        Ok(planned.minus(kept)?)
    }

    /// Against what was written off: principal, interest, fee, penalty; what goes beyond is recovered interest, which was
    /// never booked as owed.
    fn recovery(&self, amount: Amount) -> Result<Vec<Line>, Rejection> {
        let written_off = self.book.written_off()?;
        let mut left = amount;
        let mut shares = Components::default();
        for component in Component::ALL {
            let missing = written_off.get(component).minus(self.book.recovered().get(component))?.or_zero();
            let share = missing.min(left);
            shares.add(component, share)?;
            left = left.minus(share)?;
        }
        shares.add(Component::Interest, left)?;
        let nonzero = Component::ALL.into_iter().filter(|component| !shares.get(*component).is_zero());
        Ok(nonzero
            .map(|component| Line {
                instalment: 0,
                effect: Effect::Recovered(component),
                amount: shares.get(component),
            })
            .collect())
    }
}
