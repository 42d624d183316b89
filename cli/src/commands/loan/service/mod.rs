//! Operations of a loan that is serviced by the day, one file per family.
//!
//! Each command makes one fact; what follows from it (an interest refund, the end of a down payment) and what is restated
//! because of it is decided by the ledger and shown.

mod charges;
mod credits;
mod endings;
mod income;
mod restructurings;
mod reversals;

pub use reversals::reversal_of;

use crate::args::{Dated, LoanId, Options, Writing};
use crate::exit::Failure;
use crate::session::Session;
use crate::{key, render};
use ledger_core::calendar::Date;
use ledger_core::loan::{Facts, Operation, Payment};
use ledger_core::money::{Amount, Currency};

/// Operations of loans that are serviced by the day.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    MerchantRefund(credits::RefundArgs),
    PayoutRefund(credits::PayoutArgs),
    Goodwill(credits::GoodwillArgs),
    InterestRefund(credits::InterestRefundArgs),
    InterestWaiver(credits::InterestWaiverArgs),
    DownPayment(credits::DownPaymentArgs),
    CreditRefund(credits::CreditRefundArgs),
    Chargeback(credits::ChargebackArgs),
    Charge(charges::ChargeArgs),
    WaiveCharge(charges::WaiveArgs),
    AdjustCharge(charges::AdjustArgs),
    ReAge(restructurings::ReAgeArgs),
    ReAmortise(restructurings::ReAmortiseArgs),
    Reschedule(restructurings::RescheduleArgs),
    PauseInterest(restructurings::PauseInterestArgs),
    PauseDelinquency(restructurings::PauseDelinquencyArgs),
    ResumeDelinquency(restructurings::ResumeDelinquencyArgs),
    CapitaliseIncome(income::CapitaliseArgs),
    AdjustIncome(income::AdjustArgs),
    BuyDownFee(income::BuyDownArgs),
    ExpectTranche(income::ExpectArgs),
    ChargeOff(endings::ChargeOffArgs),
    Terminate(endings::TerminateArgs),
    Transfer(endings::TransferArgs),
    UndoDisbursement(reversals::UndoArgs),
}

/// Runs an operation.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::MerchantRefund(args) => credits::merchant_refund(args, options).await,
        Subcommand::PayoutRefund(args) => credits::payout_refund(args, options).await,
        Subcommand::Goodwill(args) => credits::goodwill(args, options).await,
        Subcommand::InterestRefund(args) => credits::interest_refund(args, options).await,
        Subcommand::InterestWaiver(args) => credits::interest_waiver(args, options).await,
        Subcommand::DownPayment(args) => credits::down_payment(args, options).await,
        Subcommand::CreditRefund(args) => credits::credit_refund(args, options).await,
        Subcommand::Chargeback(args) => credits::chargeback(args, options).await,
        Subcommand::Charge(args) => charges::charge(args, options).await,
        Subcommand::WaiveCharge(args) => charges::waive(args, options).await,
        Subcommand::AdjustCharge(args) => charges::adjust(args, options).await,
        Subcommand::ReAge(args) => restructurings::re_age(args, options).await,
        Subcommand::ReAmortise(args) => restructurings::re_amortise(args, options).await,
        Subcommand::Reschedule(args) => restructurings::reschedule(args, options).await,
        Subcommand::PauseInterest(args) => restructurings::pause_interest(args, options).await,
        Subcommand::PauseDelinquency(args) => restructurings::pause_delinquency(args, options).await,
        Subcommand::ResumeDelinquency(args) => restructurings::resume_delinquency(args, options).await,
        Subcommand::CapitaliseIncome(args) => income::capitalise(args, options).await,
        Subcommand::AdjustIncome(args) => income::adjust(args, options).await,
        Subcommand::BuyDownFee(args) => income::buy_down(args, options).await,
        Subcommand::ExpectTranche(args) => income::expect_tranche(args, options).await,
        Subcommand::ChargeOff(args) => endings::charge_off(args, options).await,
        Subcommand::Terminate(args) => endings::terminate(args, options).await,
        Subcommand::Transfer(args) => endings::transfer(args, options).await,
        Subcommand::UndoDisbursement(args) => reversals::undo(args, options).await,
    }
}

/// An amount of money over a channel.
#[derive(Debug, clap::Args)]
struct Money {
    /// How much, such as 1234.56
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// Currency of the amount [default: the loan's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Over which channel
    #[arg(long)]
    channel: Option<String>,
    /// The channel's reference: the same one is recorded once. No personal data
    #[arg(long)]
    reference: Option<String>,
}

impl Money {
    async fn read(&self, session: &Session, loan: &LoanId) -> Result<(Amount, Currency), Failure> {
        session.amount(loan, &self.amount, self.currency).await
    }

    fn payment(&self) -> Payment {
        Payment { channel: self.channel.clone(), reference: self.reference.clone() }
    }
}

/// When it counts and how it is recorded.
#[derive(Debug, clap::Args)]
struct Recording {
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// What somebody decided: why, when it counts and how it is recorded.
#[derive(Debug, clap::Args)]
struct Decided {
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    recording: Recording,
}

impl Recording {
    /// The day on which it counts.
    fn day(&self, session: &Session) -> Date {
        self.dated.on.unwrap_or(session.today)
    }

    /// Records an operation and shows what it did.
    async fn record(
        &self,
        session: &Session,
        loan: &LoanId,
        operation: Operation,
        options: &Options,
    ) -> Result<(), Failure> {
        let currency = session.terms(loan).await?.currency;
        let reference = operation.payment().and_then(|payment| payment.reference.clone());
        let key = key::of(&self.writing, reference.as_deref());
        let facts = Facts::Operation(Box::new(operation));
        let command = session.command(facts, self.dated.on, key.clone())?;
        let answer = session.submit(loan.stream(), command, self.writing.dry_run).await?;
        render::answer(loan, currency, &key, self.writing.dry_run, &answer)?.print(options)
    }
}
