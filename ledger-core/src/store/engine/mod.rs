//! The engines that keep the blocks: what the block store needs of one, and those that there are.

mod redb;
mod sled;

use super::error::{Fault, OpenError};
#[cfg(test)]
pub(super) use redb::RedbEngine;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

/// The two places in which an engine keeps keys in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Blocks and index: written once each, and read.
    Log,
    /// What is rewritten at every small append, so that it has no neighbours in the log.
    Head,
}

/// A key and its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// Takes one key and value after the other, and says whether it wants more.
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, Fault> + 'a;

/// What the block store needs of an engine. Keys are ordered as bytes.
///
/// What was applied may stay invisible until the next [`Engine::sync`], and is on the disk after it.
pub(super) trait Engine: fmt::Debug + Send + Sync {
    /// The value of a key.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault>;

    /// The last entry before a key (exclusive).
    fn last_before(&self, space: Space, key: &[u8]) -> Result<Option<Entry>, Fault>;

    /// Visits the entries from a key (inclusive) to another (exclusive) in order.
    fn scan(&self, space: Space, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), Fault>;

    /// Puts entries into a space: after a crash all of them are there or none.
    fn apply(&self, space: Space, entries: Vec<Entry>) -> Result<(), Fault>;

    /// Makes everything that was applied durable.
    fn sync(&self) -> Result<(), Fault>;
}

/// An engine that a store can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// [sled](https://docs.rs/sled/0.34) 0.34.
    #[default]
    Sled,
    /// [redb](https://docs.rs/redb/4).
    Redb,
}

/// There is no engine of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no engine `{0}`; there are sled and redb")]
pub struct UnknownEngine(String);

impl EngineKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sled, Self::Redb];

    /// The name, as it stands before the path on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Redb => "redb",
        }
    }

    /// The file that holds the log.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Sled => sled::FILE,
            Self::Redb => redb::FILE,
        }
    }

    /// Whether one bad byte may cost many writes without a word: sled cuts its log at it, redb can fall back by one commit at most.
    pub(super) const fn may_lose_many(self) -> bool {
        matches!(self, Self::Sled)
    }

    /// The engine whose files are in a directory.
    #[must_use]
    pub fn of_directory(path: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| path.join(kind.file()).is_file())
    }

    /// Lets the engine verify its files, where it can: sled verifies what it reads.
    pub(super) fn verify(self, path: &Path) -> Result<(), Fault> {
        match self {
            Self::Sled => Ok(()),
            Self::Redb => redb::verify(path),
        }
    }

    /// Opens the files in a directory; `create` makes them. `cache_bytes` is how much of them the engine keeps in memory.
    pub(super) fn open(self, path: &Path, cache_bytes: u64, create: bool) -> Result<Box<dyn Engine>, OpenError> {
        Ok(match self {
            Self::Sled => Box::new(sled::SledEngine::open(path, cache_bytes, create)?),
            Self::Redb => Box::new(redb::RedbEngine::open(path, cache_bytes, create)?),
        })
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}
