//! The log: what a store must do, and the stores.

mod admission;
pub mod backup;
mod block_store;
mod contract;
mod engine;
mod error;
mod files;
mod memory;

pub use block_store::{BlockStore, Finding, OpenOptions, Report, Stats};
pub use contract::{
    Append, AppendError, Appended, EventAppender, EventReader, EventStore, ExpectedVersion, MAX_APPEND_BYTES, ReadError,
};
pub use engine::{EngineKind, UnknownEngine};
pub use error::OpenError;
pub use memory::MemoryStore;
