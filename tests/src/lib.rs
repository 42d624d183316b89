//! Helpers shared by the tests that cross crates.
#![allow(clippy::unwrap_used, reason = "this crate is all tests")]

pub mod book;
pub mod books;
pub mod conformance;
pub mod drafts;
#[cfg(feature = "eventstore")]
pub mod esdb;
pub mod prefix;
pub mod samples;
pub mod sub_ledger;
