//! The one writer of a handle: decides what to send, keeps many appends on the way, and finds out what became of them.
//!
//! Appends go to the server as one batch-append stream, in the order in which they came, so that a log has the order of its calls.
//! When that stream breaks, all that was not answered is sent again, in the same order, with the same ids and revisions: what
//! was stored is answered again, what was not is stored now. The client breaks it, too, whenever the server refuses an append;
//! so what the known heads say will be refused is not sent, but compared with what is stored.

use super::flights::Flights;
use super::jobs::{Item, Job, Jobs};
use super::lane::{Answer, Lane};
use super::reader::Reader;
use super::supervisor::Backoff;
use super::trouble::{Trouble, unknown};
use super::wire;
use crate::record::{Position, StreamName, Version};
use crate::store::admission::{self, Admission};
use crate::store::{AppendError, Appended, ExpectedVersion, ReadError};
use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// Appends on the way at once.
const WINDOW: usize = 512;

/// Their bytes.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

/// Reads that run at once to compare or to look for heads.
const LOOKUPS: usize = 64;

/// How far ahead heads are looked for when one is missing.
const AHEAD: usize = 256;

/// What a read found out.
enum Found {
    Outcome(Item, Result<Appended, AppendError>),
    Head(StreamName, Result<Option<Version>, ReadError>),
}

enum Lookup {
    /// `last`: the stream's last version when the append came to be decided; none if that is not known.
    Compare {
        item: Item,
        last: Option<Option<Version>>,
    },
    Head(StreamName),
}

/// What to do with an append.
enum Step {
    Send(Version),
    Compare(Option<Version>),
    Refuse(Option<Version>),
    ReadHead,
    Wait,
}

pub(super) struct Writer {
    reader: Arc<Reader>,
    jobs: Jobs,
    queue: VecDeque<Item>,
    /// On the way, in the order in which they were sent.
    sent: BTreeMap<u64, Item>,
    next: u64,
    bytes: usize,
    flights: Flights,
    lane: Lane,
    /// Not to be sent; to be compared when the stream has nothing on the way.
    held: HashMap<StreamName, Vec<(Item, Option<Version>)>>,
    lookups: VecDeque<Lookup>,
    looking: FuturesUnordered<JoinHandle<Found>>,
    heads_asked: HashSet<StreamName>,
    trouble: Option<Backoff>,
}

impl Writer {
    pub(super) fn new(reader: Arc<Reader>) -> Self {
        Self {
            lane: Lane::new(reader.clone()),
            reader,
            jobs: Jobs::default(),
            queue: VecDeque::new(),
            sent: BTreeMap::new(),
            next: 0,
            bytes: 0,
            flights: Flights::default(),
            held: HashMap::new(),
            lookups: VecDeque::new(),
            looking: FuturesUnordered::new(),
            heads_asked: HashSet::new(),
            trouble: None,
        }
    }

    /// Writes until nobody can send any more and all is answered.
    pub(super) async fn run(mut self, mut inbox: UnboundedReceiver<Job>) {
        let mut open = true;
        while open || !self.is_idle() {
            self.fill().await;
            self.look_up();
            tokio::select! {
                job = inbox.recv(), if open => match job {
                    Some(job) => self.accept(job),
                    None => open = false,
                },
                Some((number, answer)) = self.lane.next(), if self.lane.is_waiting() => self.answered(number, answer).await,
                Some(found) = self.looking.next(), if !self.looking.is_empty() => self.found(found),
                else => {}
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty()
            && self.sent.is_empty()
            && self.held.is_empty()
            && self.lookups.is_empty()
            && self.looking.is_empty()
    }

    fn accept(&mut self, job: Job) {
        let now = self.reader.heads.now();
        for item in self.jobs.begin(job, now) {
            match admission::check_shape(&item.append) {
                Ok(()) => self.queue.push_back(item),
                Err(error) => self.jobs.finish(&item, Err(error)),
            }
        }
    }

    /// Sends what can be sent now, in order.
    async fn fill(&mut self) {
        while self.sent.len() < WINDOW && self.bytes < WINDOW_BYTES {
            let Some(item) = self.queue.front() else { return };
            let step = self.step(item);
            match step {
                Step::Wait => return,
                Step::ReadHead => return self.ask_for_heads(),
                _ => {}
            }
            let Some(item) = self.queue.pop_front() else { return };
            match step {
                Step::Send(first) => self.send(item, first).await,
                Step::Refuse(last) => {
                    let conflict = admission::conflict(&item.append.stream, item.append.expected, last);
                    self.jobs.finish(&item, Err(conflict));
                }
                Step::Compare(last) => self.hold(item, last),
                Step::Wait | Step::ReadHead => {}
            }
        }
    }

    fn step(&self, item: &Item) -> Step {
        let (stream, expected) = (&item.append.stream, item.append.expected);
        let flight = self.flights.get(stream);
        if flight.is_some_and(|flight| flight.failed) {
            return Step::Wait;
        }
        let head = match flight {
            Some(flight) => Some((Some(flight.last), 0)),
            None => self.reader.heads.get(stream).map(|head| (head.last, head.asked)),
        };
        let Some((last, asked)) = head else {
            return if expected == ExpectedVersion::NoStream { Step::Send(Version(0)) } else { Step::ReadHead };
        };
        match admission::admit(expected, last) {
            Admission::Fresh(first) => Step::Send(first),
            // should the guess be wrong, it may have to be sent after all, and in its place
            Admission::PerhapsResent(_) if flight.is_some_and(|flight| flight.guessed) => Step::Wait,
            Admission::PerhapsResent(_) => Step::Compare(last),
            Admission::Ahead if asked >= item.arrived => Step::Refuse(last),
            // what is known may be old: another process may have written
            Admission::Ahead if flight.is_some() => Step::Wait,
            Admission::Ahead => Step::ReadHead,
        }
    }

    /// The head that the next append needs, and those that the following will need.
    fn ask_for_heads(&mut self) {
        let needed = |(at, item): (usize, &Item)| {
            let known = self.reader.heads.get(&item.append.stream);
            let wanted = match known {
                None => item.append.expected != ExpectedVersion::NoStream,
                Some(head) => {
                    at == 0
                        || matches!(admission::admit(item.append.expected, head.last), Admission::Ahead)
                            && head.asked < item.arrived
                }
            };
            (wanted && self.flights.get(&item.append.stream).is_none()).then(|| item.append.stream.clone())
        };
        let streams: Vec<_> = self.queue.iter().take(AHEAD).enumerate().filter_map(needed).collect();
        for stream in streams {
            if self.heads_asked.insert(stream.clone()) {
                self.lookups.push_back(Lookup::Head(stream));
            }
        }
    }

    async fn send(&mut self, mut item: Item, first: Version) {
        let stream = item.append.stream.clone();
        let Some(events) = wire::encode(&stream, first, &item.append.events) else {
            let bytes = admission::size(&item.append.events);
            return self.jobs.finish(&item, Err(AppendError::TooLarge { stream, bytes }));
        };
        item.bytes = events.iter().map(wire::Encoded::size).fold(0, usize::saturating_add);
        item.last = Version(first.0.saturating_add(events.len() as u64).saturating_sub(1));
        item.first = first;
        item.seen = *self.reader.seen.borrow();
        item.asked = self.reader.heads.now();
        item.events = events;
        let guessed = self.reader.heads.get(&stream).is_none();
        self.flights.begin(&stream, item.last, guessed);
        self.bytes = self.bytes.saturating_add(item.bytes);
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let ready = self.lane.is_open();
        if ready {
            self.lane.send(number, &item).await;
        }
        self.sent.insert(number, item);
        if !ready {
            self.reopen().await;
        }
    }

    /// A new lane for all that is on the way.
    async fn reopen(&mut self) {
        while !self.sent.is_empty() {
            let Err(trouble) = self.lane.open().await else {
                for (number, item) in &self.sent {
                    self.lane.send(*number, item).await;
                }
                return;
            };
            if !self.again(trouble).await {
                return;
            }
        }
    }

    /// Waits before the next try; `false` if there is none and all were told.
    async fn again(&mut self, trouble: Trouble) -> bool {
        let patience = self.reader.supervisor.address.patience;
        let refused = matches!(trouble, Trouble::Refused(_));
        let text = match trouble {
            Trouble::Again(text) | Trouble::Refused(text) => text,
            Trouble::NotLeader => "no leader was found".to_owned(),
            other => format!("{other:?}"),
        };
        if !refused && self.trouble.get_or_insert_with(|| Backoff::new(patience)).pause().await {
            return true;
        }
        let text = if refused { text } else { format!("{text} (tried for {} s)", patience.as_secs()) };
        tracing::warn!(%text, appends = self.sent.len(), "the cluster does not answer; giving up");
        self.trouble = None;
        for item in std::mem::take(&mut self.sent).into_values() {
            let error = if refused {
                AppendError::Unavailable(text.clone())
            } else {
                AppendError::UnknownOutcome(text.clone())
            };
            self.jobs.finish(&item, Err(error));
        }
        self.bytes = 0;
        self.flights = Flights::default();
        for item in self.queue.drain(..) {
            self.jobs.finish(&item, Err(AppendError::Unavailable(text.clone())));
        }
        for (_, held) in self.held.drain() {
            for (item, _) in held {
                self.jobs.finish(&item, Err(AppendError::Unavailable(text.clone())));
            }
        }
        false
    }

    async fn answered(&mut self, number: u64, answer: Answer) {
        let Some(trouble) = self.settle(number, answer) else { return };
        // what was answered before the lane broke
        while let Some(Some((number, answer))) = self.lane.next().now_or_never() {
            self.settle(number, answer);
        }
        self.lane.close(&trouble);
        if trouble == Trouble::WrongRevision || self.again(trouble).await {
            self.reopen().await;
        }
    }

    /// What an answer says of an append; the trouble if the lane does not work any more.
    fn settle(&mut self, number: u64, answer: Answer) -> Option<Trouble> {
        let trouble = match answer {
            Ok(done) => {
                self.trouble = None;
                if let Some(item) = self.land(number, false) {
                    self.stored(item, done);
                }
                return None;
            }
            Err(trouble) => trouble,
        };
        let refusal = match &trouble {
            Trouble::WrongRevision => None,
            Trouble::TooLarge => Some(AppendError::TooLarge {
                stream: self.sent.get(&number)?.append.stream.clone(),
                bytes: self.sent.get(&number)?.bytes,
            }),
            Trouble::Deleted => {
                Some(AppendError::Corrupt(format!("stream `{}` was deleted", self.sent.get(&number)?.append.stream)))
            }
            _ => return Some(trouble),
        };
        // the server answered this append, and the client broke the lane over it
        self.trouble = None;
        let item = self.land(number, true)?;
        match refusal {
            Some(error) => self.jobs.finish(&item, Err(error)),
            None => self.lookups.push_back(Lookup::Compare { item, last: None }),
        }
        Some(Trouble::WrongRevision)
    }

    /// An append is not on the way any more.
    fn land(&mut self, number: u64, failed: bool) -> Option<Item> {
        let item = self.sent.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(item.bytes);
        let stream = item.append.stream.clone();
        if let Some(any_failed) = self.flights.end(&stream, failed) {
            for (item, last) in self.held.remove(&stream).into_iter().flatten() {
                let last = (!any_failed).then_some(last);
                self.lookups.push_back(Lookup::Compare { item, last });
            }
        }
        Some(item)
    }

    fn hold(&mut self, item: Item, last: Option<Version>) {
        if self.flights.get(&item.append.stream).is_some() {
            self.held.entry(item.append.stream.clone()).or_default().push((item, last));
        } else {
            self.lookups.push_back(Lookup::Compare { item, last: Some(last) });
        }
    }

    fn stored(&mut self, item: Item, (last, position): (Version, Position)) {
        self.reader.heads.learn(&item.append.stream, Some(item.last), item.asked);
        if last != item.last {
            let stream = &item.append.stream;
            let text = format!("stream `{stream}`: the server says version {last} where {} was written", item.last);
            return self.jobs.finish(&item, Err(AppendError::Corrupt(text)));
        }
        if item.seen >= Some(position) {
            // it was there before it was sent: a resend of another time
            return self.lookups.push_back(Lookup::Compare { item, last: None });
        }
        self.reader.saw(position);
        let done = Appended { first: item.first, last, position, already: false };
        self.jobs.finish(&item, Ok(done));
    }

    fn look_up(&mut self) {
        while self.looking.len() < LOOKUPS {
            let Some(lookup) = self.lookups.pop_front() else { return };
            let reader = self.reader.clone();
            self.looking.push(tokio::spawn(async move {
                match lookup {
                    Lookup::Head(stream) => {
                        let head = reader.last_version(&stream).await;
                        Found::Head(stream, head)
                    }
                    Lookup::Compare { item, last } => {
                        let lost =
                            |_| Err(AppendError::UnknownOutcome("the comparison ended without an answer".into()));
                        let compared = AssertUnwindSafe(compare(&reader, &item, last)).catch_unwind().await;
                        let outcome = compared.unwrap_or_else(lost);
                        Found::Outcome(item, outcome)
                    }
                }
            }));
        }
    }

    fn found(&mut self, found: Result<Found, tokio::task::JoinError>) {
        match found {
            Ok(Found::Outcome(item, outcome)) => self.jobs.finish(&item, outcome),
            Ok(Found::Head(stream, head)) => {
                self.heads_asked.remove(&stream);
                let Err(error) = head else { return };
                // nothing of it was sent
                let error = match error {
                    ReadError::Unavailable(text) => AppendError::Unavailable(text),
                    ReadError::Corrupt(text) => AppendError::Corrupt(text),
                };
                if self.queue.front().is_some_and(|item| item.append.stream == stream)
                    && let Some(item) = self.queue.pop_front()
                {
                    self.jobs.finish(&item, Err(error));
                }
            }
            Err(error) => {
                tracing::error!(%error, "a lookup ended without an answer");
                self.heads_asked.clear();
            }
        }
    }
}

/// Whether what is stored where the append wanted to go is the append.
async fn compare(reader: &Reader, item: &Item, last: Option<Option<Version>>) -> Result<Appended, AppendError> {
    let append = &item.append;
    let last = match last {
        Some(last) => last,
        None => reader.last_version(&append.stream).await.map_err(unknown)?,
    };
    match admission::admit(append.expected, last) {
        Admission::PerhapsResent(from) => {
            let read = reader.read_stream(&append.stream, from, append.events.len()).await;
            let mut records = read.map_err(unknown)?;
            records.retain(|record| Some(record.version) <= last);
            let stored: Vec<_> = records.iter().collect();
            admission::resent(append, &stored, last)
        }
        Admission::Fresh(_) | Admission::Ahead => Err(admission::conflict(&append.stream, append.expected, last)),
    }
}
