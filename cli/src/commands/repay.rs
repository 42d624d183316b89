//! `repay` and `recover`: money that comes in.

use crate::args::{Dated, LoanId, Options, Writing};
use crate::exit::Failure;
use crate::session::Session;
use crate::{key, render};
use ledger_core::loan::{Facts, Payment};
use ledger_core::money::Currency;

/// Record a repayment
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger repay L-1 1077.43
  iledger repay L-1 1077.43 --on 2024-02-15 --channel alipay --reference PAY-1
  iledger repay L-1 5000 --dry-run")]
pub struct Args {
    #[command(flatten)]
    money: Money,
}

/// Record money that came in after a write-off
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger recover L-1 300
  iledger recover L-1 300 --on 2025-01-10 --reference AGENCY-7")]
pub struct RecoverArgs {
    #[command(flatten)]
    money: Money,
}

/// What both have.
#[derive(Debug, clap::Args)]
struct Money {
    /// The loan's id
    loan: LoanId,

    /// How much, such as 1234.56
    #[arg(allow_negative_numbers = true)]
    amount: String,

    /// Currency of the amount [default: the loan's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,

    /// Over which channel it came
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

/// Records a repayment and shows how it was split.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    record(&args.money, options, |amount, currency, payment| Facts::RepaymentReceived { amount, currency, payment })
        .await
}

/// Records a recovery.
pub async fn recover(args: &RecoverArgs, options: &Options) -> Result<(), Failure> {
    record(&args.money, options, |amount, currency, payment| Facts::RecoveryReceived { amount, currency, payment })
        .await
}

async fn record(
    money: &Money,
    options: &Options,
    facts: impl FnOnce(ledger_core::money::Amount, Currency, Payment) -> Facts,
) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (amount, currency) = session.amount(&money.loan, &money.amount, money.currency).await?;
    let payment = Payment { channel: money.channel.clone(), reference: money.reference.clone() };
    let key = key::of(&money.writing, money.reference.as_deref());
    let command = session.command(facts(amount, currency, payment), money.dated.on, key.clone())?;
    let answer = session.submit(money.loan.stream(), command, money.writing.dry_run).await?;
    render::answer(&money.loan, currency, &key, money.writing.dry_run, &answer)?.print(options)
}
