//! Why evidence cannot be given.

use super::{NodeHash, ProofError};
use crate::record::CodecError;
use crate::store::ReadError;
use crate::stream::{Position, StreamName, Version};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Why evidence cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event does not decode, or has no canonical form.
    #[error("position {position}, stream `{stream}`, version {version}: {error}")]
    Codec {
        /// Its position.
        position: Position,
        /// Its stream.
        stream: StreamName,
        /// Its version.
        version: Version,
        /// Why.
        error: CodecError,
    },
    /// The log has a gap: another event came than that of the next ordinal.
    #[error("event {expected} should come next in the log, and {} comes", found.map_or_else(|| "none".to_owned(), |found| format!("event {found}")))]
    Gap {
        /// The ordinal that should come.
        expected: u64,
        /// The one that came.
        found: Option<u64>,
    },
    /// The kept subtree roots and the log say different things.
    #[error(
        "the events {} to {} do not hash to the root that was kept of them in `{}`: the log or that file was changed. \
         Find out with `iledger verify`; after restoring the log from a copy, delete that file",
        events.start(), events.end(), path.display()
    )]
    Disagrees {
        /// The file of the kept roots.
        path: PathBuf,
        /// The ordinals of the events.
        events: RangeInclusive<u64>,
    },
    /// The file of the kept roots cannot be used.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The log has fewer events than was asked for.
    #[error("size {asked} was asked for, the log has {events} events")]
    TooFew {
        /// The size that was asked for.
        asked: u64,
        /// The events of the log.
        events: u64,
    },
    /// A proof of the log's own does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A checkpoint of another history.
    #[error(
        "the log's root at size {size} is {now}; the checkpoint kept of that size says {kept}: the log was changed"
    )]
    Checkpoint {
        /// The checkpoint's size.
        size: u64,
        /// Its root.
        kept: NodeHash,
        /// What the log hashes to now.
        now: NodeHash,
    },
    /// It was broken off.
    #[error("interrupted")]
    Interrupted,
}

impl EvidenceError {
    /// Whether what is stored does not hold together.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Read(ReadError::Corrupt(_))
                | Self::Codec { .. }
                | Self::Gap { .. }
                | Self::Disagrees { .. }
                | Self::Checkpoint { .. }
        )
    }
}
