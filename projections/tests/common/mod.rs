//! A log in memory whose events the ledger decided.
#![allow(dead_code, reason = "each test file uses its part")]

use async_trait::async_trait;
use ledger_core::calendar::{Date, DayCount, Frequency, Timestamp};
use ledger_core::loan::{
    Command, Components, Context, Conversion, Facts, LoanEvent, LoanState, Payment, Rejection, Stored, decide,
};
use ledger_core::money::{Amount, Currency, Rate, Rounding};
use ledger_core::record::{Envelope, Event, LedgerEvent, Position, Published, Record, StreamName, Version, codec};
use ledger_core::store::{EventReader, ReadError};
use ledger_core::terms::{
    Adjustment, AllocationOrder, Amortisation, Backdating, LateFee, LateFeeRule, PenaltyRate, ReferenceDigest, Residue,
    Terms,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

pub fn cents(minor: i64) -> Amount {
    Amount::from_minor(minor)
}

/// Twelve monthly instalments; late fee 5.00 after 3 days; penalty interest.
pub fn terms(annual_rate: &str, currency: Currency) -> Terms {
    Terms {
        rules: 1,
        product: "test".to_owned(),
        currency,
        principal: cents(120_000),
        amortisation: Amortisation::Annuity,
        instalments: 12,
        frequency: Frequency::MONTHLY,
        first_due_on: None,
        annual_rate: annual_rate.parse::<Rate>().expect("a rate"),
        day_count: DayCount::Thirty360ByPeriod,
        flat_fee: None,
        rounding: Rounding::HalfUp,
        instalment_rounding: Rounding::HalfUp,
        residue: Residue::Last,
        smoothing: false,
        significant_digits: 28,
        grace_days: 3,
        late_fee: Some(LateFee { rule: LateFeeRule::Fixed(cents(500)), cap: None, backdating: Backdating::Reverse }),
        penalty: Some(PenaltyRate { annual: "0.365".parse().expect("a rate"), day_count: DayCount::Act365Fixed }),
        allocation: AllocationOrder::default(),
        calendar: None,
        adjustment: Adjustment::Unadjusted,
        servicing: None,
    }
}

pub fn originate(terms: Terms) -> Facts {
    Facts::Originated { terms: Box::new(terms), borrower: None, references: Vec::new() }
}

pub fn disburse(minor: i64, currency: Currency) -> Facts {
    Facts::Disbursed { amount: cents(minor), currency, payment: Payment::default() }
}

pub fn pay(minor: i64, currency: Currency) -> Facts {
    let payment = Payment { channel: Some("bank".into()), reference: Some("r-1".into()) };
    Facts::RepaymentReceived { amount: cents(minor), currency, payment }
}

pub fn recover(minor: i64, currency: Currency) -> Facts {
    Facts::RecoveryReceived { amount: cents(minor), currency, payment: Payment::default() }
}

pub fn reverse(version: u64) -> Facts {
    Facts::RepaymentReversed { reversed: Version(version), reason: "bounced".to_owned() }
}

pub fn write_off() -> Facts {
    Facts::WrittenOff { reason: "uncollectable".to_owned() }
}

/// Taken over with 200.00 received, and nobody says since when the rest is unpaid unless `oldest` does.
pub fn convert(on: &str, oldest: Option<&str>) -> Facts {
    Facts::Converted(Box::new(Conversion {
        source: "old book".to_owned(),
        disbursed_on: day(on),
        disbursed: cents(120_000),
        currency: Currency::USD,
        received: Components { principal: cents(20_000), ..Components::default() },
        oldest_unpaid_due_on: oldest.map(day),
        settled: false,
    }))
}

/// A log in memory.
#[derive(Clone, Default)]
pub struct Log {
    pub records: Vec<Record>,
    pub states: BTreeMap<String, LoanState>,
    commands: u32,
}

impl Log {
    /// Decides and appends.
    pub fn attempt(&mut self, loan: &str, on: Date, facts: Facts) -> Result<(), Rejection> {
        self.commands += 1;
        let command = Command {
            facts,
            effective_on: on,
            booked_on: day("2030-01-01"),
            recorded_at: "2030-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant"),
            actor: "test".to_owned(),
            key: format!("key-{}", self.commands),
        };
        let mut state = self.states.get(loan).cloned().unwrap_or_default();
        let decision = decide(&state, &command, &Context::default())?;
        for event in decision.events {
            let record = self.push(
                StreamName::loan(loan).expect("a loan id"),
                decision.effective_on,
                &command.key,
                &Event::Loan(event.clone()),
            );
            state = state.evolve(&stored(&record, event)).expect("an event that was decided fits");
        }
        self.states.insert(loan.to_owned(), state);
        Ok(())
    }

    pub fn then(&mut self, loan: &str, on: &str, facts: Facts) {
        let kind = facts.kind();
        self.attempt(loan, day(on), facts).unwrap_or_else(|rejection| panic!("{kind} on {on}: {rejection}"));
    }

    /// A loan of 1,200.00 paid out on a day.
    pub fn lend(&mut self, loan: &str, on: &str, annual_rate: &str, currency: Currency) {
        self.then(loan, on, originate(terms(annual_rate, currency)));
        self.then(loan, on, disburse(120_000, currency));
    }

    /// Appends anything, legal or not.
    pub fn push(&mut self, stream: StreamName, on: Date, key: &str, event: &Event) -> Record {
        let version = self.records.iter().filter(|record| record.stream == stream).count();
        let record = Record {
            position: Position(self.records.len() as u64),
            version: Version(version as u64),
            envelope: Envelope {
                id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream} {key} {version}").as_bytes()),
                kind: Arc::from(event.kind()),
                schema: codec::SCHEMA,
                effective_on: on,
                booked_on: on,
                recorded_at: recorded_at(self.records.len()),
                actor: Arc::from("test"),
                key: Arc::from(key),
                request: [7; 32],
            },
            body: codec::encode(event).expect("every event has bytes"),
            stream,
        };
        self.records.push(record.clone());
        record
    }

    pub fn close_day(&mut self, on: &str) {
        let event = Event::Ledger(LedgerEvent::DayClosed { day: day(on), loans: 1, late_fees: 0, closed: 0 });
        self.push(StreamName::ledger(), day(on), on, &event);
    }

    pub fn publish(&mut self, id: &str, sha256: &str) {
        let digest = ReferenceDigest { id: id.to_owned(), sha256: sha256.to_owned() };
        let event = Event::Reference(Published { digest, kind: "classification".to_owned(), content: String::new() });
        self.push(StreamName::reference(), day("2024-01-01"), id, &event);
    }

    /// The first events only.
    pub fn first(&self, events: usize) -> Self {
        Self { records: self.records.iter().take(events).cloned().collect(), ..Self::default() }
    }
}

/// The instant at which the event with this number is recorded: one second after the one before.
pub fn recorded_at(number: usize) -> Timestamp {
    let start = "2030-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant").micros();
    Timestamp::from_micros(start + 1_000_000 * i64::try_from(number).expect("a small number")).expect("an instant")
}

pub fn stored(record: &Record, event: LoanEvent) -> Stored {
    Stored {
        version: record.version,
        effective_on: record.envelope.effective_on,
        booked_on: record.envelope.booked_on,
        recorded_at: record.envelope.recorded_at,
        key: record.envelope.key.clone(),
        request: record.envelope.request,
        event,
    }
}

#[async_trait]
impl EventReader for Log {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        let found = self.records.iter().filter(|record| record.stream == *stream && record.version >= from);
        Ok(found.take(limit).cloned().collect())
    }

    async fn read_all(&self, after: Option<Position>, _: usize) -> Result<Vec<Record>, ReadError> {
        // small chunks, so that tests see more than one
        let found = self.records.iter().filter(|record| after.is_none_or(|after| record.position > after));
        Ok(found.take(7).cloned().collect())
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        Ok(self.records.last().map(|record| record.position))
    }

    async fn wait_after(&self, _: Option<Position>) -> Result<(), ReadError> {
        Ok(())
    }
}

/// A log that is read in one chunk.
pub struct AtOnce<'a>(pub &'a Log);

#[async_trait]
impl EventReader for AtOnce<'_> {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.0.read_stream(stream, from, limit).await
    }

    async fn read_all(&self, after: Option<Position>, _: usize) -> Result<Vec<Record>, ReadError> {
        let found = self.0.records.iter().filter(|record| after.is_none_or(|after| record.position > after));
        Ok(found.cloned().collect())
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        self.0.head().await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        self.0.wait_after(after).await
    }
}

/// Runs a future that never waits for anything outside.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
