//! Loading, deciding and appending.

use super::{Answer, LedgerError, Work, stored};
use crate::calendar::{BusinessCalendar, Date, Timestamp};
use crate::loan::{Applied, Command, Context, Facts, LoanState, Rejection, Stored, decide};
use crate::record::{Envelope, Event, NewRecord, Published, Record, codec, event_id};
use crate::store::{Append, AppendError, Appended, EventStore, ExpectedVersion};
use crate::stream::{Position, StreamName, Version};
use crate::terms::{ReferenceDigest, Terms};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How often a command is decided anew because somebody else wrote first.
const ATTEMPTS: u32 = 8;

/// How many events of a stream are read at once.
const CHUNK: usize = 4096;

/// How many loans are kept in memory between commands. A loan that is kept is still only appended to with its exact
/// version, so a state that has become stale shows as a conflict and is read again.
const KEPT: usize = 5_000;

/// Who records something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The business date.
    pub booked_on: Date,
    /// Now, by the caller's clock.
    pub recorded_at: Timestamp,
    /// Who asks.
    pub actor: String,
}

/// The ledger on a store.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    calendars: Mutex<HashMap<ReferenceDigest, Arc<BusinessCalendar>>>,
    kept: Mutex<HashMap<StreamName, Arc<LoanState>>>,
}

impl<S: EventStore> Ledger<S> {
    /// The ledger on a store; reads the published calendars.
    ///
    /// # Errors
    /// The store cannot be read, or a calendar in it does not parse.
    pub async fn open(store: S) -> Result<Self, LedgerError> {
        let ledger = Self { store, calendars: Mutex::default(), kept: Mutex::default() };
        for record in ledger.records(&StreamName::reference()).await? {
            let event = codec::decode_record(&record).map_err(|error| LedgerError::Codec {
                position: record.position,
                stream: record.stream.clone(),
                version: record.version,
                error,
            })?;
            if let Event::Reference(published) = event {
                ledger.learn(&published)?;
            }
        }
        Ok(ledger)
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The store, for another ledger.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    fn learn(&self, published: &Published) -> Result<(), LedgerError> {
        if published.kind == "calendar" {
            let calendar = BusinessCalendar::parse(&published.content).map_err(|error| LedgerError::Reference {
                id: published.digest.id.clone(),
                reason: error.to_string(),
            })?;
            let mut calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
            calendars.insert(published.digest.clone(), Arc::new(calendar));
        }
        Ok(())
    }

    /// The calendar that terms name, if they name one that is published here.
    pub fn calendar(&self, terms: Option<&Terms>) -> Option<Arc<BusinessCalendar>> {
        let digest = terms?.calendar.as_ref()?;
        self.calendars.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    pub(super) async fn records(&self, stream: &StreamName) -> Result<Vec<Record>, LedgerError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let from = records.last().map_or(Version(0), |last| last.version.next());
            let chunk = self.store.read_stream(stream, from, CHUNK).await?;
            let done = chunk.len() < CHUNK;
            records.extend(chunk);
            if done {
                return Ok(records);
            }
        }
    }

    /// The events of a loan, as recorded.
    ///
    /// # Errors
    /// The store cannot be read, or an event does not decode.
    pub async fn history(&self, stream: &StreamName) -> Result<Vec<(Record, Stored)>, LedgerError> {
        let records = self.records(stream).await?;
        records.into_iter().map(|record| stored(&record).map(|stored| (record, stored))).collect()
    }

    /// The state of a loan; the empty state, without version, if there is no such loan.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds does not fold.
    pub async fn state(&self, stream: &StreamName) -> Result<Arc<LoanState>, LedgerError> {
        if let Some(state) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(stream) {
            return Ok(state.clone());
        }
        let mut state = LoanState::default();
        for record in self.records(stream).await? {
            state = state.evolve(&stored(&record)?).map_err(|error| LedgerError::Evolve {
                position: record.position,
                stream: record.stream.clone(),
                error,
            })?;
        }
        let state = Arc::new(state);
        self.keep(stream, &state);
        Ok(state)
    }

    fn keep(&self, stream: &StreamName, state: &Arc<LoanState>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(stream.clone(), state.clone());
    }

    fn forget(&self, stream: &StreamName) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }

    /// Decides without storing anything.
    ///
    /// # Errors
    /// As [`Ledger::execute`].
    pub async fn decide_only(&self, stream: &StreamName, command: Command) -> Result<Answer, LedgerError> {
        let state = self.state(stream).await?;
        let work = Work { stream: stream.clone(), commands: vec![command] };
        let (_, _, mut answers) = self.plan(&state, &work)?;
        answers.pop().ok_or_else(|| LedgerError::Append(AppendError::Empty(stream.clone())))
    }

    /// Decides a command and stores its events. If somebody else wrote first, reads and decides again.
    ///
    /// # Errors
    /// A rejection, or the store.
    pub async fn execute(&self, stream: &StreamName, command: Command) -> Result<Answer, LedgerError> {
        let work = Work { stream: stream.clone(), commands: vec![command] };
        let mut answers = self.execute_one(work).await?;
        answers.pop().ok_or_else(|| LedgerError::Append(AppendError::Empty(stream.clone())))
    }

    /// Decides the commands of one piece of work and stores their events together or not at all.
    ///
    /// # Errors
    /// A rejection of any of them, or the store.
    pub async fn execute_one(&self, work: Work) -> Result<Vec<Answer>, LedgerError> {
        let mut attempt: u32 = 0;
        loop {
            let result = self.execute_all(vec![work.clone()]).await.pop();
            attempt = attempt.saturating_add(1);
            match result {
                Some(Err(LedgerError::Append(AppendError::Conflict { .. }))) if attempt < ATTEMPTS => {}
                Some(result) => return result,
                None => return Err(LedgerError::Append(AppendError::Empty(work.stream))),
            }
        }
    }

    /// Decides many pieces of work and stores them with one sync, each together or not at all; one result for each, in
    /// order. Several for one loan are decided one after the other. A conflict is an answer here: the caller sends the same
    /// work again.
    pub async fn execute_all(&self, work: Vec<Work>) -> Vec<Result<Vec<Answer>, LedgerError>> {
        let mut results: Vec<Result<Vec<Answer>, LedgerError>> = Vec::with_capacity(work.len());
        let mut appends: Vec<Append> = Vec::new();
        let mut waiting: Vec<usize> = Vec::new();
        let mut states: HashMap<StreamName, Arc<LoanState>> = HashMap::new();
        for work in &work {
            let planned = match states.get(&work.stream) {
                Some(state) => self.plan(state, work),
                None => match self.state(&work.stream).await {
                    Ok(state) => self.plan(&state, work),
                    Err(error) => Err(error),
                },
            };
            match planned {
                Ok((state, append, answers)) => {
                    states.insert(work.stream.clone(), Arc::new(state));
                    if let Some(append) = append {
                        waiting.push(results.len());
                        appends.push(append);
                    }
                    results.push(Ok(answers));
                }
                Err(error) => results.push(Err(error)),
            }
        }
        let appended = if appends.is_empty() { Vec::new() } else { self.store.append_many(appends).await };
        let mut failed: Vec<StreamName> = Vec::new();
        for (at, outcome) in waiting.into_iter().zip(appended) {
            let (Some(slot), Some(work)) = (results.get_mut(at), work.get(at)) else { continue };
            match outcome {
                Ok(Appended { position: stored_at, .. }) => place(slot, stored_at),
                Err(error) => {
                    failed.push(work.stream.clone());
                    *slot = Err(error.into());
                }
            }
        }
        for (stream, state) in states {
            if !failed.contains(&stream) {
                self.keep(&stream, &state);
            }
        }
        for stream in failed {
            self.forget(&stream);
        }
        results
    }

    /// Decides the commands of one piece of work on a state: the state after it, the append, the answers.
    fn plan(
        &self,
        state: &Arc<LoanState>,
        work: &Work,
    ) -> Result<(LoanState, Option<Append>, Vec<Answer>), LedgerError> {
        let expected = state.version.map_or(ExpectedVersion::NoStream, ExpectedVersion::Exact);
        let mut state = LoanState::clone(state);
        let mut answers = Vec::with_capacity(work.commands.len());
        let mut events: Vec<NewRecord> = Vec::new();
        for command in &work.commands {
            let request = command.request_hash().map_err(|error| {
                LedgerError::Encode(crate::record::CodecError::Malformed {
                    kind: command.facts.kind().to_owned(),
                    reason: error.to_string(),
                })
            })?;
            if let Some(Applied { request: before, first, last }) = state.keys.get(command.key.as_str()).copied() {
                if before != request {
                    return Err(Rejection::KeyReused { key: command.key.clone(), version: first }.into());
                }
                answers.push(Answer::AlreadyApplied { first, last });
                continue;
            }
            let calendar = match &command.facts {
                Facts::Originated { terms, .. } => self.calendar(Some(terms)),
                _ => self.calendar(state.terms.as_deref()),
            };
            let decision = decide(&state, command, &Context { calendar: calendar.as_deref() })?;
            let first = state.version.map_or(Version(0), Version::next);
            let recorded_at = state.recorded_at.map_or(command.recorded_at, |last| last.max(command.recorded_at));
            let key: Arc<str> = Arc::from(command.key.as_str());
            let actor: Arc<str> = Arc::from(command.actor.as_str());
            for (index, event) in decision.events.iter().enumerate() {
                let version = state.version.map_or(Version(0), Version::next);
                let record = Stored {
                    version,
                    effective_on: decision.effective_on,
                    booked_on: command.booked_on,
                    recorded_at,
                    key: key.clone(),
                    request,
                    event: event.clone(),
                };
                let body = codec::encode(&Event::Loan(event.clone())).map_err(LedgerError::Encode)?;
                state = state.evolve(&record).map_err(|error| LedgerError::Evolve {
                    position: Position(0),
                    stream: work.stream.clone(),
                    error,
                })?;
                events.push(NewRecord {
                    envelope: Envelope {
                        id: event_id(work.stream.as_str(), &key, index),
                        kind: Arc::from(event.facts.kind()),
                        schema: codec::SCHEMA,
                        effective_on: decision.effective_on,
                        booked_on: command.booked_on,
                        recorded_at,
                        actor: actor.clone(),
                        key: key.clone(),
                        request,
                    },
                    body,
                });
            }
            let last = state.version.unwrap_or(first);
            let effective_on = decision.effective_on;
            answers.push(Answer::Executed { first, last, position: None, effective_on, events: decision.events });
        }
        let append = (!events.is_empty()).then(|| Append { stream: work.stream.clone(), expected, events });
        Ok((state, append, answers))
    }

    /// Publishes a rule file or calendar in the stream `reference`; the same content again changes nothing.
    ///
    /// # Errors
    /// The store, or a calendar that does not parse.
    pub async fn publish(&self, published: Published, meta: &Meta) -> Result<bool, LedgerError> {
        let key = format!("publish:{}:{}", published.digest.id, published.digest.sha256);
        self.learn(&published)?;
        self.append_once(StreamName::reference(), &key, Event::Reference(published), meta.booked_on, meta).await
    }

    /// Records that a day was closed elsewhere: nothing is assessed, no loan is looked at. Returns whether it was new.
    ///
    /// # Errors
    /// The store.
    pub async fn record_day_closed(&self, day: Date, meta: &Meta) -> Result<bool, LedgerError> {
        let event = Event::Ledger(crate::record::LedgerEvent::DayClosed { day, loans: 0, late_fees: 0, closed: 0 });
        self.append_once(StreamName::ledger(), &format!("day:{day}"), event, day, meta).await
    }

    /// Appends an event to a stream that is no loan's, unless its key is there already.
    async fn append_once(
        &self,
        stream: StreamName,
        key: &str,
        event: Event,
        effective_on: Date,
        meta: &Meta,
    ) -> Result<bool, LedgerError> {
        let mut attempt: u32 = 0;
        loop {
            let records = self.records(&stream).await?;
            if records.iter().any(|record| &*record.envelope.key == key) {
                return Ok(false);
            }
            let last = records.last().map(|last| (last.version, last.envelope.recorded_at));
            attempt = attempt.saturating_add(1);
            match self.append_after(stream.clone(), last, key, &event, effective_on, meta).await {
                Ok(_) => return Ok(true),
                Err(LedgerError::Append(AppendError::Conflict { .. })) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Appends an event to a stream that is no loan's, after the event whose version and time are given.
    pub(super) async fn append_after(
        &self,
        stream: StreamName,
        last: Option<(Version, Timestamp)>,
        key: &str,
        event: &Event,
        effective_on: Date,
        meta: &Meta,
    ) -> Result<Appended, LedgerError> {
        let body = codec::encode(event).map_err(LedgerError::Encode)?;
        let expected = last.map_or(ExpectedVersion::NoStream, |(version, _)| ExpectedVersion::Exact(version));
        let envelope = Envelope {
            id: event_id(stream.as_str(), key, 0),
            kind: Arc::from(event.kind()),
            schema: codec::SCHEMA,
            effective_on,
            booked_on: meta.booked_on,
            recorded_at: last.map_or(meta.recorded_at, |(_, at)| at.max(meta.recorded_at)),
            actor: Arc::from(meta.actor.as_str()),
            key: Arc::from(key),
            request: Sha256::digest(&body).into(),
        };
        let events = vec![NewRecord { envelope, body }];
        Ok(self.store.append(Append { stream, expected, events }).await?)
    }
}

fn place(slot: &mut Result<Vec<Answer>, LedgerError>, stored_at: Position) {
    if let Ok(answers) = slot {
        for answer in answers {
            if let Answer::Executed { position, .. } = answer {
                *position = Some(stored_at);
            }
        }
    }
}
