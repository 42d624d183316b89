//! Events of the reconciliation of one account with its statements, in the stream `reconciliation-<account>`.
//!
//! They hold references, amounts and days, and no names, accounts or texts of payers: those are personal data and stay in
//! the statement, which its digest names.

use crate::calendar::Date;
use crate::money::{Amount, Currency};
use crate::stream::Version;
use serde::{Deserialize, Serialize};

/// An event of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReconciliationEvent {
    /// Lines of a statement and payments of the ledger belong together.
    Matched {
        /// SHA-256 of the statement, in hex.
        statement: String,
        /// What belongs together.
        matches: Vec<MatchFound>,
    },
    /// Something does not fit.
    BreakOpened(Box<BreakFound>),
    /// Somebody said why; the break stays open.
    BreakExplained {
        /// The break.
        id: String,
        /// Why. No personal data.
        text: String,
    },
    /// Somebody accepted the difference; the break is closed.
    BreakAccepted {
        /// The break.
        id: String,
        /// Why. No personal data.
        reason: String,
    },
    /// A command settled it in the ledger; the break is closed.
    BreakPosted {
        /// The break.
        id: String,
        /// The loan.
        loan: String,
        /// The version of the event that settled it.
        version: Version,
    },
    /// A later statement or a later payment settled it; the break is closed.
    BreakResolved {
        /// The break.
        id: String,
        /// What settled it: `statement`, `ledger`.
        by: String,
    },
    /// Every line of a statement was looked at.
    StatementReconciled(Box<StatementSums>),
}

impl ReconciliationEvent {
    /// The kind, as the log names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Matched { .. } => "lines-matched",
            Self::BreakOpened(_) => "break-opened",
            Self::BreakExplained { .. } => "break-explained",
            Self::BreakAccepted { .. } => "break-accepted",
            Self::BreakPosted { .. } => "break-posted",
            Self::BreakResolved { .. } => "break-resolved",
            Self::StatementReconciled(_) => "statement-reconciled",
        }
    }
}

/// A payment of the ledger: the event that records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaymentKey {
    /// The loan's id.
    pub loan: String,
    /// The event's version in the loan's stream.
    pub version: Version,
}

/// A line of a statement: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LineKey {
    /// The line in the file, from 1.
    pub line: u32,
    /// The number of the entry in the file, from 0.
    pub entry: u32,
    /// The part of an entry that was booked as one, from 1; 0 is the entry itself.
    pub part: u32,
}

/// Lines and payments that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchFound {
    /// The rule that says so.
    pub rule: String,
    /// The lines.
    pub lines: Vec<LineKey>,
    /// The payments.
    pub payments: Vec<PaymentKey>,
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakKind {
    /// The bank has it, the ledger has not.
    MissingInLedger,
    /// The ledger has it, the bank has not.
    MissingAtBank,
    /// Both have it with other amounts.
    AmountDiffers,
    /// Both have it, further apart in time than the rules allow.
    DateDiffers,
    /// One side has it more than once.
    Duplicate,
    /// Both have it in other currencies.
    WrongCurrency,
    /// The bank took it back, the ledger did not.
    ReversedAtBank,
    /// The fee withheld is not the agreed one.
    FeeDiffers,
    /// Several could belong together, and nothing says which.
    Ambiguous,
}

impl BreakKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::MissingInLedger,
        Self::MissingAtBank,
        Self::AmountDiffers,
        Self::DateDiffers,
        Self::Duplicate,
        Self::WrongCurrency,
        Self::ReversedAtBank,
        Self::FeeDiffers,
        Self::Ambiguous,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingInLedger => "missing-in-ledger",
            Self::MissingAtBank => "missing-at-bank",
            Self::AmountDiffers => "amount-differs",
            Self::DateDiffers => "date-differs",
            Self::Duplicate => "duplicate",
            Self::WrongCurrency => "wrong-currency",
            Self::ReversedAtBank => "reversed-at-bank",
            Self::FeeDiffers => "fee-differs",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// A line as a break remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakLine {
    /// SHA-256 of the statement, in hex.
    pub statement: String,
    /// Where it stands.
    pub at: LineKey,
    /// Its day.
    pub on: Date,
    /// Its amount before fees.
    pub amount: Amount,
    /// The fee withheld.
    pub fee: Option<Amount>,
    /// Its currency.
    pub currency: Currency,
    /// Its references.
    pub references: Vec<String>,
}

/// A break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakFound {
    /// Its id: the same break found again has the same.
    pub id: String,
    /// What does not fit.
    pub kind: BreakKind,
    /// The rule that brought the two sides together, if one did.
    pub rule: Option<String>,
    /// The lines.
    pub lines: Vec<BreakLine>,
    /// The payments; for an ambiguous break, the candidates.
    pub payments: Vec<PaymentKey>,
    /// How much money it is about: bank less ledger, in minor units.
    pub difference: Amount,
    /// The currency of the difference.
    pub currency: Currency,
    /// What it is, for people. No personal data.
    pub text: String,
    /// The command that would settle it, if the case is clear.
    pub proposal: Option<Proposal>,
}

/// The command that would settle a break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposal {
    /// Record the repayment that is missing.
    Repay {
        /// The loan.
        loan: String,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// When it counts.
        on: Date,
        /// The channel.
        channel: Option<String>,
        /// The reference.
        reference: Option<String>,
    },
    /// Take the repayment back.
    Reverse {
        /// The payment.
        payment: PaymentKey,
    },
}

/// What a statement came to. Amounts are of the statement's currency; entries in others are not in the sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementSums {
    /// SHA-256 of the statement, in hex.
    pub statement: String,
    /// Its format.
    pub format: String,
    /// The sender's id of it.
    pub id: Option<String>,
    /// Its first day.
    pub from: Option<Date>,
    /// Its last day.
    pub to: Option<Date>,
    /// The digest of the rules, in hex.
    pub rules: String,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Lines that were looked at.
    pub lines: u32,
    /// Their sum, before fees.
    pub total: Amount,
    /// Lines that belong to payments.
    pub matched: u32,
    /// Their sum.
    pub matched_total: Amount,
    /// Lines that the rules leave out.
    pub ignored: u32,
    /// Their sum.
    pub ignored_total: Amount,
    /// Lines in breaks.
    pub broken: u32,
    /// Their sum.
    pub broken_total: Amount,
}
