//! How many events were acknowledged, in a file that the engine has no part in.
//!
//! When sled opens a file in which one byte is wrong, it takes the place for the end of an interrupted write, drops everything
//! after it, and opens without an error: an old sector that goes bad would silently cost all newer events. redb can do the same with
//! its last commit, if it was not closed in order. So the count is kept beside it: a log that ends before it is damaged, and is
//! not written to.
//!
//! On sled the count is synced with every append. On redb, where no more than the last append is at stake, it is synced with every
//! block and as soon as there is nothing to write for 5 ms: if the power fails before that, and the last commit's bytes go bad
//! too, this one append is missed by nobody.

use super::bytes::{seal, unseal};
use crate::store::error::{Damage, Fault};
use crate::store::files::sync_file;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file's name in the store's directory.
pub(super) const FILE: &str = "acknowledged";
const FORMAT: u8 = 1;

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Watermark {
    path: PathBuf,
    file: File,
}

impl Watermark {
    /// A new file that says 0, durable.
    pub(super) fn create(dir: &Path) -> io::Result<()> {
        let path = dir.join(FILE);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let mut watermark = Self { path, file };
        watermark.set(0)?;
        watermark.sync()
    }

    /// Opens the file, and says how many events were acknowledged.
    pub(super) fn open(dir: &Path) -> Result<(Self, u64), Fault> {
        let path = dir.join(FILE);
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Damage::new("it is missing").at(FILE).into()
            } else {
                Fault::from(error)
            }
        })?;
        let mut value = Vec::new();
        file.read_to_end(&mut value)?;
        let end =
            unseal(&[FORMAT], &value).and_then(|(_, mut content)| content.u64()).map_err(|damage| damage.at(FILE))?;
        Ok((Self { path, file }, end))
    }

    /// Writes the count over the old one; after the events themselves are durable. A few bytes at the start of a file are
    /// written whole or not at all. Without [`Watermark::sync`] a loss of power may leave an older count, and what is lost then
    /// goes unnoticed.
    pub(super) fn set(&mut self, end: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&seal(FORMAT, &end.to_be_bytes()))
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        sync_file(&self.path, &self.file)
    }
}
