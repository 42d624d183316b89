//! Where in which log a checkpoint stands.

use ledger_core::record::{Position, Record, StreamName, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The last event that a checkpoint contains, by place and by content.
///
/// The place alone would not do: a log that was restored from a backup and then written further has other events at the
/// same positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its place in the stream, by which it can be read again (a position is opaque, so there is no "one before").
    pub version: Version,
    /// SHA-256 over its id, its instant and its body.
    pub sha256: [u8; 32],
}

impl Anchor {
    /// The anchor at a record.
    #[must_use]
    pub fn at(record: &Record) -> Self {
        let mut hash = Sha256::new();
        hash.update(record.envelope.id.as_bytes());
        hash.update(record.envelope.recorded_at.micros().to_le_bytes());
        hash.update(&record.body);
        Self {
            position: record.position,
            stream: record.stream.clone(),
            version: record.version,
            sha256: hash.finalize().into(),
        }
    }
}
