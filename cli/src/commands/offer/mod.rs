//! `offer …`: what credit would cost, before there is a loan. No ledger is needed.

mod caps;
mod compare;
mod costs;
mod disclose;
mod plan;
pub mod statement;
pub mod view;

pub use costs::CostArgs;

use crate::args::Options;
use crate::exit::Failure;

/// Show what credit would cost, compare plans, check rate caps
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger offer disclose --product flat-fee-12 --principal 12000
  iledger offer compare --principal 12000 --plan annuity-12 --plan flat-fee-12
  iledger offer check-cap --product flat-fee-12 --principal 12000 --jurisdiction CN --lender micro-loan
  iledger offer caps --jurisdiction CN")]
pub enum Subcommand {
    Disclose(Box<disclose::Args>),
    Compare(Box<compare::Args>),
    CheckCap(Box<caps::CheckArgs>),
    Caps(caps::ListArgs),
}

/// Runs a command of the family.
pub fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Disclose(args) => disclose::run(args, options),
        Subcommand::Compare(args) => compare::run(args, options),
        Subcommand::CheckCap(args) => caps::check(args, options),
        Subcommand::Caps(args) => caps::list(args, options),
    }
}
