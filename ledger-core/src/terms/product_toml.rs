//! The shape of a product file, field by field, apart from the products that are made of it.

use super::product::{Method, Overridable};
use super::servicing_toml::ServicingToml;
use super::{
    Adjustment, Backdating, Bucket, Component, DayCount, Direction, DueType, FeeMode, FlatFee, Frequency, Residue,
};
use crate::money::{Currency, Rate, Rounding};
use serde::{Deserialize, Deserializer, de::Error as _};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileToml {
    /// Every `[[product]]`.
    #[serde(default)]
    pub product: Vec<toml::Spanned<ProductToml>>,
}

/// One `[[product]]`. Amounts are texts in the major unit, rates texts such as `7.2%` or `0.072`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductToml {
    pub id: String,
    pub name: String,
    pub currency: Option<Currency>,
    pub amortisation: Method,
    pub balloon_share: Option<RateText>,
    pub instalments: Option<u32>,
    pub frequency: FrequencyText,
    pub first_due_after_days: Option<u32>,
    pub annual_rate: Option<RateText>,
    pub day_count: DayCount,
    pub flat_fee: Option<FlatFeeToml>,
    #[serde(default)]
    pub rounding: Rounding,
    pub instalment_rounding: Option<Rounding>,
    #[serde(default)]
    pub residue: Residue,
    #[serde(default)]
    pub smoothing: bool,
    #[serde(default = "nineteen")]
    pub significant_digits: u8,
    #[serde(default)]
    pub grace_days: u32,
    pub late_fee: Option<LateFeeToml>,
    pub penalty: Option<PenaltyToml>,
    pub allocation: Option<AllocationToml>,
    pub calendar: Option<String>,
    #[serde(default)]
    pub adjustment: Adjustment,
    pub servicing: Option<ServicingToml>,
    pub limits: Option<LimitsToml>,
    #[serde(default)]
    pub overridable: Vec<Overridable>,
}

const fn nineteen() -> u8 {
    19
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlatFeeToml {
    pub rate_per_period: RateText,
    pub mode: FeeMode,
}

impl From<FlatFeeToml> for FlatFee {
    fn from(raw: FlatFeeToml) -> Self {
        Self { rate_per_period: raw.rate_per_period.0, mode: raw.mode }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LateFeeToml {
    pub fixed: Option<String>,
    pub percent: Option<RateText>,
    pub cap: Option<String>,
    #[serde(default)]
    pub backdating: Backdating,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PenaltyToml {
    pub annual_rate: Option<RateText>,
    pub factor: Option<RateText>,
    pub day_count: DayCount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AllocationToml {
    #[serde(default)]
    pub direction: Direction,
    pub components: Option<[Component; 4]>,
    pub buckets: Option<Vec<BucketText>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsToml {
    pub min_principal: Option<String>,
    pub max_principal: Option<String>,
}

/// `7.2%` or `0.072`.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateText(pub Rate);

impl<'de> Deserialize<'de> for RateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format!("`{text}` is not a rate (write \"7.2%\" or \"0.072\")"));
        let (number, decimals) = text.strip_suffix('%').map_or((text.as_str(), 0), |number| (number.trim_end(), 2));
        let mut ratio = number.parse::<Rate>().map_err(|_| wrong())?.ratio();
        let scale = ratio.scale().checked_add(decimals).ok_or_else(wrong)?;
        ratio.set_scale(scale).map_err(|_| wrong())?;
        Ok(Self(Rate::new(ratio)))
    }
}

/// `1 month`, `2 weeks`, `14 days`; see [`Frequency`].
#[derive(Debug, Clone, Copy)]
pub(super) struct FrequencyText(pub Frequency);

impl<'de> Deserialize<'de> for FrequencyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// `past-due penalty`: a due type and a component.
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketText(pub Bucket);

impl<'de> Deserialize<'de> for BucketText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (due, component) = text.split_once(' ').unwrap_or((text.as_str(), ""));
        let due = match due {
            "past-due" => Some(DueType::PastDue),
            "due" => Some(DueType::Due),
            "in-advance" => Some(DueType::InAdvance),
            _ => None,
        };
        let component = Component::ALL.into_iter().find(|known| known.name() == component);
        match (due, component) {
            (Some(due), Some(component)) => Ok(Self(Bucket { due, component })),
            _ => Err(D::Error::custom(format!(
                "`{text}` is not a step of a payment (write \"past-due penalty\": past-due, due or in-advance, then \
                 principal, interest, fee or penalty)"
            ))),
        }
    }
}
