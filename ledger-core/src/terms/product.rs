//! Products as data: what a lender offers, from which the terms of a loan are made.

use super::{
    Adjustment, AllocationOrder, Amortisation, CustomInstalment, DayCount, FlatFee, Frequency, LateFee, OfferError,
    PenaltyRate, ReferenceDigest, Residue, Terms, TermsError,
};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Overflow, Rate, Rounding, text};
use serde::Deserialize;

/// What a lender offers. Nothing of it is needed once a loan has its [`Terms`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The id that terms name it by.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The currency it lends; any, if absent.
    pub currency: Option<Currency>,
    /// How the principal is paid back.
    pub method: Method,
    /// The balloon of [`Method::InterestOnly`] as a ratio of the principal; all of it, if absent.
    pub balloon_share: Option<Rate>,
    /// The number of instalments; if absent, the loan says it.
    pub instalments: Option<u32>,
    /// How often an instalment falls due.
    pub frequency: Frequency,
    /// Days from the disbursement to the first due date, if that is not one period.
    pub first_due_after_days: Option<u32>,
    /// The contract rate, annual and nominal; if absent, the loan says it.
    pub annual_rate: Option<Rate>,
    /// How days become fractions of a year.
    pub day_count: DayCount,
    /// A service fee per period on the original principal.
    pub flat_fee: Option<FlatFee>,
    /// How interest and fees become whole minor units.
    pub rounding: Rounding,
    /// How the level instalment becomes a whole number of minor units.
    pub instalment_rounding: Rounding,
    /// Which instalment takes what rounding leaves over.
    pub residue: Residue,
    /// Spread a last instalment that differs much over all instalments.
    pub smoothing: bool,
    /// Significant digits of intermediate decimals.
    pub significant_digits: u8,
    /// Days after the due date on which no late fee is assessed.
    pub grace_days: u32,
    /// What being late costs once.
    pub late_fee: Option<LateFee>,
    /// What being late costs by the day.
    pub penalty: Option<PenaltyRule>,
    /// In which order a payment is spread.
    pub allocation: AllocationOrder,
    /// The id of the business calendar that moves due dates.
    pub calendar: Option<String>,
    /// What a due date that is no business day does.
    pub adjustment: Adjustment,
    /// The smallest principal.
    pub min_principal: Option<Amount>,
    /// The largest principal.
    pub max_principal: Option<Amount>,
    /// What a loan may set for itself.
    pub overridable: Vec<Overridable>,
}

/// How the principal is paid back, without what only a loan knows; see [`Amortisation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Level instalments of interest and principal.
    Annuity,
    /// Equal shares of principal.
    EqualPrincipal,
    /// Interest, and a balloon at the end.
    InterestOnly,
    /// The loan lists its instalments.
    Custom,
}

/// How the rate of penalty interest is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PenaltyRule {
    /// The rate.
    pub rate: PenaltyBasis,
    /// How its days count.
    pub day_count: DayCount,
}

/// A penalty rate of its own, or one that follows the contract rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PenaltyBasis {
    /// The annual rate.
    Annual(Rate),
    /// The contract rate times this: `1.5` is half as much again.
    Factor(Rate),
}

/// A field that a product may let a loan set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overridable {
    /// [`Overrides::instalments`].
    Instalments,
    /// [`Overrides::annual_rate`].
    AnnualRate,
    /// [`Overrides::first_due_on`].
    FirstDueOn,
    /// [`Overrides::flat_fee_rate`].
    FlatFeeRate,
    /// [`Overrides::balloon`].
    Balloon,
    /// [`Overrides::grace_days`].
    GraceDays,
}

impl Overridable {
    /// The name in product files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instalments => "instalments",
            Self::AnnualRate => "annual_rate",
            Self::FirstDueOn => "first_due_on",
            Self::FlatFeeRate => "flat_fee_rate",
            Self::Balloon => "balloon",
            Self::GraceDays => "grace_days",
        }
    }
}

/// What one loan sets for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// The number of instalments.
    pub instalments: Option<u32>,
    /// The contract rate.
    pub annual_rate: Option<Rate>,
    /// The first due date.
    pub first_due_on: Option<Date>,
    /// The flat fee's rate per period.
    pub flat_fee_rate: Option<Rate>,
    /// The balloon.
    pub balloon: Option<Amount>,
    /// Days of grace.
    pub grace_days: Option<u32>,
    /// The instalments, for [`Method::Custom`] alone.
    pub custom: Option<Vec<CustomInstalment>>,
    /// The published calendar, for a product that names one alone.
    pub calendar: Option<ReferenceDigest>,
}

impl Product {
    /// The terms of a loan of this product, checked by [`Terms::validate`].
    ///
    /// # Errors
    /// [`OfferError`] if the loan asks for what the product does not offer, or leaves out what it must say.
    pub fn terms(
        &self,
        principal: Amount,
        currency: Currency,
        disbursed_on: Date,
        overrides: &Overrides,
    ) -> Result<Terms, OfferError> {
        self.check_currency_and_limits(principal, currency)?;
        self.check_overrides(overrides)?;
        let annual_rate = match (overrides.annual_rate.or(self.annual_rate), self.method) {
            (Some(rate), _) => rate,
            (None, Method::Custom) => Rate::default(),
            (None, _) => return Err(self.missing("annual_rate")),
        };
        let terms = Terms {
            rules: Terms::CALCULATION_RULES,
            product: self.id.clone(),
            currency,
            principal,
            amortisation: self.amortisation(principal, overrides)?,
            instalments: self.count(overrides)?,
            frequency: self.frequency,
            first_due_on: self.first_due_on(disbursed_on, overrides)?,
            annual_rate,
            day_count: self.day_count,
            flat_fee: self.flat_fee.clone().map(|fee| FlatFee {
                rate_per_period: overrides.flat_fee_rate.unwrap_or(fee.rate_per_period),
                mode: fee.mode,
            }),
            rounding: self.rounding,
            instalment_rounding: self.instalment_rounding,
            residue: self.residue,
            smoothing: self.smoothing,
            significant_digits: self.significant_digits,
            grace_days: overrides.grace_days.unwrap_or(self.grace_days),
            late_fee: self.late_fee.clone(),
            penalty: self.penalty_rate(annual_rate)?,
            allocation: self.allocation.clone(),
            calendar: self.calendar(overrides)?,
            adjustment: self.adjustment,
            servicing: None,
        };
        terms.validate().map_err(|problem| self.wrong(problem))?;
        Ok(terms)
    }

    fn check_currency_and_limits(&self, principal: Amount, currency: Currency) -> Result<(), OfferError> {
        if let Some(expected) = self.currency.filter(|expected| *expected != currency) {
            return Err(OfferError::Currency { product: self.id.clone(), expected, found: currency });
        }
        let written = |amount| text::format(amount, currency);
        let below = self.min_principal.is_some_and(|least| principal < least);
        if below || self.max_principal.is_some_and(|most| principal > most) {
            let limits = match (self.min_principal, self.max_principal) {
                (Some(least), Some(most)) => format!("{} to {}", written(least), written(most)),
                (Some(least), None) => format!("{} or more", written(least)),
                (None, most) => format!("up to {}", written(most.unwrap_or_default())),
            };
            return Err(OfferError::Limits { product: self.id.clone(), limits, found: written(principal) });
        }
        Ok(())
    }

    fn check_overrides(&self, overrides: &Overrides) -> Result<(), OfferError> {
        let set = [
            (Overridable::Instalments, overrides.instalments.is_some()),
            (Overridable::AnnualRate, overrides.annual_rate.is_some()),
            (Overridable::FirstDueOn, overrides.first_due_on.is_some()),
            (Overridable::FlatFeeRate, overrides.flat_fee_rate.is_some()),
            (Overridable::Balloon, overrides.balloon.is_some()),
            (Overridable::GraceDays, overrides.grace_days.is_some()),
        ];
        for (field, is_set) in set {
            if is_set && !self.overridable.contains(&field) {
                return Err(OfferError::NotOverridable { product: self.id.clone(), field: field.name() });
            }
        }
        if overrides.custom.is_some() && self.method != Method::Custom {
            return Err(OfferError::NotOverridable { product: self.id.clone(), field: "custom" });
        }
        Ok(())
    }

    fn amortisation(&self, principal: Amount, overrides: &Overrides) -> Result<Amortisation, OfferError> {
        Ok(match self.method {
            Method::Annuity => Amortisation::Annuity,
            Method::EqualPrincipal => Amortisation::EqualPrincipal,
            Method::InterestOnly => {
                let share = match self.balloon_share {
                    Some(share) => Some(self.part(principal, share)?),
                    None => None,
                };
                Amortisation::InterestOnly { balloon: overrides.balloon.or(share) }
            }
            Method::Custom => Amortisation::Custom(overrides.custom.clone().ok_or_else(|| self.missing("custom"))?),
        })
    }

    fn part(&self, principal: Amount, share: Rate) -> Result<Amount, OfferError> {
        let part = principal.to_decimal().checked_mul(share.ratio()).ok_or(Overflow);
        part.and_then(|part| self.rounding.round(part))
            .map_err(|overflow| self.wrong(TermsError::new("balloon_share", format!("is too large: {overflow}"))))
    }

    fn count(&self, overrides: &Overrides) -> Result<u32, OfferError> {
        if let Some(listed) = &overrides.custom {
            return u32::try_from(listed.len())
                .map_err(|_| self.wrong(TermsError::new("amortisation.custom", "lists too many instalments")));
        }
        overrides.instalments.or(self.instalments).ok_or_else(|| self.missing("instalments"))
    }

    fn first_due_on(&self, disbursed_on: Date, overrides: &Overrides) -> Result<Option<Date>, OfferError> {
        match (overrides.first_due_on, self.first_due_after_days) {
            (Some(date), _) if date < disbursed_on => {
                let problem = format!("is {date}, before the disbursement on {disbursed_on}: choose a later one");
                Err(self.wrong(TermsError::new("first_due_on", problem)))
            }
            (Some(date), _) => Ok(Some(date)),
            (None, Some(days)) => disbursed_on
                .plus_days(i64::from(days))
                .map(Some)
                .map_err(|error| self.wrong(TermsError::new("first_due_after_days", error.to_string()))),
            (None, None) => Ok(None),
        }
    }

    fn penalty_rate(&self, annual_rate: Rate) -> Result<Option<PenaltyRate>, OfferError> {
        let Some(rule) = self.penalty else { return Ok(None) };
        let annual = match rule.rate {
            PenaltyBasis::Annual(rate) => rate,
            PenaltyBasis::Factor(factor) => annual_rate
                .ratio()
                .checked_mul(factor.ratio())
                .map(Rate::new)
                .ok_or_else(|| self.wrong(TermsError::new("penalty.factor", "is too large")))?,
        };
        Ok(Some(PenaltyRate { annual, day_count: rule.day_count }))
    }

    fn calendar(&self, overrides: &Overrides) -> Result<Option<ReferenceDigest>, OfferError> {
        let product = self.id.clone();
        match (&self.calendar, &overrides.calendar) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(OfferError::NotOverridable { product, field: "calendar" }),
            (Some(_), None) => Err(OfferError::Missing { product, field: "calendar" }),
            (Some(expected), Some(found)) if *expected != found.id => {
                Err(OfferError::Calendar { product, expected: expected.clone(), found: found.id.clone() })
            }
            (Some(_), Some(found)) => Ok(Some(found.clone())),
        }
    }

    fn missing(&self, field: &'static str) -> OfferError {
        OfferError::Missing { product: self.id.clone(), field }
    }

    fn wrong(&self, problem: TermsError) -> OfferError {
        OfferError::Terms { product: self.id.clone(), problem }
    }
}
