//! Files that hold secrets: nobody but their owner may read them, and a file that others may read is not used.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Why a secret file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateFileError {
    /// Others than the owner may read or write it.
    #[error("`{}` may be read or changed by others (mode {mode:o}): run `chmod 600` on it, and think about a new key", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is there already and would be overwritten.
    #[error("`{}` exists: a key is never overwritten", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("`{}`: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl PrivateFileError {
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), reason: error.to_string() }
    }
}

/// Refuses a file or directory that others than its owner may read or write.
///
/// # Errors
/// [`PrivateFileError::Open`], or it cannot be looked at.
pub fn check(path: &Path, file: &File) -> Result<(), PrivateFileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| PrivateFileError::io(path, &error))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(PrivateFileError::Open { path: path.to_path_buf(), mode });
        }
    }
    #[cfg(not(unix))]
    let _ = (path, file);
    Ok(())
}

/// Options that make a new file its owner's alone.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Reads a file that nobody but its owner may read.
///
/// # Errors
/// Others may read it, or it cannot be read.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    let failed = |error: std::io::Error| PrivateFileError::io(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    check(path, &file)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Makes a file that nobody but its owner may read, and syncs it.
///
/// # Errors
/// It exists, or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    let mut file = options().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => PrivateFileError::Exists(path.to_path_buf()),
        _ => PrivateFileError::io(path, &error),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| PrivateFileError::io(path, &error))
}

/// Makes a directory that nobody but its owner may look into, unless it is there.
///
/// # Errors
/// It cannot be made, or others may look into it.
pub fn directory(path: &Path) -> Result<(), PrivateFileError> {
    let failed = |error: std::io::Error| PrivateFileError::io(path, &error);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.recursive(true).create(path).map_err(failed)?;
    check(path, &File::open(path).map_err(failed)?)
}
