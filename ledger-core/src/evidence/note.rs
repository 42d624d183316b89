//! Signed notes: C2SP `signed-note`.

use super::key::is_name;
use super::{SignatureType, SignerKey, VerifierKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// No note of ours is longer.
const MAX_BYTES: usize = 1024 * 1024;
/// The most signatures that are looked at; `signed-note` asks for at least 16.
const MAX_SIGNATURES: usize = 100;

/// Why a note cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has not the form of a signed note.
    #[error("it is not a signed note: {0}")]
    Malformed(&'static str),
    /// A signature of a known key is wrong.
    #[error("the signature of `{0}` is wrong")]
    Wrong(String),
    /// No signature is of a key that is known.
    #[error("it has no signature of a key that was given")]
    Unknown,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Whose.
    pub name: String,
    /// The key's id.
    pub id: u32,
    /// What follows the id.
    pub bytes: Vec<u8>,
}

/// A text with signatures. Nothing in it is to be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note without signatures yet.
    ///
    /// # Errors
    /// The text does not end with a newline or has control characters.
    pub fn new(text: String) -> Result<Self, NoteError> {
        check_text(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Malformed("its text does not end with a newline"));
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_BYTES {
            return Err(NoteError::Malformed("it is longer than 1 MiB"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
        check_text(whole)?;
        let at = whole.rfind("\n\n").ok_or(NoteError::Malformed("no empty line before the signatures"))?;
        let (text, rest) = whole.split_at_checked(at.saturating_add(1)).unwrap_or_default();
        let lines = rest.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(NoteError::Malformed("it does not end with a newline"))?;
        let mut signatures: Vec<NoteSignature> = Vec::new();
        for line in lines.split('\n') {
            let signature = signature(line).ok_or(NoteError::Malformed("a line is no signature"))?;
            if signatures.len() >= MAX_SIGNATURES {
                return Err(NoteError::Malformed("it has too many signatures"));
            }
            signatures.push(signature);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text that is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, verified or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Signs. `seconds` is the time of a witness's statement. An earlier signature of the same key is replaced.
    pub fn sign(&mut self, key: &SignerKey, seconds: u64) {
        let verifier = key.verifier();
        let bytes = key.sign(&self.text, seconds);
        self.add(NoteSignature { name: verifier.name().to_owned(), id: verifier.id(), bytes });
    }

    fn add(&mut self, signature: NoteSignature) {
        let same = |known: &&mut NoteSignature| known.name == signature.name && known.id == signature.id;
        match self.signatures.iter_mut().find(same) {
            Some(known) => *known = signature,
            None => self.signatures.push(signature),
        }
    }

    /// Takes over the signatures of another note of the same text; how many are new or newer.
    ///
    /// # Errors
    /// The texts differ.
    pub fn merge(&mut self, other: &Self) -> Result<usize, NoteError> {
        if other.text != self.text {
            return Err(NoteError::Malformed("it is a note of another text"));
        }
        let mut added: usize = 0;
        for signature in &other.signatures {
            if !self.signatures.contains(signature) {
                self.add(signature.clone());
                added = added.saturating_add(1);
            }
        }
        Ok(added)
    }

    /// The keys among those given that signed the note. Signatures of other keys are ignored; one of a given key that is wrong spoils the note.
    ///
    /// # Errors
    /// A signature is wrong, or none is of a given key.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut verified: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name() == signature.name && key.id() == signature.id) else {
                continue;
            };
            if !key.verifies(&self.text, &signature.bytes) {
                return Err(NoteError::Wrong(signature.name.clone()));
            }
            if !verified.contains(&key) {
                verified.push(key);
            }
        }
        if verified.is_empty() { Err(NoteError::Unknown) } else { Ok(verified) }
    }
}

impl NoteSignature {
    /// The time of a witness's statement, in seconds since 1970, if the key is known to be a witness's.
    #[must_use]
    pub fn seconds(&self, key: &VerifierKey) -> Option<u64> {
        (key.kind() == SignatureType::Cosignature)
            .then(|| self.bytes.first_chunk::<8>().map(|seconds| u64::from_be_bytes(*seconds)))
            .flatten()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let mut bytes = signature.id.to_be_bytes().to_vec();
            bytes.extend_from_slice(&signature.bytes);
            writeln!(f, "\u{2014} {} {}", signature.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed("it has control characters"));
    }
    Ok(())
}

fn signature(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    if !is_name(name) {
        return None;
    }
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    if rest.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: rest.to_vec() })
}
