//! One rule file: the bands of one rule from one date on.

use crate::bands::{self, Days};
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::Date;
use ledger_core::record::json::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Which days past due a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum DaysUsed {
    /// From the due dates in force.
    #[serde(rename = "dpd")]
    DaysPastDue,
    /// From the original due dates, which no extension or restructuring moves.
    #[serde(rename = "dpd-original")]
    DaysPastDueOriginal,
}

/// How a rule counts days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Counting {
    /// The day minus the due date: the day after the due date is day 1. "More than 90 days" begins at 91.
    #[serde(rename = "exclusive")]
    Exclusive,
    /// The due date itself is day 1, from the end of that day on: the day minus the due date, plus one. "More than 90
    /// days" is 90 days after the due date.
    #[serde(rename = "inclusive")]
    Inclusive,
}

/// A band of a rule: the row that puts a loan into its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The class.
    pub class: Arc<str>,
    /// The class in the rule's own language, if it has one.
    pub label: Option<String>,
    /// Whether the rule calls the class non-performing.
    pub non_performing: bool,
    /// The days that fall into it.
    pub days: Days,
    /// What in the source says so.
    pub source: String,
}

/// A rule file. The program knows how to apply a band, not which band a regulator has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Where it was read.
    pub file: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// The rule's id; several files can hold the same rule from different dates on.
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
    /// Which days past due it counts.
    pub days: DaysUsed,
    /// How it counts them.
    pub counting: Counting,
    /// The class of a loan whose arrears nobody knows.
    pub unknown: Arc<str>,
    /// The class of a loan that was written off.
    pub written_off: Arc<str>,
    /// The bands, ascending, without gaps.
    pub bands: Vec<Band>,
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
    days: DaysUsed,
    counting: Counting,
    #[serde(deserialize_with = "bands::name")]
    unknown: Arc<str>,
    #[serde(deserialize_with = "bands::name")]
    written_off: Arc<str>,
    band: Vec<WireBand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBand {
    #[serde(deserialize_with = "bands::name")]
    class: Arc<str>,
    label: Option<String>,
    #[serde(default)]
    non_performing: bool,
    from: u32,
    to: Option<u32>,
    source: String,
}

impl RuleFile {
    /// The rule of a file's text.
    ///
    /// # Errors
    /// The text is no such file, has a field that is not known, or its bands leave a gap; the error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let wrong = |field: String, reason: String| DataFileError::new(file, field, reason);
        for (field, value) in
            [("id", &wire.id), ("jurisdiction", &wire.jurisdiction), ("lender", &wire.lender), ("source", &wire.source)]
        {
            if value.trim().is_empty() {
                return Err(wrong(field.into(), "it is empty".into()));
            }
        }
        let days: Vec<Days> = wire.band.iter().map(|band| Days { from: band.from, to: band.to }).collect();
        bands::check(&days).map_err(|(at, field, reason)| wrong(format!("band[{at}].{field}"), reason))?;
        let mut taken: Vec<&Arc<str>> = vec![&wire.unknown];
        if wire.written_off == wire.unknown {
            return Err(wrong("written_off".into(), "unknown and written-off loans need classes of their own".into()));
        }
        taken.push(&wire.written_off);
        for (at, band) in wire.band.iter().enumerate() {
            if taken.contains(&&band.class) {
                return Err(wrong(format!("band[{at}].class"), format!("the class `{}` is taken", band.class)));
            }
            taken.push(&band.class);
            if band.source.trim().is_empty() {
                return Err(wrong(format!("band[{at}].source"), "it is empty".into()));
            }
        }
        let bands = wire.band.into_iter().zip(days).map(|(band, days)| Band {
            class: band.class,
            label: band.label,
            non_performing: band.non_performing,
            days,
            source: band.source,
        });
        Ok(Self {
            file: file.to_owned(),
            sha256: hex(&Sha256::digest(text.as_bytes())),
            id: wire.id,
            title: wire.title,
            jurisdiction: wire.jurisdiction,
            lender: wire.lender,
            effective_from: wire.effective_from,
            source: wire.source,
            days: wire.days,
            counting: wire.counting,
            unknown: wire.unknown,
            written_off: wire.written_off,
            bands: bands.collect(),
        })
    }

    /// The days that the rule counts at the end of a day: from the days past due and the due date of the oldest unpaid
    /// instalment. `None` is unknown.
    #[must_use]
    pub fn count(&self, days_past_due: Option<i64>, oldest_unpaid_due_on: Option<Date>, date: Date) -> Option<i64> {
        let days = days_past_due?;
        match (self.counting, oldest_unpaid_due_on) {
            (Counting::Inclusive, Some(due_on)) if due_on <= date => days.checked_add(1),
            _ => Some(days),
        }
    }

    /// The number of the band of a number of days.
    #[must_use]
    pub fn band_of(&self, days: i64) -> Option<usize> {
        self.bands.iter().position(|band| band.days.contains(days))
    }
}
