//! `loan disburse`: pays the principal out.

use crate::args::{Dated, LoanId, Options, Writing};
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use crate::{key, render};
use ledger_core::loan::{Facts, Payment};

/// Pay the principal of a loan out
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan disburse L-1
  iledger loan disburse L-1 --amount 11500 --on 2024-01-16 --channel bank --reference OUT-1")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    /// How much [default: the principal of the terms]
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<String>,
    /// Over which channel
    #[arg(long)]
    channel: Option<String>,
    /// The channel's reference: the same one is recorded once. No personal data
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Pays out and shows the plan.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let terms = session.terms(&args.loan).await?;
    let currency = terms.currency;
    let amount = match &args.amount {
        Some(written) => parse_amount(written, currency)?,
        None => terms.principal,
    };
    let payment = Payment { channel: args.channel.clone(), reference: args.reference.clone() };
    let key = key::of(&args.writing, args.reference.as_deref());
    let command = session.command(Facts::Disbursed { amount, currency, payment }, args.dated.on, key.clone())?;
    let answer = session.submit(args.loan.stream(), command, args.writing.dry_run).await?;
    render::answer(&args.loan, currency, &key, args.writing.dry_run, &answer)?.print(options)
}
