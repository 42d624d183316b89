//! Keeps a client that works.
//!
//! The client (eventstore 4.0.0) does not come back by itself: after `Unavailable` it keeps the node that failed and never asks
//! gossip again, and after a discovery that failed it is dead. So it is thrown away after each such error, and a new one, which
//! discovers the leader, takes its place.

use super::address::Address;
use super::nodelay::NoDelay;
use super::trouble::Trouble;
use eventstore::Client;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long one answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Growing pauses with jitter, until a deadline.
#[derive(Debug)]
pub(super) struct Backoff {
    deadline: Instant,
    pause: Duration,
}

impl Backoff {
    pub(super) fn new(patience: Duration) -> Self {
        let now = Instant::now();
        Self { deadline: now.checked_add(patience).unwrap_or(now), pause: FIRST_PAUSE }
    }

    /// Sleeps; `false` if the deadline is over.
    pub(super) async fn pause(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
        true
    }
}

/// Between half of a duration and all of it.
fn jittered(duration: Duration) -> Duration {
    let half = duration.checked_div(2).unwrap_or_default();
    let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
    let (random, _) = Uuid::new_v4().as_u64_pair();
    half.saturating_add(Duration::from_micros(random.checked_rem(micros).unwrap_or_default()))
}

/// A client and which one it is.
#[derive(Clone)]
pub(super) struct Numbered {
    pub(super) client: Client,
    number: u64,
}

pub(super) struct Supervisor {
    pub(super) address: Address,
    current: Mutex<(u64, Option<Client>)>,
    no_delay: NoDelay,
}

impl Supervisor {
    pub(super) fn new(address: Address) -> Self {
        let ports = address.settings.hosts().iter().filter_map(|host| u16::try_from(host.port).ok());
        Self { no_delay: NoDelay::new(ports), address, current: Mutex::new((0, None)) }
    }

    /// The client; a new one if there is none. Must be called on the store's runtime.
    pub(super) fn client(&self) -> Result<Numbered, Trouble> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, client) = &mut *current;
        let client = match client {
            Some(client) => client.clone(),
            None => {
                let new = Client::new(self.address.settings.clone());
                let new = new.map_err(|error| Trouble::Refused(error.to_string()))?;
                *number = number.saturating_add(1);
                client.insert(new).clone()
            }
        };
        Ok(Numbered { client, number: *number })
    }

    /// This client does not work any more.
    pub(super) fn discard(&self, client: &Numbered) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 == client.number {
            current.1 = None;
        }
    }

    /// A request of this client was answered.
    pub(super) fn answered(&self, client: &Numbered) {
        self.no_delay.answered(client.number);
    }

    /// Tries an operation that may be repeated until it succeeds, is refused, or patience ends.
    pub(super) async fn attempt<T, F, Fut>(&self, operation: F) -> Result<T, Trouble>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, Trouble>>,
    {
        let mut backoff = Backoff::new(self.address.patience);
        loop {
            let client = self.client()?;
            let trouble = match operation(client.client.clone()).await {
                Err(trouble @ Trouble::Again(_)) => {
                    self.discard(&client);
                    trouble
                }
                Err(Trouble::NotLeader) => Trouble::NotLeader,
                done => {
                    self.answered(&client);
                    return done;
                }
            };
            if !backoff.pause().await {
                let patience = self.address.patience.as_secs();
                let Trouble::Again(text) = trouble else { return Err(trouble) };
                return Err(Trouble::Again(format!("{}: {text} (tried for {patience} s)", self.address)));
            }
        }
    }
}

/// An answer in time, or trouble.
pub(super) async fn in_time<T>(answer: impl Future<Output = eventstore::Result<T>>) -> Result<T, Trouble> {
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => answer.map_err(|error| Trouble::from(&error)),
        Err(_) => Err(Trouble::Again(format!("no answer within {} s", ANSWER.as_secs()))),
    }
}
