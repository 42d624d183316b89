//! What the arrears list and the classification keep of a loan: its folded state, and a short summary of it.

mod row;
mod summary;
mod timeline;

pub use row::LoanRow;
pub use summary::{LoanHint, Standing, Summary};
pub use timeline::Timeline;
