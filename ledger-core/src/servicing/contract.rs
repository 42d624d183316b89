//! What the terms say about servicing beyond interest: down payment, order of payment, refunds, charge-off.

use super::rules::InterestRules;
use crate::calendar::Date;
use crate::money::{Amount, Overflow, Rate};
use serde::{Deserialize, Serialize};

/// A component of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// Penalties.
    Penalty,
    /// Fees.
    Fee,
    /// Interest.
    Interest,
    /// Principal.
    Principal,
}

impl Component {
    /// Every component.
    pub const ALL: [Self; 4] = [Self::Penalty, Self::Fee, Self::Interest, Self::Principal];
}

/// When an instalment falls due, seen from the day of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueState {
    /// Before the day.
    PastDue,
    /// On the day.
    Due,
    /// After the day.
    InAdvance,
}

/// Which future instalment money that comes early pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FutureInstalments {
    /// The next one.
    Next,
    /// The last one.
    Last,
    /// The current one, and where there is none the last.
    NextThenLast,
    /// All of them evenly.
    Reamortise,
}

/// Kinds of money that come in, or are treated so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentKind {
    /// The borrower pays.
    Repayment,
    /// The borrower pays at the counter.
    DownPayment,
    /// Goods returned: the merchant pays.
    MerchantRefund,
    /// Goods returned: paid out to the borrower's account.
    PayoutRefund,
    /// The lender gives.
    Goodwill,
    /// The lender gives interest back.
    InterestRefund,
    /// The lender does without interest.
    InterestWaiver,
    /// A charge is taken back.
    ChargeAdjustment,
    /// Capitalised income is taken back.
    IncomeAdjustment,
    /// Money after a write-off.
    Recovery,
}

/// In what order a payment pays, and what money that comes early does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AllocationRule {
    /// What is paid first, second, …
    pub order: Vec<(DueState, Component)>,
    /// What comes early.
    pub future: FutureInstalments,
}

/// How payments are spread.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Allocation {
    /// Component by component over all instalments, instead of instalment by instalment.
    pub vertical: bool,
    /// For every kind without a rule of its own.
    pub default: AllocationRule,
    /// For some kinds.
    pub by_kind: Vec<(PaymentKind, AllocationRule)>,
    /// What a chargeback gives back first; all principal if nothing is said.
    pub chargeback: Option<Vec<Component>>,
}

impl Allocation {
    /// The rule of a kind.
    #[must_use]
    pub fn rule(&self, kind: PaymentKind) -> &AllocationRule {
        self.by_kind.iter().find(|(of, _)| *of == kind).map_or(&self.default, |(_, rule)| rule)
    }
}

/// A part of each tranche that is due at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DownPayment {
    /// As a ratio: 0.25 is a quarter.
    pub share: Rate,
    /// It is paid by the disbursement itself.
    pub automatic: bool,
}

/// A tranche that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExpectedTranche {
    /// The day.
    pub on: Date,
    /// How much.
    pub amount: Amount,
}

/// What a charge-off does to the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChargeOffBehaviour {
    /// Nothing.
    #[default]
    Regular,
    /// No interest from the day on.
    ZeroInterest,
    /// Everything falls due on the day.
    AccelerateMaturity,
}

/// The terms of servicing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contract {
    /// Interest and instalments.
    pub interest: InterestRules,
    /// Tranches as they are expected: what the loan is planned with until the first is paid out.
    pub expected: Vec<ExpectedTranche>,
    /// Due dates count from this day instead of the first disbursement.
    pub schedule_start: Option<Date>,
    /// Due dates, where they follow no rule.
    pub due_dates: Option<Vec<Date>>,
    /// The whole loan takes so many days, weeks or months (the unit of the frequency): the last instalment is due then.
    pub fixed_length: Option<u32>,
    /// A part of each tranche that is due at once.
    pub down_payment: Option<DownPayment>,
    /// How payments are spread.
    pub allocation: Allocation,
    /// A payment that closes the loan pays interest until the due date of the current instalment.
    pub preclosure_until_due_date: bool,
    /// Interest changes on due dates only.
    pub rest_by_period: bool,
    /// Overdue principal earns interest.
    pub interest_on_overdue: bool,
    /// What a charge-off does.
    pub charge_off: ChargeOffBehaviour,
    /// Payments that give interest back.
    pub interest_refund_on: Vec<PaymentKind>,
    /// What a fee for a lower rate becomes over the term: interest or fee income.
    pub buy_down_income: Component,
}

impl Contract {
    /// Interest is recomputed by what is paid early and late.
    #[must_use]
    pub fn recalculates(&self) -> bool {
        self.interest.recalculated && !self.interest.annual_rate.is_zero()
    }

    /// The part of a tranche that is due at once.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn down_payment_of(&self, amount: Amount) -> Result<Amount, Overflow> {
        let Some(down) = &self.down_payment else { return Ok(Amount::ZERO) };
        let part = self.interest.round(amount.to_decimal().checked_mul(down.share.ratio()).ok_or(Overflow)?)?;
        self.interest.round_instalment(part)
    }
}
