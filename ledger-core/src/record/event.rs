//! Every kind of event that a log of ours may hold.

use super::ReconciliationEvent;
use crate::borrower::BorrowerEvent;
use crate::calendar::Date;
use crate::loan::LoanEvent;
use crate::terms::ReferenceDigest;
use serde::{Deserialize, Serialize};

/// A decoded event body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// In the stream of a loan.
    Loan(LoanEvent),
    /// In the stream `ledger`.
    Ledger(LedgerEvent),
    /// In the stream `reference`.
    Reference(Published),
    /// In the stream of the reconciliation of an account.
    Reconciliation(ReconciliationEvent),
    /// In the stream of a borrower.
    Borrower(BorrowerEvent),
}

/// An event of the ledger as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerEvent {
    /// A business day has ended and what fell due on it was assessed.
    DayClosed {
        /// The day.
        day: Date,
        /// Loans looked at.
        loans: u32,
        /// Late fees assessed.
        late_fees: u32,
        /// Loans closed because they were settled.
        closed: u32,
    },
}

/// A rule file or calendar, published once and never changed: another content is another digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Its id and SHA-256.
    pub digest: ReferenceDigest,
    /// What it is: `calendar`, `classification`.
    pub kind: String,
    /// Its text.
    pub content: String,
}

impl Event {
    /// The kind, as the log names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Loan(event) => event.facts.kind(),
            Self::Ledger(LedgerEvent::DayClosed { .. }) => "day-closed",
            Self::Reference(_) => "reference-published",
            Self::Reconciliation(event) => event.kind(),
            Self::Borrower(event) => event.kind(),
        }
    }
}
