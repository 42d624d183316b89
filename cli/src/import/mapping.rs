//! A mapping: which column of a file is which field. Read from TOML; docs/IMPORT.md describes the format.

use crate::exit::Failure;
use ledger_core::calendar::Date;
use ledger_core::money::{Currency, Rounding};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The mappings that come with the program, by name.
const BUILTIN: [(&str, &str); 1] =
    [("lendingclub-2007-2011", include_str!("../../data/mappings/lendingclub-2007-2011.toml"))];

/// Which column is which field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The system that the file comes from, as conversions name it.
    pub source: Option<String>,
    /// The currency of every row.
    pub currency: Option<Currency>,
    /// The product of every row.
    pub product: Option<String>,
    /// The day that the file describes, for tapes.
    pub cut_off: Option<Date>,
    /// How amounts with more decimals than the currency has are rounded; without it such an amount is refused.
    pub rounding: Option<Rounding>,
    /// How dates are written, as `strptime` knows it [default: %Y-%m-%d].
    pub date_format: Option<String>,
    /// Where each field stands.
    #[serde(default)]
    pub columns: BTreeMap<String, Source>,
    /// How the loans of a tape stand.
    pub status: Option<StatusMapping>,
}

/// Where a field stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The column; none if the value is the same in every row.
    pub column: Option<String>,
    /// The value of every row, or of rows in which the column is empty.
    pub value: Option<String>,
    /// What is put before the text.
    pub prefix: Option<String>,
    /// What is cut off the end of the text, such as ` months`.
    pub suffix: Option<String>,
    /// Rates alone: a number without a percent sign is a percentage.
    pub percent: bool,
    /// Rates alone: rounded to so many decimals of the ratio.
    pub decimals: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceToml {
    column: Option<String>,
    value: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    #[serde(default)]
    percent: bool,
    decimals: Option<u32>,
}

/// Which words of a column mean what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusMapping {
    /// The column.
    pub column: String,
    /// Something is owed, and the loan goes on.
    #[serde(default)]
    pub active: Vec<String>,
    /// Paid in full: what rounding leaves of the principal is waived.
    #[serde(default)]
    pub settled: Vec<String>,
    /// Written off: what is left of the principal is lost.
    #[serde(default)]
    pub written_off: Vec<String>,
}

impl Source {
    /// The column of that name.
    pub fn column(name: &str) -> Self {
        Self { column: Some(name.to_owned()), ..Self::default() }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Source;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a table such as { column = \"id\", prefix = \"L-\" }")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Source, E> {
                Ok(Source::column(name))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Source, A::Error> {
                let SourceToml { column, value, prefix, suffix, percent, decimals } =
                    SourceToml::deserialize(MapAccessDeserializer::new(map))?;
                if column.is_none() && value.is_none() {
                    return Err(de::Error::custom("a field needs a `column` or a `value`"));
                }
                if decimals.is_some_and(|decimals| decimals > 28) {
                    return Err(de::Error::custom("`decimals` is at most 28"));
                }
                Ok(Source { column, value, prefix, suffix, percent, decimals })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Mapping {
    /// The mapping of a file, or a built-in one by its name. `fields` are those that the kind of file knows.
    pub fn read(name: &Path, fields: &[&str]) -> Result<Self, Failure> {
        let shown = name.display().to_string();
        let builtin = BUILTIN.iter().find(|(known, _)| name.as_os_str() == *known);
        let text = match builtin {
            // a file of that name in the directory is what was meant: it can be seen
            Some((_, text)) if !name.exists() => (*text).to_owned(),
            _ => std::fs::read_to_string(name).map_err(|error| {
                let known = BUILTIN.map(|(known, _)| known).join(", ");
                let advice = format!("name a TOML file or a built-in mapping ({known})");
                Failure::rejected("bad-mapping", format!("{shown}: the mapping cannot be read: {error}; {advice}"))
            })?,
        };
        let mapping = Self::parse(&text, &shown)?;
        for field in mapping.columns.keys() {
            if !fields.contains(&field.as_str()) {
                let text = format!("{shown}: columns.{field}: there is no such field; there are {}", fields.join(", "));
                return Err(Failure::rejected("bad-mapping", text));
            }
        }
        Ok(mapping)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            Failure::rejected("bad-mapping", format!("{shown}:{line}: {}", error.message()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_mappings_parse() {
        for (name, text) in BUILTIN {
            let mapping = Mapping::parse(text, name).unwrap();
            assert_eq!(mapping.source.as_deref(), Some(name));
            assert!(mapping.columns.keys().all(|field| crate::import::tape::FIELDS.contains(&field.as_str())));
        }
    }

    #[test]
    fn a_field_is_a_column_or_a_table() {
        let text = "[columns]\nloan = \"id\"\nprincipal = { column = \"p\", value = \"100\" }\n";
        let mapping = Mapping::parse(text, "m.toml").unwrap();
        assert_eq!(mapping.columns.get("loan"), Some(&Source::column("id")));
        assert_eq!(mapping.columns.get("principal").unwrap().value.as_deref(), Some("100"));
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_said_with_its_line() {
        for (text, expected) in [
            ("currency = \"XXQ\"\n", "m.toml:1"),
            ("[columns]\nloan = 7\n", "m.toml:2"),
            ("[columns]\nloan = { prefix = \"L-\" }\n", "needs a `column` or a `value`"),
            ("curency = \"USD\"\n", "curency"),
        ] {
            let error = Mapping::parse(text, "m.toml").unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
