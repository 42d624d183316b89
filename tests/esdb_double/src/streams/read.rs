//! Reads and catch-up subscriptions.

use super::{Answers, unavailable, wire};
use crate::cluster::Shared;
use crate::fault::{Fault, Operation};
use crate::filter::Filter;
use crate::log::{Log, Stored};
use crate::protocol::event_store::client::streams::read_req::Options;
use crate::protocol::event_store::client::streams::read_req::options::all_options::AllOption;
use crate::protocol::event_store::client::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::event_store::client::streams::read_req::options::{CountOption, FilterOption, StreamOption};
use crate::protocol::event_store::client::streams::read_resp::{
    CaughtUp, Checkpoint, Content, StreamNotFound, SubscriptionConfirmation,
};
use crate::protocol::event_store::client::streams::{ReadReq, ReadResp};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;
use tonic::Status;

/// Events that are taken from the log at once.
const PAGE: usize = 256;

/// After how many events that do not pass the filter the position is told.
const CHECKPOINT: usize = 32;

/// What is read, and from where.
enum Source {
    Stream(String),
    All(Filter),
}

/// Where a read begins.
#[derive(Clone, Copy)]
enum From {
    Start,
    End,
    At(u64),
}

impl Source {
    /// The events from index `at` on, up to a page, and the index after them. Indices count the source's events.
    fn page(&self, log: &Log, at: usize) -> Vec<Arc<Stored>> {
        let events = self.events(log);
        events.iter().skip(at).take(PAGE).cloned().collect()
    }

    fn events<'a>(&self, log: &'a Log) -> &'a [Arc<Stored>] {
        match self {
            Self::Stream(name) => log.stream(name).unwrap_or_default(),
            Self::All(_) => &log.events,
        }
    }

    /// The index of the first event at or after a place.
    fn index(&self, log: &Log, place: u64) -> usize {
        match self {
            Self::Stream(_) => self.events(log).partition_point(|event| event.revision < place),
            Self::All(_) => log.index(place),
        }
    }

    fn passes(&self, event: &Stored) -> bool {
        match self {
            Self::Stream(_) => true,
            Self::All(filter) => filter.passes(event),
        }
    }
}

/// The answer of a read or subscription.
pub async fn answer(shared: Arc<Shared>, node: usize, request: ReadReq) -> Result<Answers<ReadResp>, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("no options"))?;
    let (source, from) = source(&options)?;
    let live = matches!(options.count_option, Some(CountOption::Subscription(_)));
    let operation = if live { Operation::Subscribe } else { Operation::Read };
    let fault = shared.faults.next(operation);
    match fault {
        Some(Fault::Unavailable) => return Err(unavailable()),
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    let (sender, receiver) = tokio::sync::mpsc::channel(PAGE);
    let reading = Reading { shared, node, source, sender, fault, sent: 0 };
    tokio::spawn(async move {
        let done = match (live, options.count_option) {
            (false, Some(CountOption::Count(count))) if options.read_direction == 1 => {
                reading.backwards(from, count).await
            }
            (false, Some(CountOption::Count(count))) => reading.forwards(from, count).await,
            _ => reading.follow(from).await,
        };
        // a reader that has gone needs nothing more
        drop(done);
    });
    Ok(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver)))
}

fn source(options: &Options) -> Result<(Source, From), Status> {
    match &options.stream_option {
        Some(StreamOption::Stream(stream)) => {
            let from = match stream.revision_option {
                Some(RevisionOption::Revision(revision)) => From::At(revision),
                Some(RevisionOption::End(_)) => From::End,
                _ => From::Start,
            };
            Ok((Source::Stream(wire::name(stream.stream_identifier.as_ref())?), from))
        }
        Some(StreamOption::All(all)) => {
            let from = match all.all_option {
                Some(AllOption::Position(position)) => From::At(position.commit_position),
                Some(AllOption::End(_)) => From::End,
                _ => From::Start,
            };
            let filter = match &options.filter_option {
                Some(FilterOption::Filter(filter)) => Filter::new(filter.filter.clone())?,
                _ => Filter::All,
            };
            Ok((Source::All(filter), from))
        }
        None => Err(Status::invalid_argument("neither stream nor $all")),
    }
}

struct Reading {
    shared: Arc<Shared>,
    node: usize,
    source: Source,
    sender: Sender<Result<ReadResp, Status>>,
    fault: Option<Fault>,
    sent: usize,
}

/// The reading has ended: the reader has gone, or it was cut.
struct Ended;

impl Reading {
    async fn send(&self, answer: Result<ReadResp, Status>) -> Result<(), Ended> {
        self.sender.send(answer).await.map_err(|_| Ended)
    }

    async fn event(&mut self, event: &Stored) -> Result<(), Ended> {
        if let Some(Fault::Cut { after }) = self.fault
            && self.sent >= after
        {
            self.shared.cut(self.node);
            // an end that the reader could take for a good one must not overtake the cut
            self.sender.closed().await;
            return Err(Ended);
        }
        self.sent += 1;
        self.send(Ok(wire::event(event))).await
    }

    /// A stream that is not there, or not any more.
    async fn check_stream(&self) -> Result<(), Ended> {
        let Source::Stream(name) = &self.source else { return Ok(()) };
        let (deleted, missing) = {
            let log = self.shared.log();
            (log.is_deleted(name), log.stream(name).is_none())
        };
        if deleted {
            let mut status = Status::failed_precondition("Event stream is deleted.");
            status.metadata_mut().insert("exception", tonic::metadata::MetadataValue::from_static("stream-deleted"));
            self.send(Err(status)).await?;
            return Err(Ended);
        }
        if missing {
            let missing = StreamNotFound { stream_identifier: Some(wire::identifier(name)) };
            self.send(Ok(wire::answer(Content::StreamNotFound(missing)))).await?;
            return Err(Ended);
        }
        Ok(())
    }

    /// Including the place where it begins.
    async fn forwards(mut self, from: From, count: u64) -> Result<(), Ended> {
        self.check_stream().await?;
        let mut at = {
            let log = self.shared.log();
            match from {
                From::Start => 0,
                From::End => self.source.events(&log).len(),
                From::At(place) => self.source.index(&log, place),
            }
        };
        let mut left = count;
        loop {
            let page = self.source.page(&self.shared.log(), at);
            if page.is_empty() {
                return Ok(());
            }
            at += page.len();
            for event in page.iter().filter(|event| self.source.passes(event)).cloned().collect::<Vec<_>>() {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                self.event(&event).await?;
            }
        }
    }

    /// From the place on, excluding it (for a stream: including it), towards the start.
    async fn backwards(mut self, from: From, count: u64) -> Result<(), Ended> {
        self.check_stream().await?;
        let events: Vec<_> = {
            let log = self.shared.log();
            let all = self.source.events(&log);
            let end = match (from, &self.source) {
                (From::End, _) => all.len(),
                (From::Start, _) => 0,
                (From::At(place), Source::Stream(_)) => self.source.index(&log, place.saturating_add(1)),
                (From::At(place), Source::All(_)) => self.source.index(&log, place),
            };
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            all.iter().take(end).rev().filter(|event| self.source.passes(event)).take(count).cloned().collect()
        };
        for event in events {
            self.event(&event).await?;
        }
        Ok(())
    }

    /// Excluding the place where it begins; at the end it waits.
    async fn follow(mut self, from: From) -> Result<(), Ended> {
        let subscription_id = ::uuid::Uuid::from_u128(self.shared.faults.injected().into()).to_string();
        let confirmed = Content::Confirmation(SubscriptionConfirmation { subscription_id });
        self.send(Ok(wire::answer(confirmed))).await?;
        let mut length = self.shared.length.subscribe();
        let mut at = {
            let log = self.shared.log();
            match from {
                From::Start => 0,
                From::End => self.source.events(&log).len(),
                From::At(place) => self.source.index(&log, place.saturating_add(1)),
            }
        };
        let (mut passed_over, mut caught_up) = (0, false);
        loop {
            length.borrow_and_update();
            let page = self.source.page(&self.shared.log(), at);
            if page.is_empty() {
                if !std::mem::replace(&mut caught_up, true) {
                    self.send(Ok(wire::answer(Content::CaughtUp(CaughtUp {})))).await?;
                }
                length.changed().await.map_err(|_| Ended)?;
            }
            at += page.len();
            for event in page {
                if self.source.passes(&event) {
                    self.event(&event).await?;
                    continue;
                }
                passed_over += 1;
                if passed_over % CHECKPOINT == 0 {
                    let place = Checkpoint { commit_position: event.position, prepare_position: event.position };
                    self.send(Ok(wire::answer(Content::Checkpoint(place)))).await?;
                }
            }
        }
    }
}
