//! Names of streams.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr, sync::Arc};

/// The name of a stream: `loan-<id>`, `borrower-<id>`, `ledger` or `reference`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

/// Why a text cannot name a stream or a loan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name for a stream or loan (1 to 128 of A-Z a-z 0-9 . _ : - and no leading `$`)")]
pub struct NameError(pub String);

impl StreamName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 128;

    /// The stream of the ledger itself: days and periods closed.
    #[must_use]
    pub fn ledger() -> Self {
        Self(Arc::from("ledger"))
    }

    /// The stream of published rule files and calendars.
    #[must_use]
    pub fn reference() -> Self {
        Self(Arc::from("reference"))
    }

    /// The stream of a loan.
    ///
    /// # Errors
    /// [`NameError`] if the id has other characters than names may have.
    pub fn loan(id: &str) -> Result<Self, NameError> {
        if id.is_empty() {
            return Err(NameError(String::new()));
        }
        format!("loan-{id}").parse().map_err(|_| NameError(id.chars().take(48).collect()))
    }

    /// The stream of the reconciliation of an account.
    ///
    /// # Errors
    /// [`NameError`] if the account's name has other characters than names may have.
    pub fn reconciliation(account: &str) -> Result<Self, NameError> {
        if account.is_empty() {
            return Err(NameError(String::new()));
        }
        format!("reconciliation-{account}").parse().map_err(|_| NameError(account.chars().take(48).collect()))
    }

    /// The account, if this is the stream of a reconciliation.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.0.strip_prefix("reconciliation-")
    }

    /// The loan's id, if this is the stream of a loan.
    #[must_use]
    pub fn loan_id(&self) -> Option<&str> {
        self.0.strip_prefix("loan-")
    }

    /// The stream of a borrower.
    ///
    /// # Errors
    /// [`NameError`] if the id has other characters than names may have.
    pub fn borrower(id: &str) -> Result<Self, NameError> {
        if id.is_empty() {
            return Err(NameError(String::new()));
        }
        format!("borrower-{id}").parse().map_err(|_| NameError(id.chars().take(48).collect()))
    }

    /// The borrower's id, if this is the stream of a borrower.
    #[must_use]
    pub fn borrower_id(&self) -> Option<&str> {
        self.0.strip_prefix("borrower-")
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fine = !text.is_empty()
            && text.len() <= Self::MAX_LEN
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'));
        if fine { Ok(Self(Arc::from(text))) } else { Err(NameError(text.chars().take(48).collect())) }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for StreamName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StreamName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
