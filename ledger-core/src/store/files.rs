//! The files around an engine's own: syncing and measuring them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Syncs the small files and the directories around them: after opening, which may have created any of them.
pub(super) fn sync_surroundings(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            match File::open(entry.path()).and_then(|file| sync_file(&entry.path(), &file)) {
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

/// Syncs a file. Every sync of ours is this one, or [`sync_dir`], so that the tests know what is durable.
pub(super) fn sync_file(path: &Path, file: &File) -> io::Result<()> {
    #[cfg(test)]
    observed::before(path);
    file.sync_all()?;
    #[cfg(test)]
    observed::after(path);
    let _ = path;
    Ok(())
}

/// Syncs the names in a directory.
#[cfg(unix)]
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()?;
    #[cfg(test)]
    observed::after(dir);
    Ok(())
}

/// Elsewhere a directory cannot be opened as a file, and its entries are synced with the files.
#[cfg(not(unix))]
pub(super) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file that appears, or replaces another, when it is whole and on the disk. Its name is not synced.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut file = File::create(&part)?;
    let written = io::Write::write_all(&mut file, content).and_then(|()| sync_file(&part, &file));
    let done = written.and_then(|()| fs::rename(&part, path));
    if done.is_err() {
        // Why it failed matters, not what is left.
        let _ = fs::remove_file(&part);
    }
    done
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

/// Lets a test see each sync below a directory.
#[cfg(test)]
pub(super) mod observed {
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};

    /// Sees the syncs of files and directories; those of files before and after.
    pub trait Observer: Send + Sync {
        fn before(&self, path: &Path);
        fn after(&self, path: &Path);
    }

    static OBSERVERS: Mutex<Vec<(PathBuf, Arc<dyn Observer>)>> = Mutex::new(Vec::new());

    /// From now on.
    pub fn observe(dir: &Path, observer: Arc<dyn Observer>) {
        OBSERVERS.lock().unwrap().push((dir.to_path_buf(), observer));
    }

    fn observer(path: &Path) -> Option<Arc<dyn Observer>> {
        let all = OBSERVERS.lock().unwrap();
        all.iter().find(|(dir, _)| path.starts_with(dir)).map(|(_, observer)| observer.clone())
    }

    pub fn before(path: &Path) {
        if let Some(observer) = observer(path) {
            observer.before(path);
        }
    }

    pub fn after(path: &Path) {
        if let Some(observer) = observer(path) {
            observer.after(path);
        }
    }
}
