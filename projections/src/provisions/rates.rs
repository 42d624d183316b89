//! A file of provisioning rates.

use crate::bands;
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::Date;
use ledger_core::money::Rate;
use ledger_core::record::{Published, json::hex};
use ledger_core::terms::ReferenceDigest;
use rust_decimal::Decimal;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const BUILTIN: [(&str, &str); 2] = [
    ("cn-guideline-2002.toml", include_str!("../../data/provisions/cn-guideline-2002.toml")),
    ("cn-mof-2012.toml", include_str!("../../data/provisions/cn-mof-2012.toml")),
];

/// The rate of a class.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRate {
    /// The class, as the classification names it.
    #[serde(deserialize_with = "bands::name")]
    pub class: Arc<str>,
    /// Of the principal outstanding: `0.25` is 25 %.
    pub rate: Rate,
    /// What says so.
    pub source: String,
}

/// Ratios that a supervisor asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratios {
    /// Provisions to loans (贷款拨备率): at least.
    pub provisions_to_loans: Rate,
    /// Provisions to non-performing loans (拨备覆盖率): at least.
    pub provisions_to_non_performing: Rate,
    /// What says so.
    pub source: String,
}

/// A file of provisioning rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionRates {
    text: Arc<str>,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is in force.
    pub jurisdiction: String,
    /// For which kind of lender.
    pub lender: String,
    /// From when on.
    pub effective_from: Date,
    /// The published text that it is taken from.
    pub source: String,
    /// The classification whose classes it names.
    pub classification: String,
    /// On every loan beside the rate of its class.
    pub general: Rate,
    /// By class.
    pub rates: Vec<ClassRate>,
    /// The ratios to compare with, if there are some.
    pub ratios: Option<Ratios>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    id: String,
    title: String,
    jurisdiction: String,
    lender: String,
    effective_from: Date,
    source: String,
    classification: String,
    general: Rate,
    rate: Vec<ClassRate>,
    ratios: Option<Ratios>,
}

impl ProvisionRates {
    /// The rates of a file's text.
    ///
    /// # Errors
    /// The text is no such file, a class is there twice, or a rate is no share; the error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let wrong = |field: String, reason: &str| DataFileError::new(file, field, reason);
        for (field, value) in [("id", &wire.id), ("source", &wire.source), ("classification", &wire.classification)] {
            if value.trim().is_empty() {
                return Err(wrong(field.to_owned(), "it is empty"));
            }
        }
        let share = |rate: Rate| (Decimal::ZERO..=Decimal::ONE).contains(&rate.ratio());
        if !share(wire.general) {
            return Err(wrong("general".to_owned(), "a rate is from 0 to 1: `0.01` is 1 %"));
        }
        for (at, rate) in wire.rate.iter().enumerate() {
            if !share(rate.rate) {
                return Err(wrong(format!("rate[{at}].rate"), "a rate is from 0 to 1: `0.25` is 25 %"));
            }
            if wire.rate.iter().take(at).any(|other| other.class == rate.class) {
                return Err(wrong(format!("rate[{at}].class"), "the class has a rate already"));
            }
        }
        Ok(Self {
            text: Arc::from(text),
            sha256: hex(&Sha256::digest(text.as_bytes())),
            id: wire.id,
            title: wire.title,
            jurisdiction: wire.jurisdiction,
            lender: wire.lender,
            effective_from: wire.effective_from,
            source: wire.source,
            classification: wire.classification,
            general: wire.general,
            rates: wire.rate,
            ratios: wire.ratios,
        })
    }

    /// The files that the program comes with.
    ///
    /// # Errors
    /// Never for the files that are built in; a test reads them.
    pub fn builtin() -> Result<Vec<Self>, DataFileError> {
        BUILTIN.into_iter().map(|(file, text)| Self::parse(file, text)).collect()
    }

    /// The rate of a class.
    #[must_use]
    pub fn of(&self, class: &str) -> Option<&ClassRate> {
        self.rates.iter().find(|rate| *rate.class == *class)
    }

    /// The file as the stream `reference` publishes it.
    #[must_use]
    pub fn published(&self) -> Published {
        let digest = ReferenceDigest { id: self.id.clone(), sha256: self.sha256.clone() };
        Published { digest, kind: "provision-rates".to_owned(), content: self.text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILTIN, ProvisionRates};
    use crate::classification::RuleBook;

    #[test]
    fn the_builtin_files_name_every_class_with_something_outstanding() {
        let rules = RuleBook::builtin().unwrap();
        for rates in ProvisionRates::builtin().unwrap() {
            let rule = rules.files().iter().find(|rule| rule.id == rates.classification).unwrap();
            let classes = rule.bands.iter().map(|band| &band.class).chain([&rule.unknown]);
            assert!(classes.into_iter().all(|class| rates.of(class).is_some()), "{}", rates.id);
        }
    }

    #[test]
    fn a_rate_above_one_and_a_doubled_class_are_refused() {
        let text = BUILTIN[0].1;
        let refusal = |text: &str| ProvisionRates::parse("x.toml", text).unwrap_err().to_string();
        assert!(refusal(&text.replacen("rate = \"0.25\"", "rate = \"25\"", 1)).contains("from 0 to 1"));
        assert!(refusal(&text.replacen("\"doubtful\"", "\"loss\"", 1)).contains("already"));
        assert!(refusal(&text.replacen("general = \"0.01\"\n", "", 1)).contains("general"));
    }
}
