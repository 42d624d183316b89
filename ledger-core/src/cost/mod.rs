//! What credit costs a year, by method, from cash flows alone. Knows nothing of a loan's life.
//!
//! * [`CostMethod`]: the four methods, never mixed.
//! * [`annualised`]: the rate of flows whose times are known ([`TimedFlow`]).
//! * [`time_flows`]: from dates to times, by the method's own measure ([`UnitPeriod`] for Regulation Z).
//! * [`AprCase`]: cash flows as a JSON file has them.
//! * [`disclose`]: what a plan costs, item by item ([`Disclosure`]).

mod annualised;
mod arithmetic;
mod case;
mod contingent;
mod disclosure;
mod equation;
mod error;
mod items;
mod method;
mod solver;
mod time_measure;
mod unit_period;

pub use annualised::{TimedFlow, TimedFlows, annualised, percent};
pub use case::{AprCase, CaseError};
pub use contingent::{ContingentItem, ContingentStandard, contingent_items};
pub use disclosure::{Disclosure, Measure, Payment, PlanInput, disclose};
pub use equation::MAX_FLOWS;
pub use error::CostError;
pub use items::{Collectors, CostItem, ExtraCost, ItemKind, ItemStandard, LENDER, When};
pub use method::{CostMethod, UnknownMethod};
pub use time_measure::{DatedFlow, IntervalUnit, interval_unit, months_between, time_flows, years_between};
pub use unit_period::{UnitPeriod, UnitPeriods};
