//! The shape of `[product.servicing]`, field by field, and the contract that is made of it. Every field has a default.

use super::product_toml::{BucketText, RateText};
use super::servicing::{bases_of, component, rule};
use super::{AllocationOrder, Component, DayCount, TermsError};
use crate::calendar::Frequency;
use crate::money::{Amount, Currency, Rate, Rounding, text};
use crate::servicing::contract::{
    Allocation, AllocationRule, ChargeOffBehaviour, Contract, DownPayment, FutureInstalments, PaymentKind,
};
use crate::servicing::rules::{Grace, InterestMethod, InterestPeriod, InterestRules, MonthBasis, YearBasis};
use serde::Deserialize;

/// `[product.servicing]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServicingToml {
    interest_method: InterestMethod,
    whole_term_interest: bool,
    interest_period: PeriodText,
    partial_periods: bool,
    days_in_year: Option<YearText>,
    days_in_month: Option<MonthText>,
    year_cut_on_new_year: bool,
    recalculation: bool,
    rest: PeriodText,
    preclosure: PreclosureText,
    interest_on_overdue: bool,
    grace: GraceToml,
    instalment_multiple: Option<String>,
    amount_multiple: Option<String>,
    down_payment: Option<DownPaymentToml>,
    fixed_length: Option<u32>,
    full_term_tranches: bool,
    future_instalments: FutureText,
    payments: PaymentsToml,
    chargeback_order: Option<Vec<Component>>,
    charge_off: ChargeOffBehaviour,
    interest_refund_on: Vec<PaymentKind>,
    buy_down_income: IncomeText,
}

impl Default for ServicingToml {
    fn default() -> Self {
        Self {
            interest_method: InterestMethod::DecliningBalance,
            whole_term_interest: false,
            interest_period: PeriodText::Daily,
            partial_periods: false,
            days_in_year: None,
            days_in_month: None,
            year_cut_on_new_year: false,
            recalculation: true,
            rest: PeriodText::Daily,
            preclosure: PreclosureText::UntilPayment,
            interest_on_overdue: true,
            grace: GraceToml::default(),
            instalment_multiple: None,
            amount_multiple: None,
            down_payment: None,
            fixed_length: None,
            full_term_tranches: false,
            future_instalments: FutureText::Next,
            payments: PaymentsToml::default(),
            chargeback_order: None,
            charge_off: ChargeOffBehaviour::Regular,
            interest_refund_on: Vec::new(),
            buy_down_income: IncomeText::Interest,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PeriodText {
    Daily,
    SameAsRepayment,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum YearText {
    #[serde(rename = "actual")]
    Actual,
    #[serde(rename = "actual-leap-day")]
    ActualLeapDay,
    #[serde(rename = "365")]
    Days365,
    #[serde(rename = "364")]
    Days364,
    #[serde(rename = "360")]
    Days360,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum MonthText {
    #[serde(rename = "actual")]
    Actual,
    #[serde(rename = "30")]
    Days30,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PreclosureText {
    UntilPayment,
    UntilDueDate,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FutureText {
    Next,
    Last,
    NextThenLast,
    ReAmortise,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IncomeText {
    Interest,
    Fee,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GraceToml {
    principal: u32,
    interest: u32,
    interest_free: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DownPaymentToml {
    share: RateText,
    #[serde(default)]
    automatic: bool,
}

/// Orders of payment by kind of payment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PaymentsToml {
    repayment: Option<RuleToml>,
    down_payment: Option<RuleToml>,
    merchant_refund: Option<RuleToml>,
    payout_refund: Option<RuleToml>,
    goodwill: Option<RuleToml>,
    interest_refund: Option<RuleToml>,
    interest_waiver: Option<RuleToml>,
    charge_adjustment: Option<RuleToml>,
    income_adjustment: Option<RuleToml>,
}

/// What it leaves out is as for every other payment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleToml {
    components: Option<[Component; 4]>,
    buckets: Option<Vec<BucketText>>,
    future_instalments: Option<FutureText>,
}

impl From<FutureText> for FutureInstalments {
    fn from(text: FutureText) -> Self {
        match text {
            FutureText::Next => Self::Next,
            FutureText::Last => Self::Last,
            FutureText::NextThenLast => Self::NextThenLast,
            FutureText::ReAmortise => Self::Reamortise,
        }
    }
}

impl ServicingToml {
    /// The contract, with nothing yet of what the terms of a loan say.
    pub(super) fn contract(
        self,
        day_count: DayCount,
        order: &AllocationOrder,
        currency: Option<Currency>,
    ) -> Result<Contract, TermsError> {
        let allocation = self.allocation(order)?;
        let down_payment =
            self.down_payment.as_ref().map(|down| DownPayment { share: down.share.0, automatic: down.automatic });
        Ok(Contract {
            allocation,
            down_payment,
            expected: Vec::new(),
            schedule_start: None,
            due_dates: None,
            fixed_length: self.fixed_length,
            preclosure_until_due_date: self.preclosure == PreclosureText::UntilDueDate,
            rest_by_period: self.rest == PeriodText::SameAsRepayment,
            interest_on_overdue: self.interest_on_overdue,
            charge_off: self.charge_off,
            interest_refund_on: self.interest_refund_on.clone(),
            buy_down_income: match self.buy_down_income {
                IncomeText::Interest => crate::servicing::contract::Component::Interest,
                IncomeText::Fee => crate::servicing::contract::Component::Fee,
            },
            interest: self.interest(day_count, currency)?,
        })
    }

    fn interest(self, day_count: DayCount, currency: Option<Currency>) -> Result<InterestRules, TermsError> {
        let (year, month) = self.bases(day_count)?;
        if self.partial_periods && self.interest_period == PeriodText::Daily {
            let problem = "is for interest_period = \"same-as-repayment\" alone: leave it out";
            return Err(TermsError::new("servicing.partial_periods", problem));
        }
        let amount = |field, written: Option<String>| match (written, currency) {
            (None, _) => Ok(None),
            (Some(_), None) => {
                Err(TermsError::new(field, "is an amount, and the product has no currency: give it one"))
            }
            (Some(written), Some(currency)) => text::parse(&written, currency)
                .map(Some)
                .map_err(|error| TermsError::new(field, format!("is wrong: {error}"))),
        };
        Ok(InterestRules {
            method: self.interest_method,
            year,
            month,
            period: match self.interest_period {
                PeriodText::Daily => InterestPeriod::Daily,
                PeriodText::SameAsRepayment => {
                    InterestPeriod::SameAsRepayment { partial_periods: self.partial_periods }
                }
            },
            year_cut_on_new_year: self.year_cut_on_new_year,
            unit: amount("servicing.amount_multiple", self.amount_multiple)?.unwrap_or(Amount::from_minor(1)),
            instalment_multiple: amount("servicing.instalment_multiple", self.instalment_multiple)?,
            grace: Grace {
                principal: self.grace.principal,
                interest: self.grace.interest,
                interest_free: self.grace.interest_free,
            },
            full_term_tranches: self.full_term_tranches,
            whole_term_interest: self.whole_term_interest,
            recalculated: self.recalculation,
            // of the terms of a loan: see `servicing::of_loan`
            annual_rate: Rate::default(),
            frequency: Frequency::MONTHLY,
            instalments: 1,
            rounding: Rounding::default(),
            decimals: 0,
            significant_digits: 0,
            equal_principal: false,
        })
    }

    /// Days of a year and of a month: as written, else as the day count of the product has them.
    fn bases(&self, day_count: DayCount) -> Result<(YearBasis, MonthBasis), TermsError> {
        let year = self.days_in_year.map(|year| match year {
            YearText::Actual => YearBasis::Actual,
            YearText::ActualLeapDay => YearBasis::ActualLeapDay,
            YearText::Days365 => YearBasis::Days365,
            YearText::Days364 => YearBasis::Days364,
            YearText::Days360 => YearBasis::Days360,
        });
        let month = self.days_in_month.map(|month| match month {
            MonthText::Actual => MonthBasis::Actual,
            MonthText::Days30 => MonthBasis::Days30,
        });
        let of_product = bases_of(day_count);
        match (year.or(of_product.map(|(year, _)| year)), month.or(of_product.map(|(_, month)| month))) {
            (Some(year), Some(month)) => Ok((year, month)),
            _ => Err(TermsError::new(
                "servicing.days_in_year",
                format!(
                    "is missing, and `day_count` = \"{day_count}\" is no pair of days of a year and of a month: give \
                     `days_in_year` and `days_in_month`, or a `day_count` of act/360, act/364, act/365f, act/act-isda, \
                     30/360-by-period"
                ),
            )),
        }
    }

    fn allocation(&self, order: &AllocationOrder) -> Result<Allocation, TermsError> {
        let future = FutureInstalments::from(self.future_instalments);
        let of = &self.payments;
        let kinds = [
            (PaymentKind::Repayment, &of.repayment),
            (PaymentKind::DownPayment, &of.down_payment),
            (PaymentKind::MerchantRefund, &of.merchant_refund),
            (PaymentKind::PayoutRefund, &of.payout_refund),
            (PaymentKind::Goodwill, &of.goodwill),
            (PaymentKind::InterestRefund, &of.interest_refund),
            (PaymentKind::InterestWaiver, &of.interest_waiver),
            (PaymentKind::ChargeAdjustment, &of.charge_adjustment),
            (PaymentKind::IncomeAdjustment, &of.income_adjustment),
        ];
        let mut by_kind = Vec::new();
        for (kind, written) in kinds {
            if let Some(written) = written {
                by_kind.push((kind, written.rule(order, future)?));
            }
        }
        let chargeback =
            self.chargeback_order.as_ref().map(|order| order.iter().copied().map(component).collect::<Vec<_>>());
        Ok(Allocation { vertical: false, default: rule(order, future), by_kind, chargeback })
    }
}

impl RuleToml {
    fn rule(&self, otherwise: &AllocationOrder, future: FutureInstalments) -> Result<AllocationRule, TermsError> {
        let future = self.future_instalments.map_or(future, Into::into);
        let order = match (self.components, &self.buckets) {
            (None, None) => return Ok(rule(otherwise, future)),
            (Some(components), None) => AllocationOrder::uniform(otherwise.direction, components),
            (None, Some(buckets)) => AllocationOrder {
                direction: otherwise.direction,
                buckets: buckets.iter().map(|bucket| bucket.0).collect(),
            },
            (Some(_), Some(_)) => {
                return Err(TermsError::new("servicing.payments", "takes `components` or `buckets`, not both"));
            }
        };
        order.validate_as("servicing.payments")?;
        Ok(rule(&order, future))
    }
}
