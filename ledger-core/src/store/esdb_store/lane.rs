//! One batch-append stream and the answers that it owes.

use super::jobs::Item;
use super::reader::Reader;
use super::supervisor::{ANSWER, Numbered, in_time};
use super::trouble::Trouble;
use crate::record::{Position, Version};
use crate::store::ExpectedVersion;
use eventstore::{BatchAppendClient, BatchAppendOptions, ExpectedRevision, ReadAllOptions, StreamPosition};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

/// The last version and the position of the last event, or what went wrong.
pub(super) type Answer = Result<(Version, Position), Trouble>;

pub(super) struct Lane {
    reader: Arc<Reader>,
    stream: Option<(Numbered, Arc<BatchAppendClient>)>,
    answers: FuturesUnordered<BoxFuture<'static, (u64, Answer)>>,
    /// The last lane broke because another node leads.
    moved: bool,
}

impl Lane {
    pub(super) fn new(reader: Arc<Reader>) -> Self {
        Self { reader, stream: None, answers: FuturesUnordered::new(), moved: false }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.answers.is_empty()
    }

    pub(super) async fn next(&mut self) -> Option<(u64, Answer)> {
        let answer = self.answers.next().await;
        if let (Some((_, Ok(_))), Some((client, _))) = (&answer, &self.stream) {
            self.reader.supervisor.answered(client);
        }
        answer
    }

    /// It is of no use any more; after trouble with the connection, neither is its client.
    pub(super) fn close(&mut self, trouble: &Trouble) {
        self.answers = FuturesUnordered::new();
        let Some((client, _)) = self.stream.take() else { return };
        match trouble {
            Trouble::WrongRevision => {}
            Trouble::NotLeader => self.moved = true,
            _ => self.reader.supervisor.discard(&client),
        }
    }

    /// A new stream.
    pub(super) async fn open(&mut self) -> Result<(), Trouble> {
        let credentials = self.reader.supervisor.address.credentials.clone();
        if std::mem::take(&mut self.moved) {
            // the client goes to the new leader after a read that was refused, and only then
            let options = ReadAllOptions::default().position(StreamPosition::End).max_count(1);
            let options = match &credentials {
                Some(credentials) => options.authenticated(credentials.clone()),
                None => options,
            };
            let probe = self.reader.supervisor.attempt(|client| {
                let options = options.clone();
                async move { in_time(async { client.read_all(&options).await?.next().await.map(drop) }).await }
            });
            probe.await?;
        }
        let client = self.reader.supervisor.client()?;
        let options = match credentials {
            Some(credentials) => BatchAppendOptions::default().authenticated(credentials),
            None => BatchAppendOptions::default(),
        };
        match in_time(client.client.batch_append(&options)).await {
            Ok(stream) => {
                self.stream = Some((client, Arc::new(stream)));
                Ok(())
            }
            Err(trouble) => {
                self.reader.supervisor.discard(&client);
                Err(trouble)
            }
        }
    }

    /// Sends an append after all that were sent before.
    pub(super) async fn send(&mut self, number: u64, item: &Item) {
        let Some((_, stream)) = &self.stream else { return };
        let stream = stream.clone();
        let name = self.reader.server_name(&item.append.stream);
        let expected = match item.append.expected {
            ExpectedVersion::NoStream => ExpectedRevision::NoStream,
            ExpectedVersion::Exact(version) => ExpectedRevision::Exact(version.0),
        };
        let events = item.events.iter().map(super::wire::Encoded::event).collect();
        let mut answer: BoxFuture<'static, (u64, Answer)> = Box::pin(async move {
            let answer = tokio::time::timeout(ANSWER, stream.append_to_stream(name, expected, events)).await;
            let answer = match answer {
                Ok(Ok(done)) => match (done.current_revision(), done.current_position()) {
                    (Some(revision), Some(position)) => Ok((Version(revision), Position(position.commit))),
                    _ => Err(Trouble::Again("the server did not say what it stored".into())),
                },
                Ok(Err(error)) => Err(Trouble::from(&error)),
                Err(_) => Err(Trouble::Again(format!("no answer within {} s", ANSWER.as_secs()))),
            };
            (number, answer)
        });
        // the first poll hands it to the client: that is what keeps the order
        match poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            Poll::Ready(done) => self.answers.push(Box::pin(std::future::ready(done))),
            Poll::Pending => self.answers.push(answer),
        }
    }
}
