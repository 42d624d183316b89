//! What a bank, a payment channel or a settlement report says: readers that turn its files into one model.
//!
//! * [`model`]: a statement, its entries, balances and findings. Amounts are whole minor units.
//! * [`read()`]: bytes of any known format to statements, or a [`Refusal`] that names the line and the reason.
//! * [`Limits`]: what a hostile file may cost. Nothing is read, unpacked or nested beyond them.
//! * [`foot`]: whether a statement's balances and totals add up. That they do not is a finding, never an error.
//!
//! A reader never guesses silently: what it had to assume stands in the statement's findings.
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used, clippy::panic)
)]

mod archive;
mod bills;
mod camt;
mod encoding;
pub mod foot;
mod input;
mod limits;
pub mod model;
mod mt940;
mod number;
mod ofx;
mod read;
mod refusal;
mod settlement;
mod table;
mod when;

pub use input::{Source, load};
pub use limits::Limits;
pub use read::{Options, read};
pub use refusal::{Reason, Refusal};
pub use table::{Mapping, MappingError};
