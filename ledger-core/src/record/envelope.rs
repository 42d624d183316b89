//! The envelope of an event: who, when, where in the log; and the body as opaque bytes.

use super::StreamName;
use crate::calendar::{Date, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// The place of an event in its stream; the first is 0. JSON: a decimal string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The next version; saturates, since no stream holds 2^64 events.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The place of an event in the log: opaque and ordered. In the memory and sled stores it is the gap-free ordinal from 0.
/// JSON: a decimal string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

macro_rules! decimal_string {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(&self.0)
                } else {
                    serializer.serialize_u64(self.0)
                }
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map(Self).map_err(|_| D::Error::custom(format!("`{text}` is not a whole number")))
                } else {
                    u64::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

decimal_string!(Version);
decimal_string!(Position);

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
