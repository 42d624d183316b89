//! Helpers shared by the tests that cross crates.
#![allow(clippy::unwrap_used, reason = "this crate is all tests")]

pub mod book;
pub mod conformance;
pub mod prefix;
pub mod samples;
