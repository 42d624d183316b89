//! `explain`: the events and lines that made a figure of a loan.

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet, effect_name};
use crate::session::{Session, not_found};
use ledger_core::loan::Effect;
use projections::explain::{self, Explanation, Figure};

/// Show the events and lines that made a figure of a loan
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger explain L-1
  iledger explain L-1 overdue --as-of 2024-03-31
  iledger explain L-1 days-past-due
  iledger explain L-1 outstanding.principal --known-at 2024-04-02T00:00:00Z
  iledger explain L-1 paid.interest --format csv")]
pub struct Args {
    /// The loan's id
    loan: LoanId,

    /// outstanding, overdue, paid, waived, written-off, recovered, each also with a component such as outstanding.principal;
    /// credit; days-past-due
    #[arg(default_value = "outstanding")]
    figure: Figure,

    #[command(flatten)]
    as_of: AsOf,
}

/// Explains a figure.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let state = session.loan_known_at(&args.loan, args.as_of.known_at).await?;
    let currency = state.terms.as_deref().map(|terms| terms.currency).ok_or_else(|| not_found(&args.loan))?;
    let mut history = session.ledger.history(args.loan.stream()).await?;
    history.retain(|(_, stored)| args.as_of.known_at.is_none_or(|known_at| stored.recorded_at <= known_at));
    let explanation = explain::explain(&history, &state, date, args.figure)?;
    let columns = [
        Column::text("date"),
        Column::number("position"),
        Column::number("version"),
        Column::text("event"),
        Column::text("recorded_at"),
        Column::number("corrects"),
        Column::number("instalment"),
        Column::text("effect"),
        Column::text("component"),
        Column::number("amount"),
    ];
    let mut sheet = Sheet::new("lines", columns).currency(currency).when_empty("no event made it: it is nothing");
    for line in &explanation.lines {
        sheet.row([
            Cell::from(line.effective_on),
            line.position.into(),
            line.version.into(),
            line.kind.into(),
            line.recorded_at.to_string().into(),
            line.corrects.into(),
            line.instalment.into(),
            match line.effect {
                // the plan's own rows come in this way too
                Effect::Planned(_) => "planned".into(),
                effect => effect_name(effect).into(),
            },
            line.effect.component().map(|component| component.name()).into(),
            Cell::Money(line.amount, currency),
        ]);
    }
    if !explanation.accrued.is_zero() {
        let cells = [Cell::from(date), Cell::Nothing, Cell::Nothing, "(time)".into(), Cell::Nothing, Cell::Nothing];
        let more = [Cell::Nothing, "accrued, not on the account".into(), Cell::Nothing];
        sheet.row(cells.into_iter().chain(more).chain([Cell::Money(explanation.accrued, currency)]));
    }
    let document = Document::new()
        .currency(currency)
        .field("loan", args.loan.to_string())
        .field("figure", args.figure.to_string())
        .field("as_of", date);
    with_value(document, &explanation, currency).sheet(sheet).print(options)
}

fn with_value(document: Document, explanation: &Explanation, currency: ledger_core::money::Currency) -> Document {
    if explanation.figure != Figure::DaysPastDue {
        return document.field("amount", Cell::Money(explanation.amount, currency));
    }
    let days = explanation.days_past_due.map_or_else(|| Cell::from("unknown"), Cell::from);
    document
        .field("days_past_due", days)
        .field("oldest_unpaid_due_on", explanation.oldest_unpaid_due_on)
        .field("open_of_that_instalment", Cell::Money(explanation.amount, currency))
}
