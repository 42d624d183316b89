//! The core of iledger: everything that decides, nothing that does IO except [`store`].
//!
//! The modules import in one direction, in the order in which they stand here:
//!
//! * [`money`]: amounts in minor units, currencies, rates, rounding.
//! * [`calendar`]: dates, day counts, due dates, business days.
//! * [`stream`]: names of streams, versions, positions.
//! * [`terms`]: what a loan's contract says, and products as data.
//! * [`schedule`]: from terms to planned instalments.
//! * [`servicing`]: interest by the day: what a loan owes whatever comes early, late or backdated.
//! * [`cost`]: what credit costs a year, by method, and its disclosure.
//! * [`loan`]: command → decide → event → evolve → position.
//! * [`private_file`]: files that hold secrets.
//! * [`borrower`]: what identifies a person, sealed; and the keys.
//! * [`record`]: envelopes, the binary codec, canonical JSON.
//! * [`store`]: the log: reader and appender traits, memory, blocks on sled or redb, backups.
//! * [`ledger`]: loads a loan, decides, appends, and answers a repeated key with the first result.
//! * [`replay`]: derives every recorded outcome again and compares.
//! * [`evidence`]: the log's Merkle tree, signed checkpoints, proofs.
//! * [`copying`]: a whole ledger from one store to another.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used, clippy::panic)
)]

pub mod borrower;
pub mod calendar;
pub mod copying;
pub mod cost;
pub mod evidence;
pub mod ledger;
pub mod loan;
pub mod money;
pub mod private_file;
pub mod record;
pub mod replay;
pub mod schedule;
pub mod servicing;
pub mod store;
pub mod stream;
pub mod terms;
