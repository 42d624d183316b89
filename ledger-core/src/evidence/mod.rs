//! Evidence that nobody changed the log: an RFC 6962 Merkle tree over the canonical JSON of its events, checkpoints signed as
//! C2SP signed notes, and proofs that verify without the store.
//!
//! A leaf is the canonical JSON ([`crate::record::json::to_canonical`]) of an event in the schema version in which it was
//! recorded, without its position. Its index is the event's gap-free ordinal in the log. So the same log has the same root in
//! every store, and an auditor can compute it from an exported JSONL file in any language.

mod checkpoint;
mod error;
mod frontier;
mod hash;
mod key;
pub mod leaves;
mod note;
mod numbered;
pub mod proof;
pub mod proof_file;
mod subtree_file;
mod subtrees;
mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, Kept, KeptCheckpoints, KeptError, KeptReason, NotACheckpoint};
pub use error::EvidenceError;
pub use frontier::Frontier;
pub use hash::{NodeHash, NotAHash};
pub use key::{KeyError, SignatureType, SignerKey, VerifierKey};
pub use note::{Note, NoteError, NoteSignature};
pub use numbered::Numbered;
pub use proof::{ProofError, TreeHead};
pub use subtree_file::SubtreeFile;
pub use subtrees::{SPAN, SPAN_LEVEL, Subtrees};
pub use tree::{Tree, events};
