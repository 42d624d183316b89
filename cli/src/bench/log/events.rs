//! The events of the benchmark of the log: what a real book would hold, from a seed, one at a time.

use crate::exit::Failure;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::{Command, Effect, Facts, Line, LoanEvent, Outcome, Payment, PlanChange};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{Envelope, Event, NewRecord, StreamName, Version, codec, event_id};
use ledger_core::schedule;
use ledger_core::store::{Append, ExpectedVersion};
use ledger_core::terms::{Component, Overrides, Product, ProductFile, Terms};
use std::sync::Arc;

/// A series of numbers without pattern (`SplitMix64`), the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn of(parts: &[u64]) -> Self {
        let mut random = Self(0);
        for part in parts {
            random.0 = random.next() ^ part;
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// Below `bound`, which fits an i64.
    fn below(&mut self, bound: u64) -> i64 {
        i64::try_from(self.next() % bound.max(1)).unwrap_or_default()
    }
}

/// The book from which the events come.
pub struct Source {
    seed: u64,
    loans: u64,
    product: Product,
}

fn bad(error: &impl std::fmt::Display) -> Failure {
    Failure::rejected("bad-bench-event", error.to_string())
}

impl Source {
    pub fn new(seed: u64, loans: u64) -> Result<Self, Failure> {
        let products = ProductFile::builtin().map_err(|error| bad(&error))?;
        let product = products.iter().find(|product| product.id == "annuity-12");
        let product = product.ok_or_else(|| bad(&"there is no product `annuity-12`"))?.clone();
        Ok(Self { seed, loans, product })
    }

    /// The name of a loan's stream.
    pub fn stream(loan: u64) -> Result<StreamName, Failure> {
        StreamName::loan(&format!("B{loan:08}")).map_err(|error| bad(&error))
    }

    /// The event at a place of the log: every round has one event of each loan, in another order.
    pub fn at(&self, index: u64) -> Result<Append, Failure> {
        let round = index / self.loans;
        // a prime above every number of loans: each loan comes once in a round
        let loan =
            (index % self.loans).wrapping_mul(2_654_435_761).wrapping_add(round.wrapping_mul(7_919)) % self.loans;
        self.append(Self::stream(loan)?, loan, round, index)
    }

    /// One event of a stream, appended with the version before as expectation.
    pub fn append(&self, stream: StreamName, loan: u64, version: u64, index: u64) -> Result<Append, Failure> {
        let expected =
            version.checked_sub(1).map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(Version(last)));
        let events = vec![self.record(&stream, loan, version, index)?];
        Ok(Append { stream, expected, events })
    }

    fn record(&self, stream: &StreamName, loan: u64, version: u64, index: u64) -> Result<NewRecord, Failure> {
        let mut of_loan = Random::of(&[self.seed, loan]);
        let principal = Amount::from_minor(of_loan.below(4_900_000).saturating_add(100_000));
        let first = Date::new(2023, 1, 1).map_err(|error| bad(&error))?;
        let opened_on = first.plus_days(of_loan.below(365)).map_err(|error| bad(&error))?;
        let mut random = Random::of(&[self.seed, loan, version, index]);
        let key = format!("{:016x}{:016x}", random.next(), random.next());
        let digits = 100_000_000_000_000;
        let reference = format!("{:014}{:014}", random.next() % digits, random.next() % digits);
        let payment = Payment { channel: Some("alipay".to_owned()), reference: Some(reference) };
        let (facts, outcome, effective_on) = match version {
            0 => {
                let terms = Box::new(self.terms(principal, opened_on)?);
                let facts = Facts::Originated { terms, borrower: None, references: Vec::new() };
                (facts, Outcome::default(), opened_on)
            }
            1 => {
                let terms = self.terms(principal, opened_on)?;
                let rows = schedule::generate(&terms, opened_on, principal, None).map_err(|error| bad(&error))?;
                let plan = rows.into_iter().map(|new| PlanChange { old: None, new }).collect();
                let facts = Facts::Disbursed { amount: principal, currency: Currency::CNY, payment };
                (facts, Outcome { plan, ..Outcome::default() }, opened_on)
            }
            _ => {
                let (interest, capital) = (random.below(30_000), random.below(400_000));
                let instalment = u32::try_from(version.saturating_sub(1)).unwrap_or(u32::MAX);
                let amount = Amount::from_minor(interest.saturating_add(capital).saturating_add(2));
                let of = |component, minor: i64| {
                    let amount = Amount::from_minor(minor.saturating_add(1));
                    Line { instalment, effect: Effect::Paid(component), amount }
                };
                let lines = vec![of(Component::Principal, capital), of(Component::Interest, interest)];
                let facts = Facts::RepaymentReceived { amount, currency: Currency::CNY, payment };
                let months = i64::from(instalment % 600);
                let due = opened_on.plus_months(months).map_err(|error| bad(&error))?;
                let on = due.plus_days(random.below(10)).map_err(|error| bad(&error))?;
                (facts, Outcome { lines, ..Outcome::default() }, on)
            }
        };
        let micros = i64::try_from(index).unwrap_or_default().saturating_mul(1_000).saturating_add(random.below(1_000));
        let recorded_at =
            Timestamp::from_micros(1_700_000_000_000_000_i64.saturating_add(micros)).map_err(|error| bad(&error))?;
        let actor = "bench".to_owned();
        let kind = Arc::from(facts.kind());
        let command = Command { facts, effective_on, booked_on: effective_on, recorded_at, actor, key: key.clone() };
        let request = command.request_hash().map_err(|error| bad(&error))?;
        let body =
            codec::encode(&Event::Loan(LoanEvent { facts: command.facts, outcome })).map_err(|error| bad(&error))?;
        let envelope = Envelope {
            id: event_id(stream.as_str(), &key, 0),
            kind,
            schema: codec::SCHEMA,
            effective_on,
            booked_on: effective_on,
            recorded_at,
            actor: Arc::from(command.actor),
            key: Arc::from(key),
            request,
        };
        Ok(NewRecord { envelope, body })
    }

    fn terms(&self, principal: Amount, opened_on: Date) -> Result<Terms, Failure> {
        Ok(self.product.terms(principal, Currency::CNY, opened_on, &Overrides::default())?)
    }
}
