//! Inclusion and consistency: which hashes a proof consists of, and how it is verified. RFC 6962, 2.1.1 and 2.1.2; the
//! verification is that of RFC 9162, 2.1.3.2 and 2.1.4.2, which describes the same tree.

use super::NodeHash;
use std::ops::Range;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf, or the sizes are in the wrong order.
    #[error("the sizes do not fit: {place} of {size}")]
    OutOfRange {
        /// The leaf's index, or the older size.
        place: u64,
        /// The tree's size, or the newer one.
        size: u64,
    },
    /// The path has another length than these sizes need.
    #[error("the path has the wrong length")]
    Length,
    /// The hashes lead to another root.
    #[error("the hashes lead to {found} instead of {root}")]
    Root {
        /// The root that should be reached.
        root: NodeHash,
        /// The root that is reached.
        found: NodeHash,
    },
}

/// The largest power of two below `size`; `size` is at least 2.
const fn split(size: u64) -> u64 {
    let below = size.saturating_sub(1);
    match below.checked_ilog2() {
        Some(bits) => 1_u64.wrapping_shl(bits),
        None => 0,
    }
}

/// The subtrees whose roots prove that a leaf is in the tree of a size, from the leaf up. Each is either complete and aligned
/// or reaches to the end of the tree.
///
/// # Errors
/// The tree has no such leaf.
pub fn inclusion(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { place: index, size });
    }
    let (mut from, mut to) = (0_u64, size);
    let mut path = Vec::new();
    while to.saturating_sub(from) > 1 {
        let middle = from.saturating_add(split(to.saturating_sub(from)));
        if index < middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The subtrees whose roots prove that the tree of size `new` begins with that of size `old`.
///
/// # Errors
/// `old` is larger than `new`.
pub fn consistency(old: u64, new: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange { place: old, size: new });
    }
    let mut path = Vec::new();
    if old == 0 {
        return Ok(path);
    }
    let (mut from, mut to) = (0_u64, new);
    // while only left halves were taken, the old tree's root is known to who verifies
    let mut known = true;
    while old != to {
        let middle = from.saturating_add(split(to.saturating_sub(from)));
        if old <= middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
            known = false;
        }
    }
    if !known {
        path.push(from..to);
    }
    path.reverse();
    Ok(path)
}

/// Shifts both until the first is odd or 0.
const fn up(first: &mut u64, last: &mut u64) {
    while *first & 1 == 0 && *first != 0 {
        *first >>= 1;
        *last >>= 1;
    }
}

/// The root to which a leaf's path leads in a tree of a size.
///
/// # Errors
/// The sizes do not fit, or the path has the wrong length.
pub fn root_of(leaf: NodeHash, index: u64, size: u64, path: &[NodeHash]) -> Result<NodeHash, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { place: index, size });
    }
    let (mut node, mut last) = (index, size.saturating_sub(1));
    let mut root = leaf;
    for hash in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            root = NodeHash::of_node(*hash, root);
            up(&mut node, &mut last);
        } else {
            root = NodeHash::of_node(root, *hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(root) } else { Err(ProofError::Length) }
}

/// Verifies that a leaf is in the tree of a size and root.
///
/// # Errors
/// It is not proved.
pub fn verify_inclusion(
    leaf: NodeHash,
    index: u64,
    size: u64,
    path: &[NodeHash],
    root: NodeHash,
) -> Result<(), ProofError> {
    let found = root_of(leaf, index, size, path)?;
    if found == root { Ok(()) } else { Err(ProofError::Root { root, found }) }
}

/// A tree's size and root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// The number of leaves.
    pub size: u64,
    /// The root.
    pub root: NodeHash,
}

/// Verifies that the newer tree begins with the older one.
///
/// # Errors
/// It is not proved.
pub fn verify_consistency(old: TreeHead, new: TreeHead, path: &[NodeHash]) -> Result<(), ProofError> {
    let reaches = |root: NodeHash, found| if root == found { Ok(()) } else { Err(ProofError::Root { root, found }) };
    if old.size > new.size {
        return Err(ProofError::OutOfRange { place: old.size, size: new.size });
    }
    if old.size == 0 || old.size == new.size {
        let found = if old.size == 0 { NodeHash::empty() } else { new.root };
        return if path.is_empty() { reaches(old.root, found) } else { Err(ProofError::Length) };
    }
    let mut path = path.iter().copied();
    let (mut node, mut last) = (old.size.saturating_sub(1), new.size.saturating_sub(1));
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // the root of an old tree that is one complete subtree begins the path, and is not sent
    let first = if old.size.is_power_of_two() { Some(old.root) } else { path.next() };
    let Some(first) = first else { return Err(ProofError::Length) };
    let (mut old_root, mut new_root) = (first, first);
    for hash in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old_root = NodeHash::of_node(hash, old_root);
            new_root = NodeHash::of_node(hash, new_root);
            up(&mut node, &mut last);
        } else {
            new_root = NodeHash::of_node(new_root, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    reaches(old.root, old_root)?;
    reaches(new.root, new_root)
}
