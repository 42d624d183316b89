//! Facts of servicing by the day: everything that may happen to a loan beyond payments, fees and its end.

use super::Payment;
use crate::calendar::{Date, Frequency};
use crate::money::{Amount, Currency, Rate};
use crate::servicing::contract::PaymentKind;
use crate::servicing::fact::{ChargeAmount, InterestHandling};
use crate::stream::Version;
use crate::terms::Component;
use serde::{Deserialize, Serialize};

/// A fact of a loan that is serviced by the day ([`crate::terms::Terms::servicing`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Money came in that is no plain repayment, or something is treated as if it had.
    Credited {
        /// Its kind: it decides the order in which it pays.
        kind: PaymentKind,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
        /// The event that it belongs to: the disbursement of a down payment, the refund of an interest refund. If that is
        /// taken back, this is too.
        of: Option<Version>,
        /// Whether a refund gives back the interest that it saves; as the terms say if absent.
        interest_refund: Option<bool>,
    },
    /// Interest that a refund saves was given back, as computed.
    InterestRefunded {
        /// The refund.
        of: Version,
    },
    /// A fee or penalty was levied.
    ChargeLevied {
        /// Fee or penalty.
        component: Component,
        /// How much.
        amount: ChargeAmount,
        /// When it falls due; with every instalment if absent.
        due_on: Option<Date>,
        /// What for.
        reason: String,
    },
    /// What is open of a charge was given up. It counts from the day of the charge on.
    ChargeWaived {
        /// The charge.
        of: Version,
        /// Why.
        reason: String,
    },
    /// The payer's bank took a payment back: the amount is owed again.
    ChargedBack {
        /// The payment.
        of: Version,
        /// How much of it.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Why.
        reason: String,
    },
    /// What was overpaid was paid out.
    CreditRefunded {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
    },
    /// The loan was charged off: it is lost in the books, the claim stays.
    ChargedOff {
        /// Why.
        reason: String,
    },
    /// The contract was terminated: everything falls due.
    Terminated {
        /// Why.
        reason: String,
    },
    /// What is overdue was spread over the instalments to come.
    ReAmortised {
        /// What interest does.
        handling: InterestHandling,
        /// Why.
        reason: String,
    },
    /// What is open was spread over new instalments.
    ReAged {
        /// The first due date.
        start: Date,
        /// How often an instalment falls due.
        every: Frequency,
        /// How many.
        instalments: u32,
        /// What interest does.
        handling: InterestHandling,
        /// Why.
        reason: String,
    },
    /// More instalments, another rate, another due date, or several of these.
    Rescheduled {
        /// The due date of the first instalment that changes.
        from: Date,
        /// So many instalments more.
        extra_instalments: Option<u32>,
        /// The rate from then on.
        annual_rate: Option<Rate>,
        /// The new due date of that instalment; later ones follow it.
        new_due_on: Option<Date>,
        /// Why.
        reason: String,
    },
    /// No interest runs for some days.
    InterestPaused {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
        /// Why.
        reason: String,
    },
    /// Income was added to the principal.
    IncomeCapitalised {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// What for.
        reason: String,
    },
    /// Somebody else paid a fee for a lower rate; it is income over the term.
    BuyDownFeeReceived {
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Over which channel.
        payment: Payment,
    },
    /// Days past due do not count for collection until they are resumed.
    DelinquencyPaused {
        /// The last day, if it is known.
        until: Option<Date>,
        /// Why.
        reason: String,
    },
    /// Days past due count again.
    DelinquencyResumed {
        /// Why.
        reason: String,
    },
    /// A tranche is expected.
    TrancheExpected {
        /// When.
        on: Date,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
    },
    /// The claim was sold or transferred to another owner, who owns it from the effective date on.
    Transferred {
        /// The new owner's id. No personal data.
        owner: String,
        /// The price, in the currency of the loan.
        price: Option<Amount>,
        /// The contract of sale, or why.
        reason: String,
    },
    /// Something never happened. What belonged to it never happened either, in events of their own after this one.
    Reversed {
        /// The event that is taken back.
        reversed: Version,
        /// Why.
        reason: String,
    },
    /// The last disbursement, or all, never happened; an event for each fact that falls with it follows.
    DisbursementsUndone {
        /// All of them and everything after; else the last one.
        all: bool,
        /// Why.
        reason: String,
    },
}

impl Operation {
    /// The kind of event, as the log names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Credited { kind, .. } => match kind {
                PaymentKind::Repayment => "repayment-received",
                PaymentKind::DownPayment => "down-payment-received",
                PaymentKind::MerchantRefund => "merchant-refund-received",
                PaymentKind::PayoutRefund => "payout-refund-received",
                PaymentKind::Goodwill => "goodwill-credit-given",
                PaymentKind::InterestRefund => "interest-refund-given",
                PaymentKind::InterestWaiver => "interest-payment-waived",
                PaymentKind::ChargeAdjustment => "charge-adjusted",
                PaymentKind::IncomeAdjustment => "capitalised-income-adjusted",
                PaymentKind::Recovery => "recovery-received",
            },
            Self::InterestRefunded { .. } => "interest-refunded",
            Self::ChargeLevied { .. } => "charge-levied",
            Self::ChargeWaived { .. } => "charge-waived",
            Self::ChargedBack { .. } => "payment-charged-back",
            Self::CreditRefunded { .. } => "credit-balance-refunded",
            Self::ChargedOff { .. } => "loan-charged-off",
            Self::Terminated { .. } => "contract-terminated",
            Self::ReAmortised { .. } => "loan-re-amortised",
            Self::ReAged { .. } => "loan-re-aged",
            Self::Rescheduled { .. } => "loan-rescheduled",
            Self::InterestPaused { .. } => "interest-paused",
            Self::IncomeCapitalised { .. } => "income-capitalised",
            Self::BuyDownFeeReceived { .. } => "buy-down-fee-received",
            Self::DelinquencyPaused { .. } => "delinquency-paused",
            Self::DelinquencyResumed { .. } => "delinquency-resumed",
            Self::TrancheExpected { .. } => "tranche-expected",
            Self::Transferred { .. } => "loan-transferred",
            Self::Reversed { .. } => "fact-reversed",
            Self::DisbursementsUndone { .. } => "disbursements-undone",
        }
    }

    /// The amount and currency that came in or went out, where the fact has one.
    #[must_use]
    pub const fn money(&self) -> Option<(Amount, Currency)> {
        match self {
            Self::Credited { amount, currency, .. }
            | Self::ChargedBack { amount, currency, .. }
            | Self::CreditRefunded { amount, currency, .. }
            | Self::IncomeCapitalised { amount, currency, .. }
            | Self::BuyDownFeeReceived { amount, currency, .. }
            | Self::TrancheExpected { amount, currency, .. } => Some((*amount, *currency)),
            _ => None,
        }
    }

    /// Where the money came from or went to, where the fact says.
    #[must_use]
    pub const fn payment(&self) -> Option<&Payment> {
        match self {
            Self::Credited { payment, .. }
            | Self::CreditRefunded { payment, .. }
            | Self::BuyDownFeeReceived { payment, .. } => Some(payment),
            _ => None,
        }
    }

    /// Why, where the fact says.
    #[must_use]
    pub const fn reason(&self) -> Option<&String> {
        match self {
            Self::ChargeLevied { reason, .. }
            | Self::ChargeWaived { reason, .. }
            | Self::ChargedBack { reason, .. }
            | Self::ChargedOff { reason }
            | Self::Terminated { reason }
            | Self::ReAmortised { reason, .. }
            | Self::ReAged { reason, .. }
            | Self::Rescheduled { reason, .. }
            | Self::InterestPaused { reason, .. }
            | Self::IncomeCapitalised { reason, .. }
            | Self::DelinquencyPaused { reason, .. }
            | Self::DelinquencyResumed { reason }
            | Self::Transferred { reason, .. }
            | Self::Reversed { reason, .. }
            | Self::DisbursementsUndone { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// The fact without texts, channels and references: what a fold needs of it.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        match &mut self {
            Self::Credited { payment, .. }
            | Self::CreditRefunded { payment, .. }
            | Self::BuyDownFeeReceived { payment, .. } => *payment = Payment::default(),
            Self::ChargeLevied { reason, .. }
            | Self::ChargeWaived { reason, .. }
            | Self::ChargedBack { reason, .. }
            | Self::ChargedOff { reason }
            | Self::Terminated { reason }
            | Self::ReAmortised { reason, .. }
            | Self::ReAged { reason, .. }
            | Self::Rescheduled { reason, .. }
            | Self::InterestPaused { reason, .. }
            | Self::IncomeCapitalised { reason, .. }
            | Self::DelinquencyPaused { reason, .. }
            | Self::DelinquencyResumed { reason }
            | Self::Transferred { reason, .. }
            | Self::Reversed { reason, .. }
            | Self::DisbursementsUndone { reason, .. } => reason.clear(),
            Self::InterestRefunded { .. } | Self::TrancheExpected { .. } => {}
        }
        self
    }
}
