//! Events in the stream of a borrower.

use super::Sealed;
use serde::{Deserialize, Serialize};

/// A field that identifies a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedField {
    /// What it is, such as `name` or `national-id`: 1 to 32 of `a-z 0-9 -`. No personal data.
    pub name: String,
    /// Its value as ciphertext.
    pub sealed: Sealed,
}

/// An event in the stream of a borrower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BorrowerEvent {
    /// The borrower became known.
    Registered {
        /// Who it is, by name of field.
        fields: Vec<SealedField>,
    },
    /// Some fields have another value from now on; the others stay.
    Updated {
        /// The fields that changed, by name.
        fields: Vec<SealedField>,
    },
    /// The borrower's key was destroyed: nothing that was ever sealed can be read again.
    Erased {
        /// Why. No personal data.
        reason: String,
    },
}

impl BorrowerEvent {
    /// The kind of event, as the log names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "borrower-registered",
            Self::Updated { .. } => "borrower-updated",
            Self::Erased { .. } => "borrower-erased",
        }
    }

    /// The fields in it.
    #[must_use]
    pub fn fields(&self) -> &[SealedField] {
        match self {
            Self::Registered { fields } | Self::Updated { fields } => fields,
            Self::Erased { .. } => &[],
        }
    }
}
