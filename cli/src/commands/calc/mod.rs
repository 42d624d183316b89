//! `calc …`: the ledger's arithmetic by hand. No ledger is needed.

mod apr;
pub mod cases;
mod day_count;
mod due_dates;
mod rolling;

use crate::args::Options;
use crate::exit::Failure;

/// Compute annualised cost, day counts and due dates by hand
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger calc apr cashflows.json
  iledger calc day-count --convention 30e/360 2024-01-31 2024-02-29
  iledger calc due-dates --anchor 2024-01-31 --every 1m --count 12")]
pub enum Subcommand {
    Apr(apr::Args),
    DayCount(day_count::Args),
    DueDates(due_dates::Args),
}

/// Runs a command of the family.
pub fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Apr(args) => apr::run(args, options),
        Subcommand::DayCount(args) => day_count::run(args, options),
        Subcommand::DueDates(args) => due_dates::run(args, options),
    }
}
