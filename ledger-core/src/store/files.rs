//! The files around an engine's own: syncing and measuring them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Syncs the small files and the directories around them: after opening, which may have created any of them.
pub(super) fn sync_surroundings(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            match File::open(entry.path()).and_then(|file| file.sync_all()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    sync_dir(dir)?;
    // The names on the way to the store; one that may not be read belongs to somebody else and was there before.
    for parent in fs::canonicalize(dir)?.ancestors().skip(1).take(2) {
        if let Err(error) = sync_dir(parent)
            && error.kind() != io::ErrorKind::PermissionDenied
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Syncs the names in a directory.
#[cfg(unix)]
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and its entries are synced with the files.
#[cfg(not(unix))]
pub(super) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The bytes of all files of a store.
pub(super) fn disk_bytes(dir: &Path) -> io::Result<u64> {
    let mut sum = 0_u64;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let bytes = if entry.file_type()?.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.len() };
        sum = sum.saturating_add(bytes);
    }
    Ok(sum)
}
