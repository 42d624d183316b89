//! The loans of a log.

use crate::engine::ApplyError;
use crate::general_ledger::{BooksError, Knowledge};
use ledger_core::calendar::Date;
use ledger_core::ledger::{LedgerError, stored};
use ledger_core::loan::{Effect, Facts, LoanEvent, LoanState};
use ledger_core::money::{Amount, Overflow};
use ledger_core::record::{CodecError, Record, Version};
use ledger_core::store::EventReader;
use ledger_core::terms::Component;
use std::collections::BTreeMap;
use std::sync::Arc;

const CHUNK: usize = 4096;

/// A loan, and which of its events did what.
#[derive(Debug, Default)]
pub(super) struct PortfolioLoan {
    pub state: LoanState,
    /// By instalment, the last event that changed its row of the plan.
    pub planned_by: BTreeMap<u32, Version>,
    pub written_off_by: Option<Version>,
    pub taken_over_by: Option<Version>,
    /// What each event changed of the open principal: its ordinal, booking date, effective date, and how much.
    pub principal: Vec<(u64, Date, Date, Amount)>,
}

/// The loans of a log as they were known.
#[derive(Debug, Default)]
pub struct Portfolio {
    pub(super) loans: BTreeMap<Arc<str>, PortfolioLoan>,
    /// How many events of the log are known.
    pub events: u64,
}

impl Portfolio {
    /// Reads a log. The loans are held in memory.
    ///
    /// # Errors
    /// The log cannot be read, or an event does not fit its loan.
    pub async fn read(store: &impl EventReader, knowledge: Knowledge) -> Result<Self, BooksError> {
        let mut portfolio = Self::default();
        let (mut after, mut ordinal) = (None, 0_u64);
        loop {
            let records = store.read_all(after, CHUNK).await?;
            let Some(last) = records.last() else { return Ok(portfolio) };
            after = Some(last.position);
            for record in &records {
                if knowledge.holds(ordinal, record) {
                    portfolio.events = portfolio.events.saturating_add(1);
                    let at = |error| BooksError::Event { position: record.position, error };
                    portfolio.take(ordinal, record).map_err(at)?;
                }
                ordinal = ordinal.saturating_add(1);
            }
        }
    }

    fn take(&mut self, ordinal: u64, record: &Record) -> Result<(), ApplyError> {
        let Some(id) = record.stream.loan_id() else { return Ok(()) };
        let stored = stored(record).map_err(|error| misplaced(record, error))?;
        let loan = match self.loans.get_mut(id) {
            Some(loan) => loan,
            None => self.loans.entry(Arc::from(id)).or_default(),
        };
        loan.state = std::mem::take(&mut loan.state).evolve(&stored)?;
        for change in &stored.event.outcome.plan {
            loan.planned_by.insert(change.new.number, stored.version);
        }
        match &stored.event.facts {
            Facts::WrittenOff { .. } => loan.written_off_by = Some(stored.version),
            Facts::Converted(_) => loan.taken_over_by = Some(stored.version),
            _ => {}
        }
        let mut add = |on: Date, amount: Amount| {
            if !amount.is_zero() {
                loan.principal.push((ordinal, stored.booked_on, on, amount));
            }
        };
        add(stored.effective_on, of_event(&stored.event)?);
        for restated in &stored.event.outcome.restated {
            add(restated.effective_on, of_line(restated.difference.effect, restated.difference.amount)?);
        }
        Ok(())
    }
}

/// What an event's plan and lines change of the open principal.
fn of_event(event: &LoanEvent) -> Result<Amount, Overflow> {
    let mut sum = Amount::ZERO;
    for change in &event.outcome.plan {
        let before = change.old.map_or(Amount::ZERO, |old| old.planned.principal);
        sum = sum.plus(change.new.planned.principal)?.minus(before)?;
    }
    for line in &event.outcome.lines {
        sum = sum.plus(of_line(line.effect, line.amount)?)?;
    }
    Ok(sum)
}

fn of_line(effect: Effect, amount: Amount) -> Result<Amount, Overflow> {
    match effect {
        Effect::Planned(Component::Principal)
        | Effect::Charged(Component::Principal)
        | Effect::Accrued(Component::Principal) => Ok(amount),
        Effect::Paid(Component::Principal)
        | Effect::Waived(Component::Principal)
        | Effect::WrittenOff(Component::Principal) => amount.negated(),
        _ => Ok(Amount::ZERO),
    }
}

fn misplaced(record: &Record, error: LedgerError) -> ApplyError {
    match error {
        LedgerError::Codec { error, .. } => error.into(),
        other => CodecError::Malformed { kind: record.envelope.kind.to_string(), reason: other.to_string() }.into(),
    }
}
