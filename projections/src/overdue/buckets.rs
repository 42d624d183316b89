//! Delinquency buckets as data.

use crate::bands::{self, Days};
use crate::data_file::{self, DataFileError};
use serde::Deserialize;
use std::sync::Arc;

/// The default file.
const DEFAULT: &str = include_str!("../../data/buckets.toml");

/// A delinquency bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: Arc<str>,
    /// Its days past due.
    pub days: Days,
}

/// The buckets of an arrears list: every number of days lies in exactly one, and unknown arrears lie in one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    buckets: Vec<Bucket>,
    unknown: Arc<str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    /// Where the buckets come from; for readers of the file.
    #[serde(rename = "source")]
    _source: String,
    #[serde(deserialize_with = "bands::name")]
    unknown: Arc<str>,
    bucket: Vec<WireBucket>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBucket {
    #[serde(deserialize_with = "bands::name")]
    name: Arc<str>,
    from: u32,
    to: Option<u32>,
}

impl Buckets {
    /// The buckets of a file's text.
    ///
    /// # Errors
    /// The text is no such file, or its buckets leave a gap; the error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let buckets: Vec<Bucket> = wire
            .bucket
            .into_iter()
            .map(|bucket| Bucket { name: bucket.name, days: Days { from: bucket.from, to: bucket.to } })
            .collect();
        let days: Vec<Days> = buckets.iter().map(|bucket| bucket.days).collect();
        bands::check(&days)
            .map_err(|(at, field, reason)| DataFileError::new(file, format!("bucket[{at}].{field}"), reason))?;
        for (at, bucket) in buckets.iter().enumerate() {
            let mut before = buckets.iter().take(at).map(|other| &other.name);
            if bucket.name == wire.unknown || before.any(|name| *name == bucket.name) {
                let field = format!("bucket[{at}].name");
                return Err(DataFileError::new(file, field, format!("the name `{}` is taken", bucket.name)));
            }
        }
        Ok(Self { buckets, unknown: wire.unknown })
    }

    /// The buckets that the program comes with: current, 30-day bands to 180, and beyond.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn builtin() -> Result<Self, DataFileError> {
        Self::parse("buckets.toml", DEFAULT)
    }

    /// The buckets of a list such as `1-30,31-60,61-90,91+`. The bucket `current` for 0 days comes first if the list starts at
    /// 1; a list without an open end gets one.
    ///
    /// # Errors
    /// A part is no stretch of days, or the list leaves a gap; the error names the part.
    pub fn of_list(list: &str) -> Result<Self, DataFileError> {
        let mut buckets: Vec<Bucket> = Vec::new();
        let mut add = |name: &str, from: u32, to: Option<u32>| {
            buckets.push(Bucket { name: Arc::from(name), days: Days { from, to } });
        };
        let mut last = None;
        for (at, part) in list.split(',').map(str::trim).enumerate() {
            let wrong = || {
                let reason = format!("`{part}` is no stretch of days (write 31-60, or 91+ for the last one)");
                DataFileError::new("the list of buckets", format!("part {}", at.saturating_add(1)), reason)
            };
            let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
            let (from, to) = match (part.strip_suffix('+'), part.split_once('-')) {
                (Some(from), _) => (number(from)?, None),
                (None, Some((from, to))) => (number(from)?, Some(number(to)?)),
                (None, None) => number(part).map(|day| (day, Some(day)))?,
            };
            if at == 0 && from == 1 {
                add("current", 0, Some(0));
            }
            add(part, from, to);
            last = to;
        }
        if let Some(from) = last.and_then(|to| to.checked_add(1)) {
            add(&format!("{from}+"), from, None);
        }
        let days: Vec<Days> = buckets.iter().map(|bucket| bucket.days).collect();
        bands::check(&days).map_err(|(at, _, reason)| {
            let name = buckets.get(at).map_or("", |bucket| &*bucket.name);
            DataFileError::new("the list of buckets", format!("`{name}`"), reason)
        })?;
        Ok(Self { buckets, unknown: Arc::from("unknown") })
    }

    /// The bucket of a number of days past due: its name and its number; `None` is unknown, after all others.
    #[must_use]
    pub fn of(&self, days_past_due: Option<i64>) -> (Arc<str>, usize) {
        let found = days_past_due.and_then(|days| self.buckets.iter().position(|bucket| bucket.days.contains(days)));
        let number = found.unwrap_or(self.buckets.len());
        (self.name(number), number)
    }

    /// The name of a bucket by number.
    #[must_use]
    pub fn name(&self, number: usize) -> Arc<str> {
        self.buckets.get(number).map_or(&self.unknown, |bucket| &bucket.name).clone()
    }

    /// The buckets in order, without the one for unknown arrears.
    #[must_use]
    pub fn all(&self) -> &[Bucket] {
        &self.buckets
    }
}
