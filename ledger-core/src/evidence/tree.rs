//! The tree of a log: roots at any size and proofs, from kept subtree roots and at most a few spans of events.

use super::leaves::{leaf_hashes, span_roots};
use super::{EvidenceError, Frontier, NodeHash, ProofError, SPAN, SubtreeFile, Subtrees, TreeHead, proof};
use crate::store::EventReader;
use std::num::NonZeroUsize;
use std::ops::Range;

/// The tree of a log as it was when this was opened.
pub struct Tree<'a> {
    store: &'a dyn EventReader,
    size: u64,
    subtrees: Subtrees,
}

impl<'a> Tree<'a> {
    /// The tree of a log. What the file keeps is taken from there, what is missing is hashed on `threads` threads and added to it.
    /// The last span that the file keeps is hashed anew: a file of another history is noticed.
    ///
    /// # Errors
    /// The log cannot be read, or the file says something else than the log.
    pub async fn open(
        store: &'a dyn EventReader,
        mut file: Option<&mut SubtreeFile>,
        threads: NonZeroUsize,
        progress: impl FnMut(u64) -> bool,
    ) -> Result<Self, EvidenceError> {
        let size = events(store).await?;
        let mut subtrees = Subtrees::new();
        if let Some(file) = &file {
            subtrees.extend(file.roots().iter().copied());
            file.check_last(store, size).await?;
        }
        let spans = subtrees.spans()..size.checked_div(SPAN).unwrap_or_default();
        if spans.start < spans.end {
            let roots = span_roots(store, spans, threads, progress)?;
            if let Some(file) = &mut file {
                file.append(&roots)?;
            }
            subtrees.extend(roots);
        }
        Ok(Self { store, size, subtrees })
    }

    /// The tree of a log whose spans were hashed already.
    pub(super) const fn of_spans(store: &'a dyn EventReader, size: u64, subtrees: Subtrees) -> Self {
        Self { store, size, subtrees }
    }

    /// The number of events.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root at a size.
    ///
    /// # Errors
    /// The log has fewer events, or cannot be read.
    pub async fn root_at(&self, size: u64) -> Result<NodeHash, EvidenceError> {
        self.has(size)?;
        self.range(0..size).await
    }

    /// Size and root of the tree of a size.
    ///
    /// # Errors
    /// As [`Tree::root_at`].
    pub async fn head_at(&self, size: u64) -> Result<TreeHead, EvidenceError> {
        Ok(TreeHead { size, root: self.root_at(size).await? })
    }

    /// The path that proves that an event is in the tree of a size.
    ///
    /// # Errors
    /// There is no such event or size, or the log cannot be read.
    pub async fn inclusion(&self, index: u64, size: u64) -> Result<Vec<NodeHash>, EvidenceError> {
        self.has(size)?;
        self.path(proof::inclusion(index, size)?).await
    }

    /// The path that proves that the tree of size `new` begins with that of size `old`.
    ///
    /// # Errors
    /// There is no such size, or the log cannot be read.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<NodeHash>, EvidenceError> {
        self.has(new)?;
        self.path(proof::consistency(old, new)?).await
    }

    fn has(&self, asked: u64) -> Result<(), EvidenceError> {
        if asked <= self.size { Ok(()) } else { Err(EvidenceError::TooFew { asked, events: self.size }) }
    }

    async fn path(&self, ranges: Vec<Range<u64>>) -> Result<Vec<NodeHash>, EvidenceError> {
        let mut path = Vec::with_capacity(ranges.len());
        for range in ranges {
            path.push(self.range(range).await?);
        }
        Ok(path)
    }

    /// The root of the subtree over these leaves, which begins where a subtree of its size may begin.
    async fn range(&self, leaves: Range<u64>) -> Result<NodeHash, EvidenceError> {
        let misplaced = || ProofError::OutOfRange { place: leaves.start, size: leaves.end };
        let mut frontier = Frontier::new();
        let mut at = leaves.start;
        while at < leaves.end {
            if let Some((level, root)) = self.subtrees.largest(leaves.start, at, leaves.end) {
                if !frontier.push_subtree(level, root) {
                    return Err(misplaced().into());
                }
            } else {
                // less than a span, or the rest of the log beyond the last whole one
                let span = at.checked_div(SPAN).unwrap_or_default().saturating_add(1);
                let end = span.saturating_mul(SPAN).min(leaves.end);
                leaf_hashes(self.store, at..end).await?.into_iter().for_each(|leaf| frontier.push(leaf));
            }
            at = leaves.start.saturating_add(frontier.size());
        }
        Ok(frontier.root())
    }
}

/// The number of events of a log whose positions are ordinals.
///
/// # Errors
/// The log cannot be read.
pub async fn events(store: &dyn EventReader) -> Result<u64, EvidenceError> {
    Ok(store.head().await?.map_or(0, |head| head.0.saturating_add(1)))
}
