//! Caps on what credit may cost a year: data by jurisdiction, kind of lender, product and date, and the check against them.
//!
//! The program knows how to hold a rate against a limit. Which limit there is, by which method and for whom, stands in
//! `data/rate-caps.toml`, each with its source and a mark of how sure the file is of it.

mod cap_file;
mod check;
mod located;
mod reference_rate;

pub use check::{CapFinding, CapOutcome, CapQuery, check_caps};
pub use reference_rate::{ReferenceRate, ReferenceRateError};

use ledger_core::calendar::Date;
use ledger_core::cost::{CostMethod, ItemKind};
use ledger_core::money::Rate;
use serde::Deserialize;

/// How sure a file is of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Mark {
    /// A stored copy of a publication or a report says so.
    S,
    /// Remembered, not checked against the publication.
    R,
}

impl Mark {
    /// As views write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S => "stored",
            Self::R => "remembered",
        }
    }
}

/// What exceeding a cap does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// The offer is refused.
    Reject,
    /// The offer is made, with a warning.
    Warn,
}

impl Policy {
    /// The name in files and views.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Warn => "warn",
        }
    }
}

/// A charge that only a borrower who does not perform pays; no offer knows how much it will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contingent {
    /// Once for being late.
    LateFee,
    /// By the day for being late.
    PenaltyInterest,
    /// Interest on unpaid interest.
    CompoundInterest,
}

impl Contingent {
    /// The name in files and views.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LateFee => "late-fee",
            Self::PenaltyInterest => "penalty-interest",
            Self::CompoundInterest => "compound-interest",
        }
    }
}

/// What counts towards a cap, as the file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Counted {
    /// A cost of normal performance.
    Item(ItemKind),
    /// A contingent charge.
    Contingent(Contingent),
}

/// The limit of a cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// An annual rate.
    Annual(Rate),
    /// A multiple of a reference rate on the contract's date.
    Reference {
        /// The reference rate's id.
        id: String,
        /// How many times.
        times: Rate,
    },
}

/// One cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCap {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is in force.
    pub jurisdiction: String,
    /// Which kinds of lender it binds; `any` binds all.
    pub lenders: Vec<String>,
    /// Which kinds of product; `any` binds all.
    pub products: Vec<String>,
    /// The first day of contracts that it binds.
    pub effective_from: Date,
    /// The last day of contracts that it binds.
    pub effective_to: Option<Date>,
    /// Only loans of at most so many months.
    pub term_months_up_to: Option<u32>,
    /// Only loans of more than so many months.
    pub term_months_over: Option<u32>,
    /// The limit.
    pub limit: Limit,
    /// The method by which the cost is computed that is held against it.
    pub method: CostMethod,
    /// Whether the source names the method.
    pub method_mark: Mark,
    /// To how many decimals of a percent the cost is rounded, half up, before it is held against the limit; exact without.
    pub decimals: Option<u32>,
    /// The costs of normal performance that count.
    pub counts: Vec<ItemKind>,
    /// The contingent charges that count, if they arise.
    pub contingent: Vec<Contingent>,
    /// What exceeding it does, if nobody says otherwise.
    pub policy: Policy,
    /// How sure the file is of it.
    pub mark: Mark,
    /// Where it stands.
    pub source: String,
    /// What to know.
    pub note: Option<String>,
}
