//! Why the ledger could not do what was asked.

use crate::calendar::CalendarError;
use crate::loan::{CalculationError, EvolveError, Rejection};
use crate::record::CodecError;
use crate::store::{AppendError, ReadError};
use crate::stream::{Position, StreamName, Version};

/// Why the ledger could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The domain says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store could not append.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stored body does not decode.
    #[error("position {position}, stream `{stream}`, version {version}: {error}")]
    Codec {
        /// Its position.
        position: Position,
        /// Its stream.
        stream: StreamName,
        /// Its version.
        version: Version,
        /// Why.
        error: CodecError,
    },
    /// An event cannot be encoded.
    #[error(transparent)]
    Encode(CodecError),
    /// A stored event does not fit what came before it.
    #[error("position {position}, stream `{stream}`, {error}")]
    Evolve {
        /// Its position.
        position: Position,
        /// Its stream.
        stream: StreamName,
        /// Why.
        error: EvolveError,
    },
    /// A published calendar cannot be read.
    #[error("the calendar `{id}` in the stream `reference`: {reason}")]
    Reference {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// A calculation has no result.
    #[error(transparent)]
    Calculation(#[from] CalculationError),
    /// A calendar has no answer.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl LedgerError {
    /// Whether what is stored does not hold together.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Codec { .. }
                | Self::Evolve { .. }
                | Self::Reference { .. }
                | Self::Read(ReadError::Corrupt(_))
                | Self::Append(AppendError::Corrupt(_))
        )
    }
}
