//! Bands of days, as buckets and classification rules have them.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::sync::Arc;

/// A stretch of days past due, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: u32,
    /// The last day; none if it is open.
    pub to: Option<u32>,
}

impl Days {
    /// Whether a number of days lies in the stretch.
    #[must_use]
    pub fn contains(&self, days: i64) -> bool {
        i64::from(self.from) <= days && self.to.is_none_or(|to| days <= i64::from(to))
    }
}

/// Checks that the bands start at 0, follow one another without gap or overlap, and that only the last is open: then
/// every number of days lies in exactly one. The error names the band (from 0) and the field.
pub(crate) fn check(bands: &[Days]) -> Result<(), (usize, &'static str, String)> {
    let mut expected = Some(0_u32);
    for (at, band) in bands.iter().enumerate() {
        let Some(from) = expected else {
            return Err((at, "from", "a band follows one that is open; only the last band may leave out `to`".into()));
        };
        if band.from != from {
            return Err((at, "from", format!("the band must start at {from}, not {}: bands have no gaps", band.from)));
        }
        if let Some(to) = band.to.filter(|to| *to < band.from) {
            return Err((at, "to", format!("{to} is before the band's first day {}", band.from)));
        }
        expected = band.to.and_then(|to| to.checked_add(1));
    }
    match (bands.len().checked_sub(1), expected) {
        (None, _) => Err((0, "from", "there is no band".into())),
        (Some(last), Some(_)) => Err((last, "to", "the last band must be open: leave out `to`".into())),
        (Some(_), None) => Ok(()),
    }
}

/// A name in a data file: not empty, and short enough for a column.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err(D::Error::custom("a name has 1 to 64 characters"));
    }
    Ok(Arc::from(text))
}
