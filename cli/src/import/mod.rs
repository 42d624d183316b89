//! Files of rows that become commands: which column is which field, what a row means, what was recorded, what was refused.
//!
//! [`mapping`] says which columns there are, [`table`] reads the file, [`row`] reads fields, [`tape`], [`loans`] and
//! [`repayments`] make commands of a row, [`run`] sends them to the ledger in batches, [`report`] writes what a file says
//! of the rows that need a person.

pub mod agreement;
pub mod loans;
pub mod mapping;
pub mod repayments;
pub mod report;
pub mod row;
pub mod run;
pub mod table;
pub mod tape;
