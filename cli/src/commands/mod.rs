//! The commands, one file per family.

pub mod arrears;
pub mod backup;
pub mod balance;
pub mod books;
pub mod borrower;
pub mod calc;
pub mod checkpoint;
pub mod classify;
pub mod close_day;
pub mod close_period;
pub mod copy;
pub mod corrections;
pub mod demo;
pub mod digest;
pub mod explain;
pub mod export;
pub mod fsck;
pub mod import;
pub mod init;
pub mod loan;
pub mod offer;
pub mod overdue;
pub mod product;
pub mod project;
pub mod prove;
pub mod reconcile;
pub mod repay;
pub mod replay;
pub mod report;
pub mod shell;
pub mod simulate;
pub mod sink;
pub mod statement;
pub mod verify;

use crate::args::{Options, Subcommand};
use crate::exit::Failure;

/// Runs a command.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Init(args) => init::run(args, options).await,
        Subcommand::Product(subcommand) => product::run(subcommand, options),
        Subcommand::Loan(subcommand) => loan::run(subcommand, options).await,
        Subcommand::Repay(args) => repay::run(args, options).await,
        Subcommand::Reverse(args) => corrections::reverse(args, options).await,
        Subcommand::Fee(args) => corrections::fee(args, options).await,
        Subcommand::Waive(args) => corrections::waive(args, options).await,
        Subcommand::WriteOff(args) => corrections::write_off(args, options).await,
        Subcommand::Recover(args) => repay::recover(args, options).await,
        Subcommand::CloseDay(args) => close_day::run(args, options).await,
        Subcommand::ClosePeriod(args) => close_period::run(args, options).await,
        Subcommand::Balance(args) => balance::run(args, options).await,
        Subcommand::Books(subcommand) => books::run(subcommand, options).await,
        Subcommand::Overdue(args) => overdue::run(args, options).await,
        Subcommand::Arrears(subcommand) => arrears::run(subcommand, options).await,
        Subcommand::Classify(args) => classify::run(args, options).await,
        Subcommand::Report(subcommand) => report::run(subcommand, options).await,
        Subcommand::Explain(args) => explain::run(args, options).await,
        Subcommand::Rebuild(args) => project::rebuild(args, options).await,
        Subcommand::Project(subcommand) => project::run(subcommand, options).await,
        Subcommand::Replay(args) => replay::run(args, options).await,
        Subcommand::Export(subcommand) => export::run(subcommand, options).await,
        Subcommand::Sink(subcommand) => sink::run(subcommand, options).await,
        Subcommand::Import(subcommand) => import::run(subcommand, options).await,
        Subcommand::Borrower(subcommand) => borrower::run(subcommand, options).await,
        Subcommand::Digest(args) => digest::run(args, options).await,
        Subcommand::Checkpoint(subcommand) => checkpoint::run(subcommand, options).await,
        Subcommand::Prove(args) => prove::run(args, options).await,
        Subcommand::Verify(args) => verify::run(args, options).await,
        Subcommand::VerifyProof(args) => verify::proof(args, options),
        Subcommand::Fsck(args) => fsck::run(args, options),
        Subcommand::Backup(args) => backup::run(args, options),
        Subcommand::Restore(args) => backup::restore(args, options),
        Subcommand::Copy(args) => copy::run(args, options).await,
        Subcommand::Demo(args) => demo::run(args, options).await,
        Subcommand::Bench(args) => crate::bench::run::run(args, options).await,
        Subcommand::Calc(subcommand) => calc::run(subcommand, options),
        Subcommand::Offer(subcommand) => offer::run(subcommand, options),
        Subcommand::Simulate(args) => simulate::run(args, options).await,
        Subcommand::Reconcile(subcommand) => reconcile::run(subcommand, options).await,
        Subcommand::Statement(subcommand) => statement::run(subcommand, options),
        Subcommand::Completions(args) => shell::completions(args),
        Subcommand::Man(args) => shell::man(args, options),
    }
}
