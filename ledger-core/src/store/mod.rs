//! The log: what a store must do, and the stores.

mod admission;
pub mod backup;
mod block_store;
mod contract;
mod engine;
mod error;
#[cfg(feature = "eventstore")]
pub mod esdb_store;
mod files;
mod memory;

pub use block_store::{BlockStore, Finding, OpenOptions, Report, Stats};
pub use contract::{
    Append, AppendError, Appended, EventAppender, EventReader, EventStore, ExpectedVersion, MAX_APPEND_BYTES, ReadError,
};
pub use engine::{EngineKind, UnknownEngine};
pub use error::OpenError;
#[cfg(feature = "eventstore")]
pub use esdb_store::EsdbStore;
pub use memory::MemoryStore;
