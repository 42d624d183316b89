//! The last versions of the streams that were written to lately.

use super::hash::StreamHash;
use crate::record::{StreamName, Version};
use std::collections::HashMap;

/// How many streams are kept for certain; twice as many at most.
const GENERATION: usize = 250_000;

/// The end of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub last: Version,
    pub hash: StreamHash,
}

/// A cache in two generations: what is used moves to the young one; when that is full, the old one is forgotten. As good as
/// forgetting the least recently used, without a list to keep.
#[derive(Debug, Default)]
pub(super) struct Heads {
    young: HashMap<StreamName, Head>,
    old: HashMap<StreamName, Head>,
}

impl Heads {
    pub(super) fn get(&mut self, stream: &StreamName) -> Option<Head> {
        if let Some(head) = self.young.get(stream) {
            return Some(*head);
        }
        let (stream, head) = self.old.remove_entry(stream)?;
        self.young.insert(stream, head);
        Some(head)
    }

    pub(super) fn put(&mut self, stream: &StreamName, head: Head) {
        match self.young.get_mut(stream) {
            Some(known) => *known = head,
            None => {
                self.young.insert(stream.clone(), head);
            }
        }
    }

    /// Makes room. Called between two commits only, so that what a commit has not written yet is never forgotten.
    pub(super) fn trim(&mut self) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
    }
}
