//! The words that say where an event stands: its stream, its version there, its position in the log.

mod name;
mod place;

pub use name::{NameError, StreamName};
pub use place::{Position, Version};
