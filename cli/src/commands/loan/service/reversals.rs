//! What never happened.

use super::Decided;
use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::session::Session;
use ledger_core::loan::{Facts, LoanState, Operation};
use ledger_core::stream::Version;

/// Undo the last disbursement, or all of them
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan undo-disbursement L-1 --reason 'paid out twice'
  iledger loan undo-disbursement L-1 --all --reason 'the purchase was cancelled'")]
pub struct UndoArgs {
    /// The loan's id
    loan: LoanId,
    /// All of them, and everything that happened after
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    decided: Decided,
}

/// Undoes disbursements.
pub async fn undo(args: &UndoArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::DisbursementsUndone { all: args.all, reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// The fact that takes an event back: of a loan that is serviced by the day any fact can be; of a repayment or recovery
/// alone otherwise.
pub fn reversal_of(state: &LoanState, reversed: Version, reason: String) -> Facts {
    let of_payment = state
        .fact(reversed)
        .is_none_or(|fact| matches!(fact.facts, Facts::RepaymentReceived { .. } | Facts::RecoveryReceived { .. }));
    if of_payment || state.contract().is_none() {
        Facts::RepaymentReversed { reversed, reason }
    } else {
        Facts::Operation(Box::new(Operation::Reversed { reversed, reason }))
    }
}
