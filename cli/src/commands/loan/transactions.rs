//! `loan transactions`: what moved on a loan that is serviced by the day, income recognition included.

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::{Session, not_found};
use ledger_core::calendar::Timestamp;
use ledger_core::money::{Amount, Currency};
use ledger_core::record::Record;
use ledger_core::servicing::instalment::Split;
use ledger_core::store::EventReader as _;
use ledger_core::stream::{StreamName, Version};
use projections::servicing::ServicingViewError;
use projections::servicing::account::{Account, moves_nothing};
use projections::servicing::life::Life;

/// Show what moved on a loan that is serviced by the day, and when income was recognised
///
/// Income is recognised when days are closed and when a loan ends.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan transactions L-1
  iledger loan transactions L-1 --as-of 2024-03-31 --format csv
  iledger loan transactions L-1 --activity")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    /// Also show what each instalment brought, on its due date
    #[arg(long)]
    activity: bool,
    #[command(flatten)]
    as_of: AsOf,
}

const COLUMNS: [Column; 11] = [
    Column::text("date"),
    Column::number("version"),
    Column::text("transaction"),
    Column::number("amount"),
    Column::number("principal"),
    Column::number("interest"),
    Column::number("fee"),
    Column::number("penalty"),
    Column::number("overpaid"),
    Column::number("principal_open"),
    Column::text("reversed"),
];

/// How many events are read at once.
const CHUNK: usize = 4096;

/// Shows transactions.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let currency = session.terms(&args.loan).await?.currency;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let life = life(&session, &args.loan, args.as_of.known_at).await?;
    if life.steps().is_empty() {
        return Err(not_found(&args.loan));
    }
    let account = Account::of(&life, date, args.activity).map_err(failure)?;
    let mut rows: Vec<(_, Vec<Cell>)> = Vec::new();
    for one in account.transactions.iter().filter(|one| one.on <= date) {
        let balance = (!moves_nothing(&one.facts)).then_some(Cell::Money(one.balance, currency));
        let head = [Cell::from(one.on), one.version.into(), one.facts.kind().into(), Cell::Money(one.amount, currency)];
        let tail = [Cell::Share(one.overpaid, currency), balance.into(), if one.reverted { "yes" } else { "" }.into()];
        rows.push((one.on, head.into_iter().chain(shares(&one.split, currency)).chain(tail).collect()));
    }
    for one in account.income.iter().filter(|one| one.on <= date) {
        let amount = one.split.total()?;
        let head =
            [Cell::from(one.on), Cell::Nothing, one.name.replace('_', "-").into(), Cell::Money(amount, currency)];
        let tail = [Cell::Share(Amount::ZERO, currency), Cell::Nothing, "".into()];
        rows.push((one.on, head.into_iter().chain(shares(&one.split, currency)).chain(tail).collect()));
    }
    rows.sort_by_key(|(on, _)| *on);
    let mut sheet = Sheet::new("transactions", COLUMNS).currency(currency).when_empty("(nothing is lent yet)");
    for (_, row) in rows {
        sheet.row(row);
    }
    Document::new()
        .field("loan", args.loan.to_string())
        .field("as_of", date)
        .field("currency", currency.to_string())
        .sheet(sheet)
        .print(options)
}

fn shares(split: &Split, currency: Currency) -> impl Iterator<Item = Cell> {
    [split.principal, split.interest, split.fee, split.penalty].into_iter().map(move |part| Cell::Share(part, currency))
}

/// The life of a loan: its events, and the days that were closed, in log order.
async fn life(session: &Session, loan: &LoanId, known_at: Option<Timestamp>) -> Result<Life, Failure> {
    let mut records = stream(session, loan.stream()).await?;
    records.extend(stream(session, &StreamName::ledger()).await?);
    records.sort_by_key(|record| record.position);
    let life = Life::of(&records, loan.stream()).map_err(failure)?;
    Ok(match known_at {
        Some(instant) => life.known_at(instant),
        None => life,
    })
}

async fn stream(session: &Session, name: &StreamName) -> Result<Vec<Record>, Failure> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let from = records.last().map_or(Version(0), |record| record.version.next());
        let chunk = session.ledger.store().read_stream(name, from, CHUNK).await?;
        if chunk.is_empty() {
            return Ok(records);
        }
        records.extend(chunk);
    }
}

fn failure(error: ServicingViewError) -> Failure {
    match error {
        ServicingViewError::Ledger(error) => error.into(),
        ServicingViewError::Calculation(error) => error.into(),
        ServicingViewError::Evolve(error) => Failure::Damaged(error.to_string()),
        ServicingViewError::NotServiced => Failure::rejected(
            "not-serviced-by-the-day",
            "the loan keeps its plan: `iledger loan statement` shows what happened to it",
        ),
    }
}
