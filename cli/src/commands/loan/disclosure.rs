//! `loan disclosure`: what a loan costs by its contract.

use crate::args::{LoanId, Options};
use crate::commands::offer::statement::{self, Statement};
use crate::commands::offer::{CostArgs, view};
use crate::exit::Failure;
use crate::plan;
use crate::render::Document;
use crate::session::{Session, not_found};
use ledger_core::cost::{PlanInput, disclose};

/// Show what a loan costs by its contract: every item, who collects it, and the annualised cost by each method
///
/// This is the disclosure of the contract as it was made: what was paid, corrected or changed since does not alter it.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan disclosure L-1
  iledger loan disclosure L-1 --cost guarantee:300:upfront:guarantor --collected-by fee=platform
  iledger loan disclosure L-1 --statement cn --format json")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    /// Print the statement that a jurisdiction prescribes instead
    #[arg(long, value_name = "WHOSE")]
    statement: Option<Statement>,
    #[command(flatten)]
    costs: CostArgs,
}

/// Discloses a loan.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan(&args.loan).await?;
    let terms = state.terms.as_deref().ok_or_else(|| not_found(&args.loan))?;
    if state.converted_on.is_some() {
        let text = format!("loan `{}` was taken over: the ledger does not know its first schedule", args.loan);
        return Err(Failure::rejected("no-disclosure", text));
    }
    let paid_out = state.disbursed_on.map(|on| (on, state.disbursed));
    let (on, amount) = paid_out.unwrap_or((state.originated_on.unwrap_or(session.today), terms.principal));
    let calendar = session.ledger.calendar(Some(terms));
    let rows = plan::rows(terms, on, amount, calendar.as_deref())?;
    let (extra, collectors) = (args.costs.extra(terms.currency)?, args.costs.collectors()?);
    let input = PlanInput { terms, disbursed_on: on, rows: &rows, extra: &extra, collectors: &collectors };
    let disclosure = disclose(&input)?;
    if let Some(whose) = args.statement {
        return statement::document(whose, &disclosure).print(options);
    }
    let note = paid_out.is_none().then_some("not paid out yet: this is what paying out on the day of opening gives");
    let start = Document::new()
        .field("loan", args.loan.to_string())
        .field("product", terms.product.as_str())
        .field("paid_out_on", on)
        .field("instalments", terms.instalments)
        .field("note", note);
    view::document(start, &disclosure)?.print(options)
}
