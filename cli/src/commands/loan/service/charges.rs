//! Fees and penalties: levied, given up, taken back.

use super::credits::credit;
use super::{Decided, Money, Recording};
use crate::args::{LoanId, Options, parse_rate};
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use ledger_core::calendar::Date;
use ledger_core::loan::Operation;
use ledger_core::servicing::contract::PaymentKind;
use ledger_core::servicing::fact::ChargeAmount;
use ledger_core::stream::Version;
use ledger_core::terms::Component;

/// Levy a fee or a penalty
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan charge L-1 25 --reason 'copy of the contract'
  iledger loan charge L-1 15 --penalty --due 2024-04-01 --reason 'late'
  iledger loan charge L-1 2% --of both --penalty --reason 'late: 2 % of the instalment'
  iledger loan charge L-1 1.50 --every-instalment --reason 'account keeping'")]
pub struct ChargeArgs {
    /// The loan's id
    loan: LoanId,
    /// How much: an amount, or a percentage such as 2%
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// A percentage of what
    #[arg(long, value_enum, value_name = "BASE")]
    of: Option<Base>,
    /// It is a penalty, not a fee
    #[arg(long)]
    penalty: bool,
    /// When it falls due [default: the day from which it counts]
    #[arg(long, value_name = "DATE")]
    due: Option<Date>,
    /// It falls due with every instalment
    #[arg(long, conflicts_with = "due")]
    every_instalment: bool,
    /// What for
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    recording: Recording,
}

/// What a percentage is of.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Base {
    /// The principal
    Principal,
    /// The interest
    Interest,
    /// Principal and interest
    Both,
}

/// Give up what is open of a charge
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan waive-charge L-1 5 --reason 'charged in error'
  iledger loan statement L-1        (shows the versions)")]
pub struct WaiveArgs {
    /// The loan's id
    loan: LoanId,
    /// Version of the charge
    #[arg(id = "charge", value_name = "VERSION")]
    charge: u64,
    #[command(flatten)]
    decided: Decided,
}

/// Take a charge back that was paid: the amount pays what is owed
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan adjust-charge L-1 5 15     (15 of the charge of version 5)")]
pub struct AdjustArgs {
    /// The loan's id
    loan: LoanId,
    /// Version of the charge; if that is taken back, this is too
    #[arg(id = "charge", value_name = "VERSION")]
    charge: u64,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    recording: Recording,
}

/// Levies a charge.
pub async fn charge(args: &ChargeArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let currency = session.terms(&args.loan).await?.currency;
    let amount = match (args.of, args.amount.ends_with('%')) {
        (None, false) => ChargeAmount::Flat(parse_amount(&args.amount, currency)?),
        (Some(base), true) => {
            let share = parse_rate(&args.amount).map_err(|text| Failure::rejected("bad-rate", text))?;
            match base {
                Base::Principal => ChargeAmount::OfPrincipal(share),
                Base::Interest => ChargeAmount::OfInterest(share),
                Base::Both => ChargeAmount::OfPrincipalAndInterest(share),
            }
        }
        (None, true) => {
            let text = format!("`{}` is a percentage: say of what with --of principal|interest|both", args.amount);
            return Err(Failure::Usage(text));
        }
        (Some(_), false) => {
            return Err(Failure::Usage(format!(
                "`{}` is no percentage: write it as 2%, or leave out --of",
                args.amount
            )));
        }
    };
    let operation = Operation::ChargeLevied {
        component: if args.penalty { Component::Penalty } else { Component::Fee },
        amount,
        due_on: (!args.every_instalment).then(|| args.due.unwrap_or(args.recording.day(&session))),
        reason: args.reason.clone(),
    };
    args.recording.record(&session, &args.loan, operation, options).await
}

/// Gives up a charge.
pub async fn waive(args: &WaiveArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::ChargeWaived { of: Version(args.charge), reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Takes a charge back.
pub async fn adjust(args: &AdjustArgs, options: &Options) -> Result<(), Failure> {
    let how = (&args.money, &args.recording);
    credit(PaymentKind::ChargeAdjustment, &args.loan, how, Some(args.charge), None, options).await
}
