//! Getting what sled wrote onto the disk.
//!
//! sled 0.34's `flush` writes its buffers and calls `sync_file_range`, which neither flushes the disk's cache nor the file's
//! metadata; and items larger than a quarter of its 512 KiB segments (131,052 bytes with their header) go to files of their own
//! below `blobs/`, which it does not sync at all. A page of the tree is such an item too when it is rewritten, so small values
//! can end there as well.

use crate::store::files::{sync_dir, sync_file};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Syncs the files of a store; remembers which of the large ones, which are written once, are done.
#[derive(Debug)]
pub(super) struct Syncer {
    log: PathBuf,
    log_file: File,
    blobs: PathBuf,
    done: HashSet<OsString>,
}

impl Syncer {
    /// For the store in `dir`, which sled has opened already. Knows of no file that it is synced.
    pub(super) fn new(dir: &Path) -> io::Result<Self> {
        let log = dir.join("db");
        // A sync goes by the file, not by the handle: this one need not be sled's.
        let log_file = File::open(&log)?;
        Ok(Self { log, log_file, blobs: dir.join("blobs"), done: HashSet::new() })
    }

    /// Syncs everything that was written since the last time, and says which files those were. Large values come before the log
    /// that points to them.
    pub(super) fn sync(&mut self) -> io::Result<Vec<PathBuf>> {
        let mut synced = Vec::new();
        let mut present = HashSet::with_capacity(self.done.len());
        for entry in fs::read_dir(&self.blobs)? {
            let entry = entry?;
            let name = entry.file_name();
            if !self.done.contains(&name) {
                match File::open(entry.path()).and_then(|file| sync_file(&entry.path(), &file)) {
                    Ok(()) => synced.push(entry.path()),
                    // sled removes what it has replaced.
                    Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
                    Err(other) => return Err(other),
                }
            }
            present.insert(name);
        }
        if !synced.is_empty() {
            sync_dir(&self.blobs)?;
        }
        self.done = present;
        sync_file(&self.log, &self.log_file)?;
        synced.push(self.log.clone());
        Ok(synced)
    }
}
