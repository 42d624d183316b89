//! The tree against the reference trees of Certificate Transparency, the definition in RFC 6962, and itself.
//!
//! Vectors: <https://github.com/transparency-dev/merkle>, testonly/constants.go and testonly/reference_test.go (the same trees as
//! in google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc).
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::evidence::proof::{self, verify_consistency, verify_inclusion};
use ledger_core::evidence::{Frontier, NodeHash, ProofError, SPAN, Subtrees, TreeHead};
use proptest::prelude::*;
use std::ops::Range;

const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

const LEAF_HASHES: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(text: &str) -> NodeHash {
    text.parse().unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn reference_leaves() -> Vec<NodeHash> {
    LEAVES.iter().map(|leaf| NodeHash::of_leaf(&unhex(leaf))).collect()
}

/// MTH of RFC 6962, 2.1, as it is written there.
fn mth(leaves: &[NodeHash]) -> NodeHash {
    match leaves {
        [] => NodeHash::empty(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            NodeHash::of_node(mth(&leaves[..split]), mth(&leaves[split..]))
        }
    }
}

fn path(leaves: &[NodeHash], ranges: Vec<Range<u64>>) -> Vec<NodeHash> {
    ranges.iter().map(|range| mth(&leaves[range.start as usize..range.end as usize])).collect()
}

fn inclusion(leaves: &[NodeHash], index: u64) -> Vec<NodeHash> {
    path(leaves, proof::inclusion(index, leaves.len() as u64).unwrap())
}

fn consistency(leaves: &[NodeHash], old: u64) -> Vec<NodeHash> {
    path(leaves, proof::consistency(old, leaves.len() as u64).unwrap())
}

fn head(leaves: &[NodeHash], size: u64) -> TreeHead {
    TreeHead { size, root: mth(&leaves[..size as usize]) }
}

/// Leaves of a log whose n-th entry is n in decimal.
fn counted(size: u64) -> Vec<NodeHash> {
    (0..size).map(|n| NodeHash::of_leaf(n.to_string().as_bytes())).collect()
}

#[test]
fn leaves_and_roots_are_those_of_the_reference_trees() {
    let leaves = reference_leaves();
    assert_eq!(leaves, LEAF_HASHES.map(hash));
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), hash(ROOTS[0]));
    for (leaf, root) in leaves.iter().zip(&ROOTS[1..]) {
        frontier.push(*leaf);
        assert_eq!(frontier.root(), hash(root));
    }
}

#[test]
fn inclusion_paths_are_those_of_the_reference_trees() {
    const PATHS: [(u64, usize, &[&str]); 7] = [
        (0, 1, &[]),
        (0, 2, &["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
        (1, 2, &["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    let leaves = reference_leaves();
    for (index, size, expected) in PATHS {
        let expected: Vec<NodeHash> = expected.iter().map(|text| hash(text)).collect();
        assert_eq!(inclusion(&leaves[..size], index), expected, "{index} of {size}");
        verify_inclusion(leaves[index as usize], index, size as u64, &expected, hash(ROOTS[size])).unwrap();
    }
}

#[test]
fn consistency_paths_are_those_of_the_reference_trees() {
    const PATHS: [(u64, usize, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    let leaves = reference_leaves();
    for (old, new, expected) in PATHS {
        let expected: Vec<NodeHash> = expected.iter().map(|text| hash(text)).collect();
        assert_eq!(consistency(&leaves[..new], old), expected, "{old} to {new}");
        let heads = [old as usize, new].map(|size| TreeHead { size: size as u64, root: hash(ROOTS[size]) });
        verify_consistency(heads[0], heads[1], &expected).unwrap();
    }
}

#[test]
fn every_proof_of_every_small_tree_verifies_and_every_altered_byte_of_it_fails() {
    for size in 1..=40_u64 {
        let leaves = counted(size);
        let root = mth(&leaves);
        for index in 0..size {
            let path = inclusion(&leaves, index);
            let leaf = leaves[index as usize];
            verify_inclusion(leaf, index, size, &path, root).unwrap();
            assert!(path.len() <= 6);
            for at in 0..path.len() * 32 {
                let mut altered = path.clone();
                altered[at / 32].0[at % 32] ^= 0x10;
                assert!(verify_inclusion(leaf, index, size, &altered, root).is_err());
            }
            for at in 0..32 {
                let (mut other_leaf, mut other_root) = (leaf, root);
                other_leaf.0[at] ^= 1;
                other_root.0[at] ^= 1;
                assert!(verify_inclusion(other_leaf, index, size, &path, root).is_err());
                assert!(verify_inclusion(leaf, index, size, &path, other_root).is_err());
            }
            for other in (0..size + 3).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, size, &path, root).is_err(), "{index} as {other} of {size}");
            }
            let longer: Vec<NodeHash> = path.iter().copied().chain([root]).collect();
            assert!(verify_inclusion(leaf, index, size, &longer, root).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_inclusion(leaf, index, size, shorter, root).is_err());
            }
        }
        for old in 0..=size {
            let path = consistency(&leaves, old);
            let heads = (head(&leaves, old), head(&leaves, size));
            verify_consistency(heads.0, heads.1, &path).unwrap();
            for at in 0..path.len() * 32 {
                let mut altered = path.clone();
                altered[at / 32].0[at % 32] ^= 0x10;
                assert!(verify_consistency(heads.0, heads.1, &altered).is_err());
            }
            for at in 0..32 {
                let (mut other_old, mut other_new) = heads;
                other_old.root.0[at] ^= 1;
                other_new.root.0[at] ^= 1;
                assert!(verify_consistency(other_old, heads.1, &path).is_err());
                // the empty tree is the beginning of every tree
                assert!(old == 0 || verify_consistency(heads.0, other_new, &path).is_err());
            }
            let longer: Vec<NodeHash> = path.iter().copied().chain([heads.1.root]).collect();
            assert!(verify_consistency(heads.0, heads.1, &longer).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify_consistency(heads.0, heads.1, shorter).is_err());
            }
        }
        assert!(matches!(proof::inclusion(size, size), Err(ProofError::OutOfRange { .. })));
        assert!(matches!(proof::consistency(size + 1, size), Err(ProofError::OutOfRange { .. })));
    }
}

#[test]
fn a_history_that_was_rewritten_has_no_consistency_proof() {
    let (honest, mut other) = (counted(300), counted(300));
    other[70] = NodeHash::of_leaf(b"another event");
    let path = consistency(&other, 100);
    assert!(verify_consistency(head(&honest, 100), head(&other, 300), &path).is_err());
    assert!(verify_consistency(head(&other, 100), head(&other, 300), &path).is_ok());
}

proptest! {
    #[test]
    fn appending_leaf_by_leaf_or_in_subtrees_comes_to_the_recomputed_root(size in 0..2000_u64) {
        let leaves = counted(size);
        let mut one_by_one = Frontier::new();
        leaves.iter().for_each(|leaf| one_by_one.push(*leaf));
        let mut by_spans = Frontier::new();
        let mut subtrees = Subtrees::new();
        for span in leaves.chunks(SPAN as usize) {
            if span.len() == SPAN as usize {
                subtrees.push(mth(span));
                prop_assert!(by_spans.push_subtree(6, mth(span)));
            } else {
                span.iter().for_each(|leaf| by_spans.push(*leaf));
                // no whole span fits behind a part of one
                prop_assert!(!by_spans.push_subtree(6, NodeHash::empty()));
            }
        }
        prop_assert_eq!(one_by_one.root(), mth(&leaves));
        prop_assert_eq!(&one_by_one, &by_spans);
        prop_assert_eq!(subtrees.spans(), size / SPAN);
    }

    #[test]
    fn proofs_of_larger_trees_verify(size in 1..1500_u64, a in any::<u64>(), b in any::<u64>()) {
        let leaves = counted(size);
        let index = a % size;
        verify_inclusion(leaves[index as usize], index, size, &inclusion(&leaves, index), mth(&leaves)).unwrap();
        let old = b % (size + 1);
        verify_consistency(head(&leaves, old), head(&leaves, size), &consistency(&leaves, old)).unwrap();
    }

    #[test]
    fn nothing_that_comes_from_outside_can_upset_verification(
        index in any::<u64>(), size in any::<u64>(), length in 0..80_usize, seed in any::<u64>(),
    ) {
        let path: Vec<NodeHash> = (0..length as u64).map(|n| NodeHash::of_leaf(&(n ^ seed).to_le_bytes())).collect();
        let root = NodeHash::of_leaf(b"root");
        let heads = (TreeHead { size: index, root }, TreeHead { size, root });
        prop_assert!(verify_inclusion(root, index, size, &path, NodeHash::empty()).is_err());
        let same = index == size && path.is_empty();
        prop_assert_eq!(verify_consistency(heads.0, heads.1, &path).is_ok(), same);
    }
}
