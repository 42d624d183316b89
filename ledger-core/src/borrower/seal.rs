//! Sealing one field: AES-256-GCM-SIV (RFC 8452).
//!
//! The same field of the same event must always come to the same bytes, because a command that is sent again must give the same event.
//! So the nonce is not random: it is derived from key, event id and field. Should one event id ever be used for two values, this
//! cipher tells no more than whether they are equal; with most others the texts would be lost.

use crate::stream::StreamName;
use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Version 1: AES-256-GCM-SIV, the value padded to a multiple of [`PAD`] bytes.
const FORMAT: u8 = 1;
/// A ciphertext tells the length of its value only up to this many bytes.
const PAD: usize = 32;

/// Why a field cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Another format than this program knows.
    #[error("the sealed field has a format that this program does not know")]
    Format,
    /// The key is not that with which it was sealed, or it stands in another event or field.
    #[error("the sealed field does not open with this borrower's key")]
    Wrong,
}

/// The ciphertext of a field. JSON: base64 of the format byte, the ciphertext and its tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", STANDARD.encode(&self.0))
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&STANDARD.encode(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("a sealed field is not base64"))
        } else {
            <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
        }
    }
}

/// A borrower's key: 32 random bytes. It never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct BorrowerKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for BorrowerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BorrowerKey")
    }
}

impl BorrowerKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-Expand (RFC 5869, 2.3); the key is random and needs no extraction (3.3).
    fn derive<const N: usize>(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; N]>, SealError> {
        let mut derived = Zeroizing::new([0; N]);
        let hkdf = Hkdf::<Sha256>::from_prk(self.0.as_slice()).map_err(|_| SealError::Wrong)?;
        hkdf.expand_multi_info(info, derived.as_mut_slice()).map_err(|_| SealError::Wrong)?;
        Ok(derived)
    }

    fn cipher(&self, event: Uuid, field: &str) -> Result<(Aes256GcmSiv, Nonce), SealError> {
        let key = self.derive::<32>(&[b"iledger borrower field 1 key"])?;
        let nonce = self.derive::<12>(&[b"iledger borrower field 1 nonce", event.as_bytes(), field.as_bytes()])?;
        let cipher = Aes256GcmSiv::new_from_slice(key.as_slice()).map_err(|_| SealError::Wrong)?;
        Ok((cipher, Nonce::from(*nonce)))
    }

    /// Seals a field of an event in the borrower's stream.
    ///
    /// # Errors
    /// Never for values of less than 64 GiB.
    pub fn seal(&self, stream: &StreamName, event: Uuid, field: &str, value: &str) -> Result<Sealed, SealError> {
        let (cipher, nonce) = self.cipher(event, field)?;
        // ISO/IEC 7816-4: a byte 0x80, then zeros
        let mut padded = Zeroizing::new(value.as_bytes().to_vec());
        padded.push(0x80);
        let length = padded.len().next_multiple_of(PAD);
        padded.resize(length, 0);
        let aad = place(stream, event, field);
        let ciphertext = cipher.encrypt(&nonce, Payload { msg: &padded, aad: &aad }).map_err(|_| SealError::Wrong)?;
        Ok(Sealed([&[FORMAT][..], &ciphertext].concat()))
    }

    /// Opens a field of an event in the borrower's stream.
    ///
    /// # Errors
    /// It was sealed under another key or for another place, or was changed.
    pub fn open(
        &self,
        stream: &StreamName,
        event: Uuid,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<String>, SealError> {
        let Some((&FORMAT, ciphertext)) = sealed.0.split_first() else { return Err(SealError::Format) };
        let (cipher, nonce) = self.cipher(event, field)?;
        let aad = place(stream, event, field);
        let padded = cipher.decrypt(&nonce, Payload { msg: ciphertext, aad: &aad }).map_err(|_| SealError::Wrong)?;
        let padded = Zeroizing::new(padded);
        let end = padded.iter().rposition(|byte| *byte != 0).ok_or(SealError::Wrong)?;
        let (value, rest) = padded.split_at_checked(end).ok_or(SealError::Wrong)?;
        if rest.first() != Some(&0x80) {
            return Err(SealError::Wrong);
        }
        std::str::from_utf8(value).map(|value| Zeroizing::new(value.to_owned())).map_err(|_| SealError::Wrong)
    }
}

/// Where a field stands: a ciphertext that is moved elsewhere does not open.
fn place(stream: &StreamName, event: Uuid, field: &str) -> Vec<u8> {
    [stream.as_str().as_bytes(), &[0], event.as_bytes(), field.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(id: &str) -> StreamName {
        StreamName::borrower(id).unwrap()
    }

    #[test]
    fn the_same_field_always_comes_to_the_same_bytes() {
        let key = BorrowerKey::new([7; 32]);
        let event = Uuid::from_u128(1);
        let sealed = key.seal(&stream("B-1"), event, "name", "Li Lei").unwrap();
        assert_eq!(sealed, key.seal(&stream("B-1"), event, "name", "Li Lei").unwrap());
        // computed apart from this code, with HKDF and AES-GCM-SIV of pyca/cryptography
        let golden = "\"AUcZ/Toh+vU0hGGY41S1b1H5AcXIjbQLYtntszTp34qaLm/ArIr+/JBVkMkSCy6pMw==\"";
        assert_eq!(serde_json::to_string(&sealed).unwrap(), golden);
    }

    #[test]
    fn it_opens_with_its_key_in_its_place_only() {
        let key = BorrowerKey::new([7; 32]);
        let (here, event) = (stream("B-1"), Uuid::from_u128(1));
        let sealed = key.seal(&here, event, "name", "Li Lei").unwrap();
        assert_eq!(key.open(&here, event, "name", &sealed).unwrap().as_str(), "Li Lei");
        assert_eq!(BorrowerKey::new([8; 32]).open(&here, event, "name", &sealed), Err(SealError::Wrong));
        assert_eq!(key.open(&stream("B-2"), event, "name", &sealed), Err(SealError::Wrong));
        assert_eq!(key.open(&here, Uuid::from_u128(2), "name", &sealed), Err(SealError::Wrong));
        assert_eq!(key.open(&here, event, "phone", &sealed), Err(SealError::Wrong));
        for at in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[at] ^= 1;
            assert!(key.open(&here, event, "name", &altered).is_err());
        }
        assert_eq!(key.open(&here, event, "name", &Sealed(Vec::new())), Err(SealError::Format));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_hides_its_length(value in ".{0,100}", key in any::<[u8; 32]>(), event in any::<u128>()) {
            let (key, event) = (BorrowerKey::new(key), Uuid::from_u128(event));
            let sealed = key.seal(&stream("B"), event, "f", &value).unwrap();
            let opened = key.open(&stream("B"), event, "f", &sealed).unwrap();
            prop_assert_eq!(opened.as_str(), value.as_str());
            prop_assert_eq!((sealed.0.len() - 17) % PAD, 0);
        }
    }
}
