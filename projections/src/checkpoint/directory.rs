//! Checkpoints in a directory: `<dir>/<name>.v<version>.proj`.

use super::{CheckpointError, CheckpointStore};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Checkpoints in a directory, one file for each projection and version.
#[derive(Debug, Clone)]
pub struct DirectoryCheckpoints {
    dir: PathBuf,
}

impl DirectoryCheckpoints {
    /// Opens a directory and makes it if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(failed(&dir, "made"))?;
        Ok(Self { dir })
    }

    /// The file of a checkpoint.
    #[must_use]
    pub fn path(&self, name: &str, version: u32) -> PathBuf {
        self.dir.join(format!("{name}.v{version}.proj"))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let temporary = self.dir.join(format!(".{file_name}.{}.tmp", std::process::id()));
        let written = write_synced(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            // the reason matters, not what is left; the next save writes over it
            let _ = fs::remove_file(&temporary);
            return Err(failed(path, "written")(error));
        }
        // a rename is on disk only when its directory is
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(failed(&self.dir, "written"))
    }

    fn remove_lower(&self, name: &str, version: u32) -> Result<(), CheckpointError> {
        for entry in fs::read_dir(&self.dir).map_err(failed(&self.dir, "listed"))? {
            let entry = entry.map_err(failed(&self.dir, "listed"))?;
            let file_name = entry.file_name();
            let lower = file_name
                .to_str()
                .and_then(|text| {
                    text.strip_prefix(name)?.strip_prefix(".v")?.strip_suffix(".proj")?.parse::<u32>().ok()
                })
                .is_some_and(|other| other < version);
            if lower {
                fs::remove_file(entry.path()).map_err(failed(&entry.path(), "removed"))?;
            }
        }
        Ok(())
    }
}

impl CheckpointStore for DirectoryCheckpoints {
    fn load(&self, name: &str, version: u32) -> Result<Option<Vec<u8>>, CheckpointError> {
        let path = self.path(name, version);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, "read")(error)),
        }
    }

    fn save(&self, name: &str, version: u32, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.replace(&self.path(name, version), bytes)?;
        self.remove_lower(name, version)
    }

    fn size(&self, name: &str, version: u32) -> Result<Option<u64>, CheckpointError> {
        let path = self.path(name, version);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, "read")(error)),
        }
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn failed(path: &Path, verb: &'static str) -> impl FnOnce(std::io::Error) -> CheckpointError {
    let what = path.display().to_string();
    move |source| CheckpointError { what, verb, source }
}
