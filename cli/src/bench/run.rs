//! The stages of the benchmark: a book of annuities is opened and paid, then read in every way.

use super::measure::{Elapsed, Stopwatch, peak_memory};
use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt;
use crate::progress;
use crate::render::{Column, Document, Sheet};
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::{Ledger, LedgerError, Work};
use ledger_core::loan::{Command, Facts, Payment};
use ledger_core::money::{Amount, Currency};
use ledger_core::replay;
use ledger_core::store::{BlockStore, EventReader};
use ledger_core::stream::{Position, StreamName};
use ledger_core::terms::{Overrides, ProductFile, Terms};
use projections::balances::BalanceFilter;
use projections::classification::RuleBook;
use projections::overdue::Buckets;
use std::path::{Path, PathBuf};

/// Loans per group of appends.
const GROUP: u32 = 2_000;

/// Measure whole runs on this machine's disk: open, pay, read, project, replay
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(before_help = "Examples:
  iledger bench
  iledger bench log
  iledger bench --loans 100000 --repayments 8 --directory /data/bench
  iledger bench --store redb:.
  iledger bench --format json")]
pub struct Args {
    #[command(subcommand)]
    part: Option<Part>,

    /// How many loans
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    loans: u32,

    /// Repayments of each
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=12))]
    repayments: u32,

    /// Single durable commands
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    singles: u32,

    /// Where the store is made; it is deleted afterwards [default: a new directory in the current one]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// One part alone.
#[derive(Debug, clap::Subcommand)]
enum Part {
    Log(super::log::Args),
}

struct Stages(Sheet);

impl Stages {
    fn add(&mut self, stage: &str, what: &str, count: u64, elapsed: Elapsed) {
        self.0.row([
            stage.into(),
            count.into(),
            what.into(),
            elapsed.micros().into(),
            elapsed.per_second(count).into(),
        ]);
    }
}

/// A directory that is deleted at the end, also after an error.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it; what is there already is not touched.
    pub(super) fn create(directory: &Path) -> Result<Self, Failure> {
        if directory.exists() {
            return Err(Failure::rejected("store-exists", format!("`{}` is there already", directory.display())));
        }
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::Unavailable(format!("{}: {error}", directory.display())))?;
        Ok(Self(directory.to_path_buf()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // what cannot be deleted stays; the user was told where it is
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the benchmark.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    if let Some(Part::Log(args)) = &args.part {
        return super::log::run(args, options).await;
    }
    let directory =
        args.directory.clone().unwrap_or_else(|| PathBuf::from(format!("./iledger-bench-{}", std::process::id())));
    let _guard = interrupt::Guard::new();
    let scratch = Scratch::create(&directory)?;
    let columns = [Column::text("stage"), Column::number("count"), Column::text("of"), Column::number("micros")];
    let sheet = Sheet::new("stages", columns.into_iter().chain([Column::number("per_second")]));
    let mut stages = Stages(sheet);
    let events = write(args, options, &directory, &mut stages).await?;
    let disk = read(args, options, &directory, &mut stages).await?;
    drop(scratch);
    let document = Document::new()
        .field("events", events)
        .field("loans", args.loans)
        .field("disk_bytes", disk)
        .field("disk_bytes_per_event", disk.checked_div(events))
        .field("peak_memory_bytes", peak_memory())
        .field("cores", u64::try_from(threads().get()).unwrap_or(1))
        .sheet(stages.0);
    document.print(options)
}

pub(super) fn threads() -> std::num::NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN)
}

fn bad_date(error: &impl std::fmt::Display) -> Failure {
    Failure::rejected("bad-date", error.to_string())
}

struct Book {
    terms: Terms,
    opened_on: Date,
    today: Date,
    recorded_at: Timestamp,
}

impl Book {
    fn new() -> Result<Self, Failure> {
        let products = ProductFile::builtin().map_err(|error| Failure::rejected("bad-products", error.to_string()))?;
        let product = products.iter().find(|product| product.id == "annuity-12");
        let product = product.ok_or_else(|| Failure::rejected("bad-products", "there is no product `annuity-12`"))?;
        let opened_on = Date::new(2024, 1, 15).map_err(|error| bad_date(&error))?;
        let today = Date::new(2025, 6, 30).map_err(|error| bad_date(&error))?;
        let recorded_at = Timestamp::from_micros(1_750_000_000_000_000).map_err(|error| bad_date(&error))?;
        let terms = product.terms(Amount::from_minor(1_200_000), Currency::CNY, opened_on, &Overrides::default())?;
        Ok(Self { terms, opened_on, today, recorded_at })
    }

    fn command(&self, facts: Facts, effective_on: Date, key: String) -> Command {
        let (booked_on, recorded_at) = (self.today, self.recorded_at);
        Command { facts, effective_on, booked_on, recorded_at, actor: "bench".to_owned(), key }
    }

    fn opening(&self, loan: u32) -> Result<Work, Failure> {
        let (amount, currency) = (self.terms.principal, self.terms.currency);
        let terms = Box::new(self.terms.clone());
        let originated = Facts::Originated { terms, borrower: None, references: Vec::new() };
        let disbursed = Facts::Disbursed { amount, currency, payment: Payment::default() };
        let commands = vec![
            self.command(originated, self.opened_on, "open".to_owned()),
            self.command(disbursed, self.opened_on, "disburse".to_owned()),
        ];
        Ok(Work { stream: stream(loan)?, commands })
    }

    /// Every seventh borrower is some days late, every thirteenth stops after two payments.
    fn repayment(&self, loan: u32, number: u32) -> Result<Option<Work>, Failure> {
        if loan.is_multiple_of(13) && number > 2 {
            return Ok(None);
        }
        let late: i64 = if loan.is_multiple_of(7) { 9 } else { 0 };
        let due = self.opened_on.plus_months(i64::from(number)).map_err(|error| bad_date(&error))?;
        let on = due.plus_days(late).map_err(|error| bad_date(&error))?;
        let payment = Payment { channel: Some("alipay".to_owned()), reference: Some(format!("P{loan}-{number}")) };
        let facts =
            Facts::RepaymentReceived { amount: Amount::from_minor(107_983), currency: self.terms.currency, payment };
        Ok(Some(Work { stream: stream(loan)?, commands: vec![self.command(facts, on, format!("pay:{number}"))] }))
    }
}

fn stream(loan: u32) -> Result<StreamName, Failure> {
    StreamName::loan(&format!("B{loan:07}")).map_err(|error| Failure::rejected("bad-loan-id", error.to_string()))
}

async fn execute(ledger: &Ledger<BlockStore>, work: Vec<Work>) -> Result<u64, LedgerError> {
    let mut events: u64 = 0;
    for result in ledger.execute_all(work).await {
        let answers = result?;
        let count = answers.iter().map(|answer| answer.events().len()).sum::<usize>();
        events = events.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    Ok(events)
}

async fn write(args: &Args, options: &Options, directory: &Path, stages: &mut Stages) -> Result<u64, Failure> {
    let book = Book::new()?;
    let ledger = Ledger::open(BlockStore::create(directory.join("log"), options.log())?).await?;
    let bar = progress::bar(options, "loans", u64::from(args.loans).saturating_mul(2));
    let watch = Stopwatch::start();
    let mut opened: u64 = 0;
    for first in (1..=args.loans).step_by(GROUP as usize) {
        interrupt::check()?;
        let last = first.saturating_add(GROUP - 1).min(args.loans);
        let work = (first..=last).map(|loan| book.opening(loan)).collect::<Result<Vec<_>, _>>()?;
        opened = opened.saturating_add(execute(&ledger, work).await?);
        bar.inc(u64::from(last - first + 1));
    }
    stages.add("open and disburse, in groups", "events", opened, watch.elapsed());
    let watch = Stopwatch::start();
    let mut paid: u64 = 0;
    for first in (1..=args.loans).step_by(GROUP as usize) {
        interrupt::check()?;
        let last = first.saturating_add(GROUP - 1).min(args.loans);
        for number in 1..=args.repayments {
            let work = (first..=last).map(|loan| book.repayment(loan, number)).collect::<Result<Vec<_>, _>>()?;
            paid = paid.saturating_add(execute(&ledger, work.into_iter().flatten().collect()).await?);
        }
        bar.inc(u64::from(last - first + 1));
    }
    stages.add("repay, in groups", "events", paid, watch.elapsed());
    bar.finish_and_clear();
    let watch = Stopwatch::start();
    for number in 0..args.singles {
        interrupt::check()?;
        let loan = number % args.loans + 1;
        let facts = Facts::FeeCharged {
            amount: Amount::from_minor(100),
            currency: book.terms.currency,
            reason: "bench".to_owned(),
        };
        ledger.execute(&stream(loan)?, book.command(facts, book.today, format!("single:{number}"))).await?;
    }
    stages.add("single command, one sync each", "commands", args.singles.into(), watch.elapsed());
    Ok(opened.saturating_add(paid).saturating_add(u64::from(args.singles)))
}

async fn read(args: &Args, options: &Options, directory: &Path, stages: &mut Stages) -> Result<u64, Failure> {
    let watch = Stopwatch::start();
    let ledger = Ledger::open(BlockStore::open(directory.join("log"), options.log())?).await?;
    stages.add("open the store", "opens", 1, watch.elapsed());
    let watch = Stopwatch::start();
    let mut after: Option<Position> = None;
    let mut events: u64 = 0;
    loop {
        interrupt::check()?;
        let records = ledger.store().read_all(after, 10_000).await?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        events = events.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
    }
    stages.add("scan the log", "events", events, watch.elapsed());
    let loans = args.loans.min(1_000);
    let watch = Stopwatch::start();
    for number in 0..loans {
        ledger.state(&stream(number.wrapping_mul(7_919) % args.loans + 1)?).await?;
    }
    stages.add("fold one loan", "loans", loans.into(), watch.elapsed());
    let id = ledger.store().id().to_string();
    let watch = Stopwatch::start();
    projections::open(directory.join("projections"), &id)?.catch_up(ledger.store()).await?;
    stages.add("build three projections", "events", events, watch.elapsed());
    let watch = Stopwatch::start();
    let projections = projections::open(directory.join("projections"), &id)?;
    stages.add("open three projections", "opens", 1, watch.elapsed());
    let today = Date::new(2025, 6, 30).map_err(|error| bad_date(&error))?;
    let watch = Stopwatch::start();
    let rows = projections.balances(&BalanceFilter::default())?.rows.len();
    stages.add("balances", "loans", u64::try_from(rows).unwrap_or(u64::MAX), watch.elapsed());
    let watch = Stopwatch::start();
    let rows = projections.overdue(today, &Buckets::builtin()?)?.rows.len();
    stages.add("overdue list", "loans listed", u64::try_from(rows).unwrap_or(u64::MAX), watch.elapsed());
    let rules = RuleBook::builtin()?;
    let file =
        rules.in_force("cn-five-tier", today).map_err(|error| Failure::rejected("no-rule", error.to_string()))?;
    let watch = Stopwatch::start();
    let rows = projections.classify(today, file)?.rows.len();
    stages.add("classify", "loans", u64::try_from(rows).unwrap_or(u64::MAX), watch.elapsed());
    let watch = Stopwatch::start();
    let report = replay::audit(ledger.store(), threads(), |_| interrupt::check().is_ok()).await?;
    interrupt::check()?;
    stages.add("audit replay", "events", report.events, watch.elapsed());
    if let Some(first) = report.differences.first() {
        return Err(Failure::Found(format!("the replay differs at position {}: {}", first.position, first.reason)));
    }
    Ok(ledger.store().stats()?.disk_bytes)
}
