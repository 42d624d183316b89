//! Arrears and risk: the portfolio by how it pays, at the end of any day.
//!
//! Every view is a function of the loans that the projection `overdue` holds ([`Portfolio`]) and of a day; it stores
//! nothing. A view of what was known at an instant is the same function of loans folded from the events recorded by then
//! ([`crate::engine::fold_known_at`]). Amounts are added up exactly; ratios are rounded once, at the end ([`percent`]).
//!
//! * [`ageing`](fn@ageing), [`migration`](fn@migration), [`vintages`](fn@vintages), [`first_payments`]: how loans age.
//! * [`loans_of_bucket`], [`loans_of_cell`], [`loans_of_vintage`]: the loans behind a figure of these.
//! * [`worklist`](fn@worklist), [`early_warnings`]: whom to contact, by a [`Strategy`] that is data.
//! * [`forecast`](fn@forecast), [`efficiency`](fn@efficiency): what is to come in, and what came in.

mod ageing;
mod dealings;
mod efficiency;
mod first_payment;
mod forecast;
mod members;
mod migration;
mod month;
mod portfolio;
mod share;
mod strategy;
mod vintages;
mod worklist;

pub use ageing::{Aged, Ageing, AgeingRow, ageing};
pub use dealings::Dealings;
pub use efficiency::{Collected, EfficiencyRow, efficiency};
pub use first_payment::{FirstPaymentRow, FirstPayments, first_payments};
pub use forecast::{Falls, Forecast, ForecastRow, forecast};
pub use members::{AgedLoan, MovedLoan, VintageLoan, loans_of_bucket, loans_of_cell, loans_of_vintage};
pub use migration::{Migration, MigrationCell, Moved, Place, RollRate, migration};
pub use month::{Month, MonthError};
pub use portfolio::Portfolio;
pub use share::{percent, percent_of_count};
pub use strategy::{Conditions, Rule, Stage, Strategy};
pub use vintages::{VintageRow, Vintages, vintages};
pub use worklist::{StageSummary, Warning, Worklist, WorklistRow, early_warnings, worklist};
