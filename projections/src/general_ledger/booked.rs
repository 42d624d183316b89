//! What the books need of a loan's events.

use super::Kind;
use super::accrual::Step;
use crate::engine::ApplyError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanEvent, PlanChange};
use ledger_core::money::{Amount, Currency, Overflow, Rounding};
use ledger_core::record::{Position, Record, Version};
use ledger_core::terms::Component;
use std::collections::HashMap;
use std::sync::Arc;

/// An amount that an event moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub kind: Kind,
    pub of: Option<Component>,
    pub instalment: u32,
    pub amount: Amount,
}

/// An event: what it moves, and what it changes in the plan.
#[derive(Debug)]
pub(super) struct Booked {
    /// Its place among the log's events, from 0.
    pub ordinal: u64,
    pub position: Position,
    pub version: Version,
    pub what: &'static str,
    pub booked_on: Date,
    pub effective_on: Date,
    pub moves: Vec<Move>,
    pub steps: Vec<(u32, Step)>,
    pub taken_over: bool,
}

/// A loan's events, in the order of its stream.
#[derive(Debug)]
pub(super) struct LoanEvents {
    pub id: Arc<str>,
    pub currency: Currency,
    pub rounding: Rounding,
    pub events: Vec<Booked>,
    /// By instalment, its period in force.
    periods: HashMap<u32, (Date, Date)>,
}

impl LoanEvents {
    /// The loan of an origination.
    pub fn new(id: &str, facts: &Facts) -> Result<Self, ApplyError> {
        let Facts::Originated { terms, .. } = facts else { return Err(ApplyError::NotOriginated(facts.kind())) };
        let (currency, rounding) = (terms.currency, terms.rounding);
        Ok(Self { id: Arc::from(id), currency, rounding, events: Vec::new(), periods: HashMap::new() })
    }

    /// Takes the next event.
    pub fn take(&mut self, ordinal: u64, record: &Record, event: &LoanEvent) -> Result<(), Overflow> {
        let mut booked = Booked {
            ordinal,
            position: record.position,
            version: record.version,
            what: event.facts.kind(),
            booked_on: record.envelope.booked_on,
            effective_on: record.envelope.effective_on,
            moves: Vec::new(),
            steps: Vec::new(),
            taken_over: matches!(event.facts, Facts::Converted(_)),
        };
        match &event.facts {
            Facts::Disbursed { amount, .. } => booked.add(Kind::Disbursed, None, 0, *amount),
            Facts::Converted(conversion) => booked.add(Kind::TakenOver, None, 0, conversion.disbursed),
            _ => {}
        }
        for change in &event.outcome.plan {
            self.change(&mut booked, change)?;
        }
        let own = event.outcome.lines.iter().map(|line| (record.envelope.effective_on, line));
        let restated = event.outcome.restated.iter().map(|restated| (restated.effective_on, &restated.difference));
        for (on, line) in own.chain(restated) {
            let (kind, of) = match line.effect {
                Effect::Planned(Component::Principal) => (Kind::Planned, Some(Component::Principal)),
                Effect::Planned(of) => {
                    let (from, due_on) = self.periods.get(&line.instalment).copied().unwrap_or((on, on));
                    let mut step = Step { on, from, due_on, interest: Amount::ZERO, fee: Amount::ZERO };
                    let changed = if of == Component::Fee { &mut step.fee } else { &mut step.interest };
                    *changed = line.amount;
                    booked.steps.push((line.instalment, step));
                    continue;
                }
                Effect::Charged(of) if booked.taken_over => (Kind::ChargedBefore, Some(of)),
                Effect::Paid(of) if booked.taken_over => (Kind::PaidBefore, Some(of)),
                Effect::Waived(of) if booked.taken_over => (Kind::WaivedBefore, Some(of)),
                Effect::Charged(of) => (Kind::Charged, Some(of)),
                Effect::Accrued(of) => (Kind::Accrued, Some(of)),
                Effect::Paid(of) => (Kind::Paid, Some(of)),
                Effect::Waived(of) => (Kind::Waived, Some(of)),
                Effect::WrittenOff(of) => (Kind::WrittenOff, Some(of)),
                Effect::Recovered(of) => (Kind::Recovered, Some(of)),
                Effect::Credited => (Kind::Credited, None),
            };
            booked.add(kind, of, line.instalment, line.amount);
        }
        self.events.push(booked);
        Ok(())
    }

    fn change(&mut self, booked: &mut Booked, change: &PlanChange) -> Result<(), Overflow> {
        let row = &change.new;
        self.periods.insert(row.number, (row.from, row.due_on));
        let was = change.old.map_or_else(Default::default, |old| old.planned);
        let difference = |of| row.planned.get(of).minus(was.get(of));
        let principal = difference(Component::Principal)?;
        booked.add(Kind::Planned, Some(Component::Principal), row.number, principal);
        let (interest, fee) = (difference(Component::Interest)?, difference(Component::Fee)?);
        let step = Step { on: booked.effective_on, from: row.from, due_on: row.due_on, interest, fee };
        booked.steps.push((row.number, step));
        Ok(())
    }
}

impl Booked {
    fn add(&mut self, kind: Kind, of: Option<Component>, instalment: u32, amount: Amount) {
        if !amount.is_zero() {
            self.moves.push(Move { kind, of, instalment, amount });
        }
    }
}
