//! Whether terms can be meant: every field within its bounds, and the fields fitting together.

use super::{Adjustment, AllocationOrder, Amortisation, CustomInstalment, DueType, LateFeeRule, PeriodUnit, Terms};
use crate::money::{Amount, Rate};
use rust_decimal::Decimal;
use std::fmt::Display;

/// A field of terms that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct TermsError {
    /// The field, with dots between levels: `late_fee.cap`.
    pub field: &'static str,
    /// What stands there, and what to write instead.
    pub problem: String,
}

impl TermsError {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// The most instalments of a loan: a hundred years of months.
pub const MAX_INSTALMENTS: u32 = 1200;

/// The largest principal in minor units, so that a flat fee of 100 % over [`MAX_INSTALMENTS`] still is an amount.
pub const MAX_PRINCIPAL: Amount = Amount::from_minor(1_000_000_000_000_000);

/// The largest annual rate: 100, which is 10,000 %.
const MAX_RATE: Decimal = Decimal::ONE_HUNDRED;

/// The most units of a period, and the most days of grace: ten years of days.
const MAX_DAYS: u32 = 3660;

const DIGITS: [u8; 3] = [12, 19, 28];

impl Terms {
    /// Checks every field.
    ///
    /// # Errors
    /// [`TermsError`] names the first field that is not accepted, and what is.
    pub fn validate(&self) -> Result<(), TermsError> {
        within("rules", self.rules, 1, Self::CALCULATION_RULES)?;
        name("product", &self.product)?;
        positive("principal", self.principal)?;
        within("instalments", self.instalments, 1, MAX_INSTALMENTS)?;
        within("frequency.every", self.frequency.every, 1, MAX_DAYS)?;
        if self.frequency.end_of_month && self.frequency.unit != PeriodUnit::Month {
            return Err(TermsError::new(
                "frequency.end_of_month",
                "is for months only: count in months, or leave it out",
            ));
        }
        ratio("annual_rate", self.annual_rate, MAX_RATE)?;
        if !DIGITS.contains(&self.significant_digits) {
            let problem = format!("is {}; choose 12, 19 or 28", self.significant_digits);
            return Err(TermsError::new("significant_digits", problem));
        }
        within("grace_days", self.grace_days, 0, MAX_DAYS)?;
        self.validate_amortisation()?;
        self.validate_charges()?;
        self.allocation.validate()?;
        self.validate_calendar()?;
        self.validate_servicing()
    }

    fn validate_amortisation(&self) -> Result<(), TermsError> {
        match &self.amortisation {
            Amortisation::Annuity | Amortisation::EqualPrincipal | Amortisation::InterestOnly { balloon: None } => {
                Ok(())
            }
            Amortisation::InterestOnly { balloon: Some(balloon) } => {
                within("amortisation.balloon", balloon.minor(), 1, self.principal.minor())
            }
            Amortisation::Custom(listed) => self.validate_custom(listed),
        }
    }

    fn validate_custom(&self, listed: &[CustomInstalment]) -> Result<(), TermsError> {
        let wrong = |problem: String| Err(TermsError::new("amortisation.custom", problem));
        if u32::try_from(listed.len()) != Ok(self.instalments) {
            return wrong(format!("lists {} instalments, not {}: make them agree", listed.len(), self.instalments));
        }
        for (number, row) in (1_u32..).zip(listed) {
            if [row.principal, row.interest, row.fee].into_iter().any(Amount::is_negative) {
                return wrong(format!("has a negative part in instalment {number}: every part is 0 or more"));
            }
        }
        if !listed.is_sorted_by(|before, after| before.due_after_days < after.due_after_days) {
            return wrong("does not list instalments by rising days: order them, one for each day".to_owned());
        }
        match Amount::sum(listed.iter().map(|row| row.principal)) {
            Ok(sum) if sum == self.principal => {}
            Ok(sum) => {
                let (sum, principal) = (sum.minor(), self.principal.minor());
                return wrong(format!("adds up to {sum} minor units of principal, not {principal}: make them agree"));
            }
            Err(overflow) => return wrong(format!("has principals beyond all amounts: {overflow}")),
        }
        if self.first_due_on.is_some() {
            return Err(TermsError::new("first_due_on", "has no meaning for listed instalments: leave it out"));
        }
        if self.flat_fee.is_some() {
            return Err(TermsError::new("flat_fee", "has no meaning for listed instalments: list the fee in each"));
        }
        Ok(())
    }

    fn validate_charges(&self) -> Result<(), TermsError> {
        if let Some(fee) = &self.flat_fee {
            ratio("flat_fee.rate_per_period", fee.rate_per_period, Decimal::ONE)?;
        }
        if let Some(fee) = &self.late_fee {
            let (amount, rate) = match fee.rule {
                LateFeeRule::Fixed(amount) => (amount, Rate::default()),
                LateFeeRule::Percent(rate) => (Amount::ZERO, rate),
                LateFeeRule::Greater(amount, rate) => (amount, rate),
            };
            not_negative("late_fee.fixed", amount)?;
            ratio("late_fee.percent", rate, Decimal::ONE)?;
            not_negative("late_fee.cap", fee.cap.unwrap_or_default())?;
        }
        if let Some(penalty) = &self.penalty {
            ratio("penalty.annual", penalty.annual, MAX_RATE)?;
        }
        Ok(())
    }

    fn validate_calendar(&self) -> Result<(), TermsError> {
        if let Some(calendar) = &self.calendar {
            name("calendar.id", &calendar.id)?;
            let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if calendar.sha256.len() != 64 || !calendar.sha256.bytes().all(hex) {
                return Err(TermsError::new("calendar.sha256", "is not 64 hexadecimal digits in lower case"));
            }
        } else if self.adjustment != Adjustment::Unadjusted {
            return Err(TermsError::new("calendar", "is missing: name the one that moves due dates to business days"));
        }
        Ok(())
    }
}

impl AllocationOrder {
    /// The number of pairs of a due type and a component.
    const PAIRS: usize = 12;

    fn validate(&self) -> Result<(), TermsError> {
        self.validate_as("allocation")
    }

    /// Checks it as the field of a name.
    pub(super) fn validate_as(&self, field: &'static str) -> Result<(), TermsError> {
        let wrong = |problem: String| Err(TermsError::new(field, problem));
        for (at, bucket) in self.buckets.iter().enumerate() {
            if self.buckets.iter().take(at).any(|before| before == bucket) {
                let due = match bucket.due {
                    DueType::PastDue => "past-due",
                    DueType::Due => "due",
                    DueType::InAdvance => "in-advance",
                };
                return wrong(format!("lists {due} {} twice: list every pair once", bucket.component.name()));
            }
        }
        if self.buckets.len() != Self::PAIRS {
            return wrong(format!(
                "lists {} of the {} pairs of past-due, due, in-advance with penalty, fee, interest, principal: list all",
                self.buckets.len(),
                Self::PAIRS
            ));
        }
        Ok(())
    }
}

pub(super) fn within<T: PartialOrd + Display>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
) -> Result<(), TermsError> {
    if value < least || value > most {
        return Err(TermsError::new(field, format!("is {value}; choose {least} to {most}")));
    }
    Ok(())
}

fn positive(field: &'static str, amount: Amount) -> Result<(), TermsError> {
    if !amount.is_positive() || amount > MAX_PRINCIPAL {
        let problem = format!("is {} minor units; choose 1 to {}", amount.minor(), MAX_PRINCIPAL.minor());
        return Err(TermsError::new(field, problem));
    }
    Ok(())
}

fn not_negative(field: &'static str, amount: Amount) -> Result<(), TermsError> {
    if amount.is_negative() || amount > MAX_PRINCIPAL {
        let problem = format!("is {} minor units; choose 0 to {}", amount.minor(), MAX_PRINCIPAL.minor());
        return Err(TermsError::new(field, problem));
    }
    Ok(())
}

fn ratio(field: &'static str, rate: Rate, most: Decimal) -> Result<(), TermsError> {
    if rate.ratio() < Decimal::ZERO || rate.ratio() > most {
        let problem = format!("is {rate}; choose a ratio of 0 to {most} (1 is 100 %)");
        return Err(TermsError::new(field, problem));
    }
    Ok(())
}

/// Names stand in events and file names: short, and without anything that a shell or a reader could trip over.
fn name(field: &'static str, text: &str) -> Result<(), TermsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
        let shown: String = text.chars().take(40).collect();
        let problem = format!("is `{shown}`; use 1 to 64 letters, digits, `-`, `_` and `.`");
        return Err(TermsError::new(field, problem));
    }
    Ok(())
}
