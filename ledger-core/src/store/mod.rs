//! The log: what a store must do, and the stores.

mod contract;

pub use contract::{
    Append, AppendError, Appended, EventAppender, EventReader, EventStore, ExpectedVersion, MAX_APPEND_BYTES, ReadError,
};
