//! The end of a business day: late fees that fell due, settled loans closed, the day itself.

use super::{Ledger, LedgerError, Meta, Work, stored};
use crate::calendar::{Date, Timestamp};
use crate::loan::{self, Command, Facts, LoanState, Status};
use crate::record::{Event, LedgerEvent, codec};
use crate::store::EventStore;
use crate::stream::{Position, StreamName, Version};
use std::collections::BTreeMap;

/// How many events are read at once.
const CHUNK: usize = 8192;

/// What the end of one day did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedDay {
    /// The day.
    pub day: Date,
    /// Loans with something outstanding.
    pub loans: u32,
    /// Late fees assessed.
    pub late_fees: u32,
    /// Settled loans closed.
    pub closed: u32,
}

/// A loan, and from when on it must be looked at again if nothing happens to it.
#[derive(Debug, Default)]
struct Loan {
    state: LoanState,
    active: bool,
    look_again: LookAgain,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum LookAgain {
    /// Something happened.
    #[default]
    Now,
    /// A late fee may fall due.
    On(Date),
    /// Nothing falls due by time alone.
    Never,
}

impl LookAgain {
    fn by(self, day: Date) -> bool {
        match self {
            Self::Now => true,
            Self::On(on) => on <= day,
            Self::Never => false,
        }
    }
}

/// Closes days on a ledger, one after the other, with the loans in memory.
#[derive(Debug, Default)]
pub struct DayEnd {
    position: Option<Position>,
    loans: BTreeMap<StreamName, Loan>,
    /// Loans with something outstanding.
    active: u32,
    last_closed: Option<Date>,
    /// The last event of the stream `ledger`.
    last_day: Option<(Version, Timestamp)>,
    first_seen: Option<Date>,
}

impl DayEnd {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last day that was closed.
    #[must_use]
    pub const fn last_closed(&self) -> Option<Date> {
        self.last_closed
    }

    /// Reads what was appended since.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds does not fold.
    pub async fn catch_up<S: EventStore>(&mut self, ledger: &Ledger<S>) -> Result<(), LedgerError> {
        loop {
            let records = ledger.store().read_all(self.position, CHUNK).await?;
            let Some(last) = records.last() else { return Ok(()) };
            self.position = Some(last.position);
            for record in &records {
                if record.stream.loan_id().is_some() {
                    let stored = stored(record)?;
                    // a contract alone is nothing to close a day for, and that of a loan taken over is years old
                    if !matches!(stored.event.facts, Facts::Originated { .. }) {
                        let on = stored.effective_on;
                        self.first_seen = Some(self.first_seen.map_or(on, |first| first.min(on)));
                    }
                    let loan = self.loans.entry(record.stream.clone()).or_default();
                    let state = std::mem::take(&mut loan.state);
                    loan.state = state.evolve(&stored).map_err(|error| LedgerError::Evolve {
                        position: record.position,
                        stream: record.stream.clone(),
                        error,
                    })?;
                    loan.look_again = LookAgain::Now;
                    let active = loan.state.status().map_err(loan::CalculationError::from)? == Status::Active;
                    match (loan.active, active) {
                        (false, true) => self.active = self.active.saturating_add(1),
                        (true, false) => self.active = self.active.saturating_sub(1),
                        _ => {}
                    }
                    loan.active = active;
                } else if record.stream == StreamName::ledger() {
                    self.last_day = Some((record.version, record.envelope.recorded_at));
                    if let Ok(Event::Ledger(LedgerEvent::DayClosed { day, .. })) = codec::decode_record(record) {
                        self.last_closed = Some(self.last_closed.map_or(day, |last| last.max(day)));
                    }
                }
            }
        }
    }

    /// Closes every day up to `through` that is not closed yet: assesses late fees on the days on which they fell due,
    /// closes settled loans, and records the day with its counts. A day that is closed stays closed; what comes later with
    /// an earlier date is assessed with the next day, dated when it fell due.
    ///
    /// # Errors
    /// The store, or a calculation out of range. What was stored before stays; running it again goes on from there.
    pub async fn close<S: EventStore>(
        &mut self,
        ledger: &Ledger<S>,
        through: Date,
        meta: &Meta,
    ) -> Result<Vec<ClosedDay>, LedgerError> {
        self.catch_up(ledger).await?;
        let Some(first_seen) = self.first_seen else { return Ok(Vec::new()) };
        let mut day = match self.last_closed {
            Some(last) => last.tomorrow().map_err(loan::CalculationError::from)?,
            None => first_seen,
        };
        let mut days = Vec::new();
        while day <= through {
            days.push(self.close_one(ledger, day, meta).await?);
            day = day.tomorrow().map_err(loan::CalculationError::from)?;
        }
        Ok(days)
    }

    async fn close_one<S: EventStore>(
        &mut self,
        ledger: &Ledger<S>,
        day: Date,
        meta: &Meta,
    ) -> Result<ClosedDay, LedgerError> {
        let meta = Meta { booked_on: day, ..meta.clone() };
        let command = |facts, effective_on, key| Command {
            facts,
            effective_on,
            booked_on: day,
            recorded_at: meta.recorded_at,
            actor: meta.actor.clone(),
            key,
        };
        let looked_at: Vec<StreamName> =
            self.loans.iter().filter(|(_, loan)| loan.look_again.by(day)).map(|(stream, _)| stream.clone()).collect();
        let mut late_fees: u32 = 0;
        let mut closed: u32 = 0;
        let mut work: Vec<Work> = Vec::new();
        for stream in &looked_at {
            let Some(Loan { state, .. }) = self.loans.get(stream) else { continue };
            let mut commands = Vec::new();
            for fee in loan::late_fees_due(state, day)? {
                let facts = Facts::LateFeeAssessed { instalment: fee.instalment };
                commands.push(command(facts, fee.on, format!("late-fee:{}", fee.instalment)));
                late_fees = late_fees.saturating_add(1);
            }
            if commands.is_empty() && is_settled(state, day)? {
                let closings = state.facts.iter().filter(|fact| matches!(fact.facts, Facts::Closed { .. })).count();
                let facts = Facts::Closed { reason: "settled".to_owned() };
                commands.push(command(facts, day, format!("close:{closings}")));
                closed = closed.saturating_add(1);
            }
            if !commands.is_empty() {
                work.push(Work { stream: stream.clone(), commands });
            }
        }
        for result in ledger.execute_all(work).await {
            result?;
        }
        self.catch_up(ledger).await?;
        for stream in &looked_at {
            if let Some(loan) = self.loans.get_mut(stream) {
                let next = loan::next_assessment_after(&loan.state, day)?;
                // what is dated after this day was not looked at
                let later = loan.state.last_effective_on().filter(|last| *last > day);
                loan.look_again = match (next, later) {
                    (Some(next), Some(later)) => LookAgain::On(next.min(later)),
                    (Some(on), None) | (None, Some(on)) => LookAgain::On(on),
                    (None, None) => LookAgain::Never,
                };
            }
        }
        let loans = self.active;
        let event = Event::Ledger(LedgerEvent::DayClosed { day, loans, late_fees, closed });
        ledger.append_after(StreamName::ledger(), self.last_day, &format!("day:{day}"), &event, day, &meta).await?;
        self.catch_up(ledger).await?;
        Ok(ClosedDay { day, loans, late_fees, closed })
    }
}

/// Nothing is owed either way, and nothing is dated later.
fn is_settled(state: &LoanState, day: Date) -> Result<bool, LedgerError> {
    let settled = state.closed_on.is_none()
        && state.last_effective_on().is_some_and(|last| last <= day)
        && loan::position(state, day)?.status == Status::Settled;
    Ok(settled)
}
