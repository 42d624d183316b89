//! What can be asked for on the command line.

mod values;
mod writing;

pub use values::{LoanId, parse_component, parse_rate, parse_status};
pub use writing::{AsOf, Dated, Writing};

use crate::any_store;
use crate::commands::{
    arrears, backup, balance, books, borrower, calc, checkpoint, classify, close_day, close_period, copy, corrections,
    demo, digest, explain, export, fsck, import, init, loan, offer, overdue, product, project, prove, reconcile, repay,
    replay, report, shell, simulate, sink, statement, verify,
};
use crate::render::Format;
use ledger_core::calendar::Date;
use ledger_core::store::{EngineKind, OpenOptions};
use std::path::PathBuf;

/// An event-sourced ledger for instalment loans
#[derive(Debug, clap::Parser)]
#[command(
    name = "iledger",
    version,
    propagate_version = true,
    before_help = "Examples:
  iledger init --time-zone Asia/Shanghai --currency CNY
  iledger loan open L-1 --product annuity-12 --principal 12000 --disburse
  iledger repay L-1 1079.71 --reference PAY-1
  iledger overdue",
    after_help = "Exit codes: 0 done, 1 a check found something, 2 usage, 3 the log is damaged, 4 input rejected,
5 conflict, 6 store unavailable, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub subcommand: Subcommand,
}

/// Options that every command has.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Options {
    /// Directory of the ledger (`sled:PATH` or `redb:PATH` names the engine of a new one), or a ledger on EventStoreDB,
    /// `esdb://HOST:PORT?...`
    #[arg(
        long,
        global = true,
        env = "ILEDGER_STORE",
        default_value = "./.iledger",
        value_name = "PATH",
        hide_env_values = true
    )]
    pub store: String,

    /// How to print
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Who records it: no personal data [default: the user's name in the system]
    #[arg(long, global = true, env = "ILEDGER_ACTOR", value_name = "NAME", hide_env_values = true)]
    pub actor: Option<String>,

    /// Business date [default: today in the ledger's time zone]
    #[arg(long, global = true, env = "ILEDGER_TODAY", value_name = "DATE", hide_env_values = true)]
    pub booked_on: Option<Date>,

    /// Print no messages but errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more about what is done (-vv: still more)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Options {
    /// The engine that the store is named with, and the directory of the ledger.
    fn store(&self) -> (Option<EngineKind>, &str) {
        let named = EngineKind::ALL.into_iter().find_map(|kind| {
            let path = self.store.strip_prefix(kind.name())?.strip_prefix(':')?;
            Some((Some(kind), path))
        });
        named.unwrap_or((None, &self.store))
    }

    /// The directory of the ledger.
    /// For a ledger on a cluster: of what this machine keeps beside it.
    pub fn directory(&self) -> PathBuf {
        if any_store::is_cluster(&self.store) {
            let own = std::env::var_os("ILEDGER_LOCAL").map(PathBuf::from);
            let named = || PathBuf::from(format!("./.iledger-on-{}", any_store::cluster_ledger(&self.store)));
            return own.unwrap_or_else(named);
        }
        PathBuf::from(self.store().1)
    }

    /// How to open the log.
    pub fn log(&self) -> OpenOptions {
        OpenOptions { engine: self.store().0, ..OpenOptions::default() }
    }

    /// Who records.
    pub fn actor(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        self.actor.clone().or_else(user).unwrap_or_else(|| "unknown".to_owned())
    }
}

/// The commands, one family per line.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    Init(init::Args),
    #[command(subcommand)]
    Product(product::Subcommand),
    #[command(subcommand)]
    Loan(Box<loan::Subcommand>),
    Repay(repay::Args),
    Reverse(corrections::ReverseArgs),
    Fee(corrections::FeeArgs),
    Waive(corrections::WaiveArgs),
    WriteOff(corrections::WriteOffArgs),
    Recover(repay::RecoverArgs),
    CloseDay(close_day::Args),
    ClosePeriod(close_period::Args),
    Balance(balance::Args),
    #[command(subcommand)]
    Books(books::Subcommand),
    Overdue(overdue::Args),
    #[command(subcommand)]
    Arrears(Box<arrears::Subcommand>),
    Classify(classify::Args),
    #[command(subcommand)]
    Report(Box<report::Subcommand>),
    Explain(explain::Args),
    Rebuild(project::RebuildArgs),
    #[command(subcommand)]
    Project(project::Subcommand),
    Replay(replay::Args),
    #[command(subcommand)]
    Export(export::Subcommand),
    #[command(subcommand)]
    Sink(sink::Subcommand),
    #[command(subcommand)]
    Import(import::Subcommand),
    #[command(subcommand)]
    Reconcile(Box<reconcile::Subcommand>),
    #[command(subcommand)]
    Statement(statement::Subcommand),
    #[command(subcommand)]
    Borrower(borrower::Subcommand),
    Digest(digest::Args),
    #[command(subcommand)]
    Checkpoint(checkpoint::Subcommand),
    Prove(prove::Args),
    Verify(verify::Args),
    VerifyProof(verify::ProofArgs),
    Fsck(fsck::Args),
    Backup(backup::Args),
    Restore(backup::RestoreArgs),
    Copy(copy::Args),
    Demo(demo::Args),
    Bench(crate::bench::run::Args),
    #[command(subcommand)]
    Calc(Box<calc::Subcommand>),
    #[command(subcommand)]
    Offer(Box<offer::Subcommand>),
    Simulate(simulate::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
