//! Projections of the log: pure folds with checkpoints, and the views on them.
//!
//! * [`engine`]: what a projection is, and the pass that feeds several of them.
//! * [`checkpoint`]: a projection's state in a file that is never trusted blindly.
//! * [`loans`]: what the arrears list and the classification keep of a loan.
//! * [`balances`], [`overdue`], [`classification`]: the projections and their views.
//! * [`arrears`]: ageing, roll rates, vintages, worklists, forecasts.
//! * [`explain`]: the events and lines that made a figure.
//! * [`general_ledger`]: double entry by posting rules.
//! * [`provisions`]: rates for expected losses by class, and what they make of a classification.
//! * [`reconcile`]: what the bank says against what the ledger says.
//! * [`servicing`]: loans that are serviced by the day.
//! * [`regulatory`]: classes with reasons, expected losses, ratios, and frozen period reports.
//! * [`rate_caps`]: caps on annualised cost as data, and the check against them.
//! * [`Projections`]: all of them together, as a program uses them.
//!
//! A projection never contains today's date; every view that depends on a date is given one.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used, clippy::panic)
)]

pub mod arrears;
pub mod balances;
mod bands;
pub mod checkpoint;
pub mod classification;
mod data_file;
pub mod engine;
mod error;
pub mod explain;
pub mod general_ledger;
pub mod loans;
mod maintenance;
pub mod overdue;
mod projections;
pub mod provisions;
pub mod rate_caps;
pub mod reconcile;
pub mod regulatory;
pub mod servicing;

pub use bands::Days;
pub use data_file::DataFileError;
pub use error::ViewError;
pub use maintenance::Comparison;
pub use projections::{
    NoSuchProjection, OpenError, ProjectionInfo, ProjectionStatus, Projections, Report, Selection, open,
};
