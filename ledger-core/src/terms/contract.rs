//! The terms of one loan.

use super::{Adjustment, AllocationOrder, DayCount, Frequency, LateFee, PenaltyRate};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Rate, Rounding};
use crate::servicing::contract::Contract;
use serde::{Deserialize, Serialize};

/// The terms of one loan, complete: nothing else is needed to compute its schedule, its fees and its allocations,
/// except the calendar that [`Terms::calendar`] names by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    /// The version of the calculation rules that computes this loan; see [`Terms::CALCULATION_RULES`].
    pub rules: u16,
    /// The id of the product that these terms were made from.
    pub product: String,
    /// The currency of every amount of the loan.
    pub currency: Currency,
    /// The principal agreed.
    pub principal: Amount,
    /// How the principal is paid back.
    pub amortisation: Amortisation,
    /// The number of instalments, at least 1.
    pub instalments: u32,
    /// How often an instalment falls due.
    pub frequency: Frequency,
    /// The first due date, if it is not one period after the disbursement; the anchor is then one period before it.
    pub first_due_on: Option<Date>,
    /// The contract rate, annual and nominal.
    pub annual_rate: Rate,
    /// How days become fractions of a year.
    pub day_count: DayCount,
    /// A service fee per period on the original principal.
    pub flat_fee: Option<FlatFee>,
    /// How interest, fees and shares of principal become whole minor units.
    pub rounding: Rounding,
    /// How the level instalment of an annuity becomes a whole number of minor units.
    pub instalment_rounding: Rounding,
    /// Which instalment takes what rounding leaves over.
    pub residue: Residue,
    /// Spread a last instalment that differs much over all instalments (at most 3 rounds).
    pub smoothing: bool,
    /// Significant digits of intermediate decimals: 12, 19 or 28.
    pub significant_digits: u8,
    /// Days after the due date on which no late fee is assessed; days past due count all the same.
    pub grace_days: u32,
    /// What being late costs once.
    pub late_fee: Option<LateFee>,
    /// What being late costs by the day.
    pub penalty: Option<PenaltyRate>,
    /// In which order a payment is spread.
    pub allocation: AllocationOrder,
    /// The business calendar, if due dates are adjusted.
    pub calendar: Option<ReferenceDigest>,
    /// What a due date that is no business day does.
    pub adjustment: Adjustment,
    /// Interest by the day and everything that servicing by the day needs. Without it the loan keeps the plan of its
    /// disbursement. Where it repeats a field of these terms (rate, frequency, number of instalments), both say the same.
    pub servicing: Option<Box<Contract>>,
}

impl Terms {
    /// The newest version of the calculation rules.
    pub const CALCULATION_RULES: u16 = 1;
}

/// The id and the SHA-256 of a file that stands in the stream `reference`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReferenceDigest {
    /// The id, such as `cn-ib`.
    pub id: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub sha256: String,
}

/// How the principal is paid back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amortisation {
    /// Level instalments of interest and principal.
    Annuity,
    /// Equal shares of principal; interest on the declining balance, if there is a rate.
    EqualPrincipal,
    /// Interest only, and a last payment of principal; `balloon` is the part of the principal that falls due at the end
    /// (all of it if absent; the rest is amortised as an annuity before).
    InterestOnly {
        /// The principal that falls due with the last instalment.
        balloon: Option<Amount>,
    },
    /// The instalments are listed.
    Custom(Vec<CustomInstalment>),
}

/// One listed instalment. The principals add up to the loan's principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomInstalment {
    /// Days after the disbursement.
    pub due_after_days: u32,
    /// Principal due.
    pub principal: Amount,
    /// Interest due.
    pub interest: Amount,
    /// Fee due.
    pub fee: Amount,
}

/// A service fee on the original principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FlatFee {
    /// Ratio of the original principal for each period: `0.006` is 0.60 %.
    pub rate_per_period: Rate,
    /// When it is collected.
    pub mode: FeeMode,
}

/// When a flat fee is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeeMode {
    /// Computed and rounded for each period.
    Each,
    /// Computed once over all periods, spread evenly rounded down, the rest in the last.
    Spread,
    /// All with the first instalment.
    Upfront,
}

/// Which instalment takes what rounding leaves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Residue {
    /// The last one.
    #[default]
    Last,
    /// The last one that is not paid yet, when a schedule is computed anew; at first the last one.
    LastUnpaid,
    /// The first one.
    First,
}
