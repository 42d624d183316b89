//! What the log holds: envelopes around event bodies, their binary codec and their canonical JSON.

mod envelope;
mod names;

pub use envelope::{Envelope, NewRecord, Position, Record, Version};
pub use names::{NameError, StreamName};
