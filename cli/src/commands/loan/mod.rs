//! `loan …`: one loan's life and how it stands.

mod close;
pub mod custom;
mod disburse;
mod disclosure;
mod list;
mod open;
mod payoff;
mod schedule;
pub mod service;
mod show;
mod statement;
mod transactions;

pub use open::calendar_file;

use crate::args::Options;
use crate::exit::Failure;

/// Open loans, pay them out, look at them
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger loan open L-1 --product annuity-12 --principal 12000 --disburse
  iledger loan schedule L-1
  iledger loan statement L-1
  iledger loan payoff L-1 --on 2024-07-15
  iledger loan merchant-refund L-1 120 --reference RMA-7
  iledger loan list --status active")]
pub enum Subcommand {
    Open(Box<open::Args>),
    Disburse(disburse::Args),
    Show(show::Args),
    Schedule(schedule::Args),
    Statement(statement::Args),
    Disclosure(disclosure::Args),
    List(list::Args),
    Close(close::Args),
    Payoff(payoff::Args),
    Transactions(transactions::Args),
    /// Operations of loans that are serviced by the day
    #[command(flatten)]
    Service(service::Subcommand),
}

/// Runs a command of the family.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Open(args) => open::run(args, options).await,
        Subcommand::Disburse(args) => disburse::run(args, options).await,
        Subcommand::Show(args) => show::run(args, options).await,
        Subcommand::Schedule(args) => schedule::run(args, options).await,
        Subcommand::Statement(args) => statement::run(args, options).await,
        Subcommand::Disclosure(args) => disclosure::run(args, options).await,
        Subcommand::List(args) => list::run(args, options).await,
        Subcommand::Close(args) => close::run(args, options).await,
        Subcommand::Payoff(args) => payoff::run(args, options).await,
        Subcommand::Transactions(args) => transactions::run(args, options).await,
        Subcommand::Service(operation) => service::run(operation, options).await,
    }
}
