//! What a loan's contract says. Written whole into the loan's first event, so that history never depends on a product file.

mod allocation_order;
mod contract;
mod fees;
mod product;
mod product_error;
mod product_file;
#[cfg(test)]
mod product_tests;
mod product_toml;
mod servicing;
#[cfg(test)]
mod servicing_tests;
mod servicing_toml;
mod validate;
mod validate_servicing;
#[cfg(test)]
mod validate_tests;

pub use crate::calendar::{Adjustment, DayCount, Frequency, PeriodUnit};
pub use allocation_order::{AllocationOrder, Bucket, Direction, DueType};
pub use contract::{Amortisation, CustomInstalment, FeeMode, FlatFee, ReferenceDigest, Residue, Terms};
pub use fees::{Backdating, LateFee, LateFeeRule, PenaltyRate};
pub use product::{Method, Overridable, Overrides, PenaltyBasis, PenaltyRule, Product};
pub use product_error::{OfferError, ProductError};
pub use product_file::ProductFile;
pub use servicing::bases_of;
pub use validate::{MAX_INSTALMENTS, MAX_PRINCIPAL, TermsError};

use serde::{Deserialize, Serialize};

/// What an amount on an instalment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// The money lent.
    Principal,
    /// Contractual interest.
    Interest,
    /// Fees: planned service fees and charged ones.
    Fee,
    /// Late fees and penalty interest.
    Penalty,
}

impl Component {
    /// All four, in the order of statements.
    pub const ALL: [Self; 4] = [Self::Principal, Self::Interest, Self::Fee, Self::Penalty];

    /// The name in views and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Interest => "interest",
            Self::Fee => "fee",
            Self::Penalty => "penalty",
        }
    }
}
