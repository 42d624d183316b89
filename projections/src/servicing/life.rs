//! A loan's events and the days that were closed, in log order.

use super::ServicingViewError;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::stored;
use ledger_core::loan::{Facts, LoanState, Operation, ServicedHistory, Stored};
use ledger_core::record::{Event, LedgerEvent, Record, StreamName, codec};
use ledger_core::servicing::contract::Contract;
use std::sync::Arc;

/// What happened at one time.
#[derive(Debug, Clone)]
pub enum What {
    /// The events of one command; the first is its fact.
    Told(Vec<Stored>),
    /// A day was closed.
    DayClosed,
}

/// One step of a life.
#[derive(Debug, Clone)]
pub struct Step {
    /// The business date on which it was recorded.
    pub booked_on: Date,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened.
    pub what: What,
}

impl Step {
    /// The fact, if it is one.
    #[must_use]
    pub fn fact(&self) -> Option<&Stored> {
        match &self.what {
            What::Told(events) => events.first(),
            What::DayClosed => None,
        }
    }

    /// The operation of servicing, if it is one.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self.fact().map(|stored| &stored.event.facts) {
            Some(Facts::Operation(operation)) => Some(operation),
            _ => None,
        }
    }

    /// A day was closed.
    #[must_use]
    pub fn is_day_close(&self) -> bool {
        matches!(self.what, What::DayClosed)
    }

    /// Something was taken back.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.fact().is_some_and(|stored| stored.event.facts.reverses().is_some())
    }

    /// When it counts.
    #[must_use]
    pub fn effective_on(&self) -> Date {
        self.fact().map_or(self.booked_on, |stored| stored.effective_on)
    }

    /// Money moves, or interest is counted until then.
    fn moves(&self) -> bool {
        !matches!(
            self.operation(),
            Some(Operation::ChargeLevied { .. } | Operation::ChargeWaived { .. } | Operation::TrancheExpected { .. })
        ) && !matches!(self.fact().map(|stored| &stored.event.facts), Some(Facts::FeeCharged { .. }))
    }
}

/// The life of one loan.
#[derive(Debug, Clone, Default)]
pub struct Life {
    steps: Vec<Step>,
    states: Vec<Arc<LoanState>>,
}

impl Life {
    /// The life of a loan from records in log order, those of other streams left out; days that were closed before the loan's
    /// first event are too.
    ///
    /// # Errors
    /// A record does not decode, or the events do not fold.
    pub fn of<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        stream: &StreamName,
    ) -> Result<Self, ServicingViewError> {
        let mut life = Self::default();
        for record in records {
            if record.stream == *stream {
                life.tell(stored(record)?)?;
            } else if record.stream == StreamName::ledger()
                && !life.steps.is_empty()
                && let Ok(Event::Ledger(LedgerEvent::DayClosed { day, .. })) = codec::decode_record(record)
            {
                life.close_day(day, record.envelope.recorded_at);
            }
        }
        Ok(life)
    }

    /// The next event of the loan.
    ///
    /// # Errors
    /// It does not fold.
    pub fn tell(&mut self, stored: Stored) -> Result<(), ServicingViewError> {
        let state = match self.states.last() {
            Some(state) => LoanState::clone(state).evolve(&stored)?,
            None => LoanState::default().evolve(&stored)?,
        };
        let state = Arc::new(state);
        match (self.steps.last_mut(), self.states.last_mut()) {
            (Some(Step { what: What::Told(events), .. }), Some(last))
                if events.first().is_some_and(|first| first.key == stored.key) =>
            {
                events.push(stored);
                *last = state;
            }
            _ => {
                let (booked_on, recorded_at) = (stored.booked_on, stored.recorded_at);
                self.steps.push(Step { booked_on, recorded_at, what: What::Told(vec![stored]) });
                self.states.push(state);
            }
        }
        Ok(())
    }

    /// A day was closed.
    pub fn close_day(&mut self, day: Date, recorded_at: Timestamp) {
        let Some(state) = self.states.last().cloned() else { return };
        self.steps.push(Step { booked_on: day, recorded_at, what: What::DayClosed });
        self.states.push(state);
    }

    /// What was known at an instant.
    #[must_use]
    pub fn known_at(&self, at: Timestamp) -> Self {
        self.first_steps(self.steps.iter().take_while(|step| step.recorded_at <= at).count())
    }

    /// The first steps.
    #[must_use]
    pub fn first_steps(&self, count: usize) -> Self {
        let count = count.min(self.steps.len());
        Self {
            steps: self.steps.iter().take(count).cloned().collect(),
            states: self.states.iter().take(count).cloned().collect(),
        }
    }

    /// The steps, the making of the contract first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The loan after the first `count` steps; none if there are none.
    #[must_use]
    pub fn state_after(&self, count: usize) -> Option<&LoanState> {
        self.states.get(count.checked_sub(1)?).map(|state| &**state)
    }

    /// The loan after all steps.
    #[must_use]
    pub fn state(&self) -> Option<&LoanState> {
        self.states.last().map(|state| &**state)
    }

    /// What the terms say of servicing.
    ///
    /// # Errors
    /// The loan keeps its plan, or there is no loan.
    pub fn contract(&self) -> Result<&Contract, ServicingViewError> {
        self.state().and_then(LoanState::contract).ok_or(ServicingViewError::NotServiced)
    }

    /// The facts of the first `count` steps.
    #[must_use]
    pub fn history(&self, count: usize, contract: &Contract) -> ServicedHistory {
        match self.state_after(count) {
            Some(state) => ServicedHistory::of(state, contract, |_| true),
            None => ServicedHistory::default(),
        }
    }

    /// Until when overdue interest is counted after the first `count` steps: the last day on which money moved or a day was
    /// closed, `until` at most; of a plan, the day of its last tranche.
    #[must_use]
    pub fn counted_until(&self, count: usize, history: &ServicedHistory, until: Date) -> Date {
        if history.planned {
            return history.last_day().unwrap_or(until);
        }
        let told = self.steps.get(1..count.max(1)).unwrap_or_default();
        let last = told.iter().rfind(|step| step.moves());
        last.map_or(until, |step| step.booked_on.min(until))
    }
}
