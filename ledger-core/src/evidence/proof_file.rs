//! Proofs as files: canonical JSON and a newline, complete in themselves.

use super::{Checkpoint, NodeHash, NotACheckpoint, Note, NoteError, ProofError, TreeHead, VerifierKey, proof};
use crate::record::canonical::{self, CanonicalError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The form of the file.
const FORMAT: &str = "iledger-proof 1";

/// A proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    format: String,
    /// What it proves.
    pub proof: Proof,
}

/// What a file proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// An event is in the log.
    Inclusion(Inclusion),
    /// A log begins with what an earlier checkpoint of it said.
    Consistency(Consistency),
}

/// An event is in the tree of a size and root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// The event; its canonical JSON is the leaf.
    pub event: Value,
    /// The event's ordinal.
    #[serde(with = "decimal")]
    pub index: u64,
    /// The tree.
    pub tree: Head,
    /// The path from the leaf to the root.
    pub path: Vec<NodeHash>,
}

/// The newer tree begins with the older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The older tree.
    pub old: Head,
    /// The newer tree.
    pub new: Head,
    /// The path.
    pub path: Vec<NodeHash>,
}

/// A tree's size and root, and the checkpoint that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of events.
    #[serde(with = "decimal")]
    pub size: u64,
    /// The root.
    pub root: NodeHash,
    /// The signed note, if one was kept of this size.
    pub checkpoint: Option<String>,
}

/// A 64-bit integer as a decimal string.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a whole number")))
    }
}

/// Why a file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// Not a proof file.
    #[error("it is not a proof: {0}")]
    Malformed(String),
    /// It was changed since it was written: the same proof has other bytes.
    #[error("it is not as it was written (canonical JSON and a newline)")]
    Changed,
    /// The event has no canonical form.
    #[error("the event in it has no canonical form: {0}")]
    Event(#[from] CanonicalError),
    /// It does not prove what it says.
    #[error("the proof does not hold: {0}")]
    Proof(#[from] ProofError),
    /// A checkpoint in it is no signed note, or a signature is wrong.
    #[error("the checkpoint of size {size} in it: {error}")]
    Note {
        /// The size.
        size: u64,
        /// Why.
        error: NoteError,
    },
    /// A checkpoint in it is none.
    #[error("the checkpoint of size {size} in it: {error}")]
    Checkpoint {
        /// The size.
        size: u64,
        /// Why.
        error: NotACheckpoint,
    },
    /// A checkpoint in it speaks of another tree.
    #[error("the checkpoint in it says another size or root than the proof of size {0}")]
    OtherTree(u64),
}

/// Who vouches for a tree in a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The tree.
    pub head: TreeHead,
    /// The log's name, if a checkpoint is there.
    pub origin: Option<String>,
    /// The names of the given keys whose signatures were verified.
    pub signers: Vec<String>,
    /// The names of all signatures, verified or not.
    pub signatures: Vec<String>,
}

impl From<Proof> for ProofFile {
    fn from(proof: Proof) -> Self {
        Self { format: FORMAT.to_owned(), proof }
    }
}

impl ProofFile {
    /// The bytes of the file.
    ///
    /// # Errors
    /// The event has no canonical form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        let mut bytes = canonical::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a file. Verifies nothing but that it is as it was written.
    ///
    /// # Errors
    /// It is not a proof, or was changed.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let file: Self = serde_json::from_slice(bytes).map_err(|error| ProofFileError::Malformed(error.to_string()))?;
        if file.format != FORMAT {
            return Err(ProofFileError::Malformed(format!("its format is `{}`, not `{FORMAT}`", file.format)));
        }
        if file.to_bytes()? == bytes { Ok(file) } else { Err(ProofFileError::Changed) }
    }

    /// Verifies the proof, and the signatures of the checkpoints in it by the keys given; the trees that it speaks of and who vouches for
    /// each. Without keys no signature is verified.
    ///
    /// # Errors
    /// It does not hold.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<Vouched>, ProofFileError> {
        match &self.proof {
            Proof::Inclusion(inclusion) => {
                let leaf = NodeHash::of_leaf(&canonical::to_vec(&inclusion.event)?);
                let Head { size, root, .. } = inclusion.tree;
                proof::verify_inclusion(leaf, inclusion.index, size, &inclusion.path, root)?;
                Ok(vec![inclusion.tree.vouched(keys)?])
            }
            Proof::Consistency(consistency) => {
                let head = |head: &Head| TreeHead { size: head.size, root: head.root };
                proof::verify_consistency(head(&consistency.old), head(&consistency.new), &consistency.path)?;
                Ok(vec![consistency.old.vouched(keys)?, consistency.new.vouched(keys)?])
            }
        }
    }
}

impl Head {
    fn vouched(&self, keys: &[VerifierKey]) -> Result<Vouched, ProofFileError> {
        let size = self.size;
        let head = TreeHead { size, root: self.root };
        let mut vouched = Vouched { head, origin: None, signers: Vec::new(), signatures: Vec::new() };
        let Some(text) = &self.checkpoint else { return Ok(vouched) };
        let note = Note::parse(text.as_bytes()).map_err(|error| ProofFileError::Note { size, error })?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| ProofFileError::Checkpoint { size, error })?;
        if checkpoint.head != head {
            return Err(ProofFileError::OtherTree(size));
        }
        if !keys.is_empty() {
            let signers = note.verify(keys).map_err(|error| ProofFileError::Note { size, error })?;
            vouched.signers = signers.into_iter().map(|key| key.name().to_owned()).collect();
        }
        vouched.signatures = note.signatures().iter().map(|signature| signature.name.clone()).collect();
        vouched.origin = Some(checkpoint.origin);
        Ok(vouched)
    }
}
