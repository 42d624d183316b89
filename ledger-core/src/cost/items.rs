//! What credit costs, item by item, and who collects it.

use super::{CostMethod, Measure};
use crate::calendar::DayCount;
use crate::money::{Amount, Rate};
use crate::terms::{Component, FeeMode};

/// The collector of everything that nobody else is named for.
pub const LENDER: &str = "lender";

/// When a cost is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// At the disbursement, deducted from it or paid beside it: the borrower has the use of so much less.
    Upfront,
    /// With the first instalment.
    First,
    /// The amount with each instalment.
    Each,
    /// With the last instalment.
    Last,
}

impl When {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Upfront, Self::First, Self::Each, Self::Last];

    /// The name in files and views.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upfront => "upfront",
            Self::First => "first",
            Self::Each => "each",
            Self::Last => "last",
        }
    }
}

/// A cost of the credit that the terms do not contain, such as a guarantee fee that a third party collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraCost {
    /// What it is for.
    pub name: String,
    /// How much, each time.
    pub amount: Amount,
    /// When.
    pub when: When,
    /// Who collects it.
    pub collector: String,
}

/// Who collects what the terms contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collectors {
    /// Of interest.
    pub interest: String,
    /// Of service fees.
    pub fee: String,
    /// Of late fees and penalty interest.
    pub penalty: String,
}

impl Default for Collectors {
    fn default() -> Self {
        Self { interest: LENDER.to_owned(), fee: LENDER.to_owned(), penalty: LENDER.to_owned() }
    }
}

impl Collectors {
    /// Names the collector of a component. The principal is no cost and has none.
    pub fn set(&mut self, component: Component, collector: &str) -> bool {
        let place = match component {
            Component::Principal => return false,
            Component::Interest => &mut self.interest,
            Component::Fee => &mut self.fee,
            Component::Penalty => &mut self.penalty,
        };
        collector.clone_into(place);
        true
    }
}

/// What kind of cost an item is; caps count some and not others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// Contractual interest.
    Interest,
    /// Service fees of the terms.
    ServiceFee,
    /// Costs beside the terms.
    ExtraCost,
}

impl ItemKind {
    /// All of them: what normal performance costs.
    pub const ALL: [Self; 3] = [Self::Interest, Self::ServiceFee, Self::ExtraCost];

    /// The name in files and views.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interest => "interest",
            Self::ServiceFee => "service-fee",
            Self::ExtraCost => "extra-cost",
        }
    }
}

/// By which standard an item is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemStandard {
    /// A nominal annual rate on the balance, by a day count.
    AnnualRate(Rate, DayCount),
    /// A ratio of the original principal for each period.
    FlatFee(Rate, FeeMode),
    /// The amounts that the contract lists.
    Listed,
    /// An amount, each time.
    Fixed(Amount),
}

/// One cost of normal performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostItem {
    /// What kind of cost it is.
    pub kind: ItemKind,
    /// What it is for.
    pub name: String,
    /// When it is collected.
    pub when: When,
    /// How it is computed.
    pub standard: ItemStandard,
    /// Who collects it.
    pub collector: String,
    /// How much in all.
    pub total: Amount,
    /// What the item alone costs a year: the rate of the same principal flows with no other cost. The rates of all items
    /// add up to the rate of the whole only nearly.
    pub annualised: Vec<Measure>,
}

impl CostItem {
    /// What the item alone costs a year by a method.
    #[must_use]
    pub fn measure(&self, method: CostMethod) -> Option<&Measure> {
        self.annualised.iter().find(|measure| measure.method == method)
    }
}
