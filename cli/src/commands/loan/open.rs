//! `loan open`: makes the contract, and pays out if told to.

use super::custom;
use crate::args::{Dated, LoanId, Options, Writing, parse_rate};
use crate::commands::product::Products;
use crate::exit::Failure;
use crate::session::{Session, parse_amount};
use crate::{key, render};
use ledger_core::calendar::{self, BusinessCalendar, Date};
use ledger_core::ledger::{Answer, Ledger, Work};
use ledger_core::loan::{Command, Facts, Payment};
use ledger_core::money::{Currency, Rate};
use ledger_core::record::{Published, json};
use ledger_core::servicing::contract::ExpectedTranche;
use ledger_core::store::{EventStore, MemoryStore};
use ledger_core::terms::{Overrides, Product, ReferenceDigest, Terms};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Open a loan
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan open L-1 --product annuity-12 --principal 12000 --disburse
  iledger loan open L-2 --product annuity-12 --principal 50000 --rate 9.6% --instalments 24 --on 2024-01-15
  iledger loan open L-3 --product custom --principal 300 --custom instalments.csv --currency USD --dry-run")]
pub struct Args {
    /// The new loan's id: letters, digits and . _ : -, no personal data
    loan: LoanId,
    /// Product that the terms are made from (see `iledger product list`)
    #[arg(long, value_name = "ID")]
    product: String,
    #[command(flatten)]
    products: Products,
    /// How much is lent
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    principal: String,
    /// Currency [default: the product's, or else the ledger's]
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Number of instalments, if the product lets a loan choose
    #[arg(long, value_name = "NUMBER")]
    instalments: Option<u32>,
    /// Annual contract rate, such as 14.4% or 0.144
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// First due date
    #[arg(long, value_name = "DATE")]
    first_due: Option<Date>,
    /// Days on which no late fee is assessed
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// Flat service fee per period, such as 0.6%
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    fee_rate: Option<Rate>,
    /// Principal that falls due at the end
    #[arg(long, value_name = "AMOUNT")]
    balloon: Option<String>,
    /// Listed instalments: CSV with the columns due_after_days, principal, interest, fee
    #[arg(long, value_name = "FILE")]
    custom: Option<PathBuf>,
    /// Calendar file (TOML), if the product names one that is not built in
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// The borrower's pseudonymous id. No personal data
    #[arg(long, value_name = "ID")]
    borrower: Option<String>,
    /// Tranche that is expected, as DATE:AMOUNT, if the loan is serviced by the day; may be repeated
    #[arg(long, value_name = "DATE:AMOUNT")]
    expect: Vec<String>,
    /// Pay the principal out on the same day
    #[arg(long)]
    disburse: bool,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    writing: Writing,
}

/// Opens a loan.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let product = args.products.find(&args.product)?;
    let calendar = product.calendar.as_deref().map(|id| calendar_file(args.calendar.as_deref(), id)).transpose()?;
    let digest = calendar.as_ref().map(|published| published.digest.clone());
    let terms = terms(args, &session, &product, digest)?;
    let currency = terms.currency;
    let key = key::of(&args.writing, None);
    let work = Work { stream: args.loan.stream().clone(), commands: commands(args, &session, terms, &key)? };
    let known = session.ledger.state(args.loan.stream()).await?.version.is_some();
    let answers = if args.writing.dry_run && !known {
        // on a ledger in memory, where what follows from the first command is there for the second
        let trial = Ledger::open(MemoryStore::default()).await?;
        execute(&trial, calendar, work, &session, currency).await?
    } else if args.writing.dry_run {
        let mut answers = Vec::new();
        for command in work.commands {
            answers.push(session.submit(args.loan.stream(), command, true).await?);
        }
        answers
    } else {
        execute(&session.ledger, calendar, work, &session, currency).await?
    };
    let answer = join(answers);
    render::answer(&args.loan, currency, &key, args.writing.dry_run, &answer)?.print(options)
}

async fn execute<S: EventStore>(
    ledger: &Ledger<S>,
    calendar: Option<Published>,
    work: Work,
    session: &Session,
    currency: Currency,
) -> Result<Vec<Answer>, Failure> {
    if let Some(calendar) = calendar {
        ledger.publish(calendar, &session.meta()?).await?;
    }
    ledger.execute_one(work).await.map_err(|error| Failure::of_ledger(error, Some(currency)))
}

fn terms(
    args: &Args,
    session: &Session,
    product: &Product,
    calendar: Option<ReferenceDigest>,
) -> Result<Terms, Failure> {
    let currency = args.currency.or(product.currency).unwrap_or(session.config.currency);
    let principal = parse_amount(&args.principal, currency)?;
    let overrides = Overrides {
        instalments: args.instalments,
        annual_rate: args.rate,
        first_due_on: args.first_due,
        flat_fee_rate: args.fee_rate,
        balloon: args.balloon.as_deref().map(|written| parse_amount(written, currency)).transpose()?,
        grace_days: args.grace_days,
        custom: args.custom.as_deref().map(|path| custom::read(path, currency)).transpose()?,
        calendar,
        expected: args.expect.iter().map(|written| tranche(written, currency)).collect::<Result<_, _>>()?,
    };
    Ok(product.terms(principal, currency, args.dated.on.unwrap_or(session.today), &overrides)?)
}

/// A tranche as it was written.
fn tranche(written: &str, currency: Currency) -> Result<ExpectedTranche, Failure> {
    let wrong = || Failure::rejected("bad-tranche", format!("`{written}` is no tranche: write 2024-03-01:5000"));
    let (on, amount) = written.split_once(':').ok_or_else(wrong)?;
    Ok(ExpectedTranche { on: on.parse().map_err(|_| wrong())?, amount: parse_amount(amount, currency)? })
}

fn commands(args: &Args, session: &Session, terms: Terms, key: &str) -> Result<Vec<Command>, Failure> {
    let (amount, currency) = (terms.principal, terms.currency);
    let facts = Facts::Originated { terms: Box::new(terms), borrower: args.borrower.clone(), references: Vec::new() };
    let mut commands = vec![session.command(facts, args.dated.on, key.to_owned())?];
    if args.disburse {
        let facts = Facts::Disbursed { amount, currency, payment: Payment::default() };
        commands.push(session.command(facts, args.dated.on, format!("{key}:disburse"))?);
    }
    Ok(commands)
}

/// Several answers of one piece of work as one.
fn join(answers: Vec<Answer>) -> Answer {
    let joined = answers.into_iter().reduce(|one, other| match (one, other) {
        (
            Answer::Executed { first, effective_on, mut events, .. },
            Answer::Executed { last, position, events: more, .. },
        ) => {
            events.extend(more);
            Answer::Executed { first, last, position, effective_on, events }
        }
        (Answer::AlreadyApplied { first, .. }, Answer::AlreadyApplied { last, .. }) => {
            Answer::AlreadyApplied { first, last }
        }
        // opened before, paid out now
        (Answer::AlreadyApplied { .. }, executed @ Answer::Executed { .. }) => executed,
        (executed, Answer::AlreadyApplied { .. }) => executed,
    });
    let none = ledger_core::stream::Version(0);
    joined.unwrap_or(Answer::AlreadyApplied { first: none, last: none })
}

/// The text of the calendar that a product names, to be published with the loan.
pub fn calendar_file(path: Option<&Path>, id: &str) -> Result<Published, Failure> {
    let rejected = |text: String| Failure::rejected("bad-calendar", text);
    let content = match (path, calendar::builtin(id)) {
        (Some(path), _) => std::fs::read_to_string(path)
            .map_err(|error| rejected(format!("{}: it cannot be read: {error}", path.display())))?,
        (None, Some(text)) => text.to_owned(),
        (None, None) => {
            return Err(rejected(format!(
                "the product's calendar `{id}` is not built in: give its file with --calendar"
            )));
        }
    };
    let parsed = BusinessCalendar::parse(&content).map_err(|error| rejected(error.to_string()))?;
    if parsed.id() != id {
        return Err(rejected(format!("the file is of the calendar `{}`, the product needs `{id}`", parsed.id())));
    }
    let sha256 = json::hex(&Sha256::digest(content.as_bytes()));
    Ok(Published { digest: ReferenceDigest { id: id.to_owned(), sha256 }, kind: "calendar".to_owned(), content })
}
