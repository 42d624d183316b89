//! Reading and hashing the whole log, and comparing it with what was kept of it.

use super::leaves::span_roots;
use super::{EvidenceError, NodeHash, SPAN, Subtrees, Tree, TreeHead, tree};
use crate::store::EventReader;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

/// Something that the log should not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The log hashes to another root than a checkpoint says.
    Checkpoint {
        /// The checkpoint.
        kept: TreeHead,
        /// The log's root at that size.
        now: NodeHash,
        /// The ordinals among which a changed event is, as narrow as the checkpoints before and the kept subtree roots tell.
        within: Vec<RangeInclusive<u64>>,
    },
    /// The log ends before the size of a checkpoint.
    Shorter {
        /// The checkpoint.
        kept: TreeHead,
        /// The events that are there.
        events: u64,
    },
    /// Kept subtree roots say something else: the log or the file of those roots was changed.
    Subtrees {
        /// The ordinals of the events.
        events: RangeInclusive<u64>,
    },
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The log's size and root.
    pub head: TreeHead,
    /// Checkpoints whose root is the log's at their size.
    pub checkpoints: u64,
    /// What should not be.
    pub findings: Vec<Finding>,
}

/// Reads every stored event, hashes it anew on `threads` threads, and compares with kept checkpoints and kept subtree roots.
///
/// # Errors
/// The log cannot be read, an event does not decode, or it was broken off.
pub async fn verify(
    store: &dyn EventReader,
    kept_roots: &[NodeHash],
    checkpoints: &[TreeHead],
    threads: NonZeroUsize,
    progress: impl FnMut(u64) -> bool,
) -> Result<Verified, EvidenceError> {
    let size = tree::events(store).await?;
    let roots = span_roots(store, 0..size.checked_div(SPAN).unwrap_or_default(), threads, progress)?;
    let changed: Vec<u64> = (0_u64..)
        .zip(roots.iter().zip(kept_roots))
        .filter_map(|(span, (now, kept))| (now != kept).then_some(span))
        .collect();
    let mut subtrees = Subtrees::new();
    subtrees.extend(roots);
    let tree = Tree::of_spans(store, size, subtrees);
    let mut checkpoints = checkpoints.to_vec();
    checkpoints.sort_unstable_by_key(|kept| kept.size);
    let mut findings = Vec::new();
    let mut good: u64 = 0;
    let mut good_size = 0;
    for kept in checkpoints {
        if kept.size > size {
            findings.push(Finding::Shorter { kept, events: size });
            continue;
        }
        let now = tree.root_at(kept.size).await?;
        if now == kept.root {
            good = good.saturating_add(1);
            good_size = kept.size;
        } else {
            let within = within(good_size, kept.size, &changed);
            findings.push(Finding::Checkpoint { kept, now, within });
        }
    }
    findings.extend(ranges(&changed).into_iter().map(|events| Finding::Subtrees { events }));
    if (kept_roots.len() as u64).saturating_mul(SPAN) > size {
        let last = (kept_roots.len() as u64).saturating_mul(SPAN).saturating_sub(1);
        findings.push(Finding::Subtrees { events: size..=last });
    }
    Ok(Verified { head: TreeHead { size, root: tree.root_at(size).await? }, checkpoints: good, findings })
}

/// Spans as ranges of ordinals, neighbours joined.
fn ranges(spans: &[u64]) -> Vec<RangeInclusive<u64>> {
    let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
    for span in spans {
        let first = span.saturating_mul(SPAN);
        let last = first.saturating_add(SPAN.saturating_sub(1));
        match ranges.last_mut() {
            Some(before) if before.end().saturating_add(1) == first => *before = *before.start()..=last,
            _ => ranges.push(first..=last),
        }
    }
    ranges
}

/// Where a change must be that a checkpoint shows: in spans that hash to something else than what was kept of them, and after
/// the last checkpoint that is right.
fn within(good: u64, size: u64, changed: &[u64]) -> Vec<RangeInclusive<u64>> {
    let last = size.saturating_sub(1);
    let narrowed: Vec<RangeInclusive<u64>> = ranges(changed)
        .into_iter()
        .filter(|range| *range.end() >= good && *range.start() <= last)
        .map(|range| (*range.start()).max(good)..=(*range.end()).min(last))
        .collect();
    if narrowed.is_empty() { vec![good..=last] } else { narrowed }
}
