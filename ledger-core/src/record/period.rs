//! The end of an accounting period, in the stream `ledger`.

use crate::calendar::Date;
use crate::money::{Amount, Currency};
use crate::terms::ReferenceDigest;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An accounting period is closed: what its books hold is fixed. What comes later with a date inside it is posted on the
/// first day after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodClosed {
    /// The day after the period before; none if it is the first one.
    pub from: Option<Date>,
    /// Its last day.
    pub through: Date,
    /// How many events of the log its books hold.
    #[serde(with = "decimal")]
    pub events: u64,
    /// The root of the log's tree over these events, in lower-case hex.
    pub root: String,
    /// The posting rules, as published in the stream `reference`.
    pub rules: ReferenceDigest,
    /// The trial balance at the end of the last day, by currency and account.
    pub accounts: Vec<AccountTotal>,
    /// The provisions at the end of the last day, if they were made.
    pub provisions: Option<Provisions>,
}

/// What was posted to an account since the first day of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTotal {
    /// The currency.
    pub currency: Currency,
    /// The account.
    pub account: Arc<str>,
    /// The sum of debits, in minor units.
    pub debits: Amount,
    /// The sum of credits, in minor units, not below nothing.
    pub credits: Amount,
}

/// Provisions for expected losses at the end of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisions {
    /// The rates, as published in the stream `reference`.
    pub rates: ReferenceDigest,
    /// The classification whose classes the rates are for.
    pub classification: ReferenceDigest,
    /// By currency and class.
    pub classes: Vec<ClassProvision>,
}

/// What is provided for the loans of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassProvision {
    /// The currency.
    pub currency: Currency,
    /// The class.
    pub class: Arc<str>,
    /// The principal outstanding, in minor units.
    pub principal: Amount,
    /// What is provided for it, in minor units.
    pub provision: Amount,
}

/// A 64-bit integer: in JSON a decimal string.
mod decimal {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(value) } else { value.serialize(serializer) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a whole number")))
    }
}
