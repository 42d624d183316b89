//! `loan close`: closes the file of a settled loan.

use crate::args::{Dated, LoanId, Options, Writing};
use crate::commands::corrections::record;
use crate::exit::Failure;
use crate::session::Session;
use ledger_core::loan::Facts;

/// Close the file of a settled loan (`close-day` does it for all)
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan close L-1
  iledger loan close L-1 --reason 'borrower asked for it'")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    /// Why
    #[arg(long, default_value = "settled")]
    reason: String,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Closes.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let facts = Facts::Closed { reason: args.reason.clone() };
    record(&session, &args.loan, facts, args.dated.on, &args.writing, options).await
}
