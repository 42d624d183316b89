//! `loan payoff`: what closes a loan on a day.

use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::render::{Cell, Document};
use crate::session::{Session, not_found};
use ledger_core::calendar::Date;
use ledger_core::loan::{self, Effect, Facts, LoanEvent, Payment, Position, Rejection, Status};
use ledger_core::money::{Amount, Currency};
use ledger_core::terms::Component;

/// Show what closes a loan on a day, and the interest that paying it then saves
///
/// The quote is valid on that day alone, and only if nothing else happens to the loan before it.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan payoff L-1
  iledger loan payoff L-1 --on 2024-07-15
  iledger loan payoff L-1 --on 2024-07-15 --format json")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    /// The day of the payment, also one to come [default: the business date]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// What a payment on the day would do, by a decision that nothing is recorded of.
struct Trial {
    paid: [Amount; 4],
    held: Amount,
}

impl Trial {
    fn of(events: &[LoanEvent]) -> Result<Self, Failure> {
        let (mut paid, mut held) = ([Amount::ZERO; 4], Amount::ZERO);
        for line in events.first().into_iter().flat_map(|event| &event.outcome.lines) {
            match line.effect {
                Effect::Paid(component) => {
                    for (known, sum) in Component::ALL.into_iter().zip(&mut paid) {
                        if known == component {
                            *sum = sum.plus(line.amount)?;
                        }
                    }
                }
                Effect::Credited => held = held.plus(line.amount)?,
                _ => {}
            }
        }
        Ok(Self { paid, held })
    }
}

/// Quotes.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan(&args.loan).await?;
    let terms = state.terms.as_deref().ok_or_else(|| not_found(&args.loan))?;
    let on = args.on.unwrap_or(session.today);
    if let Some(last) = state.last_effective_on().filter(|last| *last > on) {
        let text = format!("something counts from {last} on, after {on}: ask for a payoff on that day or later");
        return Err(Failure::rejected("payoff-too-early", text));
    }
    let at: Position = loan::position(&state, on)?;
    if at.status == Status::Pending {
        let rejection = Rejection::NotDisbursed;
        return Err(Failure::rejected(rejection.code(), rejection.to_string()));
    }
    let owed = at.outstanding.total()?;
    let mut trial = Trial { paid: [Amount::ZERO; 4], held: Amount::ZERO };
    let mut amount = Amount::ZERO;
    if owed.is_positive() {
        // what is owed by the schedule closes the loan on any day; what of it is held then is not needed
        trial = pay(&session, &args.loan, owed, terms.currency, on).await?;
        amount = owed.minus(trial.held)?;
        if trial.held.is_positive() && amount.is_positive() {
            trial = pay(&session, &args.loan, amount, terms.currency, on).await?;
        }
    }
    let [principal, interest, fee, penalty] = trial.paid;
    let money = |amount| Cell::Money(amount, terms.currency);
    Document::new()
        .currency(terms.currency)
        .field("loan", args.loan.to_string())
        .field("valid_on", on)
        .field("status", at.status.name())
        .field("payoff", money(amount))
        .field("principal", money(principal))
        .field("interest", money(interest))
        .field("fee", money(fee))
        .field("penalty", money(penalty))
        .field("by_the_schedule", money(owed))
        .field("interest_saved", money(at.outstanding.interest.minus(interest)?))
        .field("version", state.version)
        .print(options)
}

async fn pay(session: &Session, loan: &LoanId, amount: Amount, currency: Currency, on: Date) -> Result<Trial, Failure> {
    let facts = Facts::RepaymentReceived { amount, currency, payment: Payment::default() };
    let key = uuid::Uuid::new_v4().to_string();
    let mut command = session.command(facts, Some(on), key)?;
    command.booked_on = command.booked_on.max(on);
    let answer = session.submit(loan.stream(), command, true).await?;
    Trial::of(answer.events())
}
