//! Canonical JSON: the JSON Canonicalization Scheme of RFC 8785, narrowed to what a leaf may hold.
//!
//! RFC 8785 makes the bytes of a JSON value unique: no white space, object keys in order, one way to write a string (3.2.2.2)
//! and a number (3.2.2.3). This writer takes what serde gives it and refuses what our log must not hold, so that every
//! language can reproduce the bytes with its ordinary JSON library:
//!
//! * no floating point number, whatever its value: amounts and rates are decimal strings;
//! * no integer beyond ±(2^53 − 1), which RFC 8785 cannot write exactly: 64-bit integers are decimal strings;
//! * only ASCII keys, whose order by bytes is their order by UTF-16 code units (3.2.3);
//! * no key twice in one object.

mod compound;
mod serializer;
#[cfg(test)]
mod tests;

use serde::Serialize;

/// Why a value has no canonical form here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A floating point number.
    #[error("a floating point number; amounts and rates are decimal strings")]
    Float,
    /// An integer that a JSON number does not hold exactly.
    #[error("the integer {0} is beyond 2^53 - 1; it must be a decimal string")]
    Integer(i128),
    /// A key that is not ASCII.
    #[error("the key `{0}` is not ASCII")]
    Key(String),
    /// A key of a map that is no string.
    #[error("a key that is no string")]
    NotAString,
    /// The same key twice in one object.
    #[error("the key `{0}` stands twice in one object")]
    Duplicate(String),
    /// The value refuses to be serialized.
    #[error("{0}")]
    Value(String),
}

/// A writer of canonical JSON that keeps its buffers from one value to the next.
#[derive(Debug, Default)]
pub struct Canonical {
    out: Vec<u8>,
    /// The members of the objects that are open, those of the innermost last.
    members: Vec<Member>,
    /// The keys of these members, as they are before escaping.
    keys: Vec<u8>,
    /// Where members are put in order.
    scratch: Vec<u8>,
    text: String,
}

/// A member of an object that is being written.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// The key in [`Canonical::keys`].
    key: (usize, usize),
    /// Key and value in [`Canonical::out`].
    bytes: (usize, usize),
}

impl Canonical {
    /// A writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The canonical JSON of a value, in UTF-8.
    ///
    /// # Errors
    /// [`CanonicalError`] if the value holds what a leaf may not.
    pub fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&[u8], CanonicalError> {
        self.out.clear();
        self.members.clear();
        self.keys.clear();
        value.serialize(&mut *self)?;
        Ok(&self.out)
    }
}

/// The canonical JSON of one value.
///
/// # Errors
/// As [`Canonical::write`].
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut canonical = Canonical::new();
    canonical.write(value)?;
    Ok(canonical.out)
}
