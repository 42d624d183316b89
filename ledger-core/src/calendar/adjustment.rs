//! What a holiday does to a due date (the business day conventions of ISDA 2006 section 4.12).

use serde::{Deserialize, Serialize};
use std::fmt;

/// What happens to a due date that is no business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustment {
    /// It stays.
    #[default]
    Unadjusted,
    /// It moves to the next business day.
    Following,
    /// It moves to the next business day, or to the one before if that lies in another month.
    ModifiedFollowing,
    /// It moves to the business day before.
    Preceding,
    /// It moves to the business day before, or to the next one if that lies in another month.
    ModifiedPreceding,
}

impl Adjustment {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unadjusted, Self::Following, Self::ModifiedFollowing, Self::Preceding, Self::ModifiedPreceding];

    /// The name in product files and in the log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unadjusted => "unadjusted",
            Self::Following => "following",
            Self::ModifiedFollowing => "modified-following",
            Self::Preceding => "preceding",
            Self::ModifiedPreceding => "modified-preceding",
        }
    }
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
