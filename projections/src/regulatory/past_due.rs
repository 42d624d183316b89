//! Bands whose bounds are days or years past due, as FINREP F 18 has them.

use super::{Exposure, Reason};
use crate::bands;
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::{Date, DateError, DayCount};
use ledger_core::loan::Status;
use ledger_core::record::json::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const F18: &str = include_str!("../../data/regulatory/finrep-f18.toml");

/// Bands of days and years past due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDueBands {
    /// Its id.
    pub id: Arc<str>,
    /// What it is.
    pub title: String,
    /// Where it is in force.
    pub jurisdiction: String,
    /// From when on.
    pub effective_from: Date,
    /// The published text that it is taken from.
    pub source: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub sha256: String,
    written_off: Arc<str>,
    unknown: Arc<str>,
    bands: Vec<Band>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    #[serde(deserialize_with = "bands::name")]
    name: Arc<str>,
    #[serde(default)]
    non_performing: bool,
    up_to_days: Option<u32>,
    up_to_years: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    id: Arc<str>,
    title: String,
    jurisdiction: String,
    effective_from: Date,
    source: String,
    #[serde(deserialize_with = "bands::name")]
    written_off: Arc<str>,
    #[serde(deserialize_with = "bands::name")]
    unknown: Arc<str>,
    band: Vec<Band>,
}

/// A loan in its band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BandedLoan<'a> {
    /// The loan.
    pub exposure: &'a Exposure,
    /// The band's name.
    pub band: Arc<str>,
    /// Whether it is non-performing.
    pub non_performing: bool,
    /// Why.
    pub reason: Reason,
}

impl PastDueBands {
    /// The bands of FINREP F 18.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn finrep_f18() -> Result<Self, DataFileError> {
        Self::parse("finrep-f18.toml", F18)
    }

    /// The bands of a file's text.
    ///
    /// # Errors
    /// The text is no such file, a band has two bounds or none (only the last has none), or bounds do not rise.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let last = wire.band.len().checked_sub(1);
        let mut before = 0_u64;
        for (at, band) in wire.band.iter().enumerate() {
            let wrong = |reason: &str| Err(DataFileError::new(file, format!("band[{at}]"), reason));
            let bound = match (band.up_to_days, band.up_to_years) {
                (Some(days), None) => u64::from(days),
                (None, Some(years)) => u64::from(years).saturating_mul(366),
                (None, None) if Some(at) == last => continue,
                (None, None) => return wrong("only the last band may leave out `up_to_days` and `up_to_years`"),
                (Some(_), Some(_)) => return wrong("a band has one bound: `up_to_days` or `up_to_years`"),
            };
            if Some(at) == last {
                return wrong("the last band must be open");
            }
            if bound <= before {
                return wrong("the bounds of bands must rise");
            }
            before = bound;
        }
        if last.is_none() {
            return Err(DataFileError::new(file, "band", "there is no band"));
        }
        Ok(Self {
            id: wire.id,
            title: wire.title,
            jurisdiction: wire.jurisdiction,
            effective_from: wire.effective_from,
            source: wire.source,
            sha256: hex(&Sha256::digest(text.as_bytes())),
            written_off: wire.written_off,
            unknown: wire.unknown,
            bands: wire.band,
        })
    }

    /// The names of the bands in their order, then those of unknown arrears and of what was written off.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.bands.iter().map(|band| &band.name).chain([&self.unknown, &self.written_off])
    }

    fn band(&self, due_on: Date, date: Date, day_count: DayCount) -> Result<Option<&Band>, DateError> {
        let days = date.days_since(due_on).max(0);
        for band in &self.bands {
            let within = match (band.up_to_days, band.up_to_years) {
                (Some(bound), _) => days <= i64::from(bound),
                (_, Some(years)) if of_360(day_count) => days <= i64::from(years).saturating_mul(360),
                (_, Some(years)) => date <= due_on.plus_months(i64::from(years).saturating_mul(12))?,
                _ => true,
            };
            if within {
                return Ok(Some(band));
            }
        }
        Ok(None)
    }

    /// The bands of loans at the end of a day.
    ///
    /// # Errors
    /// A bound lies beyond the calendar.
    pub fn apply<'a>(&self, exposures: &'a [Exposure], date: Date) -> Result<Vec<BandedLoan<'a>>, DateError> {
        exposures.iter().map(|exposure| self.of(exposure, date)).collect()
    }

    fn of<'a>(&self, exposure: &'a Exposure, date: Date) -> Result<BandedLoan<'a>, DateError> {
        let reason = |because: &str| Reason {
            rule: self.id.clone(),
            because: Arc::from(because),
            days: exposure.days_past_due,
            since: None,
            instalment: exposure.oldest.map(|oldest| oldest.instalment),
            due_on: exposure.oldest.map(|oldest| oldest.due_on),
            event: exposure.event.or_else(|| exposure.oldest.and_then(|oldest| oldest.event)),
        };
        let (band, non_performing, because) = if exposure.status == Status::WrittenOff {
            (self.written_off.clone(), false, "written off")
        } else if exposure.days_past_due.is_none() {
            (self.unknown.clone(), false, "nobody says since when it is in arrears")
        } else {
            let due_on = exposure.oldest.map_or(date, |oldest| oldest.due_on);
            let year = if of_360(exposure.day_count) { "a year is 360 days" } else { "a year is 365 or 366 days" };
            match self.band(due_on, date, exposure.day_count)? {
                Some(band) => (band.name.clone(), band.non_performing, year),
                None => (self.unknown.clone(), false, "no band"),
            }
        };
        Ok(BandedLoan { exposure, band, non_performing, reason: reason(because) })
    }
}

/// Whether interest runs on a year of 360 days.
const fn of_360(day_count: DayCount) -> bool {
    matches!(
        day_count,
        DayCount::Thirty360Bond
            | DayCount::Thirty360Us
            | DayCount::ThirtyE360
            | DayCount::ThirtyE360Isda
            | DayCount::Thirty360ByPeriod
            | DayCount::Act360
    )
}

#[cfg(test)]
mod tests {
    use super::{F18, PastDueBands};
    use ledger_core::calendar::{Date, DayCount};

    #[test]
    fn every_boundary_day_has_its_band() {
        let bands = PastDueBands::finrep_f18().unwrap();
        let due_on: Date = "2023-03-31".parse().unwrap();
        let at = |days: i64, day_count| {
            bands.band(due_on, due_on.plus_days(days).unwrap(), day_count).unwrap().unwrap().name.to_string()
        };
        let same = [
            (0, "performing, up to 30"),
            (30, "performing, up to 30"),
            (31, "performing, over 30 up to 90"),
            (90, "performing, over 30 up to 90"),
            (91, "non-performing, over 90 up to 180"),
            (180, "non-performing, over 90 up to 180"),
            (181, "non-performing, over 180 days up to 1 year"),
            (360, "non-performing, over 180 days up to 1 year"),
        ];
        for day_count in [DayCount::Act360, DayCount::Thirty360ByPeriod, DayCount::Act365Fixed] {
            for (days, name) in same {
                assert!(at(days, day_count).starts_with(name), "{days}");
            }
        }
        let over = "non-performing, over 1 up to 2 years";
        assert_eq!(at(361, DayCount::Act360), over);
        // 29 February 2024 lies within: the year has 366 days
        assert!(at(366, DayCount::Act365Fixed).ends_with("up to 1 year"));
        assert_eq!(at(367, DayCount::Act365Fixed), over);
        assert!(at(2 * 360 + 1, DayCount::Act360).contains("over 2 up to 5"));
        assert!(at(5 * 360 + 1, DayCount::Act360).contains("over 5 up to 7"));
        assert!(at(7 * 360 + 1, DayCount::Act360).contains("over 7"));
    }

    #[test]
    fn bands_that_do_not_rise_or_end_are_refused() {
        let refusal = |text: &str| PastDueBands::parse("x.toml", text).unwrap_err().to_string();
        assert!(refusal(&F18.replacen("up_to_days = 90", "up_to_days = 30", 1)).contains("must rise"));
        assert!(refusal(&F18.replacen("up_to_days = 90\n", "", 1)).contains("only the last"));
        assert!(refusal(&F18.replacen("up_to_days = 90", "up_to_days = 90\nup_to_years = 1", 1)).contains("one bound"));
    }
}
