//! The log: what a store must do, and the stores.

mod admission;
mod contract;
#[cfg(feature = "eventstore")]
pub mod esdb_store;
mod memory;
pub mod sled_store;

pub use contract::{
    Append, AppendError, Appended, EventAppender, EventReader, EventStore, ExpectedVersion, MAX_APPEND_BYTES, ReadError,
};
#[cfg(feature = "eventstore")]
pub use esdb_store::EsdbStore;
pub use memory::MemoryStore;
pub use sled_store::SledStore;
