//! What the books need of a loan's events.

use super::Kind;
use super::accrual::Step;
use crate::engine::ApplyError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanEvent, Operation, PlanChange};
use ledger_core::money::{Amount, Currency, Overflow, Rounding};
use ledger_core::record::{Position, Record, Version};
use ledger_core::servicing::contract::PaymentKind;
use ledger_core::terms::Component;
use std::collections::BTreeMap;
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
    pub moves: Box<[Move]>,
    pub steps: Box<[(u32, Step)]>,
    pub taken_over: bool,
}

/// A loan's events, in the order of its stream.
#[derive(Debug)]
pub(super) struct LoanEvents {
    pub id: Arc<str>,
    pub currency: Currency,
    pub rounding: Rounding,
    pub events: Vec<Booked>,
    /// By instalment, its first day and its due date as they are now.
    periods: BTreeMap<u32, (Date, Date)>,
    /// Events that settle something without money, and what pays for it.
    without_money: Vec<(Version, Kind)>,
}

/// What settles claims without money coming in, and what pays for it.
fn without_money(facts: &Facts) -> Option<Kind> {
    let Facts::Operation(operation) = facts else { return None };
    match &**operation {
        Operation::InterestRefunded { .. } => Some(Kind::Forgone),
        Operation::Credited { kind, .. } => match kind {
            PaymentKind::Goodwill
            | PaymentKind::InterestRefund
            | PaymentKind::InterestWaiver
            | PaymentKind::ChargeAdjustment => Some(Kind::Forgone),
            PaymentKind::IncomeAdjustment => Some(Kind::Deferred),
            _ => None,
        },
        _ => None,
    }
}

/// What an event is found to move and change.
#[derive(Debug, Default)]
struct Found {
    moves: Vec<Move>,
    steps: Vec<(u32, Step)>,
}

impl LoanEvents {
    /// The loan of an origination.
    pub fn new(id: &str, facts: &Facts) -> Result<Self, ApplyError> {
        let Facts::Originated { terms, .. } = facts else { return Err(ApplyError::NotOriginated(facts.kind())) };
        let (currency, rounding) = (terms.currency, terms.rounding);
        Ok(Self {
            id: Arc::from(id),
            currency,
            rounding,
            events: Vec::new(),
            periods: BTreeMap::new(),
            without_money: Vec::new(),
        })
    }

    /// Takes the next event.
    pub fn take(&mut self, ordinal: u64, record: &Record, event: &LoanEvent) -> Result<(), Overflow> {
        let mut found = Found::default();
        let taken_over = matches!(event.facts, Facts::Converted(_));
        match &event.facts {
            Facts::Disbursed { amount, .. } => found.add(Kind::Disbursed, None, 0, *amount),
            Facts::Converted(conversion) => found.add(Kind::TakenOver, None, 0, conversion.disbursed),
            Facts::Operation(operation) => match &**operation {
                // money goes back to the payer's bank, and is owed again
                Operation::ChargedBack { amount, .. } => found.add(Kind::Disbursed, None, 0, *amount),
                Operation::IncomeCapitalised { amount, .. } => found.add(Kind::Capitalised, None, 0, *amount),
                Operation::BuyDownFeeReceived { amount, .. } => found.add(Kind::Deferred, None, 0, *amount),
                Operation::Reversed { reversed, .. } => {
                    for one in self.of_the_fact(*reversed) {
                        found.add(one.kind, None, 0, one.amount.negated()?);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        found.plan(record.envelope.effective_on, &event.outcome.plan)?;
        self.periods
            .extend(event.outcome.plan.iter().map(|PlanChange { new, .. }| (new.number, (new.from, new.due_on))));
        if let Some(settled_by) = without_money(&event.facts) {
            self.without_money.push((record.version, settled_by));
        }
        let own = event.outcome.lines.iter().map(|line| (record.envelope.effective_on, record.version, line));
        let restated = event.outcome.restated.iter();
        let restated = restated.map(|restated| (restated.effective_on, restated.corrected, &restated.difference));
        for (on, source, line) in own.chain(restated) {
            if matches!(line.effect, Effect::Paid(_) | Effect::Credited)
                && let Some((_, kind)) = self.without_money.iter().find(|(version, _)| *version == source)
            {
                let amount = if *kind == Kind::Deferred { line.amount.negated()? } else { line.amount };
                found.add(*kind, None, 0, amount);
            }
            let (kind, of) = match line.effect {
                Effect::Planned(Component::Principal) => (Kind::Planned, Some(Component::Principal)),
                Effect::Planned(of) => {
                    let (from, due_on) = self.periods.get(&line.instalment).copied().unwrap_or((on, on));
                    let mut step = Step { on, from, due_on, interest: Amount::ZERO, fee: Amount::ZERO };
                    let changed = if of == Component::Fee { &mut step.fee } else { &mut step.interest };
                    *changed = line.amount;
                    found.steps.push((line.instalment, step));
                    continue;
                }
                Effect::Charged(of) if taken_over => (Kind::ChargedBefore, Some(of)),
                Effect::Paid(of) if taken_over => (Kind::PaidBefore, Some(of)),
                Effect::Waived(of) if taken_over => (Kind::WaivedBefore, Some(of)),
                Effect::Charged(of) => (Kind::Charged, Some(of)),
                Effect::Accrued(of) => (Kind::Accrued, Some(of)),
                Effect::Paid(of) => (Kind::Paid, Some(of)),
                Effect::Waived(of) => (Kind::Waived, Some(of)),
                Effect::WrittenOff(of) => (Kind::WrittenOff, Some(of)),
                Effect::Recovered(of) => (Kind::Recovered, Some(of)),
                Effect::Credited => (Kind::Credited, None),
            };
            found.add(kind, of, line.instalment, line.amount);
        }
        self.events.push(Booked {
            ordinal,
            position: record.position,
            version: record.version,
            what: event.facts.kind(),
            booked_on: record.envelope.booked_on,
            effective_on: record.envelope.effective_on,
            moves: found.moves.into(),
            steps: found.steps.into(),
            taken_over,
        });
        Ok(())
    }

    /// What the fact of an event moved, beside its lines.
    fn of_the_fact(&self, version: Version) -> Vec<Move> {
        let is_of_fact = |one: &&Move| {
            matches!(one.kind, Kind::Disbursed | Kind::Capitalised)
                || one.kind == Kind::Deferred && !self.without_money.iter().any(|(other, _)| *other == version)
        };
        let event = self.events.iter().find(|event| event.version == version);
        event.map(|event| event.moves.iter().filter(is_of_fact).copied().collect()).unwrap_or_default()
    }
}

impl Found {
    fn add(&mut self, kind: Kind, of: Option<Component>, instalment: u32, amount: Amount) {
        if !amount.is_zero() {
            self.moves.push(Move { kind, of, instalment, amount });
        }
    }

    /// Changes of the plan. Principal is receivable whichever instalment it is on; rows on which nothing is earned by
    /// time are left out.
    fn plan(&mut self, on: Date, changes: &[PlanChange]) -> Result<(), Overflow> {
        let mut principal = Amount::ZERO;
        for PlanChange { old, new } in changes {
            let was = old.map_or_else(Default::default, |old| old.planned);
            let difference = |of| new.planned.get(of).minus(was.get(of));
            principal = principal.plus(difference(Component::Principal)?)?;
            let (interest, fee) = (difference(Component::Interest)?, difference(Component::Fee)?);
            let moved = old.is_some_and(|old| (old.from, old.due_on) != (new.from, new.due_on));
            if moved || !interest.is_zero() || !fee.is_zero() {
                let step = Step { on, from: new.from, due_on: new.due_on, interest, fee };
                self.steps.push((new.number, step));
            }
        }
        self.add(Kind::Planned, Some(Component::Principal), 0, principal);
        Ok(())
    }
}
