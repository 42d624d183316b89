//! What the ledger gives to other programs: files with a manifest, and a SQL read model.
//!
//! * [`table`], [`tables`]: what a table is, and which there are. Files, SQL and documents are made from these lists.
//! * [`feed`]: from events to rows.
//! * [`files`]: CSV, JSON lines (CloudEvents for events) and Parquet, alone or in a directory with a manifest.
//! * [`sink`]: the read model in a database, rows and checkpoint in one transaction.
//!
//! Nothing here decides anything; a row is a function of the log.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used, clippy::panic)
)]

mod error;
pub mod feed;
pub mod files;
pub mod sink;
pub mod table;
pub mod tables;

pub use error::Error;
