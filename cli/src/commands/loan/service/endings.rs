//! Charge-off, termination, transfer to another owner.

use super::{Decided, Recording};
use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use ledger_core::loan::Operation;

/// Charge the loan off: it is lost in the books, the claim stays
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan charge-off L-1 --reason '180 days past due'
  iledger loan charge-off L-1 --reason fraud --on 2024-06-30 --dry-run")]
pub struct ChargeOffArgs {
    #[command(flatten)]
    ending: Ending,
}

/// Terminate the contract: everything falls due
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan terminate L-1 --reason 'breach of contract'")]
pub struct TerminateArgs {
    #[command(flatten)]
    ending: Ending,
}

/// What both have.
#[derive(Debug, clap::Args)]
struct Ending {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    decided: Decided,
}

/// Record that the claim belongs to another owner from a day on
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan transfer L-1 FUND-II --price 940 --on 2024-06-30 --reason 'sale of 2024-06-28'
  iledger loan transfer L-1 FUND-II --reason 'moved within the group'")]
pub struct TransferArgs {
    /// The loan's id
    loan: LoanId,
    /// The new owner's id. No personal data
    owner: String,
    /// The price, in the currency of the loan
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    price: Option<String>,
    /// The contract of sale, or why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    recording: Recording,
}

/// Charges off.
pub async fn charge_off(args: &ChargeOffArgs, options: &Options) -> Result<(), Failure> {
    let Ending { loan, decided: Decided { reason, recording } } = &args.ending;
    let session = Session::open(options).await?;
    recording.record(&session, loan, Operation::ChargedOff { reason: reason.clone() }, options).await
}

/// Terminates.
pub async fn terminate(args: &TerminateArgs, options: &Options) -> Result<(), Failure> {
    let Ending { loan, decided: Decided { reason, recording } } = &args.ending;
    let session = Session::open(options).await?;
    recording.record(&session, loan, Operation::Terminated { reason: reason.clone() }, options).await
}

/// Transfers.
pub async fn transfer(args: &TransferArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let currency = session.terms(&args.loan).await?.currency;
    let price = args.price.as_deref().map(|written| parse_amount(written, currency)).transpose()?;
    if price.is_some_and(|price| !price.is_positive()) {
        return Err(Failure::rejected("amount-not-positive", "the price must be more than zero, or left out"));
    }
    let operation = Operation::Transferred { owner: args.owner.clone(), price, reason: args.reason.clone() };
    args.recording.record(&session, &args.loan, operation, options).await
}
