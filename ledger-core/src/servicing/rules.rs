//! What the terms say about servicing by the day.

use crate::calendar::Frequency;
use crate::money::{Amount, Overflow, Rate, Rounding};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// On which amount interest is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterestMethod {
    /// On what is still open.
    DecliningBalance,
    /// On the amount disbursed, whatever was paid back.
    Flat,
}

/// How many days a year has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum YearBasis {
    /// As the calendar says; a period that crosses the New Year is split by year.
    Actual,
    /// 366 for a period that holds 29 February, else 365.
    ActualLeapDay,
    /// Always 365.
    Days365,
    /// Always 364: 52 weeks.
    Days364,
    /// Always 360.
    Days360,
}

/// How many days a month has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MonthBasis {
    /// As the calendar says.
    Actual,
    /// 30: a whole period counts by its nominal length.
    Days30,
}

/// How the interest of a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterestPeriod {
    /// By its days.
    Daily,
    /// As one of so many equal periods of a year.
    SameAsRepayment {
        /// A disbursement within a period earns interest from its own day on, not from the start of the period.
        partial_periods: bool,
    },
}

/// Instalments that ask for less at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Grace {
    /// So many first instalments collect no principal.
    pub principal: u32,
    /// Interest of so many first instalments is collected later.
    pub interest: u32,
    /// So many first instalments earn no interest.
    pub interest_free: u32,
}

/// What the interest model needs of the terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InterestRules {
    /// On which amount.
    pub method: InterestMethod,
    /// The annual nominal rate.
    pub annual_rate: Rate,
    /// Days of a year.
    pub year: YearBasis,
    /// Days of a month.
    pub month: MonthBasis,
    /// How the interest of a period is counted.
    pub period: InterestPeriod,
    /// A period that crosses the New Year is cut after 31 December instead of before it.
    pub year_cut_on_new_year: bool,
    /// How often an instalment falls due.
    pub frequency: Frequency,
    /// How many instalments.
    pub instalments: u32,
    /// How amounts become whole.
    pub rounding: Rounding,
    /// Decimals of the currency.
    pub decimals: u8,
    /// Every computed amount is a multiple of this (1: a minor unit).
    pub unit: Amount,
    /// The level instalment is a multiple of this.
    pub instalment_multiple: Option<Amount>,
    /// Significant digits of intermediate decimals.
    pub significant_digits: u8,
    /// Easier instalments at the beginning.
    pub grace: Grace,
    /// Every tranche gets a whole term of its own.
    pub full_term_tranches: bool,
    /// Instalments share principal, not the sum of principal and interest, equally.
    pub equal_principal: bool,
    /// Flat interest is computed for the whole term, on all that was lent, and shared by the instalments.
    pub whole_term_interest: bool,
    /// Interest follows what is paid early and late.
    pub recalculated: bool,
}

impl InterestRules {
    /// A later tranche is planned as if all had been lent at the start: schedules that are laid out as a whole, without
    /// interest.
    #[must_use]
    pub fn plans_tranches_from_the_start(&self) -> bool {
        self.whole_term_interest && self.annual_rate.is_zero() && !self.full_term_tranches
    }

    /// A decimal count of minor units as a whole amount of the smallest unit.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn round(&self, minor: Decimal) -> Result<Amount, Overflow> {
        to_multiple(minor, self.unit, self.rounding)
    }

    /// The instalment as a multiple of what the terms name; as it is where that would leave nothing of it.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn round_instalment(&self, amount: Amount) -> Result<Amount, Overflow> {
        let Some(multiple) = self.instalment_multiple.filter(|multiple| multiple.is_positive()) else {
            return Ok(amount);
        };
        let rounded = to_multiple(amount.to_decimal(), multiple, self.rounding)?;
        Ok(if rounded.is_zero() { amount } else { rounded })
    }

    /// An amount divided evenly, rounded.
    ///
    /// # Errors
    /// [`Overflow`] if `parts` is 0.
    pub fn share(&self, amount: Amount, parts: usize) -> Result<Amount, Overflow> {
        let parts = Decimal::from(u64::try_from(parts).map_err(|_| Overflow)?);
        self.round(amount.to_decimal().checked_div(parts).ok_or(Overflow)?)
    }
}

/// The nearest multiple of `unit`.
pub(crate) fn to_multiple(minor: Decimal, unit: Amount, rounding: Rounding) -> Result<Amount, Overflow> {
    if unit.minor() <= 1 {
        return rounding.round(minor);
    }
    let units = rounding.round(minor.checked_div(unit.to_decimal()).ok_or(Overflow)?)?;
    units.minor().checked_mul(unit.minor()).map(Amount::from_minor).ok_or(Overflow)
}

/// An amount times a whole number.
pub(crate) fn times(amount: Amount, count: usize) -> Result<Amount, Overflow> {
    let count = i64::try_from(count).map_err(|_| Overflow)?;
    amount.minor().checked_mul(count).map(Amount::from_minor).ok_or(Overflow)
}
