//! `books`: the general ledger.

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::loan::CalculationError;
use ledger_core::money::Amount;
use projections::general_ledger::{BooksError, Cut, JournalEntry, PostingRules, TrialBalance, read};
use std::collections::BTreeMap;

/// Show the general ledger
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger books trial-balance --as-of 2024-03-31
  iledger books journal --loan L-1
  iledger books account Income:Interest --format csv")]
pub enum Subcommand {
    /// Show debits, credits and balance of every account
    #[command(before_help = "Examples:
  iledger books trial-balance
  iledger books trial-balance --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z")]
    TrialBalance(AsOf),
    /// List the journal entries, posting by posting
    #[command(before_help = "Examples:
  iledger books journal
  iledger books journal --loan L-1 --format csv")]
    Journal(JournalArgs),
    /// List the postings of one account
    #[command(before_help = "Examples:
  iledger books account Assets:Cash
  iledger books account Income:Interest --as-of 2024-03-31")]
    Account(AccountArgs),
}

/// Arguments of `books journal`.
#[derive(Debug, clap::Args)]
pub struct JournalArgs {
    /// Only this loan
    #[arg(long)]
    loan: Option<LoanId>,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `books account`.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    /// The account, such as Income:Interest
    account: String,

    #[command(flatten)]
    as_of: AsOf,
}

impl From<BooksError> for Failure {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Read(error) => error.into(),
            BooksError::Event { .. } | BooksError::Loan { .. } => Self::Damaged(error.to_string()),
            BooksError::Total(overflow) => CalculationError::from(overflow).into(),
        }
    }
}

/// What the options cut off.
fn cut(as_of: &AsOf, session: &Session) -> Cut {
    Cut { as_of: as_of.as_of.unwrap_or(session.today), known_at: as_of.known_at }
}

/// The entries that count, by date, then by their place in the log.
pub async fn entries(session: &Session, as_of: &AsOf, rules: &PostingRules) -> Result<Vec<JournalEntry>, Failure> {
    let mut entries = Vec::new();
    let keep = |entry| -> Result<(), Failure> {
        entries.push(entry);
        Ok(())
    };
    read(session.ledger.store(), rules, &cut(as_of, session), keep).await?;
    entries.sort_by_key(|entry| (entry.date, entry.position));
    Ok(entries)
}

/// Shows the books.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    let rules = PostingRules::builtin()?;
    let session = Session::open(options).await?;
    match subcommand {
        Subcommand::TrialBalance(as_of) => {
            let mut balance = TrialBalance::default();
            let add = |entry: JournalEntry| -> Result<(), Failure> { Ok(balance.add(&entry)?) };
            read(session.ledger.store(), &rules, &cut(as_of, &session), add).await?;
            Document::new().field("as_of", cut(as_of, &session).as_of).sheet(trial_balance(&balance)?).print(options)
        }
        Subcommand::Journal(args) => {
            let mut entries = entries(&session, &args.as_of, &rules).await?;
            if let Some(loan) = &args.loan {
                session.loan(loan).await?;
                entries.retain(|entry| *entry.loan == *loan.to_string());
            }
            Document::new().sheet(postings(&entries, None)?).print(options)
        }
        Subcommand::Account(args) => {
            if !rules.accounts().iter().any(|account| **account == *args.account) {
                let names = rules.accounts().join(", ");
                return Err(Failure::Usage(format!("there is no account `{}`; there are {names}", args.account)));
            }
            let entries = entries(&session, &args.as_of, &rules).await?;
            Document::new().sheet(postings(&entries, Some(&args.account))?).print(options)
        }
    }
}

fn trial_balance(balance: &TrialBalance) -> Result<Sheet, Failure> {
    let columns = [
        Column::text("currency"),
        Column::text("account"),
        Column::number("debits"),
        Column::number("credits"),
        Column::number("balance"),
    ];
    let mut sheet = Sheet::new("accounts", columns).when_empty("nothing is posted");
    for ((currency, account), row) in &balance.rows {
        let amounts = [row.debits, row.credits, row.balance()?].map(|amount| Cell::Money(amount, *currency));
        sheet.row([Cell::from(currency.to_string()), Cell::from(&**account)].into_iter().chain(amounts));
    }
    for (currency, row) in balance.totals()? {
        let amounts = [row.debits, row.credits, row.balance()?].map(|amount| Cell::Money(amount, currency));
        sheet.total([Cell::from(currency.to_string()), "total".into()].into_iter().chain(amounts));
    }
    Ok(sheet)
}

/// The postings, of one account with its running balance.
fn postings(entries: &[JournalEntry], account: Option<&str>) -> Result<Sheet, Failure> {
    let mut columns = ["date", "booked_on", "effective_on", "position", "loan", "event", "account", "currency"]
        .map(Column::text)
        .to_vec();
    columns.push(Column::number("amount"));
    if account.is_some() {
        columns.push(Column::number("balance"));
    }
    let mut sheet = Sheet::new("postings", columns).when_empty("nothing is posted");
    let mut balances: BTreeMap<_, Amount> = BTreeMap::new();
    for entry in entries {
        for posting in entry.postings.iter().filter(|posting| account.is_none_or(|name| *posting.account == *name)) {
            let mut cells = vec![
                Cell::from(entry.date),
                entry.booked_on.into(),
                entry.effective_on.into(),
                entry.position.into(),
                Cell::from(&*entry.loan),
                Cell::from(entry.what),
                Cell::from(&*posting.account),
                entry.currency.to_string().into(),
                Cell::Money(posting.amount, entry.currency),
            ];
            if account.is_some() {
                let balance = balances.entry(entry.currency).or_default();
                *balance = balance.plus(posting.amount)?;
                cells.push(Cell::Money(*balance, entry.currency));
            }
            sheet.row(cells);
        }
    }
    Ok(sheet)
}
