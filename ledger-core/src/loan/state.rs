//! What the fold of a loan's events holds.

use super::{Book, Facts, Kept};
use crate::calendar::{Date, Timestamp};
use crate::money::{Amount, Overflow};
use crate::servicing::contract::Contract;
use crate::stream::Version;
use crate::terms::Terms;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How a loan stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Contract made, nothing paid out.
    Pending,
    /// Something is outstanding.
    Active,
    /// Nothing is outstanding, and money is held for the borrower.
    Overpaid,
    /// Nothing is outstanding either way.
    Settled,
    /// Written off.
    WrittenOff,
    /// The file is closed.
    Closed,
}

impl Status {
    /// The name in views and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Overpaid => "overpaid",
            Self::Settled => "settled",
            Self::WrittenOff => "written-off",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A recorded fact, without its outcome (that stands in the book).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its version.
    pub version: Version,
    /// When it counts.
    pub effective_on: Date,
    /// The business date on which it was recorded.
    pub booked_on: Date,
    /// What happened. Terms are kept once, in [`LoanState::terms`]; an origination is not listed here.
    pub facts: Facts,
    /// It was taken back by this event.
    pub reversed_by: Option<Version>,
}

/// What a command with some key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The hash of its facts.
    pub request: [u8; 32],
    /// Its first event.
    pub first: Version,
    /// Its last event.
    pub last: Version,
}

/// The fold of a loan's events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanState {
    /// The version of the last event.
    pub version: Option<Version>,
    /// When the last event was recorded.
    pub recorded_at: Option<Timestamp>,
    /// The terms.
    pub terms: Option<Box<Terms>>,
    /// The borrower's pseudonymous id.
    pub borrower: Option<String>,
    /// When the contract was made.
    pub originated_on: Option<Date>,
    /// When the principal was paid out.
    pub disbursed_on: Option<Date>,
    /// When the loan was taken over from another system.
    pub converted_on: Option<Date>,
    /// The principal paid out.
    pub disbursed: Amount,
    /// Taken over without the date of its arrears.
    pub arrears_unknown: bool,
    /// When it was written off.
    pub written_off_on: Option<Date>,
    /// When it was closed; a reversal opens it again.
    pub closed_on: Option<Date>,
    /// The recorded facts by version, without origination and restatements.
    pub facts: Vec<Fact>,
    /// The book.
    pub book: Book,
    /// Keys seen.
    pub keys: BTreeMap<Arc<str>, Applied>,
    /// What deciding the last command left behind; no part of the state.
    #[serde(skip)]
    pub kept: Kept,
}

impl LoanState {
    /// How the loan stands in its life, as far as its events say. Penalty interest that only time has accrued is no event:
    /// [`super::position()`] adds it.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn status(&self) -> Result<Status, Overflow> {
        Ok(if self.disbursed_on.is_none() {
            Status::Pending
        } else if self.written_off_on.is_some() {
            Status::WrittenOff
        } else if self.closed_on.is_some() {
            Status::Closed
        } else if !self.book.open()?.is_zero() {
            Status::Active
        } else if self.book.credit().is_positive() {
            Status::Overpaid
        } else {
            Status::Settled
        })
    }

    /// What the terms say of servicing by the day, if they do.
    #[must_use]
    pub fn contract(&self) -> Option<&Contract> {
        self.terms.as_ref()?.servicing.as_deref()
    }

    /// A recorded fact.
    #[must_use]
    pub fn fact(&self, version: Version) -> Option<&Fact> {
        self.facts.binary_search_by_key(&version, |fact| fact.version).ok().and_then(|at| self.facts.get(at))
    }

    /// The recorded facts that were not taken back, in the order in which they count: by effective date, then by version.
    #[must_use]
    pub fn facts_in_order(&self) -> Vec<&Fact> {
        let mut facts: Vec<&Fact> = self.facts.iter().filter(|fact| fact.reversed_by.is_none()).collect();
        facts.sort_by_key(|fact| (fact.effective_on, fact.version));
        facts
    }

    /// The last date from which a recorded fact counts.
    #[must_use]
    pub fn last_effective_on(&self) -> Option<Date> {
        self.facts.iter().filter(|fact| fact.reversed_by.is_none()).map(|fact| fact.effective_on).max()
    }
}
