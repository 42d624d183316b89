//! The audit replay: derives every recorded outcome again from facts and terms, and compares.
//!
//! It goes in log order and gives `decide` only the earlier events. What it finds is the first difference by position.

use crate::calendar::BusinessCalendar;
use crate::ledger::{LedgerError, stored};
use crate::loan::{Command, Context, Facts, LoanEvent, LoanState, Stored, decide};
use crate::record::{Event, Record, codec, event_id};
use crate::store::EventReader;
use crate::stream::{Position, StreamName, Version};
use crate::terms::ReferenceDigest;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc;

/// How many events are read at once.
const CHUNK: usize = 8192;

/// A recorded event that cannot be derived again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its position.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its version.
    pub version: Version,
    /// What is wrong.
    pub reason: String,
    /// What the log says, as JSON; none if the log says nothing where it should.
    pub recorded: Option<serde_json::Value>,
    /// What was derived, as JSON; none if nothing should be there.
    pub derived: Option<serde_json::Value>,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Events read.
    pub events: u64,
    /// Loans replayed.
    pub loans: u64,
    /// Outcomes derived again.
    pub outcomes: u64,
    /// The differences found; the first by position stands first. A loan with a difference is not replayed further.
    pub differences: Vec<Difference>,
}

/// Replays the whole log on `threads` threads; `progress` is told the events read so far.
///
/// # Errors
/// The store cannot be read.
pub async fn audit(
    store: &dyn EventReader,
    threads: NonZeroUsize,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Report, LedgerError> {
    let count = threads.get();
    let mut senders = Vec::with_capacity(count);
    let mut workers = Vec::with_capacity(count);
    for index in 0..count {
        let (sender, receiver) = mpsc::sync_channel::<Arc<Vec<Record>>>(4);
        senders.push(sender);
        workers.push(std::thread::spawn(move || {
            let mut replay = Replay::default();
            for chunk in receiver {
                for record in chunk.iter().filter(|record| belongs(record, index, count)) {
                    replay.record(record);
                }
            }
            replay.finish()
        }));
    }
    let mut position: Option<Position> = None;
    let mut events: u64 = 0;
    loop {
        let records = store.read_all(position, CHUNK).await?;
        let Some(last) = records.last() else { break };
        position = Some(last.position);
        events = events.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        let chunk = Arc::new(records);
        for sender in &senders {
            // a worker that is gone has panicked, which joining it reports
            if sender.send(chunk.clone()).is_err() {
                break;
            }
        }
        if !progress(events) {
            break;
        }
    }
    drop(senders);
    let mut report = Report { events, ..Report::default() };
    for worker in workers {
        let part = worker
            .join()
            .map_err(|_| LedgerError::Read(crate::store::ReadError::Unavailable("a replay thread died".to_owned())))?;
        report.loans = report.loans.saturating_add(part.loans);
        report.outcomes = report.outcomes.saturating_add(part.outcomes);
        report.differences.extend(part.differences);
    }
    report.differences.sort_by_key(|difference| difference.position);
    Ok(report)
}

/// Published calendars reach every worker, a loan one.
fn belongs(record: &Record, index: usize, count: usize) -> bool {
    if record.stream.loan_id().is_none() {
        return true;
    }
    let mut hasher = std::hash::DefaultHasher::new();
    record.stream.hash(&mut hasher);
    let count = u64::try_from(count).unwrap_or(1).max(1);
    hasher.finish().checked_rem(count) == u64::try_from(index).ok()
}

/// A replay of some streams, fed with their records in log order.
#[derive(Default)]
pub struct Replay {
    calendars: HashMap<ReferenceDigest, BusinessCalendar>,
    loans: HashMap<StreamName, Loan>,
    report: Report,
}

#[derive(Default)]
struct Loan {
    state: LoanState,
    /// Derived events whose records have not come yet, and the record that they follow from.
    expected: VecDeque<LoanEvent>,
    cause: Option<Cause>,
    failed: bool,
}

#[derive(Clone)]
struct Cause {
    position: Position,
    version: Version,
    key: Arc<str>,
    request: [u8; 32],
    index: usize,
}

impl Replay {
    /// Takes the next record.
    pub fn record(&mut self, record: &Record) {
        if record.stream.loan_id().is_none() {
            if let Ok(Event::Reference(published)) = codec::decode_record(record)
                && published.kind == "calendar"
                && let Ok(calendar) = BusinessCalendar::parse(&published.content)
            {
                self.calendars.insert(published.digest, calendar);
            }
            return;
        }
        let mut loan = self.loans.remove(&record.stream).unwrap_or_default();
        if !loan.failed
            && let Err(difference) = self.check(&mut loan, record)
        {
            loan.failed = true;
            self.report.differences.push(*difference);
        }
        self.loans.insert(record.stream.clone(), loan);
    }

    /// Reports; an event that was derived and never came is a difference too.
    #[must_use]
    pub fn finish(mut self) -> Report {
        for (stream, loan) in self.loans {
            self.report.loans = self.report.loans.saturating_add(1);
            if let (Some(cause), Some(missing), false) = (loan.cause, loan.expected.front(), loan.failed) {
                self.report.differences.push(Difference {
                    position: cause.position,
                    stream,
                    version: cause.version,
                    reason: format!("a {} event should follow, and none does", missing.facts.kind()),
                    recorded: None,
                    derived: serde_json::to_value(missing).ok(),
                });
            }
        }
        self.report.differences.sort_by_key(|difference| difference.position);
        self.report
    }

    fn check(&mut self, loan: &mut Loan, record: &Record) -> Result<(), Box<Difference>> {
        let differs = |reason: String, recorded: Option<&LoanEvent>, derived: Option<&LoanEvent>| {
            Box::new(Difference {
                position: record.position,
                stream: record.stream.clone(),
                version: record.version,
                reason,
                recorded: recorded.and_then(|event| serde_json::to_value(event).ok()),
                derived: derived.and_then(|event| serde_json::to_value(event).ok()),
            })
        };
        let stored = stored(record).map_err(|error| differs(error.to_string(), None, None))?;
        let derived = match loan.expected.pop_front() {
            Some(derived) => derived,
            None => {
                let decision =
                    self.derive(loan, record, &stored).map_err(|reason| differs(reason, Some(&stored.event), None))?;
                loan.expected = decision.into();
                loan.cause = Some(Cause {
                    position: record.position,
                    version: record.version,
                    key: stored.key.clone(),
                    request: stored.request,
                    index: 0,
                });
                match loan.expected.pop_front() {
                    Some(derived) => derived,
                    None => return Err(differs("nothing can be derived".to_owned(), Some(&stored.event), None)),
                }
            }
        };
        if let Some(cause) = &mut loan.cause {
            let whole = cause.key == stored.key
                && cause.request == stored.request
                && record.envelope.id == event_id(record.stream.as_str(), &stored.key, cause.index);
            if !whole {
                let reason = "key, request hash or event id do not belong to the command".to_owned();
                return Err(differs(reason, Some(&stored.event), Some(&derived)));
            }
            cause.index = cause.index.saturating_add(1);
        }
        if derived != stored.event {
            let reason = if derived.facts == stored.event.facts {
                "the recorded outcome cannot be derived again"
            } else {
                "another event should stand here"
            };
            return Err(differs(reason.to_owned(), Some(&stored.event), Some(&derived)));
        }
        let state = std::mem::take(&mut loan.state);
        loan.state = state.evolve(&stored).map_err(|error| differs(error.to_string(), Some(&stored.event), None))?;
        self.report.outcomes = self.report.outcomes.saturating_add(1);
        Ok(())
    }

    /// Decides the fact of a record again, on the state before it.
    fn derive(&self, loan: &Loan, record: &Record, stored: &Stored) -> Result<Vec<LoanEvent>, String> {
        let envelope = &record.envelope;
        let command = Command {
            facts: stored.event.facts.clone(),
            effective_on: stored.effective_on,
            booked_on: stored.booked_on,
            recorded_at: stored.recorded_at,
            actor: envelope.actor.to_string(),
            key: stored.key.to_string(),
        };
        if command.request_hash().ok() != Some(stored.request) {
            return Err("the facts do not have the hash of the command".to_owned());
        }
        if loan.state.recorded_at.is_some_and(|last| stored.recorded_at < last) {
            return Err("it is recorded before the event that stands before it".to_owned());
        }
        let terms = match &command.facts {
            Facts::Originated { terms, .. } => Some(&**terms),
            _ => loan.state.terms.as_deref(),
        };
        let calendar = terms.and_then(|terms| terms.calendar.as_ref()).and_then(|digest| self.calendars.get(digest));
        let decision = decide(&loan.state, &command, &Context { calendar })
            .map_err(|rejection| format!("the command would be rejected [{}]: {rejection}", rejection.code()))?;
        if decision.effective_on != stored.effective_on {
            return Err(format!("it should count from {}", decision.effective_on));
        }
        Ok(decision.events)
    }
}
