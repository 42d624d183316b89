//! Where the bytes of a file go, with their hash.

use crate::Error;
use ledger_core::record::json::hex;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

enum To {
    File(BufWriter<File>),
    Other(Box<dyn Write + Send>),
}

/// Bytes on their way, hashed.
pub struct Output {
    to: To,
    sha256: Sha256,
    bytes: u64,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of them, in lower-case hex.
    pub sha256: String,
}

impl Output {
    /// To a new file.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn file(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(Error::file(path, "written"))?;
        Ok(Self { to: To::File(BufWriter::with_capacity(1 << 16, file)), sha256: Sha256::new(), bytes: 0 })
    }

    /// To anything, such as stdout.
    #[must_use]
    pub fn other(out: Box<dyn Write + Send>) -> Self {
        Self { to: To::Other(out), sha256: Sha256::new(), bytes: 0 }
    }

    /// Flushes; a file is on disk after that.
    ///
    /// # Errors
    /// The rest cannot be written.
    pub fn finish(mut self) -> Result<Written, Error> {
        self.flush()?;
        if let To::File(file) = &self.to {
            file.get_ref().sync_all()?;
        }
        Ok(self.written())
    }

    /// Flushes; whoever wrote a file syncs it.
    ///
    /// # Errors
    /// The rest cannot be written.
    pub(super) fn finish_unsynced(mut self) -> Result<Written, Error> {
        self.flush()?;
        Ok(self.written())
    }

    fn written(self) -> Written {
        Written { bytes: self.bytes, sha256: hex(&self.sha256.finalize()) }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.to {
            To::File(out) => out.write(bytes)?,
            To::Other(out) => out.write(bytes)?,
        };
        self.sha256.update(bytes.get(..written).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::File(out) => out.flush(),
            To::Other(out) => out.flush(),
        }
    }
}
