//! `loan schedule`: the instalments, what is paid of them and what is open.

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::plan;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::{Session, not_found};
use ledger_core::calendar::Date;
use ledger_core::loan::{self, Instalment, InstalmentPosition, LoanState};
use ledger_core::money::{Amount, Currency};
use ledger_core::terms::{Component, Terms};

/// Show a loan's instalments
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan schedule L-1
  iledger loan schedule L-1 --as-of 2024-03-31 --format csv")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    as_of: AsOf,
}

const COLUMNS: [Column; 11] = [
    Column::number("number"),
    Column::text("from"),
    Column::text("due_on"),
    Column::number("principal"),
    Column::number("interest"),
    Column::number("fee"),
    Column::number("charged"),
    Column::number("total"),
    Column::number("paid"),
    Column::number("outstanding"),
    Column::text("state"),
];

/// Shows the schedule; before the disbursement the one that would follow from paying out now.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let state = session.loan_known_at(&args.loan, args.as_of.known_at).await?;
    let terms = state.terms.as_deref().ok_or_else(|| not_found(&args.loan))?;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let instalments = if state.disbursed_on.is_some() {
        loan::position(&state, date)?.instalments
    } else {
        preview(&session, &state, terms)?
    };
    let planned = state.disbursed_on.is_none();
    let sheet = sheet(&instalments, terms.currency, date, planned)?;
    let document = Document::new()
        .field("loan", args.loan.to_string())
        .field("as_of", date)
        .field("currency", terms.currency.to_string())
        .field(
            "note",
            Some("not paid out yet: this is what paying out on the day of opening gives").filter(|_| planned),
        );
    document.sheet(sheet).print(options)
}

fn preview(session: &Session, state: &LoanState, terms: &Terms) -> Result<Vec<InstalmentPosition>, Failure> {
    let calendar = session.ledger.calendar(Some(terms));
    let on = state.originated_on.unwrap_or(session.today);
    let rows = plan::rows(terms, on, terms.principal, calendar.as_deref())?;
    let position = |row| {
        let instalment = Instalment::new(row);
        let outstanding = instalment.open()?;
        Ok(InstalmentPosition { instalment, penalty_to_date: Amount::ZERO, outstanding, days_past_due: 0 })
    };
    rows.into_iter().map(position).collect()
}

fn sheet(instalments: &[InstalmentPosition], currency: Currency, date: Date, planned: bool) -> Result<Sheet, Failure> {
    let mut sheet = Sheet::new("instalments", COLUMNS).currency(currency);
    let mut sums = [Amount::ZERO; 7];
    for one in instalments {
        let row = &one.instalment.row;
        let amounts = amounts(one)?;
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.plus(amount)?;
        }
        let state = if planned { "planned".to_owned() } else { standing(one, date)? };
        let head = [row.number.into(), row.from.into(), row.due_on.into()];
        let money = amounts.map(|amount| Cell::Money(amount, currency));
        sheet.row(head.into_iter().chain(money).chain([Cell::from(state)]));
    }
    let head = [Cell::Nothing, "total".into(), Cell::Nothing];
    sheet.total(head.into_iter().chain(sums.map(|sum| Cell::Money(sum, currency))).chain([Cell::Nothing]));
    Ok(sheet)
}

/// Planned principal, interest and fee; charged in addition (penalty interest to the day included); total; paid;
/// outstanding.
fn amounts(one: &InstalmentPosition) -> Result<[Amount; 7], Failure> {
    let planned = one.instalment.row.planned;
    let mut owed = Amount::ZERO;
    for component in Component::ALL {
        owed = owed.plus(one.instalment.owed(component)?)?;
    }
    let total = owed.plus(one.penalty_to_date)?;
    let charged = total.minus(planned.total()?)?;
    let (paid, outstanding) = (one.instalment.paid.total()?, one.outstanding.total()?);
    Ok([planned.principal, planned.interest, planned.fee, charged, total, paid, outstanding])
}

/// In one word how an instalment stands.
fn standing(one: &InstalmentPosition, date: Date) -> Result<String, Failure> {
    let due_on = one.instalment.row.due_on;
    if one.outstanding.total()?.is_zero() {
        let lost = one.instalment.written_off.total()?.is_positive();
        return Ok(if lost { "written off" } else { "paid" }.to_owned());
    }
    Ok(match date.days_since(due_on) {
        days if days > 0 => format!("overdue {days} days"),
        0 => "due".to_owned(),
        _ => "future".to_owned(),
    })
}
