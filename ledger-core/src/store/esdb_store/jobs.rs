//! Who waits for which appends.

use super::wire::Encoded;
use crate::record::{Position, Version};
use crate::store::{Append, AppendError, Appended};
use std::collections::HashMap;
use tokio::sync::oneshot;

pub(super) type Results = Vec<Result<Appended, AppendError>>;

/// The appends of one call.
pub(super) struct Job {
    pub(super) appends: Vec<Append>,
    pub(super) reply: oneshot::Sender<Results>,
}

/// An append of a call.
pub(super) struct Item {
    job: u64,
    index: usize,
    pub(super) append: Append,
    /// When it came.
    pub(super) arrived: u64,
    /// When it was sent, and what was known then.
    pub(super) asked: u64,
    pub(super) seen: Option<Position>,
    pub(super) first: Version,
    pub(super) last: Version,
    pub(super) bytes: usize,
    pub(super) events: Vec<Encoded>,
}

struct Waiting {
    results: Vec<Option<Result<Appended, AppendError>>>,
    open: usize,
    reply: oneshot::Sender<Results>,
}

#[derive(Default)]
pub(super) struct Jobs {
    waiting: HashMap<u64, Waiting>,
    next: u64,
}

impl Jobs {
    /// The appends of a call, each on its own.
    pub(super) fn begin(&mut self, job: Job, arrived: u64) -> Vec<Item> {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let count = job.appends.len();
        if count == 0 {
            // who does not wait any more needs no answer
            let _ = job.reply.send(Vec::new());
            return Vec::new();
        }
        self.waiting.insert(number, Waiting { results: vec![None; count], open: count, reply: job.reply });
        let item = |(index, append)| Item {
            job: number,
            index,
            append,
            arrived,
            asked: 0,
            seen: None,
            first: Version(0),
            last: Version(0),
            bytes: 0,
            events: Vec::new(),
        };
        job.appends.into_iter().enumerate().map(item).collect()
    }

    /// An append's result; with the last one the call is answered.
    pub(super) fn finish(&mut self, item: &Item, result: Result<Appended, AppendError>) {
        let Some(waiting) = self.waiting.get_mut(&item.job) else { return };
        if let Some(slot) = waiting.results.get_mut(item.index)
            && slot.replace(result).is_none()
        {
            waiting.open = waiting.open.saturating_sub(1);
        }
        if waiting.open == 0
            && let Some(waiting) = self.waiting.remove(&item.job)
        {
            let lost = || Err(AppendError::UnknownOutcome("the writer gave no answer".into()));
            let results = waiting.results.into_iter().map(|result| result.unwrap_or_else(lost)).collect();
            let _ = waiting.reply.send(results);
        }
    }
}
