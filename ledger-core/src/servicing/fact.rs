//! What happened to a loan, as the servicing engine takes it.

use super::contract::{Component, PaymentKind};
use crate::calendar::{Date, Frequency};
use crate::money::{Amount, Rate};
use serde::{Deserialize, Serialize};

/// How much a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChargeAmount {
    /// An amount.
    Flat(Amount),
    /// A ratio of principal.
    OfPrincipal(Rate),
    /// A ratio of interest.
    OfInterest(Rate),
    /// A ratio of both.
    OfPrincipalAndInterest(Rate),
}

/// What being late with an instalment costs once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LateFee {
    /// At least this.
    pub fixed: Option<Amount>,
    /// At least this ratio of what is overdue of the instalment (principal and interest).
    pub share: Option<Rate>,
    /// Never more than this.
    pub cap: Option<Amount>,
    /// What it was when it was assessed, if that stays whatever comes backdated.
    pub kept: Option<Amount>,
}

/// What a re-ageing or re-amortisation does with interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterestHandling {
    /// The schedule is computed anew.
    #[default]
    Default,
    /// Interest of the whole term is spread evenly.
    EqualFull,
    /// Interest payable on the day is spread evenly.
    EqualPayable,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A tranche is paid out.
    Disbursed {
        /// How much.
        amount: Amount,
    },
    /// Money comes in, or is treated so.
    Paid {
        /// Its kind.
        kind: PaymentKind,
        /// How much.
        amount: Amount,
    },
    /// Interest is given back as computed: what the refund before it saves.
    InterestRefunded {
        /// The refund (index of the fact).
        of: usize,
    },
    /// A fee or penalty is levied.
    Charged {
        /// Fee or penalty.
        component: Component,
        /// How much.
        amount: ChargeAmount,
        /// When it falls due; with every instalment if nothing is said.
        due: Option<Date>,
    },
    /// The late fee of an instalment is assessed, on what was overdue of it when the day before ended; nothing if nothing was.
    LateFee {
        /// The instalment, by due date, from 1.
        instalment: u32,
        /// How much.
        fee: LateFee,
    },
    /// What is open of a charge is waived.
    ChargeWaived {
        /// The charge (index of the fact).
        of: usize,
    },
    /// A payment is taken back by the payer's bank.
    ChargedBack {
        /// The payment (index of the fact).
        of: usize,
        /// How much.
        amount: Amount,
    },
    /// What was overpaid is paid out.
    CreditRefunded {
        /// How much.
        amount: Amount,
    },
    /// The loan is charged off.
    ChargedOff,
    /// The loan is written off.
    WrittenOff,
    /// The contract ends: everything falls due.
    Terminated,
    /// What is overdue is spread over the instalments to come.
    ReAmortised {
        /// What interest does.
        handling: InterestHandling,
    },
    /// What is open is spread over new instalments.
    ReAged {
        /// The first due date.
        start: Date,
        /// How often.
        every: Frequency,
        /// How many.
        instalments: u32,
        /// What interest does.
        handling: InterestHandling,
    },
    /// Another rate.
    RateChanged {
        /// Its first day.
        from: Date,
        /// The annual rate.
        rate: Rate,
    },
    /// More instalments.
    Extended {
        /// The instalment from which they are found anew.
        from: Date,
        /// How many more.
        instalments: u32,
    },
    /// Another due date.
    DueDateChanged {
        /// The due date so far.
        due: Date,
        /// The new one.
        new_due: Date,
    },
    /// No interest runs.
    InterestPaused {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
    /// Income is added to the principal.
    Capitalised {
        /// How much.
        amount: Amount,
    },
    /// A fee for a lower rate, paid by somebody else: income over the term.
    BuyDownFee {
        /// Interest or fee income.
        component: Component,
        /// How much.
        amount: Amount,
    },
}

/// A fact with its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// Its day.
    pub on: Date,
    /// The day on which it was recorded.
    pub booked: Date,
    /// What happened.
    pub fact: Fact,
    /// It was taken back.
    pub reversed: bool,
}
