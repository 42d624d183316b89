//! Published reference rates, as dated data.

use super::Mark;
use super::located::{rate, wrong};
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::Date;
use ledger_core::money::Rate;
use serde::Deserialize;
use toml::Spanned;

const BUILTIN: &str = include_str!("../../data/reference-rates.toml");

/// A published rate over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRate {
    /// The id that caps name it by.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is published.
    pub jurisdiction: String,
    /// Who publishes it.
    pub source: String,
    /// The last day for which the file knows it.
    pub known_through: Date,
    /// From which day which annual rate holds, ascending.
    pub values: Vec<(Date, Rate, Mark)>,
}

/// Why a reference rate has no value on a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceRateError {
    /// No such rate.
    #[error("there is no reference rate `{0}`")]
    NoSuchRate(String),
    /// The file does not know the day.
    #[error("the reference rate `{id}` is known from {from} through {through}, and not on {date}: give a newer file")]
    NotKnown {
        /// The rate.
        id: String,
        /// The day asked for.
        date: Date,
        /// The first day that is known.
        from: Date,
        /// The last one.
        through: Date,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    rate: Vec<Spanned<WireRate>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRate {
    id: String,
    title: String,
    jurisdiction: String,
    source: String,
    known_through: Date,
    values: Vec<WireValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireValue {
    from: Date,
    annual: String,
    mark: Mark,
}

impl ReferenceRate {
    /// The rates of a file's text.
    ///
    /// # Errors
    /// The text is no such file, or has a field that cannot be; the error names file, field and line.
    pub fn parse(file: &str, text: &str) -> Result<Vec<Self>, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let mut rates: Vec<Self> = Vec::with_capacity(wire.rate.len());
        for one in wire.rate {
            let (span, one) = (one.span(), one.into_inner());
            let at = |field: &str, reason: String| wrong(file, text, &span, &one.id, field, reason);
            if rates.iter().any(|known| known.id == one.id) {
                return Err(at("id", "stands twice".to_owned()));
            }
            for (field, value) in [("id", &one.id), ("title", &one.title), ("source", &one.source)] {
                if value.trim().is_empty() {
                    return Err(at(field, "it is empty".to_owned()));
                }
            }
            let mut values: Vec<(Date, Rate, Mark)> = Vec::with_capacity(one.values.len());
            for value in &one.values {
                if values.last().is_some_and(|(before, ..)| *before >= value.from) {
                    return Err(at("values", format!("{} does not come after the value before it", value.from)));
                }
                if value.from > one.known_through {
                    return Err(at("known_through", format!("there is a value from {} on", value.from)));
                }
                let annual = rate(&value.annual).map_err(|reason| at("values", reason))?;
                values.push((value.from, annual, value.mark));
            }
            if values.is_empty() {
                return Err(at("values", "it is empty".to_owned()));
            }
            rates.push(Self {
                id: one.id,
                title: one.title,
                jurisdiction: one.jurisdiction,
                source: one.source,
                known_through: one.known_through,
                values,
            });
        }
        Ok(rates)
    }

    /// The rates that the program comes with.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn builtin() -> Result<Vec<Self>, DataFileError> {
        Self::parse("reference-rates.toml", BUILTIN)
    }

    /// The annual rate on a date, and how sure the file is of it.
    ///
    /// # Errors
    /// The file does not know that date.
    pub fn on(&self, date: Date) -> Result<(Rate, Mark), ReferenceRateError> {
        let found = self.values.iter().rev().find(|(from, ..)| *from <= date).filter(|_| date <= self.known_through);
        found.map(|(_, rate, mark)| (*rate, *mark)).ok_or_else(|| ReferenceRateError::NotKnown {
            id: self.id.clone(),
            date,
            from: self.values.first().map_or(self.known_through, |(from, ..)| *from),
            through: self.known_through,
        })
    }
}
