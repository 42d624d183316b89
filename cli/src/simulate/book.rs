//! A case in a ledger of its own: commands, decisions, events in a memory store; the clock is set from the steps.

use super::Case;
use super::steps::{Asked, Step, currency_of};
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::{Answer, Ledger, LedgerError, Meta};
use ledger_core::loan::{Command, Facts};
use ledger_core::record::{Record, StreamName, Version};
use ledger_core::store::{EventReader as _, MemoryStore};

const MICROS_A_DAY: i64 = 86_400_000_000;
const ACTOR: &str = "simulate";

/// The ledger of a case.
pub struct Book {
    ledger: Ledger<MemoryStore>,
    /// Microseconds of the last instant.
    clock: i64,
    /// The loan's stream.
    pub stream: StreamName,
    /// When each step was recorded; none of one that was not.
    pub recorded_at: Vec<Option<Timestamp>>,
}

impl Book {
    /// Records the steps that are booked by a day.
    pub async fn of(case: &Case, until: Option<Date>) -> Result<Self, String> {
        Self::recorded(case, &case.steps, until).await
    }

    /// Records the first steps alone.
    pub async fn of_first(case: &Case, count: usize) -> Result<Self, String> {
        Self::recorded(case, case.steps.get(..count).unwrap_or(&case.steps), None).await
    }

    async fn recorded(case: &Case, steps: &[Step], until: Option<Date>) -> Result<Self, String> {
        let currency = currency_of(&case.terms)?;
        let terms = case.terms.agreed(currency)?;
        let ledger = Ledger::open(MemoryStore::new()).await.map_err(text)?;
        let stream = StreamName::loan("simulated").map_err(|error| error.to_string())?;
        let mut book = Self { ledger, clock: i64::MIN, stream, recorded_at: Vec::new() };
        let made_on = case.made_on().ok_or("`steps` is empty and the terms name no day")?;
        let facts = Facts::Originated { terms: Box::new(terms), borrower: None, references: Vec::new() };
        let at = book.tick(made_on)?;
        book.record(facts, made_on, made_on, at, 0).await?;
        let mut recorded: Vec<Option<Version>> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let number = at.saturating_add(1);
            let booked = step.booked();
            if until.is_some_and(|until| booked > until) {
                recorded.push(None);
                book.recorded_at.push(None);
                continue;
            }
            let named = |error: String| format!("`steps[{at}]` ({}): {error}", step.op);
            let asked = step.asks(&case.terms, currency, &recorded).map_err(named)?;
            // no instant of the clock comes twice, so what is recorded then is recorded at it
            let at = book.tick(booked).map_err(named)?;
            let version = match asked {
                Asked::Fact(facts) => {
                    Some(book.record(facts, step.counts_from(), booked, at, number).await.map_err(named)?)
                }
                Asked::CloseDay => {
                    let meta = Meta { booked_on: booked, recorded_at: at, actor: ACTOR.to_owned() };
                    book.ledger.record_day_closed(booked, &meta).await.map_err(text).map_err(named)?;
                    None
                }
            };
            recorded.push(version);
            book.recorded_at.push(Some(at));
        }
        Ok(book)
    }

    async fn record(
        &self,
        facts: Facts,
        effective_on: Date,
        booked_on: Date,
        recorded_at: Timestamp,
        number: usize,
    ) -> Result<Version, String> {
        let key = format!("step-{number}");
        let command = Command { facts, effective_on, booked_on, recorded_at, actor: ACTOR.to_owned(), key };
        let answer = self.ledger.execute(&self.stream, command).await.map_err(text)?;
        let (Answer::Executed { first, .. } | Answer::AlreadyApplied { first, .. }) = answer;
        Ok(first)
    }

    /// The instant of a step: its business day; a day that is over by then gives the next moment.
    fn tick(&mut self, day: Date) -> Result<Timestamp, String> {
        let midnight = i64::from(day.days_since_epoch()).checked_mul(MICROS_A_DAY).ok_or("a day out of range")?;
        self.clock = midnight.max(self.clock.checked_add(1).ok_or("a day out of range")?);
        Timestamp::from_micros(self.clock).map_err(|error| error.to_string())
    }

    /// Every record, in log order.
    pub async fn records(&self) -> Result<Vec<Record>, String> {
        let store = self.ledger.store();
        let mut records: Vec<Record> = Vec::new();
        loop {
            let from = records.last().map(|record| record.position);
            let chunk = store.read_all(from, 4096).await.map_err(|error| error.to_string())?;
            if chunk.is_empty() {
                return Ok(records);
            }
            records.extend(chunk);
        }
    }

    /// The store.
    pub fn store(&self) -> &MemoryStore {
        self.ledger.store()
    }
}

fn text(error: LedgerError) -> String {
    match &error {
        LedgerError::Rejected(rejection) => format!("[{}] {rejection}", rejection.code()),
        _ => error.to_string(),
    }
}
