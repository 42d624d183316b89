//! Keys of signed notes: C2SP `signed-note`, and `tlog-cosignature` for witnesses.
//!
//! A verifier key is written `<name>+<id, 8 hex digits>+<base64 of type byte and public key>`, a signer key
//! `PRIVATE+KEY+<name>+<id>+<base64 of type byte and seed>`, as golang.org/x/mod/sumdb/note does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Why a text is not a key. The text itself is never in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another form.
    #[error("it is not a key of a signed note")]
    Malformed,
    /// A name with a space or a plus, or none.
    #[error("a key's name has no spaces and no `+`, and is not empty")]
    Name,
    /// A signature type that this program does not know.
    #[error("signature type {0} is not known; 1 (Ed25519) and 4 (witness cosignature) are")]
    Type(u8),
    /// The id is not that of name and key.
    #[error("the key's id does not belong to it: it was changed")]
    Id,
}

/// What a key signs, by the type byte of `signed-note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// The note's text, with Ed25519 (0x01).
    Ed25519,
    /// A witness's statement that it saw the checkpoint at a time (0x04, `cosignature/v1`).
    Cosignature,
}

impl SignatureType {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }

    const fn of(byte: u8) -> Result<Self, KeyError> {
        match byte {
            1 => Ok(Self::Ed25519),
            4 => Ok(Self::Cosignature),
            other => Err(KeyError::Type(other)),
        }
    }
}

/// The bytes that a witness signs: `tlog-cosignature`, "Ed25519 signed message".
fn statement(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// Whether a name may stand in a key and before a signature.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

fn id(name: &str, kind: SignatureType, public: &[u8; 32]) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', kind.byte()]);
    hasher.update(public);
    let hash: [u8; 32] = hasher.finalize().into();
    hash.first_chunk::<4>().map_or(0, |first| u32::from_be_bytes(*first))
}

/// Type and 32 bytes of what stands behind the last plus of a key.
fn material(encoded: &str) -> Result<(SignatureType, Zeroizing<[u8; 32]>), KeyError> {
    let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| KeyError::Malformed)?);
    let (kind, key) = bytes.split_first().ok_or(KeyError::Malformed)?;
    let kind = SignatureType::of(*kind)?;
    let key: [u8; 32] = key.try_into().map_err(|_| KeyError::Malformed)?;
    Ok((kind, Zeroizing::new(key)))
}

fn parse_id(text: &str) -> Result<u32, KeyError> {
    let lower = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if text.len() != 8 || !text.bytes().all(lower) {
        return Err(KeyError::Malformed);
    }
    u32::from_str_radix(text, 16).map_err(|_| KeyError::Malformed)
}

/// A key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    kind: SignatureType,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Whose key it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id that stands in its signatures.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> SignatureType {
        self.kind
    }

    /// Whether these bytes (what follows the id in a signature line) are this key's signature of the text.
    #[must_use]
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let (message, signature) = match self.kind {
            SignatureType::Ed25519 => (text.to_owned(), signature),
            SignatureType::Cosignature => {
                let Some((seconds, rest)) = signature.split_first_chunk::<8>() else { return false };
                (statement(u64::from_be_bytes(*seconds), text), rest)
            }
        };
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message.as_bytes(), &signature).is_ok())
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let (kind, public) = material(encoded)?;
        let found = parse_id(hash)?;
        if found != id(name, kind, &public) {
            return Err(KeyError::Id);
        }
        let key = VerifyingKey::from_bytes(&public).map_err(|_| KeyError::Malformed)?;
        Ok(Self { name: name.to_owned(), id: found, kind, key })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(bytes))
    }
}

/// A key that signs. It never shows its secret but in [`SignerKey::secret_text`].
pub struct SignerKey {
    name: String,
    kind: SignatureType,
    key: SigningKey,
}

impl SignerKey {
    /// The key of a seed of 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, kind: SignatureType, seed: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        Ok(Self { name: name.to_owned(), kind, key: SigningKey::from_bytes(seed) })
    }

    /// Reads a key's secret text.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Malformed)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        let (kind, seed) = material(encoded)?;
        let key = Self::from_seed(name, kind, &seed)?;
        if parse_id(hash)? == key.verifier().id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// The text to be kept in a file that nobody else may read.
    #[must_use]
    pub fn secret_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![self.kind.byte()]);
        bytes.extend_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(STANDARD.encode(&*bytes));
        Zeroizing::new(format!("PRIVATE+KEY+{}+{:08x}+{}", self.name, self.verifier().id, *encoded))
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        let key = self.key.verifying_key();
        VerifierKey { name: self.name.clone(), id: id(&self.name, self.kind, key.as_bytes()), kind: self.kind, key }
    }

    /// What follows the id in a signature line. `seconds` (since 1970, UTC) is the time of a witness's statement; a key of the other
    /// type does not use it.
    #[must_use]
    pub fn sign(&self, text: &str, seconds: u64) -> Vec<u8> {
        match self.kind {
            SignatureType::Ed25519 => self.key.sign(text.as_bytes()).to_bytes().to_vec(),
            SignatureType::Cosignature => {
                let mut bytes = seconds.to_be_bytes().to_vec();
                bytes.extend_from_slice(&self.key.sign(statement(seconds, text).as_bytes()).to_bytes());
                bytes
            }
        }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier())
    }
}
