//! Other instalments than those of the contract, and days that do not count.

use super::Decided;
use crate::args::{LoanId, Options, parse_rate};
use crate::exit::Failure;
use crate::session::Session;
use ledger_core::calendar::{Date, Frequency};
use ledger_core::loan::Operation;
use ledger_core::money::Rate;
use ledger_core::servicing::fact::InterestHandling;

/// What interest does.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Handling {
    /// The schedule is computed anew
    Default,
    /// Interest of the whole term is spread evenly
    EqualFull,
    /// Interest payable on the day is spread evenly
    EqualPayable,
}

impl From<Handling> for InterestHandling {
    fn from(handling: Handling) -> Self {
        match handling {
            Handling::Default => Self::Default,
            Handling::EqualFull => Self::EqualFull,
            Handling::EqualPayable => Self::EqualPayable,
        }
    }
}

/// Spread what is open over new instalments
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan re-age L-1 --start 2024-05-01 --instalments 6 --reason 'agreed with the borrower'
  iledger loan re-age L-1 --start 2024-05-01 --every '2 weeks' --instalments 8 --interest equal-full --reason agreed")]
pub struct ReAgeArgs {
    /// The loan's id
    loan: LoanId,
    /// The first due date
    #[arg(long, value_name = "DATE")]
    start: Date,
    /// How often an instalment falls due
    #[arg(long, value_name = "FREQUENCY", default_value = "1 month")]
    every: Frequency,
    /// How many
    #[arg(long, value_name = "NUMBER")]
    instalments: u32,
    /// What interest does
    #[arg(long, value_enum, default_value_t = Handling::Default)]
    interest: Handling,
    #[command(flatten)]
    decided: Decided,
}

/// Spread what is overdue over the instalments to come
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan re-amortise L-1 --reason 'agreed with the borrower'
  iledger loan re-amortise L-1 --interest equal-payable --reason agreed --dry-run")]
pub struct ReAmortiseArgs {
    /// The loan's id
    loan: LoanId,
    /// What interest does
    #[arg(long, value_enum, default_value_t = Handling::Default)]
    interest: Handling,
    #[command(flatten)]
    decided: Decided,
}

/// More instalments, another rate, another due date, or several of these
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan reschedule L-1 --from 2024-05-15 --extra 3 --reason 'longer term'
  iledger loan reschedule L-1 --from 2024-05-15 --rate 7.5% --reason 'rate cut'
  iledger loan reschedule L-1 --from 2024-05-15 --due 2024-05-25 --reason 'payday moved'")]
pub struct RescheduleArgs {
    /// The loan's id
    loan: LoanId,
    /// Due date of the first instalment that changes
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// So many instalments more
    #[arg(long, value_name = "NUMBER")]
    extra: Option<u32>,
    /// The annual rate from then on, such as 7.5% or 0.075
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// The new due date of that instalment; later ones follow it
    #[arg(long, value_name = "DATE")]
    due: Option<Date>,
    #[command(flatten)]
    decided: Decided,
}

/// Let no interest run from one day to another
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan pause-interest L-1 2024-06-01 2024-06-30 --reason 'payment holiday'")]
pub struct PauseInterestArgs {
    /// The loan's id
    loan: LoanId,
    /// The first day
    #[arg(value_name = "FIRST")]
    first: Date,
    /// The last day
    #[arg(value_name = "LAST")]
    last: Date,
    #[command(flatten)]
    decided: Decided,
}

/// Days past due do not count for collection
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan pause-delinquency L-1 --until 2024-07-31 --reason 'flood area'")]
pub struct PauseDelinquencyArgs {
    /// The loan's id
    loan: LoanId,
    /// The last day [default: until it is resumed]
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    #[command(flatten)]
    decided: Decided,
}

/// Days past due count again
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan resume-delinquency L-1 --reason 'the flood is over'")]
pub struct ResumeDelinquencyArgs {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    decided: Decided,
}

/// Re-ages.
pub async fn re_age(args: &ReAgeArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::ReAged {
        start: args.start,
        every: args.every,
        instalments: args.instalments,
        handling: args.interest.into(),
        reason: args.decided.reason.clone(),
    };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Re-amortises.
pub async fn re_amortise(args: &ReAmortiseArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::ReAmortised { handling: args.interest.into(), reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Reschedules.
pub async fn reschedule(args: &RescheduleArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::Rescheduled {
        from: args.from,
        extra_instalments: args.extra,
        annual_rate: args.rate,
        new_due_on: args.due,
        reason: args.decided.reason.clone(),
    };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Pauses interest.
pub async fn pause_interest(args: &PauseInterestArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation =
        Operation::InterestPaused { first: args.first, last: args.last, reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Pauses delinquency.
pub async fn pause_delinquency(args: &PauseDelinquencyArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::DelinquencyPaused { until: args.until, reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}

/// Resumes delinquency.
pub async fn resume_delinquency(args: &ResumeDelinquencyArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let operation = Operation::DelinquencyResumed { reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}
