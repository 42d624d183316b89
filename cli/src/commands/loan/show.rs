//! `loan show`: how a loan stands.

use crate::args::{AsOf, LoanId, Options};
use crate::commands::product::{interest, percent};
use crate::exit::Failure;
use crate::render::{Cell, Document};
use crate::session::{Session, not_found};
use ledger_core::calendar::Date;
use ledger_core::loan::{self, Components, Facts, LoanState, Operation, Position, Status};

/// Show how a loan stands
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan show L-1
  iledger loan show L-1 --as-of 2024-03-31
  iledger loan show L-1 --format json")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    as_of: AsOf,
}

/// Shows terms and position.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan_known_at(&args.loan, args.as_of.known_at).await?;
    let terms = state.terms.as_deref().ok_or_else(|| not_found(&args.loan))?;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let mut at: Position = loan::position(&state, date)?;
    if at.status == Status::Pending {
        // the instalments are a plan: nothing is owed yet
        at = nothing_owed(at);
    }
    let money = |amount| Cell::Money(amount, terms.currency);
    let next = at.instalments.iter().find(|one| one.instalment.row.due_on >= date && !one.outstanding.is_zero());
    let next_amount = next.map(|one| one.outstanding.total()).transpose()?;
    let standing = Standing::of(&state, date);
    let days = match at.days_past_due {
        Some(days) => Cell::from(days),
        None => "unknown".into(),
    };
    Document::new()
        .currency(terms.currency)
        .field("loan", args.loan.to_string())
        .field("as_of", date)
        .field("status", at.status.name())
        .field("product", terms.product.as_str())
        .field("borrower", state.borrower.clone())
        .field("principal", money(terms.principal))
        .field("annual_rate", percent(terms.annual_rate))
        .field("day_count", terms.day_count.to_string())
        .field("serviced", terms.servicing.as_deref().map(|_| "by the day"))
        .field("interest", terms.servicing.as_deref().map(|contract| interest(&contract.interest)))
        .field("instalments", terms.instalments)
        .field("frequency", terms.frequency.to_string())
        .field("originated_on", state.originated_on)
        .field("disbursed_on", state.disbursed_on)
        .field("converted_on", state.converted_on)
        .field("disbursed", money(state.disbursed))
        .field("written_off_on", state.written_off_on)
        .field("closed_on", state.closed_on)
        .field("charged_off_on", standing.charged_off_on)
        .field("terminated_on", standing.terminated_on)
        .field("owner", standing.owner)
        .field("delinquency_paused_on", standing.paused_on)
        .field("outstanding", money(at.outstanding.total()?))
        .field("outstanding_principal", money(at.outstanding.principal))
        .field("outstanding_interest", money(at.outstanding.interest))
        .field("outstanding_fee", money(at.outstanding.fee))
        .field("outstanding_penalty", money(at.outstanding.penalty))
        .field("overdue", money(at.overdue.total()?))
        .field("days_past_due", days)
        .field("unpaid_since", at.oldest_unpaid_due_on.filter(|due_on| *due_on < date))
        .field("credit", money(at.credit))
        .field("next_due_on", next.map(|one| one.instalment.row.due_on))
        .field("next_due", next_amount.map(money))
        .field("version", state.version)
        .print(options)
}

fn nothing_owed(at: Position) -> Position {
    let (outstanding, overdue) = (Components::default(), Components::default());
    Position { instalments: Vec::new(), outstanding, overdue, oldest_unpaid_due_on: None, days_past_due: Some(0), ..at }
}

/// What operations say of a loan on a day.
#[derive(Default)]
struct Standing {
    charged_off_on: Option<Date>,
    terminated_on: Option<Date>,
    owner: Option<String>,
    paused_on: Option<Date>,
}

impl Standing {
    fn of(state: &LoanState, date: Date) -> Self {
        let mut standing = Self::default();
        for fact in state.facts_in_order().into_iter().filter(|fact| fact.effective_on <= date) {
            let Facts::Operation(operation) = &fact.facts else { continue };
            match &**operation {
                Operation::ChargedOff { .. } => standing.charged_off_on = Some(fact.effective_on),
                Operation::Terminated { .. } => standing.terminated_on = Some(fact.effective_on),
                Operation::Transferred { owner, .. } => standing.owner = Some(owner.clone()),
                Operation::DelinquencyPaused { until, .. } => {
                    standing.paused_on = Some(fact.effective_on).filter(|_| until.is_none_or(|until| date <= until));
                }
                Operation::DelinquencyResumed { .. } => standing.paused_on = None,
                _ => {}
            }
        }
        standing
    }
}
