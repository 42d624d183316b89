//! Where in which log a read model stands: rows of the table `meta`.

use crate::tables::SCHEMA_VERSION;
use ledger_core::record::{Position, Version};
use projections::engine::Anchor;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where in which log a read model stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The version of the tables.
    pub schema_version: u32,
    /// The identity of the log's store.
    pub store_id: String,
    /// The last event that is in it.
    pub anchor: Anchor,
}

impl Checkpoint {
    /// A checkpoint of the tables as this program knows them.
    #[must_use]
    pub fn new(store_id: &str, anchor: Anchor) -> Self {
        Self { schema_version: SCHEMA_VERSION, store_id: store_id.to_owned(), anchor }
    }

    /// The rows of `meta`.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, String); 6] {
        let sha256 = self.anchor.sha256.iter().fold(String::with_capacity(64), |mut text, byte| {
            // a String takes everything
            let _ = write!(text, "{byte:02x}");
            text
        });
        [
            ("schema_version", self.schema_version.to_string()),
            ("store_id", self.store_id.clone()),
            ("position", self.anchor.position.to_string()),
            ("stream", self.anchor.stream.to_string()),
            ("version", self.anchor.version.to_string()),
            ("sha256", sha256),
        ]
    }

    /// The checkpoint of the rows; none if there are no rows.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of_rows(rows: &BTreeMap<String, String>) -> Result<Option<Self>, String> {
        if rows.is_empty() {
            return Ok(None);
        }
        let value = |name: &str| rows.get(name).ok_or_else(|| format!("has no `{name}` in its table `meta`"));
        let number = |name: &str| -> Result<u64, String> {
            value(name)?.parse().map_err(|_| format!("has no number as `{name}` in its table `meta`"))
        };
        let schema_version = u32::try_from(number("schema_version")?).unwrap_or(u32::MAX);
        let stream = value("stream")?.parse().map_err(|error| format!("has no stream in its table `meta`: {error}"))?;
        let anchor = Anchor {
            position: Position(number("position")?),
            stream,
            version: Version(number("version")?),
            sha256: bytes(value("sha256")?).ok_or("has no SHA-256 in its table `meta`")?,
        };
        Ok(Some(Self { schema_version, store_id: value("store_id")?.clone(), anchor }))
    }
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        let from = at.checked_mul(2)?;
        *byte = u8::from_str_radix(hex.get(from..from.checked_add(2)?)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::stream::StreamName;

    #[test]
    fn rows_say_the_checkpoint_and_broken_rows_say_what_is_wrong() {
        let anchor = Anchor {
            position: Position(17),
            stream: StreamName::loan("L-1").unwrap(),
            version: Version(3),
            sha256: std::array::from_fn(|at| u8::try_from(at * 7).unwrap()),
        };
        let checkpoint = Checkpoint::new("store", anchor);
        let rows: BTreeMap<String, String> =
            checkpoint.rows().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(Checkpoint::of_rows(&rows), Ok(Some(checkpoint)));
        assert_eq!(Checkpoint::of_rows(&BTreeMap::new()), Ok(None));
        for name in rows.keys().filter(|name| *name != "store_id") {
            let mut broken = rows.clone();
            broken.insert(name.clone(), "…".to_owned());
            assert!(Checkpoint::of_rows(&broken).is_err(), "{name}");
            broken.remove(name);
            assert!(Checkpoint::of_rows(&broken).unwrap_err().contains(name.as_str()), "{name}");
        }
    }
}
