//! JSON whose keys stand in the order in which they were given.

use rust_decimal::Decimal;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A decimal number, written with all of its digits.
    Decimal(Decimal),
    /// `true` or `false`
    Flag(bool),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(Cow<'static, str>, Json)>),
}

impl Json {
    /// As one field of a CSV line.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Null | Self::List(_) | Self::Object(_) => String::new(),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            // a text of digits goes out as it is: no binary fraction on the way
            Self::Decimal(number) => {
                RawValue::from_string(number.to_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(object) => serializer.collect_map(object.iter().map(|(key, value)| (key, value))),
        }
    }
}
