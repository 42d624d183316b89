//! The log: what a store must do, and the stores.

mod admission;
mod contract;
mod memory;
pub mod sled_store;

pub use contract::{
    Append, AppendError, Appended, EventAppender, EventReader, EventStore, ExpectedVersion, MAX_APPEND_BYTES, ReadError,
};
pub use memory::MemoryStore;
pub use sled_store::SledStore;
