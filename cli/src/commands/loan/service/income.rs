//! Income that is earned over the term, and tranches that are expected.

use super::credits::credit;
use super::{Money, Recording};
use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use ledger_core::calendar::Date;
use ledger_core::loan::Operation;
use ledger_core::money::Currency;
use ledger_core::servicing::contract::PaymentKind;

/// Add income to the principal: it is earned over the term
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan capitalise-income L-1 50 --reason 'arrangement fee'")]
pub struct CapitaliseArgs {
    /// The loan's id
    loan: LoanId,
    /// How much, such as 1234.56
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// Currency of the amount [default: the loan's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// What for
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    recording: Recording,
}

/// Take capitalised income back: the amount pays what is owed
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan adjust-income L-1 20
  iledger loan adjust-income L-1 20 --of 2     (the income of version 2; taken back with it)")]
pub struct AdjustArgs {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    money: Money,
    /// Version of the capitalised income
    #[arg(long, value_name = "VERSION")]
    of: Option<u64>,
    #[command(flatten)]
    recording: Recording,
}

/// Somebody else pays a fee for a lower rate: it is income over the term
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan buy-down-fee L-1 40 --channel merchant --reference BD-1")]
pub struct BuyDownArgs {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    recording: Recording,
}

/// Note a tranche that is expected
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan expect-tranche L-1 2024-09-01 5000")]
pub struct ExpectArgs {
    /// The loan's id
    loan: LoanId,
    /// When
    #[arg(value_name = "DATE")]
    expected_on: Date,
    /// How much, such as 1234.56
    #[arg(allow_negative_numbers = true)]
    amount: String,
    #[command(flatten)]
    recording: Recording,
}

/// Capitalises income.
pub async fn capitalise(args: &CapitaliseArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (amount, currency) = session.amount(&args.loan, &args.amount, args.currency).await?;
    let operation = Operation::IncomeCapitalised { amount, currency, reason: args.reason.clone() };
    args.recording.record(&session, &args.loan, operation, options).await
}

/// Takes capitalised income back.
pub async fn adjust(args: &AdjustArgs, options: &Options) -> Result<(), Failure> {
    let how = (&args.money, &args.recording);
    credit(PaymentKind::IncomeAdjustment, &args.loan, how, args.of, None, options).await
}

/// Records a buy-down fee.
pub async fn buy_down(args: &BuyDownArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (amount, currency) = args.money.read(&session, &args.loan).await?;
    let operation = Operation::BuyDownFeeReceived { amount, currency, payment: args.money.payment() };
    args.recording.record(&session, &args.loan, operation, options).await
}

/// Notes a tranche.
pub async fn expect_tranche(args: &ExpectArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let currency = session.terms(&args.loan).await?.currency;
    let amount = parse_amount(&args.amount, currency)?;
    let operation = Operation::TrancheExpected { on: args.expected_on, amount, currency };
    args.recording.record(&session, &args.loan, operation, options).await
}
