//! Money that is no plain repayment: refunds, goodwill, waived interest, chargebacks.

use super::{Decided, Money, Recording};
use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use ledger_core::loan::{Operation, Rejection};
use ledger_core::servicing::contract::PaymentKind;
use ledger_core::stream::Version;

/// Whether a refund gives back the interest that it saves.
#[derive(Debug, clap::Args)]
struct InterestOfRefund {
    /// Give back the interest that the refund saves [default: as the terms say]
    #[arg(long)]
    interest_refund: bool,
    /// Keep the interest
    #[arg(long, conflicts_with = "interest_refund")]
    no_interest_refund: bool,
}

impl InterestOfRefund {
    const fn asked(&self) -> Option<bool> {
        match (self.interest_refund, self.no_interest_refund) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

/// Goods came back: the merchant pays for them
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan merchant-refund L-1 120 --on 2024-03-10 --reference RMA-7
  iledger loan merchant-refund L-1 120 --interest-refund
  iledger loan merchant-refund L-1 120 --no-interest-refund --dry-run")]
pub struct RefundArgs {
    #[command(flatten)]
    refund: RefundFields,
}

/// Goods came back: paid out to the borrower's account with the lender
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan payout-refund L-1 120 --on 2024-03-10 --reference RMA-8
  iledger loan payout-refund L-1 120 --no-interest-refund")]
pub struct PayoutArgs {
    #[command(flatten)]
    refund: RefundFields,
}

/// The fields of a refund.
#[derive(Debug, clap::Args)]
struct RefundFields {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    interest: InterestOfRefund,
    #[command(flatten)]
    recording: Recording,
}

/// The lender gives something, out of goodwill
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan goodwill L-1 15 --reference CASE-12")]
pub struct GoodwillArgs {
    #[command(flatten)]
    credit: CreditFields,
}

/// The lender does without interest: it pays as the terms order it
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan interest-waiver L-1 3.20 --on 2024-03-10")]
pub struct InterestWaiverArgs {
    #[command(flatten)]
    credit: CreditFields,
}

/// The lender gives interest back, by hand
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan interest-refund L-1 3.20
  iledger loan interest-refund L-1 3.20 --of 4     (the refund of version 4; taken back with it)")]
pub struct InterestRefundArgs {
    #[command(flatten)]
    credit: CreditFields,
    /// Version of the refund that it belongs to
    #[arg(long, value_name = "VERSION")]
    of: Option<u64>,
}

/// The borrower pays a part at the purchase
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan down-payment L-1 25 --channel till
  iledger loan down-payment L-1 25 --of 1     (of the disbursement of version 1; taken back with it)")]
pub struct DownPaymentArgs {
    #[command(flatten)]
    credit: CreditFields,
    /// Version of the disbursement that it belongs to
    #[arg(long, value_name = "VERSION")]
    of: Option<u64>,
}

/// Money for a loan.
#[derive(Debug, clap::Args)]
struct CreditFields {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    recording: Recording,
}

/// Pay out what was overpaid
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan credit-refund L-1 12.50 --channel bank --reference OUT-9")]
pub struct CreditRefundArgs {
    #[command(flatten)]
    credit: CreditFields,
}

/// The payer's bank took a payment back: the amount is owed again
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan chargeback L-1 3 --reason 'disputed by the payer'
  iledger loan chargeback L-1 3 17.01 --on 2024-04-02 --reason 'disputed in part'")]
pub struct ChargebackArgs {
    /// The loan's id
    loan: LoanId,
    /// Version of the payment
    #[arg(id = "payment", value_name = "VERSION")]
    payment: u64,
    /// How much of it [default: all]
    #[arg(allow_negative_numbers = true)]
    amount: Option<String>,
    #[command(flatten)]
    decided: Decided,
}

/// A credit of some kind.
pub(super) async fn credit(
    kind: PaymentKind,
    loan: &LoanId,
    (money, recording): (&Money, &Recording),
    of: Option<u64>,
    interest_refund: Option<bool>,
    options: &Options,
) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (amount, currency) = money.read(&session, loan).await?;
    let (payment, of) = (money.payment(), of.map(Version));
    let operation = Operation::Credited { kind, amount, currency, payment, of, interest_refund };
    recording.record(&session, loan, operation, options).await
}

/// Records a merchant refund.
pub async fn merchant_refund(args: &RefundArgs, options: &Options) -> Result<(), Failure> {
    refund(PaymentKind::MerchantRefund, &args.refund, options).await
}

/// Records a payout refund.
pub async fn payout_refund(args: &PayoutArgs, options: &Options) -> Result<(), Failure> {
    refund(PaymentKind::PayoutRefund, &args.refund, options).await
}

async fn refund(kind: PaymentKind, fields: &RefundFields, options: &Options) -> Result<(), Failure> {
    let RefundFields { loan, money, interest, recording } = fields;
    credit(kind, loan, (money, recording), None, interest.asked(), options).await
}

async fn plain(kind: PaymentKind, of: Option<u64>, fields: &CreditFields, options: &Options) -> Result<(), Failure> {
    credit(kind, &fields.loan, (&fields.money, &fields.recording), of, None, options).await
}

/// Records a goodwill credit.
pub async fn goodwill(args: &GoodwillArgs, options: &Options) -> Result<(), Failure> {
    plain(PaymentKind::Goodwill, None, &args.credit, options).await
}

/// Records an interest payment waiver.
pub async fn interest_waiver(args: &InterestWaiverArgs, options: &Options) -> Result<(), Failure> {
    plain(PaymentKind::InterestWaiver, None, &args.credit, options).await
}

/// Records an interest refund by hand.
pub async fn interest_refund(args: &InterestRefundArgs, options: &Options) -> Result<(), Failure> {
    plain(PaymentKind::InterestRefund, args.of, &args.credit, options).await
}

/// Records a down payment.
pub async fn down_payment(args: &DownPaymentArgs, options: &Options) -> Result<(), Failure> {
    plain(PaymentKind::DownPayment, args.of, &args.credit, options).await
}

/// Pays out what was overpaid.
pub async fn credit_refund(args: &CreditRefundArgs, options: &Options) -> Result<(), Failure> {
    let CreditFields { loan, money, recording } = &args.credit;
    let session = Session::open(options).await?;
    let (amount, currency) = money.read(&session, loan).await?;
    let operation = Operation::CreditRefunded { amount, currency, payment: money.payment() };
    recording.record(&session, loan, operation, options).await
}

/// Records a chargeback.
pub async fn chargeback(args: &ChargebackArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan(&args.loan).await?;
    let of = Version(args.payment);
    let currency = session.terms(&args.loan).await?.currency;
    let amount = match &args.amount {
        Some(written) => parse_amount(written, currency)?,
        None => {
            let fact = state.fact(of).ok_or(Rejection::NoSuchEvent(of))?;
            let money = fact.facts.money();
            let wanted = "a payment";
            money.ok_or(Rejection::WrongTarget { version: of, kind: fact.facts.kind(), wanted })?.0
        }
    };
    let operation = Operation::ChargedBack { of, amount, currency, reason: args.decided.reason.clone() };
    args.decided.recording.record(&session, &args.loan, operation, options).await
}
