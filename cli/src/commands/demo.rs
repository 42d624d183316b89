//! `iledger demo`: a seeded portfolio of every product over two years, then what the ledger says of it.

use crate::args::Options;
use crate::bench::measure::Stopwatch;
use crate::config::Config;
use crate::demo::opening;
use crate::demo::payer::Habit;
use crate::demo::simulation::{Counts, Simulation, SimulationError};
use crate::demo::statements;
use crate::exit::Failure;
use crate::interrupt;
use crate::messages;
use crate::progress;
use crate::render::{Column, Document, Format, Sheet};
use crate::session::log_path;
use ledger_core::calendar::Date;
use ledger_core::ledger::Ledger;
use ledger_core::replay;
use ledger_core::store::{BlockStore, OpenOptions};
use ledger_core::terms::ProductFile;
use projections::Projections;
use projections::balances::BalanceFilter;
use projections::classification::RuleBook;
use projections::overdue::Buckets;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file that marks a directory as a demo's, which may be replaced.
const MARKER: &str = "demo.toml";

/// Make a book of loans that lived two years, and look at it
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger demo
  iledger demo --loans 500 --seed 7 --store ./small-demo
  iledger demo --statements ./statements --replace
  iledger demo --replace --format json")]
pub struct Args {
    /// How many loans
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    loans: u32,

    /// The same seed gives the same log
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Write the statements that a bank and channels would have sent, with defects planted, and what must be found
    #[arg(long, value_name = "DIR")]
    statements: Option<PathBuf>,

    /// Delete the demo that is there already
    #[arg(long)]
    replace: bool,
}

/// Where the demo goes: beside the ledger that other commands would use, unless another place is named.
fn directory(options: &Options) -> PathBuf {
    let named = options.directory();
    if named == Path::new("./.iledger") { PathBuf::from("./iledger-demo") } else { named }
}

fn first_day() -> Result<Date, Failure> {
    date(2024, 1, 1)
}

fn last_day() -> Result<Date, Failure> {
    date(2025, 12, 31)
}

fn date(year: i16, month: i8, day: i8) -> Result<Date, Failure> {
    Date::new(year, month, day).map_err(|error| Failure::rejected("bad-date", error.to_string()))
}

/// Runs the demo.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    if crate::any_store::is_cluster(&options.store) {
        let advice = "make it there, then `iledger copy --from ./iledger-demo --to esdb://…`";
        return Err(Failure::Usage(format!("the demo is made in a directory: {advice}")));
    }
    let directory = directory(options);
    make_room(&directory, args.replace)?;
    let _guard = interrupt::Guard::new();
    let whole = Stopwatch::start();
    let (from, to) = (first_day()?, last_day()?);
    let products = ProductFile::builtin().map_err(|error| Failure::rejected("bad-products", error.to_string()))?;
    let openings = opening::openings(args.seed, args.loans, from, date(2025, 9, 30)?, &products)
        .map_err(|error| Failure::rejected("bad-terms", error.to_string()))?;
    let mut habits: BTreeMap<Habit, u64> = BTreeMap::new();
    for opening in &openings {
        *habits.entry(opening.habit).or_default() += 1;
    }

    std::fs::create_dir_all(&directory).map_err(|error| unavailable(&directory, &error))?;
    let store = BlockStore::create(log_path(&directory), options.log())?;
    Config { time_zone: "Asia/Shanghai".to_owned(), currency: ledger_core::money::Currency::CNY }.write(&directory)?;
    let marker = directory.join(MARKER);
    std::fs::write(&marker, format!("seed = {}\nloans = {}\n", args.seed, args.loans))
        .map_err(|error| unavailable(&marker, &error))?;
    let ledger = Ledger::open(store).await?;

    let days = u64::try_from(to.days_since(from)).unwrap_or(0).saturating_add(1);
    let bar = progress::bar(options, "days", days);
    let simulation = Simulation::new(args.seed, openings).map_err(of_simulation)?;
    let counts = simulation.run(&ledger, from, to, |_| {
        bar.inc(1);
        interrupt::check().is_ok()
    });
    let counts = counts.await.map_err(of_simulation)?;
    bar.finish_and_clear();
    let lived = whole.elapsed();

    let id = ledger.store().id().to_string();
    let mut projections = projections::open(directory.join("projections"), &id)?;
    projections.catch_up(ledger.store()).await?;
    let replaying = Stopwatch::start();
    let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    let audit = replay::audit(ledger.store(), threads, |_| interrupt::check().is_ok()).await?;
    interrupt::check()?;
    let replayed = replaying.elapsed();

    let mut document = Document::new()
        .headline(format!("{} loans of every product, {from} to {to}, seed {}", args.loans, args.seed))
        .field("store", directory.display().to_string())
        .field("events", audit.events)
        .field("outcomes_replayed", audit.outcomes)
        .field("replay_differences", u64::try_from(audit.differences.len()).unwrap_or(u64::MAX))
        .sheet(payers(&habits))
        .sheet(events(&counts));
    for sheet in views(&projections, to)? {
        document = document.sheet(sheet);
    }
    if let Some(path) = &args.statements {
        let book = crate::reconcile::payments(ledger.store()).await?;
        let written = statements::write_all(path, &book.payments, ledger_core::money::Currency::CNY)?;
        document = document.sheet(sent(&written));
    }
    document.print(options)?;
    if options.format == Format::Table && !options.quiet {
        what_next(&directory, to)?;
    }
    let text = format!(
        "lived {days} days in {}, replayed {} events in {}, all in {}",
        lived.for_people(),
        audit.events,
        replayed.for_people(),
        whole.elapsed().for_people()
    );
    messages::note(options, &text);
    match audit.differences.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Found(format!(
            "the audit replay cannot derive position {}, stream `{}`, version {}: {}",
            first.position, first.stream, first.version, first.reason
        ))),
    }
}

fn make_room(directory: &Path, replace: bool) -> Result<(), Failure> {
    let is_empty = match std::fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(unavailable(directory, &error)),
    };
    if is_empty {
        return Ok(());
    }
    let place = directory.display();
    if !directory.join(MARKER).is_file() {
        let advice = "name another directory with --store";
        return Err(Failure::rejected("store-exists", format!("`{place}` is there and is no demo: {advice}")));
    }
    if !replace {
        let advice = "look at it with the other commands, or make it anew with --replace";
        return Err(Failure::rejected("store-exists", format!("the demo `{place}` is there already: {advice}")));
    }
    // a store that somebody has open is not pulled from under them
    drop(BlockStore::open(log_path(directory), OpenOptions::default())?);
    std::fs::remove_dir_all(directory).map_err(|error| unavailable(directory, &error))
}

fn unavailable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Unavailable(format!("{}: {error}", path.display()))
}

fn of_simulation(error: SimulationError) -> Failure {
    match error {
        SimulationError::Interrupted => Failure::Interrupted,
        SimulationError::Ledger { error, .. } | SimulationError::DayEnd { error, .. } if error.is_damage() => {
            Failure::Damaged(error.to_string())
        }
        other => Failure::Unavailable(format!("the demo stopped: {other}")),
    }
}

fn payers(habits: &BTreeMap<Habit, u64>) -> Sheet {
    let columns = [Column::text("payers"), Column::number("loans")];
    let mut sheet = Sheet::new("payers", columns).title("How they pay");
    for (habit, loans) in habits {
        sheet.row([habit.name().into(), (*loans).into()]);
    }
    sheet
}

fn sent(written: &[statements::Written]) -> Sheet {
    let columns = [Column::text("file"), Column::text("channel"), Column::number("lines"), Column::number("breaks")];
    let mut sheet = Sheet::new("statements", columns).title("Statements, with the breaks that must be found");
    for one in written {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX).into();
        sheet.row([one.file.into(), one.channel.into(), count(one.lines), count(one.breaks)]);
    }
    sheet
}

fn events(counts: &Counts) -> Sheet {
    let columns = [Column::text("event"), Column::number("count")];
    let mut sheet = Sheet::new("events_by_kind", columns).title("What happened");
    for (kind, count) in counts {
        sheet.row([(*kind).into(), (*count).into()]);
    }
    sheet
}

fn views(projections: &Projections, on: Date) -> Result<Vec<Sheet>, Failure> {
    let amount =
        ["disbursed", "principal", "interest", "fee", "penalty", "received", "written_off", "recovered", "credit"];
    let columns = [Column::text("currency"), Column::number("loans")].into_iter().chain(amount.map(Column::number));
    let mut totals = Sheet::new("totals", columns).title("Outstanding by component, and what moved, by currency");
    for (currency, sums) in projections.balances(&BalanceFilter::default())?.totals {
        let money = |amount| (amount, currency).into();
        let open = sums.outstanding;
        totals.row([
            currency.to_string().into(),
            sums.loans.into(),
            money(sums.disbursed),
            money(open.principal),
            money(open.interest),
            money(open.fee),
            money(open.penalty),
            money(sums.received.total()?),
            money(sums.written_off.total()?),
            money(sums.recovered.total()?),
            money(sums.credit),
        ]);
    }
    let columns = [Column::text("bucket"), Column::text("currency"), Column::number("loans")];
    let columns = columns.into_iter().chain(["overdue", "outstanding_principal"].map(Column::number));
    let mut overdue = Sheet::new("overdue", columns).title(format!("Days past due on {on}"));
    for line in projections.overdue(on, &Buckets::builtin()?)?.summary {
        overdue.row([
            line.bucket.to_string().into(),
            line.currency.to_string().into(),
            line.loans.into(),
            (line.overdue, line.currency).into(),
            (line.outstanding_principal, line.currency).into(),
        ]);
    }
    let mut sheets = vec![totals, overdue];
    let rules = RuleBook::builtin()?;
    for (name, rule) in [("cn_five_tier", "cn-five-tier"), ("ifrs9", "ifrs9")] {
        let file = rules.in_force(rule, on).map_err(|error| Failure::rejected("no-rule", error.to_string()))?;
        let view = projections.classify(on, file)?;
        let columns = [Column::text("class"), Column::text("currency"), Column::number("loans")];
        let columns = columns.into_iter().chain(["outstanding_principal", "share_percent"].map(Column::number));
        let mut sheet = Sheet::new(name, columns).title(format!("{rule} of {} on {on}", view.effective_from));
        for line in view.summary.iter().filter(|line| line.loans > 0) {
            sheet.row([
                line.class.to_string().into(),
                line.currency.to_string().into(),
                line.loans.into(),
                (line.outstanding_principal, line.currency).into(),
                line.share.map(|share| share.to_string()).into(),
            ]);
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn what_next(directory: &Path, on: Date) -> Result<(), Failure> {
    use std::io::Write as _;
    let store = directory.display();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "
Try next:
  iledger --store {store} overdue --as-of {on}
  iledger --store {store} loan show D00001
  iledger --store {store} loan schedule D00001
  iledger --store {store} loan statement D00001
  iledger --store {store} replay
  iledger --store {store} export events --output events.jsonl"
    )?;
    Ok(())
}
