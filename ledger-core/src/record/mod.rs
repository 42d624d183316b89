//! What the log holds: envelopes around event bodies, their binary codec and their JSON.

pub mod codec;
mod envelope;
mod event;
pub mod json;
mod names;

pub use codec::CodecError;
pub use envelope::{Envelope, NewRecord, Position, Record, Version};
pub use event::{Event, LedgerEvent, Published};
pub use names::{NameError, StreamName};
