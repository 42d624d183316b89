//! The steps of a case as facts for the ledger.

use super::terms::{Number, Terms, payment_kind, ratio};
use ledger_core::calendar::{Date, Frequency, PeriodUnit};
use ledger_core::loan::{Facts, Operation, Payment};
use ledger_core::money::{Currency, Rate};
use ledger_core::record::Version;
use ledger_core::servicing::contract::PaymentKind;
use ledger_core::servicing::fact::{ChargeAmount, InterestHandling};
use ledger_core::terms::Component;
use serde::Deserialize;

/// A step.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// What happens.
    pub op: String,
    /// Its day.
    pub date: Date,
    booked_on: Option<Date>,
    amount: Option<Number>,
    percent: Option<Number>,
    calculation: Option<String>,
    kind: Option<String>,
    due: Option<Date>,
    target_step: Option<usize>,
    interest_refund: Option<bool>,
    from_installment_due: Option<Date>,
    extra_terms: Option<u32>,
    new_annual_rate_pct: Option<Number>,
    new_due_date: Option<Date>,
    start: Option<Date>,
    end: Option<Date>,
    every: Option<u32>,
    unit: Option<String>,
    installments: Option<u32>,
    interest_handling: Option<String>,
}

/// What a step asks of the ledger.
#[derive(Debug)]
pub enum Asked {
    /// To record a fact of the loan.
    Fact(Facts),
    /// To close a day.
    CloseDay,
}

impl Step {
    /// The day on which it is recorded.
    pub fn booked(&self) -> Date {
        self.booked_on.unwrap_or(self.date)
    }

    /// When it counts: a tranche is expected from the day on which that is recorded.
    pub fn counts_from(&self) -> Date {
        if self.op == "add_expected_tranche" { self.booked() } else { self.date }
    }

    /// What it asks for. `recorded` holds the version of the first event of each earlier step.
    pub fn asks(&self, terms: &Terms, currency: Currency, recorded: &[Option<Version>]) -> Result<Asked, String> {
        let amount = || terms.amount(self.amount.ok_or("`amount` is missing")?);
        let target = || -> Result<Version, String> {
            let number = self.target_step.ok_or("`target_step` is missing")?;
            let version = number.checked_sub(1).and_then(|at| recorded.get(at)).copied().flatten();
            version.ok_or_else(|| format!("`target_step`: step {number} recorded nothing before this one"))
        };
        let reason = self.op.clone();
        let payment = Payment::default;
        let operation = match self.op.as_str() {
            "close_of_business" => return Ok(Asked::CloseDay),
            "disburse" => {
                return Ok(Asked::Fact(Facts::Disbursed { amount: amount()?, currency, payment: payment() }));
            }
            "repay" | "repayment" | "prepay" => {
                return Ok(Asked::Fact(Facts::RepaymentReceived { amount: amount()?, currency, payment: payment() }));
            }
            "recovery_repayment" => {
                return Ok(Asked::Fact(Facts::RecoveryReceived { amount: amount()?, currency, payment: payment() }));
            }
            "write_off" => return Ok(Asked::Fact(Facts::WrittenOff { reason })),
            "late_fee" | "charge" | "installment_fee" => self.charge(terms)?,
            "capitalized_income" => Operation::IncomeCapitalised { amount: amount()?, currency, reason },
            "credit_balance_refund" => Operation::CreditRefunded { amount: amount()?, currency, payment: payment() },
            "chargeback" => Operation::ChargedBack { of: target()?, amount: amount()?, currency, reason },
            "waive" => Operation::ChargeWaived { of: target()?, reason },
            "charge_off" => Operation::ChargedOff { reason },
            "contract_termination" => Operation::Terminated { reason },
            "re_amortize" => Operation::ReAmortised { handling: self.handling()?, reason },
            "re_age" => Operation::ReAged {
                start: self.start.ok_or("`start` is missing")?,
                every: self.every()?,
                instalments: self.installments.ok_or("`installments` is missing")?,
                handling: self.handling()?,
                reason,
            },
            "reschedule" => self.reschedule(reason)?,
            "interest_pause" => Operation::InterestPaused {
                first: self.start.ok_or("`start` is missing")?,
                last: self.end.ok_or("`end` is missing")?,
                reason,
            },
            "reverse" => Operation::Reversed { reversed: target()?, reason },
            "undo_all_disbursals" => Operation::DisbursementsUndone { all: true, reason },
            "undo_last_disbursal" => Operation::DisbursementsUndone { all: false, reason },
            "delinquency_pause" => Operation::DelinquencyPaused { until: self.end, reason },
            "delinquency_resume" => Operation::DelinquencyResumed { reason },
            "add_expected_tranche" => {
                Operation::TrancheExpected { on: self.start.unwrap_or(self.date), amount: amount()?, currency }
            }
            "buy_down_fee" => Operation::BuyDownFeeReceived { amount: amount()?, currency, payment: payment() },
            name => {
                let kind = payment_kind(name).ok_or_else(|| format!("`op`: `{name}` is not known"))?;
                let of = match kind {
                    PaymentKind::InterestRefund if self.target_step.is_some() => Some(target()?),
                    _ => None,
                };
                let interest_refund = self.interest_refund;
                Operation::Credited { kind, amount: amount()?, currency, payment: payment(), of, interest_refund }
            }
        };
        Ok(Asked::Fact(Facts::Operation(Box::new(operation))))
    }

    fn charge(&self, terms: &Terms) -> Result<Operation, String> {
        let component = if self.kind.as_deref() == Some("penalty") { Component::Penalty } else { Component::Fee };
        let share = || ratio(self.percent.or(self.amount).ok_or("`percent` is missing")?).map(Rate::new);
        let amount = match self.calculation.as_deref() {
            None | Some("flat") => ChargeAmount::Flat(terms.amount(self.amount.ok_or("`amount` is missing")?)?),
            Some("pct_of_principal" | "pct_principal") => ChargeAmount::OfPrincipal(share()?),
            Some("pct_of_interest" | "pct_interest") => ChargeAmount::OfInterest(share()?),
            Some("pct_of_principal_plus_interest" | "pct_principal_plus_interest") => {
                ChargeAmount::OfPrincipalAndInterest(share()?)
            }
            Some(other) => return Err(format!("`calculation`: `{other}` is not known")),
        };
        let due_on = if self.op == "installment_fee" { None } else { Some(self.due.unwrap_or(self.date)) };
        Ok(Operation::ChargeLevied { component, amount, due_on, reason: self.op.clone() })
    }

    fn every(&self) -> Result<Frequency, String> {
        let unit = match self.unit.as_deref() {
            Some("days") => PeriodUnit::Day,
            Some("weeks") => PeriodUnit::Week,
            Some("months") | None => PeriodUnit::Month,
            Some(other) => return Err(format!("`unit`: `{other}` is not known")),
        };
        Ok(Frequency { every: self.every.unwrap_or(1).max(1), unit, end_of_month: false })
    }

    fn reschedule(&self, reason: String) -> Result<Operation, String> {
        if self.extra_terms.is_none() && self.new_annual_rate_pct.is_none() && self.new_due_date.is_none() {
            return Err("one of `extra_terms`, `new_annual_rate_pct`, `new_due_date` is missing".to_owned());
        }
        Ok(Operation::Rescheduled {
            from: self.from_installment_due.ok_or("`from_installment_due` is missing")?,
            extra_instalments: self.extra_terms,
            annual_rate: self.new_annual_rate_pct.map(ratio).transpose()?.map(Rate::new),
            new_due_on: self.new_due_date,
            reason,
        })
    }

    fn handling(&self) -> Result<InterestHandling, String> {
        Ok(match self.interest_handling.as_deref() {
            None | Some("default") => InterestHandling::Default,
            Some("equal_amortization_full_interest") => InterestHandling::EqualFull,
            Some(
                "equal_amortization_payable_interest" | "equal_amortization_interest_split" | "equal_interest_split",
            ) => InterestHandling::EqualPayable,
            Some(other) => return Err(format!("`interest_handling`: `{other}` is not known")),
        })
    }
}

/// What a transaction is called in an answer; nothing for what moves no money.
pub fn name_of(facts: &Facts) -> &'static str {
    match facts {
        Facts::Disbursed { .. } => "disbursement",
        Facts::RepaymentReceived { .. } => "repayment",
        Facts::RecoveryReceived { .. } => "recovery_repayment",
        Facts::WrittenOff { .. } => "close_as_written_off",
        Facts::Operation(operation) => match &**operation {
            Operation::Credited { kind, .. } => match kind {
                PaymentKind::Repayment => "repayment",
                PaymentKind::DownPayment => "down_payment",
                PaymentKind::MerchantRefund => "merchant_issued_refund",
                PaymentKind::PayoutRefund => "payout_refund",
                PaymentKind::Goodwill => "goodwill_credit",
                PaymentKind::InterestRefund => "interest_refund",
                PaymentKind::InterestWaiver => "interest_payment_waiver",
                PaymentKind::ChargeAdjustment => "charge_adjustment",
                PaymentKind::IncomeAdjustment => "capitalized_income_adjustment",
                PaymentKind::Recovery => "recovery_repayment",
            },
            Operation::InterestRefunded { .. } => "interest_refund",
            Operation::ChargeWaived { .. } => "waive_loan_charges",
            Operation::ChargedBack { .. } => "chargeback",
            Operation::CreditRefunded { .. } => "credit_balance_refund",
            Operation::ChargedOff { .. } => "charge_off",
            Operation::Terminated { .. } => "contract_termination",
            Operation::ReAmortised { .. } => "re_amortize",
            Operation::ReAged { .. } => "re_age",
            Operation::IncomeCapitalised { .. } => "capitalized_income",
            Operation::BuyDownFeeReceived { .. } => "buy_down_fee",
            _ => "",
        },
        _ => "",
    }
}

/// The amounts of a case in the ledger's currency: one with as many decimals.
pub fn currency_of(terms: &Terms) -> Result<Currency, String> {
    let code = match terms.currency.decimals {
        0 => "JPY",
        2 => "USD",
        3 => "KWD",
        4 => "CLF",
        other => return Err(format!("`currency.decimals`: no currency has {other}; 0, 2, 3 and 4 exist")),
    };
    code.parse().map_err(|error| format!("{error}"))
}
