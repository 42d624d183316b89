//! The right edge of a tree: all that is needed to append to it.

use super::NodeHash;

/// The roots of the complete subtrees of which a tree consists, largest first: one for each bit of its size that is set. So an
/// append costs O(log n) hashes at worst and one on average, and the frontier has at most 64 of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<NodeHash>,
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: NodeHash) {
        self.merge(0, leaf);
    }

    /// Appends a complete subtree of 2^level leaves. `false`, and nothing is done, if the tree's size is no multiple of that,
    /// or would leave the range of 64 bits.
    #[must_use]
    pub fn push_subtree(&mut self, level: u32, root: NodeHash) -> bool {
        let Some(leaves) = 1_u64.checked_shl(level) else { return false };
        if self.size.checked_rem(leaves) != Some(0) || self.size.checked_add(leaves).is_none() {
            return false;
        }
        self.merge(level, root);
        true
    }

    fn merge(&mut self, level: u32, mut root: NodeHash) {
        let added = 1_u64.checked_shl(level).unwrap_or_default();
        // every set bit from `level` on is a subtree that the new one completes to one of twice the size
        let mut bits = self.size.checked_shr(level).unwrap_or_default();
        while bits & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                root = NodeHash::of_node(left, root);
            }
            bits >>= 1;
        }
        self.peaks.push(root);
        self.size = self.size.saturating_add(added);
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> NodeHash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return NodeHash::empty() };
        peaks.fold(last, |right, left| NodeHash::of_node(left, right))
    }
}
