//! `reverse`, `fee`, `waive`, `write-off`: what people decide about a loan.

use crate::args::{Dated, LoanId, Options, Writing, parse_component};
use crate::commands::loan::service::reversal_of;
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use crate::{key, render};
use ledger_core::calendar::Date;
use ledger_core::loan::Facts;
use ledger_core::money::Currency;
use ledger_core::stream::Version;
use ledger_core::terms::Component;

/// Take back what never happened: a repayment or recovery; of a loan that is serviced by the day, any fact
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger reverse L-1 2 --reason 'booked on the wrong loan'
  iledger reverse L-1 5 --reason 'the goods never came back'     (a refund of a loan serviced by the day)
  iledger loan statement L-1        (shows the versions)")]
pub struct ReverseArgs {
    /// The loan's id
    loan: LoanId,
    /// Version of the event to take back
    // `version` itself is the name of clap's own flag
    #[arg(id = "reversed", value_name = "VERSION")]
    version: u64,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    writing: Writing,
}

/// Charge a fee
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger fee L-1 25 --reason 'copy of the contract'
  iledger fee L-1 25 --reason 'copy of the contract' --on 2024-03-01")]
pub struct FeeArgs {
    /// The loan's id
    loan: LoanId,
    /// How much
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// What for
    #[arg(long)]
    reason: String,
    /// Currency of the amount [default: the loan's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Give up a claim on interest, fees or penalties
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger waive L-1 penalty --reason 'goodwill'
  iledger waive L-1 fee --amount 10 --instalment 3 --reason 'goodwill'")]
pub struct WaiveArgs {
    /// The loan's id
    loan: LoanId,
    /// interest, fee or penalty
    #[arg(value_parser = parse_component)]
    component: Component,
    /// How much [default: all that is outstanding]
    #[arg(long, allow_negative_numbers = true)]
    amount: Option<String>,
    /// On which instalment [default: the oldest first]
    #[arg(long, value_name = "NUMBER")]
    instalment: Option<u32>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Write the whole claim off
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger write-off L-1 --reason 'insolvent'
  iledger write-off L-1 --reason 'insolvent' --dry-run")]
pub struct WriteOffArgs {
    /// The loan's id
    loan: LoanId,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Takes back a repayment.
pub async fn reverse(args: &ReverseArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan(&args.loan).await?;
    let facts = reversal_of(&state, Version(args.version), args.reason.clone());
    record(&session, &args.loan, facts, None, &args.writing, options).await
}

/// Charges a fee.
pub async fn fee(args: &FeeArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (amount, currency) = session.amount(&args.loan, &args.amount, args.currency).await?;
    let facts = Facts::FeeCharged { amount, currency, reason: args.reason.clone() };
    record(&session, &args.loan, facts, args.dated.on, &args.writing, options).await
}

/// Gives up a claim.
pub async fn waive(args: &WaiveArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let currency = session.terms(&args.loan).await?.currency;
    let amount = args.amount.as_deref().map(|written| parse_amount(written, currency)).transpose()?;
    let facts =
        Facts::Waived { component: args.component, amount, instalment: args.instalment, reason: args.reason.clone() };
    record(&session, &args.loan, facts, args.dated.on, &args.writing, options).await
}

/// Writes off.
pub async fn write_off(args: &WriteOffArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let facts = Facts::WrittenOff { reason: args.reason.clone() };
    record(&session, &args.loan, facts, args.dated.on, &args.writing, options).await
}

/// Records a fact about a loan and shows what it did.
pub async fn record(
    session: &Session,
    loan: &LoanId,
    facts: Facts,
    on: Option<Date>,
    writing: &Writing,
    options: &Options,
) -> Result<(), Failure> {
    let currency = session.terms(loan).await?.currency;
    let key = key::of(writing, None);
    let command = session.command(facts, on, key.clone())?;
    let answer = session.submit(loan.stream(), command, writing.dry_run).await?;
    render::answer(loan, currency, &key, writing.dry_run, &answer)?.print(options)
}
