//! What identifies a person: sealed in the log under a key of that borrower alone, so that destroying the key erases the person and
//! changes no byte of the log.

mod event;
mod keys;
mod seal;

pub use event::{BorrowerEvent, SealedField};
pub use keys::{BorrowerKeys, KeyState};
pub use seal::{BorrowerKey, SealError, Sealed};
