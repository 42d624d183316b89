//! `iledger demo`: a seeded portfolio of every product over two years.

pub mod opening;
pub mod payer;
pub mod random;
pub mod simulation;
pub mod statements;
