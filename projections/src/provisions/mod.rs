//! Provisions for expected losses: rates by class, as data, and what they make of a classification.

mod rates;

pub use rates::{ClassRate, ProvisionRates, Ratios};

use crate::classification::ClassificationView;
use ledger_core::money::{Amount, Currency, Overflow, Rounding};
use ledger_core::record::{ClassProvision, Provisions};
use ledger_core::terms::ReferenceDigest;
use std::sync::Arc;

/// Why no provisions can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProvisionError {
    /// The rates are for another classification.
    #[error("the rates of `{rates}` are for the classification `{wanted}`, not for `{given}`")]
    OtherClassification {
        /// The rates.
        rates: String,
        /// The classification that they are for.
        wanted: String,
        /// The classification given.
        given: String,
    },
    /// A class with loans has no rate.
    #[error("the rates of `{rates}` name none for the class `{class}`: add `[[rate]]` for it")]
    NoRate {
        /// The rates.
        rates: String,
        /// The class.
        class: String,
    },
    /// Out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl ProvisionRates {
    /// What must be provided for the principal of every class, rounded half up once for each class and currency.
    /// Loans that were written off have nothing left to provide for.
    ///
    /// # Errors
    /// The view is of another classification, or a class with loans has no rate.
    pub fn provide(&self, view: &ClassificationView) -> Result<Provisions, ProvisionError> {
        let sums = view.summary.iter().map(|line| (line.currency, &line.class, line.outstanding_principal));
        self.provide_for((&view.rule, &view.sha256), sums)
    }

    /// The same for sums of principal by class of a classification, which is named by id and SHA-256.
    ///
    /// # Errors
    /// As [`ProvisionRates::provide`].
    pub fn provide_for<'a>(
        &self,
        (rule, sha256): (&str, &str),
        sums: impl Iterator<Item = (Currency, &'a Arc<str>, Amount)>,
    ) -> Result<Provisions, ProvisionError> {
        if rule != self.classification {
            return Err(ProvisionError::OtherClassification {
                rates: self.id.clone(),
                wanted: self.classification.clone(),
                given: rule.to_owned(),
            });
        }
        let mut classes = Vec::new();
        for (currency, class, principal) in sums.filter(|(_, _, principal)| !principal.is_zero()) {
            let rate = self
                .of(class)
                .ok_or_else(|| ProvisionError::NoRate { rates: self.id.clone(), class: class.to_string() })?;
            let provision = of_principal(principal, rate.rate.ratio(), self.general.ratio())?;
            classes.push(ClassProvision { currency, class: class.clone(), principal, provision });
        }
        let digest = |id: &str, sha256: &str| ReferenceDigest { id: id.to_owned(), sha256: sha256.to_owned() };
        let (rates, classification) = (digest(&self.id, &self.sha256), digest(rule, sha256));
        Ok(Provisions { rates, classification, classes })
    }
}

/// Specific and general rate together, never more than the whole.
fn of_principal(
    principal: Amount,
    specific: rust_decimal::Decimal,
    general: rust_decimal::Decimal,
) -> Result<Amount, Overflow> {
    let rate = specific.checked_add(general).ok_or(Overflow)?.min(rust_decimal::Decimal::ONE);
    Rounding::HalfUp.round(principal.to_decimal().checked_mul(rate).ok_or(Overflow)?)
}
