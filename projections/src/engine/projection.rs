//! What a projection is: two pure folds, one for each loan and one for the ledger as a whole.

use ledger_core::loan::{EvolveError, LoanEvent};
use ledger_core::money::Overflow;
use ledger_core::record::{CodecError, Event, Record, StreamName, Version};
use serde::{Serialize, de::DeserializeOwned};

/// Why a projection cannot apply an event. The engine adds the place and stops that projection alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The body does not decode: no projection can go on.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The event does not fit the loan.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
    /// A sum leaves the range of amounts.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// An event of the stream is missing, or came twice.
    #[error("version {expected} was expected: the stream has a gap")]
    Gap {
        /// The version that should have come.
        expected: Version,
    },
    /// The loan's first event names neither terms nor a currency.
    #[error("the loan's first event is a `{0}`; it must be its origination or its conversion")]
    NotOriginated(&'static str),
    /// An event of another kind than its stream holds.
    #[error("a `{kind}` event does not belong into the stream `{stream}`")]
    Misplaced {
        /// The kind.
        kind: &'static str,
        /// The stream.
        stream: StreamName,
    },
    /// The row that the event changes cannot be decoded.
    #[error("the stored row of the loan cannot be read: {0}")]
    Row(String),
}

/// A projection: a pure fold of the log with a name and a version.
///
/// Rows are folded loan by loan, so that the fold of one loan depends on nothing but that loan's stream: rows can be
/// folded in any order and in parallel, and one row can be folded again without the others. Neither rows nor the shared
/// part ever contain today's date; a view is given its date.
///
/// Rows must encode to the same bytes after decoding (no hash maps), because a checkpoint that was built in steps and one
/// that was built at once are compared byte by byte.
pub trait Projection: Send + Sync + 'static {
    /// The name, also of its checkpoint's file.
    const NAME: &'static str;
    /// To be raised when the fold or the form of a row changes; a checkpoint of another version is never read.
    const VERSION: u32;
    /// What is kept of a loan.
    type Row: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// A short derivative of a row that is decoded at once when the checkpoint is opened, so that a view can tell which
    /// rows it needs without decoding them.
    type Hint: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What is kept of the streams `ledger` and `reference`.
    type Shared: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Folds one event of a loan into its row.
    ///
    /// # Errors
    /// The event cannot be applied. The row may then be left in any state: the engine folds it again.
    fn apply(row: &mut Option<Self::Row>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError>;

    /// The hint of a row; a function of the row alone.
    fn hint(row: &Self::Row) -> Self::Hint;

    /// Folds one event of `ledger` or `reference` into the shared part.
    ///
    /// # Errors
    /// The event cannot be applied. The engine keeps the part as it was before.
    fn apply_shared(shared: &mut Self::Shared, record: &Record, event: &Event) -> Result<(), ApplyError> {
        let _ = (shared, record, event);
        Ok(())
    }
}
