//! sled 0.34 as an engine: its default tree for the log, a tree of its own for the head.

mod syncer;
#[cfg(test)]
mod tests;

use super::{Engine, Entry, Space, Visit};
use crate::store::error::{Damage, Fault, OpenError};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use syncer::Syncer;

/// sled's log.
pub(super) const FILE: &str = "db";
/// Beside it: what sled was configured with.
const CONFIG_FILE: &str = "conf";
/// And what it knows of its log.
const SNAPSHOT: &str = "snap.";
const HEAD_TREE: &[u8] = b"head";

/// How often a store that is in use is asked for, and the time between: half a second in all.
const LOCK_ATTEMPTS: u32 = 21;
const LOCK_WAIT: Duration = Duration::from_millis(25);

/// An open database.
#[derive(Debug)]
pub(super) struct SledEngine {
    log: sled::Db,
    head: sled::Tree,
    syncer: Mutex<Syncer>,
}

impl SledEngine {
    /// Opens the database in a directory; `create` makes it, and its tree.
    pub(super) fn open(path: &Path, cache_bytes: u64, create: bool) -> Result<Self, OpenError> {
        let not_a_store = |why: String| OpenError::NotAStore { path: path.to_path_buf(), why };
        // sled would make a database of any directory, and fall over what else is called `db`.
        if !create && !path.join(CONFIG_FILE).is_file() {
            return Err(not_a_store(format!("`{CONFIG_FILE}` is missing beside `{FILE}`")));
        }
        let log = match database(path, cache_bytes) {
            Err(OpenError::Damaged { what, .. }) => without_snapshots(path, cache_bytes, what)?,
            answer => answer?,
        };
        if !create && !log.tree_names().iter().any(|name| name == HEAD_TREE) {
            let why = "it is a database of another program, or its creation was interrupted";
            return Err(not_a_store(why.into()));
        }
        let head = log.open_tree(HEAD_TREE).map_err(|error| of_open(path, error))?;
        let syncer = Syncer::new(path).map_err(|error| OpenError::from_io(path, &error))?;
        Ok(Self { log, head, syncer: Mutex::new(syncer) })
    }

    fn tree(&self, space: Space) -> &sled::Tree {
        match space {
            Space::Log => &self.log,
            Space::Head => &self.head,
        }
    }
}

/// Opens sled. Its threads let go of the lock a moment after the last handle is gone, so a store that was closed just now
/// is asked for again before it is called in use.
fn database(path: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    // Without a background flusher: every append is flushed before it is answered.
    let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
    let mut attempt: u32 = 1;
    loop {
        match config.open().map_err(|error| of_open(path, error)) {
            Err(OpenError::InUse(_)) if attempt < LOCK_ATTEMPTS => std::thread::sleep(LOCK_WAIT),
            answer => return answer,
        }
        attempt = attempt.saturating_add(1);
    }
}

/// sled does not open if its snapshot is damaged or was being written when the process ended, although that says nothing that its
/// log does not say: such a one is removed, and the log read from its start.
fn without_snapshots(path: &Path, cache_bytes: u64, what: String) -> Result<sled::Db, OpenError> {
    let io = |error: std::io::Error| OpenError::from_io(path, &error);
    let mut removed = false;
    for entry in fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(SNAPSHOT)
            && (name.ends_with(".generating") || !is_whole(&fs::read(entry.path()).map_err(io)?))
        {
            tracing::warn!(path = %entry.path().display(), "sled's snapshot is damaged: the log is read from its start");
            fs::remove_file(entry.path()).map_err(io)?;
            removed = true;
        }
    }
    if removed { database(path, cache_bytes) } else { Err(OpenError::Damaged { path: path.to_path_buf(), what }) }
}

/// A snapshot of sled 0.34 ends with its length (8 bytes) and a CRC-32 of what is before both, little-endian.
fn is_whole(snapshot: &[u8]) -> bool {
    let Some((rest, crc)) = snapshot.split_last_chunk::<4>() else { return false };
    let Some((content, _)) = rest.split_last_chunk::<8>() else { return false };
    crc32fast::hash(content) == u32::from_le_bytes(*crc)
}

impl Engine for SledEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.tree(space).get(key)?.map(|value| value.to_vec()))
    }

    fn last_before(&self, space: Space, key: &[u8]) -> Result<Option<Entry>, Fault> {
        Ok(self.tree(space).get_lt(key)?.map(|(key, value)| (key.to_vec(), value.to_vec())))
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), Fault> {
        for entry in self.tree(space).range(from..to) {
            let (key, value) = entry?;
            if visit(&key, &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, space: Space, entries: Vec<Entry>) -> Result<(), Fault> {
        let mut batch = sled::Batch::default();
        for (key, value) in entries {
            batch.insert(key, value);
        }
        Ok(self.tree(space).apply_batch(batch)?)
    }

    /// `flush` of this sled does not sync; the syncer does.
    fn sync(&self) -> Result<(), Fault> {
        self.log.flush()?;
        self.syncer.lock().unwrap_or_else(PoisonError::into_inner).sync()?;
        Ok(())
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Corruption { at: Some(at), .. } => {
                Damage::new(format!("sled cannot read `{FILE}` at {at:?}")).into()
            }
            sled::Error::Corruption { .. } => {
                let files = format!("`{FILE}`, `{CONFIG_FILE}`, `{SNAPSHOT}*`, `blobs/`");
                Damage::new(format!("sled cannot make sense of one of its files ({files})")).into()
            }
            // Nobody else takes a file away.
            sled::Error::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Damage::new("a file of sled is missing, such as one below `blobs/`").into()
            }
            other => Self::Failed(other.to_string()),
        }
    }
}

fn of_open(path: &Path, error: sled::Error) -> OpenError {
    match error {
        // The text is that of the pinned version of sled, which hides the kind of this one.
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            OpenError::InUse(path.to_path_buf())
        }
        sled::Error::Io(error) if error.kind() != std::io::ErrorKind::NotFound => OpenError::from_io(path, &error),
        sled::Error::Unsupported(why) => OpenError::NotAStore { path: path.to_path_buf(), why },
        other => OpenError::from_fault(path, other.into()),
    }
}
