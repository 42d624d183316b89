//! From a file to texts: size limits, archives, encodings, digests.

use crate::encoding::{self, Decoded};
use crate::limits::Limits;
use crate::refusal::{Reason, Refusal};
use crate::{archive, encoding::Wish};
use sha2::{Digest as _, Sha256};
use std::io::Read;

/// One text to be read: a file, or a file within an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name: the file's, or the archive's and the entry's.
    pub name: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of its bytes: the same statement sent again has the same.
    pub sha256: [u8; 32],
    /// The encoding, if it had to be guessed.
    pub guessed: Option<&'static str>,
}

/// Reads a file: unpacks ZIP and GZIP, decodes, and keeps within the limits.
///
/// `encoding` is a label such as `gb18030`; without one, a byte order mark, the file's own declaration and the bytes decide.
///
/// # Errors
/// A [`Refusal`] without a line: too large, a bomb, a broken archive, not in the encoding named.
pub fn load(
    name: &str,
    reader: &mut dyn Read,
    encoding: Option<&str>,
    limits: &Limits,
) -> Result<Vec<Source>, Refusal> {
    let wish = Wish::of(encoding)?;
    let bytes = take(reader, limits.bytes)?;
    let files = match bytes.get(..4) {
        Some([0x50, 0x4b, 0x03, 0x04]) => archive::zip(&bytes, limits)?,
        Some([0x1f, 0x8b, ..]) => vec![(None, archive::gzip(&bytes, limits)?)],
        _ => vec![(None, bytes)],
    };
    let mut sources = Vec::with_capacity(files.len());
    for (entry, bytes) in files {
        let sha256 = Sha256::digest(&bytes).into();
        let Decoded { text, guessed } = encoding::decode(bytes, wish)?;
        let name = entry.map_or_else(|| name.to_owned(), |entry| format!("{name}:{entry}"));
        sources.push(Source { name, text, sha256, guessed });
    }
    Ok(sources)
}

/// All bytes of a reader, if they are not more than `limit`.
pub(crate) fn take(reader: &mut dyn Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Refusal::whole(Reason::Unreadable, format!("it cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(Refusal::whole(Reason::Limit, format!("it has more than {limit} bytes: split it")));
    }
    Ok(bytes)
}
