//! The envelope of an event: who, when, where in the log; and the body as opaque bytes.

use crate::calendar::{Date, Timestamp};
use crate::stream::{Position, StreamName, Version};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Everything about an event except its place and its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// UUIDv5 of (stream, idempotency key, index within the command).
    pub id: Uuid,
    /// The kind of event, such as `repayment-received`.
    pub kind: Arc<str>,
    /// The schema version of the body.
    pub schema: u16,
    /// When it counts.
    pub effective_on: Date,
    /// The ledger's business date when it was entered; chooses the accounting period.
    pub booked_on: Date,
    /// When it was recorded, by the clock that was passed in; never before the stream's last.
    pub recorded_at: Timestamp,
    /// Who asked for it.
    pub actor: Arc<str>,
    /// The idempotency key of the command, unique within the stream.
    pub key: Arc<str>,
    /// SHA-256 of the command's facts: the same key with another hash is a different command.
    pub request: [u8; 32],
}

/// An event that is not stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The envelope.
    pub envelope: Envelope,
    /// The body, encoded by [`super`]'s codec. A store treats it as opaque bytes.
    pub body: Vec<u8>,
}

/// An event as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its place in the stream.
    pub version: Version,
    /// The envelope.
    pub envelope: Envelope,
    /// The body as it was recorded.
    pub body: Vec<u8>,
}
