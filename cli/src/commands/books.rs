//! `books`: the general ledger.

mod sheets;

pub use sheets::{provisions, trial_balance};

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::render::Document;
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::loan::CalculationError;
use ledger_core::money::{Amount, Currency};
use projections::general_ledger::{
    BalanceSheet, BooksError, Cut, IncomeStatement, JournalEntry, PostingRules, TrialBalance, read, read_from,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Show the general ledger
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger books trial-balance --as-of 2024-03-31
  iledger books income-statement --from 2024-01-01 --as-of 2024-03-31
  iledger books balance-sheet --as-of 2024-03-31
  iledger books account Income:Interest --format csv")]
pub enum Subcommand {
    /// Show debits, credits and balance of every account
    #[command(before_help = "Examples:
  iledger books trial-balance
  iledger books trial-balance --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z")]
    TrialBalance(BooksArgs),
    /// Show what was earned and spent
    #[command(before_help = "Examples:
  iledger books income-statement --from 2024-01-01 --as-of 2024-03-31")]
    IncomeStatement(PeriodArgs),
    /// Show assets, liabilities and equity, with retained earnings and the result of the year as derived lines
    #[command(before_help = "Examples:
  iledger books balance-sheet --as-of 2024-12-31")]
    BalanceSheet(BooksArgs),
    /// List the journal entries, posting by posting
    #[command(before_help = "Examples:
  iledger books journal
  iledger books journal --loan L-1 --format csv")]
    Journal(JournalArgs),
    /// List the postings of one account with its running balance
    #[command(before_help = "Examples:
  iledger books account Assets:Cash
  iledger books account Income:Interest --from 2024-03-01 --as-of 2024-03-31")]
    Account(AccountArgs),
}

/// Whose posting rules.
#[derive(Debug, Clone, clap::Args)]
pub struct RulesArgs {
    /// Chart of accounts and posting rules [default: those that come with the program]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
}

impl RulesArgs {
    /// The rules.
    pub fn read(&self) -> Result<PostingRules, Failure> {
        let Some(path) = &self.rules else { return Ok(PostingRules::builtin()?) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}")))?;
        Ok(PostingRules::parse(&name, &text)?)
    }
}

/// Which books of which day.
#[derive(Debug, Clone, clap::Args)]
pub struct BooksArgs {
    #[command(flatten)]
    pub as_of: AsOf,

    #[command(flatten)]
    pub rules: RulesArgs,
}

/// Which books of which days.
#[derive(Debug, clap::Args)]
pub struct PeriodArgs {
    /// From the beginning of this day on [default: everything]
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,

    #[command(flatten)]
    books: BooksArgs,
}

/// Arguments of `books journal`.
#[derive(Debug, clap::Args)]
pub struct JournalArgs {
    /// Only this loan
    #[arg(long)]
    loan: Option<LoanId>,

    #[command(flatten)]
    books: BooksArgs,
}

/// Arguments of `books account`.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    /// The account, such as Income:Interest
    account: String,

    #[command(flatten)]
    period: PeriodArgs,
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
    entries_from(session, as_of, rules, None).await
}

/// The same, with interest accrued to the day before `from`.
async fn entries_from(
    session: &Session,
    as_of: &AsOf,
    rules: &PostingRules,
    from: Option<Date>,
) -> Result<Vec<JournalEntry>, Failure> {
    let mut entries = Vec::new();
    let keep = |entry| -> Result<(), Failure> {
        entries.push(entry);
        Ok(())
    };
    let (store, cut) = (session.ledger.store(), cut(as_of, session));
    match from {
        Some(from) => read_from(store, rules, &cut, from, keep).await?,
        None => read(store, rules, &cut, keep).await?,
    }
    entries.sort_by_key(|entry| (entry.date, entry.position));
    Ok(entries)
}

/// Shows the books.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::TrialBalance(args) => {
            let (rules, session) = (args.rules.read()?, Session::open(options).await?);
            let (mut balance, cut) = (TrialBalance::default(), cut(&args.as_of, &session));
            let add = |entry: JournalEntry| -> Result<(), Failure> { Ok(balance.add(&entry)?) };
            read(session.ledger.store(), &rules, &cut, add).await?;
            Document::new().field("as_of", cut.as_of).sheet(trial_balance(&balance)?).print(options)
        }
        Subcommand::IncomeStatement(args) => {
            let (rules, session) = (args.books.rules.read()?, Session::open(options).await?);
            let mut posted = TrialBalance::default();
            for entry in entries_from(&session, &args.books.as_of, &rules, args.from).await? {
                if args.from.is_none_or(|from| entry.date >= from) {
                    posted.add(&entry)?;
                }
            }
            let document = match args.from {
                Some(from) => Document::new().field("from", from),
                None => Document::new(),
            };
            let as_of = cut(&args.books.as_of, &session).as_of;
            document.field("as_of", as_of).sheet(sheets::income(&IncomeStatement::of(&posted)?)).print(options)
        }
        Subcommand::BalanceSheet(args) => {
            let (rules, session) = (args.rules.read()?, Session::open(options).await?);
            let cut = cut(&args.as_of, &session);
            let mut sheet = BalanceSheet::at(cut.as_of);
            let add = |entry: JournalEntry| -> Result<(), Failure> { Ok(sheet.add(&entry)?) };
            read(session.ledger.store(), &rules, &cut, add).await?;
            Document::new().field("as_of", cut.as_of).sheet(sheets::balance_sheet(&sheet)?).print(options)
        }
        Subcommand::Journal(args) => {
            let (rules, session) = (args.books.rules.read()?, Session::open(options).await?);
            let mut entries = entries(&session, &args.books.as_of, &rules).await?;
            if let Some(loan) = &args.loan {
                session.loan(loan).await?;
                entries.retain(|entry| *entry.loan == *loan.to_string());
            }
            Document::new().sheet(sheets::postings(&entries, None, &BTreeMap::new())?).print(options)
        }
        Subcommand::Account(args) => account(args, options).await,
    }
}

async fn account(args: &AccountArgs, options: &Options) -> Result<(), Failure> {
    let PeriodArgs { from, books } = &args.period;
    let rules = books.rules.read()?;
    if !rules.accounts().iter().any(|account| **account == *args.account) {
        let names = rules.accounts().join(", ");
        return Err(Failure::Usage(format!("there is no account `{}`; there are {names}", args.account)));
    }
    let session = Session::open(options).await?;
    let entries = entries_from(&session, &books.as_of, &rules, *from).await?;
    let before = entries.partition_point(|entry| from.is_some_and(|from| entry.date < from));
    let (before, shown) = entries.split_at_checked(before).unwrap_or((&[], &entries));
    let opening = sums(before, &args.account)?;
    let document = Document::new().sheet(sheets::postings(shown, Some(&args.account), &opening)?);
    let document = match from {
        Some(from) => document.field("from", *from).sheet(sheets::balances("opening", &opening)),
        None => document,
    };
    document.sheet(sheets::balances("closing", &sums(&entries, &args.account)?)).print(options)
}

/// The balances of an account.
fn sums(entries: &[JournalEntry], account: &str) -> Result<BTreeMap<Currency, Amount>, Failure> {
    let mut sums: BTreeMap<Currency, Amount> = BTreeMap::new();
    for entry in entries {
        for posting in entry.postings.iter().filter(|posting| *posting.account == *account) {
            let sum = sums.entry(entry.currency).or_default();
            *sum = sum.plus(posting.amount)?;
        }
    }
    Ok(sums)
}
