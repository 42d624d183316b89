//! The roots of complete subtrees, from spans of 64 leaves upwards: what has to be kept of a large tree so that any root and
//! any proof costs a few hashes and at most a few reads of one span.

use super::NodeHash;

/// log2 of the leaves of a span.
pub const SPAN_LEVEL: u32 = 6;
/// The leaves of a span, the smallest subtree whose root is kept: half a byte per event.
pub const SPAN: u64 = 1 << SPAN_LEVEL;

/// The roots of all complete subtrees of at least a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subtrees {
    /// Level 0 are the spans.
    levels: Vec<Vec<NodeHash>>,
}

impl Subtrees {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of spans.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.span_roots().len() as u64
    }

    /// The roots of the spans.
    #[must_use]
    pub fn span_roots(&self) -> &[NodeHash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The number of leaves that they cover.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.spans().saturating_mul(SPAN)
    }

    /// Appends a span.
    pub fn push(&mut self, root: NodeHash) {
        let mut root = root;
        let mut level = 0;
        loop {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            let left = if row.len() & 1 == 1 { row.last().copied() } else { None };
            row.push(root);
            let Some(left) = left else { return };
            root = NodeHash::of_node(left, root);
            level = level.saturating_add(1);
        }
    }

    /// The root of the largest complete subtree that begins at leaf `from`, is aligned as seen from leaf `origin`, and ends
    /// at or before leaf `to`, with log2 of its leaves; none if it would be smaller than a span or is not covered.
    pub(super) fn largest(&self, origin: u64, from: u64, to: u64) -> Option<(u32, NodeHash)> {
        let length = to.checked_sub(from)?;
        let fits = length.checked_ilog2()?;
        let aligned = from.trailing_zeros().min(from.checked_sub(origin)?.trailing_zeros());
        let level = fits.min(aligned);
        let row = self.levels.get(usize::try_from(level.checked_sub(SPAN_LEVEL)?).ok()?)?;
        let place = usize::try_from(from.checked_shr(level)?).ok()?;
        row.get(place).map(|root| (level, *root))
    }
}

impl Extend<NodeHash> for Subtrees {
    fn extend<I: IntoIterator<Item = NodeHash>>(&mut self, roots: I) {
        roots.into_iter().for_each(|root| self.push(root));
    }
}
