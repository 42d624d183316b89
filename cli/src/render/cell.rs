//! One value, as people and as programs read it.

use super::json::Json;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, text};
use ledger_core::stream::{Position, Version};
use rust_decimal::Decimal;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Nothing,
    /// A text, a date, an id.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// Yes or no.
    Flag(bool),
    /// An amount.
    Money(Amount, Currency),
    /// An amount that people do not need to see if it is zero.
    Share(Amount, Currency),
}

impl Cell {
    /// As people read it.
    pub fn for_people(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::Share(amount, _) if amount.is_zero() => String::new(),
            Self::Money(amount, currency) | Self::Share(amount, currency) => text::format_grouped(*amount, *currency),
        }
    }

    /// As programs read it: amounts are decimal texts in the major unit.
    pub fn json(&self) -> Json {
        match self {
            Self::Nothing => Json::Null,
            Self::Text(text) => Json::Text(text.clone()),
            Self::Number(number) => Json::Number(*number),
            Self::Decimal(number) => Json::Decimal(*number),
            Self::Flag(flag) => Json::Flag(*flag),
            Self::Money(amount, currency) | Self::Share(amount, currency) => {
                Json::Text(text::format(*amount, *currency))
            }
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Decimal> for Cell {
    fn from(number: Decimal) -> Self {
        Self::Decimal(number)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Self::Text(date.to_string())
    }
}

impl From<Version> for Cell {
    fn from(version: Version) -> Self {
        version.0.into()
    }
}

impl From<Position> for Cell {
    fn from(position: Position) -> Self {
        Self::Text(position.to_string())
    }
}

impl From<(Amount, Currency)> for Cell {
    fn from((amount, currency): (Amount, Currency)) -> Self {
        Self::Money(amount, currency)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}
