//! Checkpoints: the text of C2SP `tlog-checkpoint`, and those that are kept beside the log.

use super::{NodeHash, Note, NoteError, TreeHead};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a checkpoint: {0}")]
pub struct NotACheckpoint(&'static str);

/// What a log says of itself: who it is, and its tree's size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
    /// Further lines, which mean nothing to us.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The checkpoint of a note's text.
    ///
    /// # Errors
    /// [`NotACheckpoint`].
    pub fn parse(text: &str) -> Result<Self, NotACheckpoint> {
        let lines = text.strip_suffix('\n').ok_or(NotACheckpoint("it does not end with a newline"))?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NotACheckpoint("it has fewer than three lines"));
        };
        if origin.is_empty() {
            return Err(NotACheckpoint("its first line, the origin, is empty"));
        }
        let plain = size == "0" || (!size.starts_with('0') && !size.is_empty());
        if !plain || !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotACheckpoint("its second line is not a size"));
        }
        let size = size.parse().map_err(|_| NotACheckpoint("its second line is not a size"))?;
        let root = STANDARD.decode(root).ok().and_then(|root| <[u8; 32]>::try_from(root).ok());
        let root = NodeHash(root.ok_or(NotACheckpoint("its third line is not a SHA-256 in base64"))?);
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(NotACheckpoint("an extension line is empty"));
        }
        Ok(Self { origin: origin.to_owned(), head: TreeHead { size, root }, extensions })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.head.size, STANDARD.encode(self.head.root.0))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Why a kept checkpoint cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {reason}", path.display())]
pub struct KeptError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: KeptReason,
}

/// What is wrong with a kept checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptReason {
    /// The system refuses.
    #[error("{0}")]
    Io(String),
    /// No note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// No checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// The file's name says another size than its text.
    #[error("it is a checkpoint of size {0}")]
    Size(u64),
}

/// A checkpoint that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The note with all its signatures.
    pub note: Note,
    /// Its checkpoint.
    pub checkpoint: Checkpoint,
}

/// The checkpoints in a directory, one file `<size, 20 digits>.note` each.
#[derive(Debug, Clone)]
pub struct KeptCheckpoints {
    directory: PathBuf,
}

impl KeptCheckpoints {
    /// Those of a directory, which need not exist.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    fn path(&self, size: u64) -> PathBuf {
        self.directory.join(format!("{size:020}.note"))
    }

    /// All, by size.
    ///
    /// # Errors
    /// One cannot be read or is none.
    pub fn all(&self) -> Result<Vec<Kept>, KeptError> {
        let failed = |error: std::io::Error| kept_error(&self.directory, KeptReason::Io(error.to_string()));
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut sizes: Vec<u64> = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let size = name.to_str().and_then(|name| name.strip_suffix(".note"));
            sizes.extend(size.filter(|size| size.len() == 20).and_then(|size| size.parse::<u64>().ok()));
        }
        sizes.sort_unstable();
        sizes.into_iter().filter_map(|size| self.of_size(size).transpose()).collect()
    }

    /// That of a size, if there is one.
    ///
    /// # Errors
    /// It cannot be read or is none.
    pub fn of_size(&self, size: u64) -> Result<Option<Kept>, KeptError> {
        let path = self.path(size);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(kept_error(&path, KeptReason::Io(error.to_string()))),
        };
        let note = Note::parse(&bytes).map_err(|error| kept_error(&path, error.into()))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| kept_error(&path, error.into()))?;
        if checkpoint.head.size != size {
            return Err(kept_error(&path, KeptReason::Size(checkpoint.head.size)));
        }
        Ok(Some(Kept { note, checkpoint }))
    }

    /// Keeps a checkpoint; whole or not at all, and synced. One of the same size is replaced: merge their signatures before.
    ///
    /// # Errors
    /// It is no checkpoint, or cannot be written.
    pub fn keep(&self, note: &Note) -> Result<PathBuf, KeptError> {
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| kept_error(&self.directory, error.into()))?;
        let path = self.path(checkpoint.head.size);
        write_whole(&self.directory, &path, note.to_string().as_bytes())
            .map_err(|error| kept_error(&path, KeptReason::Io(error.to_string())))?;
        Ok(path)
    }
}

fn write_whole(directory: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(directory)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}

fn kept_error(path: &Path, reason: KeptReason) -> KeptError {
    KeptError { path: path.to_path_buf(), reason }
}
