//! What the log holds: envelopes around event bodies, their binary codec and their JSON.

pub mod canonical;
pub mod codec;
mod envelope;
mod event;
mod id;
pub mod json;
mod period;
mod reconciliation;

pub use crate::stream::{NameError, Position, StreamName, Version};
pub use codec::CodecError;
pub use envelope::{Envelope, NewRecord, Record};
pub use event::{Event, LedgerEvent, Published};
pub use id::event_id;
pub use period::{AccountTotal, ClassProvision, PeriodClosed, Provisions};
pub use reconciliation::{
    BreakFound, BreakKind, BreakLine, LineKey, MatchFound, PaymentKey, Proposal, ReconciliationEvent, StatementSums,
};
