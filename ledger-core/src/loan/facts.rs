//! Facts: what happened, as it came from outside. A command asks for a fact; an event records it.

use super::{Components, Operation};
use crate::calendar::Date;
use crate::money::{Amount, Currency};
use crate::stream::Version;
use crate::terms::{Component, ReferenceDigest, Terms};
use serde::{Deserialize, Serialize};

/// Where a payment came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Payment {
    /// The channel: `alipay`, `direct-debit`, …
    pub channel: Option<String>,
    /// The payer's or channel's reference. No personal data.
    pub reference: Option<String>,
}

/// What another system says of a loan on the day on which it is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conversion {
    /// The system or file that says so.
    pub source: String,
    /// When the principal was paid out.
    pub disbursed_on: Date,
    /// The principal paid out.
    pub disbursed: Amount,
    /// The currency.
    pub currency: Currency,
    /// What was received to date, by component.
    pub received: Components,
    /// The due date of the oldest instalment that is not paid in full, if the source tells. Without it, days past due are
    /// unknown for as long as something is outstanding.
    pub oldest_unpaid_due_on: Option<Date>,
    /// The source calls the loan paid in full: what is left of the principal is waived.
    pub settled: bool,
}

/// A fact. Its amounts are in the currency of the loan; where a fact names a currency, another one is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// The contract was made.
    Originated {
        /// Its terms, whole.
        terms: Box<Terms>,
        /// The borrower's pseudonymous id. No personal data.
        borrower: Option<String>,
        /// Rule files in force for this loan, by digest.
        references: Vec<ReferenceDigest>,
    },
    /// The principal was paid out.
    Disbursed {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
    },
    /// The loan was taken over from another system.
    Converted(Box<Conversion>),
    /// The borrower paid.
    RepaymentReceived {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
    },
    /// A repayment or recovery never happened.
    RepaymentReversed {
        /// The version of the event that is taken back.
        reversed: Version,
        /// Why.
        reason: String,
    },
    /// A fee was charged by hand or by another system.
    FeeCharged {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// What for.
        reason: String,
    },
    /// The late fee of the terms was assessed for an instalment.
    LateFeeAssessed {
        /// The instalment's number.
        instalment: u32,
    },
    /// A claim was given up.
    Waived {
        /// Of which component.
        component: Component,
        /// How much; all that is outstanding if absent.
        amount: Option<Amount>,
        /// On which instalment; oldest first if absent.
        instalment: Option<u32>,
        /// Why.
        reason: String,
    },
    /// The claim was written off whole.
    WrittenOff {
        /// Why.
        reason: String,
    },
    /// Money came in after the write-off.
    RecoveryReceived {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
    },
    /// The file was closed; nothing is owed either way.
    Closed {
        /// Why.
        reason: String,
    },
    /// An operation of servicing by the day.
    Operation(Box<Operation>),
    /// Later outcomes were corrected because of an earlier-dated fact or a reversal.
    Restated {
        /// The version of the event that caused it.
        cause: Version,
    },
}

impl Facts {
    /// The kind of event, as the log names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Originated { .. } => "loan-originated",
            Self::Disbursed { .. } => "loan-disbursed",
            Self::Converted(_) => "loan-converted",
            Self::RepaymentReceived { .. } => "repayment-received",
            Self::RepaymentReversed { .. } => "repayment-reversed",
            Self::FeeCharged { .. } => "fee-charged",
            Self::LateFeeAssessed { .. } => "late-fee-assessed",
            Self::Waived { .. } => "claim-waived",
            Self::WrittenOff { .. } => "loan-written-off",
            Self::RecoveryReceived { .. } => "recovery-received",
            Self::Closed { .. } => "loan-closed",
            Self::Operation(operation) => operation.kind(),
            Self::Restated { .. } => "loan-restated",
        }
    }

    /// The event that this fact takes back.
    #[must_use]
    pub fn reverses(&self) -> Option<Version> {
        match self {
            Self::RepaymentReversed { reversed, .. } => Some(*reversed),
            Self::Operation(operation) => match &**operation {
                Operation::Reversed { reversed, .. } => Some(*reversed),
                _ => None,
            },
            _ => None,
        }
    }

    /// The amount and currency that came in or went out, where the fact has one.
    #[must_use]
    pub fn money(&self) -> Option<(Amount, Currency)> {
        match self {
            Self::Operation(operation) => operation.money(),
            Self::Disbursed { amount, currency, .. }
            | Self::RepaymentReceived { amount, currency, .. }
            | Self::FeeCharged { amount, currency, .. }
            | Self::RecoveryReceived { amount, currency, .. } => Some((*amount, *currency)),
            _ => None,
        }
    }
}
