//! The terms of a case.

use ledger_core::calendar::{Date, Frequency, PeriodUnit};
use ledger_core::money::{Amount, Rate, Rounding};
use ledger_core::servicing::contract::{
    Allocation, AllocationRule, ChargeOffBehaviour, Component, Contract, DownPayment, DueState, ExpectedTranche,
    FutureInstalments, PaymentKind,
};
use ledger_core::servicing::rules::{Grace, InterestMethod, InterestPeriod, InterestRules, MonthBasis, YearBasis};
use ledger_core::terms as agreed;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// More instalments than any loan has: 100 years by the month.
const MOST_INSTALMENTS: u32 = 1_200;

/// A decimal, as a text or a number.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => return Err(D::Error::custom(format!("`{other}` is no decimal number"))),
        };
        let number = text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no decimal number")))?;
        Ok(Self(number))
    }
}

/// A percentage as a ratio.
pub fn ratio(percent: Number) -> Result<Decimal, String> {
    percent.0.checked_div(Decimal::ONE_HUNDRED).ok_or_else(|| "a percentage out of range".to_owned())
}

/// The currency of a case.
#[derive(Debug, Deserialize)]
pub struct Currency {
    /// Decimals.
    pub decimals: u8,
    /// Every amount is a multiple of this (0 or absent: of the smallest unit).
    pub in_multiples_of: Option<Number>,
}

/// Days of a year and of a month.
#[derive(Debug, Deserialize)]
pub struct DayCount {
    days_in_year: String,
    days_in_month: String,
    custom_leap_strategy: Option<String>,
}

/// Easier instalments at the beginning.
#[derive(Debug, Default, Deserialize)]
pub struct GracePeriods {
    #[serde(default)]
    principal_payment: u32,
    #[serde(default)]
    interest_payment: u32,
    #[serde(default)]
    interest_free_periods: u32,
}

/// An allocation rule.
#[derive(Debug, Deserialize)]
pub struct Rule {
    transaction: String,
    future_installments: Option<String>,
    order: Vec<String>,
}

/// How payments are spread.
#[derive(Debug, Deserialize)]
pub struct AllocationTerms {
    kind: String,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    order: Vec<String>,
    #[serde(default)]
    credit_rules: Vec<Rule>,
}

/// How interest follows payments.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Recalculation {
    /// In full.
    Rules {
        /// Until when a payment that closes the loan pays interest.
        preclosure: String,
        /// When the balance changes for interest.
        #[serde(default)]
        rest: String,
    },
    /// The schedule alone.
    EngineLevel(#[expect(dead_code, reason = "its presence says it")] String),
}

/// The terms.
#[derive(Debug, Deserialize)]
pub struct Terms {
    /// What is applied for.
    pub principal: Number,
    annual_rate_pct: Number,
    number_of_installments: u32,
    repay_every: u32,
    period_unit: String,
    /// The currency.
    pub currency: Currency,
    day_count: DayCount,
    interest_method: String,
    #[serde(default)]
    amortization: String,
    #[serde(default)]
    schedule_type: String,
    #[serde(default)]
    interest_calc_period: String,
    #[serde(default)]
    calc_interest_for_exact_days_in_partial_period: bool,
    installment_multiple: Option<Number>,
    #[serde(default)]
    rounding: String,
    #[serde(default)]
    grace: GracePeriods,
    down_payment_pct: Option<Number>,
    #[serde(default)]
    down_payment_auto_repaid: bool,
    interest_recalculation: Option<Recalculation>,
    allocation: Option<AllocationTerms>,
    processing: Option<String>,
    charge_off_behaviour: Option<String>,
    #[serde(default)]
    interest_refund_on: Vec<String>,
    fixed_length_days: Option<u32>,
    #[serde(default)]
    full_term_per_tranche: bool,
    #[serde(default)]
    interest_recognition_on_disbursement_date: bool,
    math_precision_digits: Option<u8>,
    /// The day of the first disbursement, as planned.
    pub disbursement_date: Option<Date>,
    submitted_on: Option<Date>,
    repayment_start: Option<String>,
    due_dates: Option<Vec<Date>>,
    /// Tranches, as planned.
    #[serde(default)]
    pub expected_tranches: Vec<Tranche>,
    buy_down_fee: Option<DeferredIncome>,
    /// What each instalment brought is shown on its due date.
    #[serde(default)]
    pub accrual_activity_posting: bool,
}

/// A tranche, as planned.
#[derive(Debug, Deserialize)]
pub struct Tranche {
    /// The day.
    pub date: Date,
    /// How much.
    pub amount: Number,
}

/// What income becomes over the term.
#[derive(Debug, Deserialize)]
struct DeferredIncome {
    #[serde(rename = "type")]
    kind: String,
}

impl Terms {
    /// An amount in major units as an amount in minor units.
    pub fn amount(&self, major: Number) -> Result<Amount, String> {
        let major = major.0;
        let minor = 10_i64.checked_pow(u32::from(self.currency.decimals)).ok_or("`currency.decimals`: too many")?;
        let minor = major.checked_mul(Decimal::from(minor)).ok_or("an amount out of range")?;
        if !minor.fract().is_zero() {
            return Err(format!("{major}: more decimals than the currency has"));
        }
        Amount::from_whole_decimal(minor).map_err(|error| error.to_string())
    }

    /// The days that the terms name for the start of the loan.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        let tranches = self.expected_tranches.iter().map(|tranche| tranche.date);
        tranches.chain(self.disbursement_date).chain(self.submitted_on)
    }

    /// The terms of the contract that the ledger records.
    pub fn agreed(&self, currency: ledger_core::money::Currency) -> Result<agreed::Terms, String> {
        let contract = self.contract()?;
        let rules = &contract.interest;
        Ok(agreed::Terms {
            rules: agreed::Terms::CALCULATION_RULES,
            product: "simulated".to_owned(),
            currency,
            principal: self.amount(self.principal)?,
            amortisation: if rules.equal_principal {
                agreed::Amortisation::EqualPrincipal
            } else {
                agreed::Amortisation::Annuity
            },
            instalments: rules.instalments,
            frequency: rules.frequency,
            first_due_on: None,
            annual_rate: rules.annual_rate,
            day_count: agreed::DayCount::ActActIsda,
            flat_fee: None,
            rounding: rules.rounding,
            instalment_rounding: rules.rounding,
            residue: agreed::Residue::Last,
            smoothing: false,
            significant_digits: rules.significant_digits,
            grace_days: 0,
            late_fee: None,
            penalty: None,
            allocation: agreed::AllocationOrder::default(),
            calendar: None,
            adjustment: agreed::Adjustment::Unadjusted,
            servicing: Some(Box::new(contract)),
        })
    }

    /// What a buy-down fee becomes.
    fn buy_down_component(&self) -> Component {
        match &self.buy_down_fee {
            Some(income) if income.kind == "fee" => Component::Fee,
            _ => Component::Interest,
        }
    }

    /// The contract.
    pub fn contract(&self) -> Result<Contract, String> {
        for (field, count, most) in [
            ("number_of_installments", self.number_of_installments, MOST_INSTALMENTS),
            ("repay_every", self.repay_every, 3_650),
        ] {
            if count == 0 || count > most {
                return Err(format!("`terms.{field}`: {count} is not between 1 and {most}"));
            }
        }
        let kinds = |names: &[String]| names.iter().filter_map(|name| payment_kind(name)).collect();
        let (preclosure_until_due_date, rest_by_period) = match &self.interest_recalculation {
            Some(Recalculation::Rules { preclosure, rest }) => {
                (preclosure == "till_rest_frequency_date", rest == "same_as_repayment_period")
            }
            _ => (false, false),
        };
        Ok(Contract {
            interest: self.interest()?,
            schedule_start: match self.repayment_start.as_deref() {
                Some("submitted_on_date") => self.submitted_on,
                _ => None,
            },
            due_dates: self.due_dates.clone(),
            fixed_length: self.fixed_length_days,
            down_payment: match self.down_payment_pct {
                Some(percent) => {
                    Some(DownPayment { share: Rate::new(ratio(percent)?), automatic: self.down_payment_auto_repaid })
                }
                None => None,
            },
            allocation: self.spread()?,
            preclosure_until_due_date,
            rest_by_period,
            interest_on_overdue: !matches!(self.interest_recalculation, Some(Recalculation::EngineLevel(_))),
            charge_off: match self.charge_off_behaviour.as_deref() {
                None | Some("regular") => ChargeOffBehaviour::Regular,
                Some("zero_interest") => ChargeOffBehaviour::ZeroInterest,
                Some("accelerate_maturity") => ChargeOffBehaviour::AccelerateMaturity,
                Some(other) => return Err(format!("`terms.charge_off_behaviour`: `{other}` is not known")),
            },
            interest_refund_on: kinds(&self.interest_refund_on),
            buy_down_income: self.buy_down_component(),
            expected: self.expected()?,
        })
    }

    /// The tranches that are expected; else all of it on the day of the disbursement.
    fn expected(&self) -> Result<Vec<ExpectedTranche>, String> {
        let mut expected = Vec::new();
        for tranche in &self.expected_tranches {
            expected.push(ExpectedTranche { on: tranche.date, amount: self.amount(tranche.amount)? });
        }
        if let (true, Some(on)) = (expected.is_empty(), self.disbursement_date) {
            expected.push(ExpectedTranche { on, amount: self.amount(self.principal)? });
        }
        Ok(expected)
    }

    fn interest(&self) -> Result<InterestRules, String> {
        let unknown = |field: &str, value: &str| format!("`terms.{field}`: `{value}` is not known");
        let unit = match self.period_unit.as_str() {
            "days" => PeriodUnit::Day,
            "weeks" => PeriodUnit::Week,
            "months" => PeriodUnit::Month,
            other => return Err(unknown("period_unit", other)),
        };
        let custom = self.day_count.custom_leap_strategy.as_deref();
        Ok(InterestRules {
            method: match self.interest_method.as_str() {
                "declining" => InterestMethod::DecliningBalance,
                "flat" => InterestMethod::Flat,
                other => return Err(unknown("interest_method", other)),
            },
            annual_rate: Rate::new(ratio(self.annual_rate_pct)?),
            year: match self.day_count.days_in_year.as_str() {
                "actual" if custom.is_some_and(|custom| custom.eq_ignore_ascii_case("feb_29_period_only")) => {
                    YearBasis::ActualLeapDay
                }
                "actual" => YearBasis::Actual,
                "365" => YearBasis::Days365,
                "364" => YearBasis::Days364,
                "360" => YearBasis::Days360,
                other => return Err(unknown("day_count.days_in_year", other)),
            },
            month: match self.day_count.days_in_month.as_str() {
                "actual" => MonthBasis::Actual,
                "30" => MonthBasis::Days30,
                other => return Err(unknown("day_count.days_in_month", other)),
            },
            period: match self.interest_calc_period.as_str() {
                "daily" | "" => InterestPeriod::Daily,
                "same_as_repayment" => InterestPeriod::SameAsRepayment {
                    partial_periods: self.calc_interest_for_exact_days_in_partial_period,
                },
                other => return Err(unknown("interest_calc_period", other)),
            },
            year_cut_on_new_year: self.interest_recognition_on_disbursement_date,
            frequency: Frequency { every: self.repay_every, unit, end_of_month: false },
            instalments: self.number_of_installments,
            rounding: match self.rounding.to_ascii_uppercase().as_str() {
                "" | "HALF_EVEN" => Rounding::HalfEven,
                "HALF_UP" => Rounding::HalfUp,
                "UP" => Rounding::Up,
                "DOWN" => Rounding::Down,
                other => return Err(unknown("rounding", other)),
            },
            decimals: self.currency.decimals,
            unit: match self.currency.in_multiples_of.filter(|unit| self.currency.decimals == 0 && !unit.0.is_zero()) {
                Some(unit) => self.amount(unit)?,
                None => Amount::from_minor(1),
            },
            instalment_multiple: self.installment_multiple.map(|multiple| self.amount(multiple)).transpose()?,
            significant_digits: self.math_precision_digits.unwrap_or(19),
            grace: Grace {
                principal: self.grace.principal_payment,
                interest: self.grace.interest_payment,
                interest_free: self.grace.interest_free_periods,
            },
            full_term_tranches: self.full_term_per_tranche,
            equal_principal: self.amortization == "equal_principal",
            whole_term_interest: self.schedule_type == "cumulative",
            recalculated: self.interest_recalculation.is_some(),
        })
    }

    fn spread(&self) -> Result<Allocation, String> {
        let every = |order: Vec<Component>| AllocationRule {
            order: [DueState::PastDue, DueState::Due, DueState::InAdvance]
                .into_iter()
                .flat_map(|state| order.iter().map(move |component| (state, *component)).collect::<Vec<_>>())
                .collect(),
            future: FutureInstalments::Next,
        };
        let standard = || every(vec![Component::Penalty, Component::Fee, Component::Interest, Component::Principal]);
        let mut allocation = Allocation {
            vertical: self.processing.as_deref() == Some("vertical"),
            default: standard(),
            by_kind: Vec::new(),
            chargeback: None,
        };
        let Some(terms) = &self.allocation else { return Ok(allocation) };
        if terms.kind == "fixed" {
            let rule = |from: &str| -> Result<Vec<Component>, String> {
                let text = terms.order.iter().find_map(|entry| entry.strip_prefix(from));
                match text {
                    Some(text) => text.trim_start_matches(':').split(',').map(component).collect(),
                    None => terms.order.iter().map(|name| component(name)).collect(),
                }
            };
            let (due, advance) = (rule("DUE")?, rule("IN_ADVANCE")?);
            let with = |state: DueState, order: &[Component]| {
                order.iter().map(|component| (state, *component)).collect::<Vec<_>>()
            };
            allocation.default = AllocationRule {
                order: [with(DueState::PastDue, &due), with(DueState::Due, &due), with(DueState::InAdvance, &advance)]
                    .concat(),
                future: FutureInstalments::Next,
            };
            return Ok(allocation);
        }
        for rule in &terms.rules {
            let future = match rule.future_installments.as_deref() {
                None | Some("next_installment") => FutureInstalments::Next,
                Some("last_installment") => FutureInstalments::Last,
                Some("next_last_installment") => FutureInstalments::NextThenLast,
                Some("reamortization") => FutureInstalments::Reamortise,
                Some(other) => {
                    return Err(format!("`terms.allocation.rules.future_installments`: `{other}` is not known"));
                }
            };
            let order = rule.order.iter().map(|bucket| bucket_of(bucket)).collect::<Result<_, _>>()?;
            let rule_of = AllocationRule { order, future };
            match payment_kind(&rule.transaction) {
                _ if rule.transaction == "default" => allocation.default = rule_of,
                Some(kind) => allocation.by_kind.push((kind, rule_of)),
                None => {
                    return Err(format!("`terms.allocation.rules.transaction`: `{}` is not known", rule.transaction));
                }
            }
        }
        if let Some(rule) = terms.credit_rules.iter().find(|rule| rule.transaction == "chargeback") {
            allocation.chargeback = Some(rule.order.iter().map(|name| component(name)).collect::<Result<_, _>>()?);
        }
        Ok(allocation)
    }
}

fn bucket_of(text: &str) -> Result<(DueState, Component), String> {
    let text = text.to_ascii_lowercase();
    for (prefix, state) in
        [("past_due_", DueState::PastDue), ("in_advance_", DueState::InAdvance), ("due_", DueState::Due)]
    {
        if let Some(name) = text.strip_prefix(prefix) {
            return Ok((state, component(name)?));
        }
    }
    Err(format!("`terms.allocation`: `{text}` is no bucket (as in past_due_interest)"))
}

fn component(text: &str) -> Result<Component, String> {
    Ok(match text {
        "penalty" | "penalties" => Component::Penalty,
        "fee" | "fees" => Component::Fee,
        "interest" => Component::Interest,
        "principal" => Component::Principal,
        other => return Err(format!("`{other}` is no component (penalty, fee, interest, principal)")),
    })
}

/// The kind of payment that a name stands for.
pub fn payment_kind(name: &str) -> Option<PaymentKind> {
    Some(match name {
        "repayment" | "repay" | "prepay" => PaymentKind::Repayment,
        "down_payment" => PaymentKind::DownPayment,
        "merchant_issued_refund" | "merchant_refund" => PaymentKind::MerchantRefund,
        "payout_refund" => PaymentKind::PayoutRefund,
        "goodwill_credit" | "goodwill" => PaymentKind::Goodwill,
        "interest_refund" | "manual_interest_refund" => PaymentKind::InterestRefund,
        "interest_payment_waiver" => PaymentKind::InterestWaiver,
        "charge_adjustment" => PaymentKind::ChargeAdjustment,
        "capitalized_income_adjustment" => PaymentKind::IncomeAdjustment,
        "recovery_repayment" => PaymentKind::Recovery,
        _ => return None,
    })
}
