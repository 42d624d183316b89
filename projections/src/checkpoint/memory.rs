//! Checkpoints in memory: for tests, and for a process that shall leave no files.

use super::{CheckpointError, CheckpointStore};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Checkpoints in memory.
#[derive(Debug, Default)]
pub struct MemoryCheckpoints {
    files: Mutex<BTreeMap<(String, u32), Vec<u8>>>,
}

impl MemoryCheckpoints {
    fn files(&self) -> MutexGuard<'_, BTreeMap<(String, u32), Vec<u8>>> {
        // every change is one insertion or removal, so a thread that panicked left nothing half done
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckpointStore for MemoryCheckpoints {
    fn load(&self, name: &str, version: u32) -> Result<Option<Vec<u8>>, CheckpointError> {
        Ok(self.files().get(&(name.to_owned(), version)).cloned())
    }

    fn save(&self, name: &str, version: u32, bytes: &[u8]) -> Result<(), CheckpointError> {
        let mut files = self.files();
        files.retain(|(other, other_version), _| other != name || *other_version > version);
        files.insert((name.to_owned(), version), bytes.to_vec());
        Ok(())
    }

    fn size(&self, name: &str, version: u32) -> Result<Option<u64>, CheckpointError> {
        Ok(self.files().get(&(name.to_owned(), version)).map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
    }
}
