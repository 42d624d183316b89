//! Holding a cost against the caps that bind it.

use super::{Limit, RateCap, ReferenceRate, ReferenceRateError};
use ledger_core::calendar::Date;
use ledger_core::cost::{CostMethod, ItemKind};
use ledger_core::money::Rate;
use rust_decimal::RoundingStrategy;
use std::fmt;

/// Whose credit is checked, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapQuery<'a> {
    /// Where.
    pub jurisdiction: &'a str,
    /// The kind of lender.
    pub lender: &'a str,
    /// The kind of product.
    pub product: &'a str,
    /// The contract's date.
    pub on: Date,
    /// The term in months, a month begun counted as a whole one; unknown if nobody says: caps that depend on it then bind.
    pub term_months: Option<u32>,
}

/// How a cost stands to a cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapOutcome {
    /// At most the limit.
    Within,
    /// More than the limit.
    Exceeded,
    /// Not known: the limit or the cost has no value.
    Unknown(String),
}

/// A cap that binds, and how the cost stands to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapFinding<'a> {
    /// The cap.
    pub cap: &'a RateCap,
    /// Its limit on that date.
    pub limit: Option<Rate>,
    /// The cost by its method, of what it counts.
    pub found: Option<Rate>,
    /// How the one stands to the other.
    pub outcome: CapOutcome,
}

impl RateCap {
    /// Whether the cap binds this credit.
    #[must_use]
    pub fn binds(&self, query: &CapQuery<'_>) -> bool {
        let named = |list: &[String], name: &str| list.iter().any(|one| one == name || one == "any");
        let dated = self.effective_from <= query.on && self.effective_to.is_none_or(|to| query.on <= to);
        let term = |months: u32| {
            self.term_months_up_to.is_none_or(|to| months <= to)
                && self.term_months_over.is_none_or(|over| months > over)
        };
        self.jurisdiction == query.jurisdiction
            && named(&self.lenders, query.lender)
            && named(&self.products, query.product)
            && dated
            && query.term_months.is_none_or(term)
    }

    /// A cost as it is held against the limit.
    fn rounded(&self, cost: Rate) -> Rate {
        let Some(decimals) = self.decimals else { return cost };
        // a percentage has two decimals fewer than the ratio
        let places = decimals.saturating_add(2);
        Rate::new(cost.ratio().round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
    }

    /// The limit on a contract's date.
    ///
    /// # Errors
    /// The reference rate is not there, or not known on that date.
    pub fn limit_on(&self, date: Date, references: &[ReferenceRate]) -> Result<Rate, ReferenceRateError> {
        match &self.limit {
            Limit::Annual(rate) => Ok(*rate),
            Limit::Reference { id, times } => {
                let missing = || ReferenceRateError::NoSuchRate(id.clone());
                let (rate, _) = references.iter().find(|one| one.id == *id).ok_or_else(missing)?.on(date)?;
                rate.ratio().checked_mul(times.ratio()).map(Rate::new).ok_or_else(missing)
            }
        }
    }
}

/// Holds a cost against every cap that binds it. `cost` gives the rate by a method of the items that count; a cost that
/// does not exist, or a limit that nobody knows, is [`CapOutcome::Unknown`] and never within.
pub fn check_caps<'a, E: fmt::Display>(
    caps: &'a [RateCap],
    references: &[ReferenceRate],
    query: &CapQuery<'_>,
    cost: impl Fn(CostMethod, &[ItemKind]) -> Result<Rate, E>,
) -> Vec<CapFinding<'a>> {
    let finding = |cap: &'a RateCap| {
        let (limit, found) = (cap.limit_on(query.on, references), cost(cap.method, &cap.counts));
        let outcome = match (&limit, &found) {
            (Err(error), _) => CapOutcome::Unknown(error.to_string()),
            (Ok(_), Err(error)) => CapOutcome::Unknown(error.to_string()),
            (Ok(limit), Ok(found)) if cap.rounded(*found) <= *limit => CapOutcome::Within,
            (Ok(_), Ok(_)) => CapOutcome::Exceeded,
        };
        CapFinding { cap, limit: limit.ok(), found: found.ok(), outcome }
    };
    caps.iter().filter(|cap| cap.binds(query)).map(finding).collect()
}
