//! Why a product file, or a loan's wishes about a product, are not accepted.

use super::TermsError;

/// Why a product file is not accepted, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductError {
    /// The file.
    pub source_name: String,
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// The product's id, if the file could be read that far.
    pub product: Option<String>,
    /// The field, with dots between levels; empty if the file is no TOML.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl std::fmt::Display for ProductError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source_name)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if let Some(product) = &self.product {
            write!(f, "product `{product}`: ")?;
        }
        if self.field.is_empty() { f.write_str(&self.problem) } else { write!(f, "`{}` {}", self.field, self.problem) }
    }
}

impl std::error::Error for ProductError {}

/// Why a product gives a loan no terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The loan wants to set what the product does not let it set.
    #[error("product `{product}` does not let a loan set `{field}`: add it to its `overridable`, or leave it out")]
    NotOverridable {
        /// The product.
        product: String,
        /// The field.
        field: &'static str,
    },
    /// The loan must say what the product leaves open.
    #[error("product `{product}` leaves `{field}` to the loan: give it")]
    Missing {
        /// The product.
        product: String,
        /// The field.
        field: &'static str,
    },
    /// Another currency than the product's.
    #[error("product `{product}` lends {expected}, not {found}")]
    Currency {
        /// The product.
        product: String,
        /// The product's currency.
        expected: crate::money::Currency,
        /// The loan's currency.
        found: crate::money::Currency,
    },
    /// Outside the product's limits.
    #[error("product `{product}` lends {limits}: {found} is outside")]
    Limits {
        /// The product.
        product: String,
        /// The limits, in the major unit.
        limits: String,
        /// The principal asked for, in the major unit.
        found: String,
    },
    /// Another calendar than the product's.
    #[error("product `{product}` adjusts by the calendar `{expected}`, not by `{found}`")]
    Calendar {
        /// The product.
        product: String,
        /// The product's calendar.
        expected: String,
        /// The calendar given.
        found: String,
    },
    /// The terms that would follow are not accepted.
    #[error("product `{product}`: {problem}")]
    Terms {
        /// The product.
        product: String,
        /// The field and what is wrong with it.
        problem: TermsError,
    },
}
