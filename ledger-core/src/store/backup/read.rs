//! Verifying and restoring a backup.

use super::manifest::read_checked;
use super::{BackupError, Manifest, segment};
use crate::store::block_store::{OpenOptions, Restorer};
use crate::store::error::Damage;
use crate::store::files::{replace, sync_dir};
use std::fs;
use std::io;
use std::path::Path;

/// Reads every file of a backup, and checks it against the manifest. `progress` is told how many events were read, and says
/// whether to go on.
///
/// # Errors
/// [`BackupError::Missing`], [`BackupError::Damaged`] (the first file that is), [`BackupError::Unavailable`],
/// [`BackupError::Stopped`].
pub fn verify(backup: &Path, mut progress: impl FnMut(u64) -> bool) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(backup)?.ok_or_else(|| BackupError::Missing(backup.to_path_buf()))?;
    for file in &manifest.files {
        read_checked(&backup.join(file.stored()), file.bytes, &file.sha256)?;
    }
    for one in &manifest.segments {
        let path = backup.join(one.path());
        let content = read_checked(&path, one.bytes, &one.sha256)?;
        segment::blocks(&content).map_err(|Damage(what)| BackupError::damaged(&path, what))?;
        if !progress(one.end()) {
            return Err(BackupError::Stopped);
        }
    }
    Ok(manifest)
}

/// Makes the store of a backup anew in `log`, and the files beside it below `beside`; neither may be there. The store has the id of
/// the one that was backed up.
///
/// # Errors
/// [`BackupError`]; what was made until then stays, for the caller to delete.
pub fn restore(
    backup: &Path,
    log: &Path,
    beside: &Path,
    options: OpenOptions,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(backup)?.ok_or_else(|| BackupError::Missing(backup.to_path_buf()))?;
    let mut restorer = Restorer::create(log, options, manifest.store)?;
    for one in &manifest.segments {
        let path = backup.join(one.path());
        let content = read_checked(&path, one.bytes, &one.sha256)?;
        let damaged = |Damage(what): Damage| BackupError::damaged(&path, what);
        for block in segment::blocks(&content).map_err(damaged)? {
            restorer.push(block).map_err(|fault| BackupError::damaged(&path, fault.to_string()))?;
        }
        if !progress(one.end()) {
            return Err(BackupError::Stopped);
        }
    }
    let restored =
        restorer.finish().map_err(|fault| BackupError::Unavailable { path: log.into(), why: fault.to_string() })?;
    if restored != manifest.events {
        let what = format!("its segments hold {restored} events, not {}", manifest.events);
        return Err(BackupError::damaged(&backup.join(super::MANIFEST), what));
    }
    for file in &manifest.files {
        let content = read_checked(&backup.join(file.stored()), file.bytes, &file.sha256)?;
        let path = beside.join(&file.path);
        let parent = path.parent().unwrap_or(beside);
        let written =
            fs::create_dir_all(parent).and_then(|()| replace(&path, &content)).and_then(|()| sync_dir(parent));
        written.map_err(|error| BackupError::io(&path, &error))?;
    }
    Ok(manifest)
}

/// Gives what was restored in `draft` its name, durably. An empty directory of that name gives way.
///
/// # Errors
/// [`BackupError::Unavailable`].
pub fn name(draft: &Path, directory: &Path) -> Result<(), BackupError> {
    let failed = |error: io::Error| BackupError::io(directory, &error);
    match fs::remove_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    fs::rename(draft, directory).map_err(failed)?;
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_dir(parent).map_err(failed)
}
