//! `rebuild` and `project …`: the projections themselves.

use crate::args::Options;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Format, Sheet};
use crate::session::{Session, log_path};
use ledger_core::store::{BlockStore, EventReader as _};
use ledger_core::store::{OpenError, OpenOptions};
use projections::{NoSuchProjection, Projections, Report, Selection};
use std::time::Duration;

/// Build all projections again from the log
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger rebuild")]
pub struct RebuildArgs {}

/// Look after the projections
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger project list
  iledger project status
  iledger project diff
  iledger project rebuild overdue
  iledger project catch-up --follow")]
pub enum Subcommand {
    /// List the projections and what they are for
    #[command(before_help = "Examples:
  iledger project list")]
    List,
    /// Show how far each projection has read the log, and the event that one stops at
    #[command(before_help = "Examples:
  iledger project status          (exit code 1 if a projection has stopped)
  iledger project status --format json")]
    Status,
    /// Bring all projections to the end of the log
    #[command(before_help = "Examples:
  iledger project catch-up
  iledger project catch-up --follow
  iledger project catch-up --follow --every 5 --format jsonl")]
    CatchUp(CatchUpArgs),
    /// Build projections again from the log, beside the stored ones, and swap them
    #[command(before_help = "Examples:
  iledger project rebuild
  iledger project rebuild overdue classification")]
    Rebuild(Names),
    /// Compare the stored projections with ones that are built anew; nothing is changed
    #[command(before_help = "Examples:
  iledger project diff          (exit code 1 if one differs)
  iledger project diff balances --format json")]
    Diff(Names),
}

/// Which projections.
#[derive(Debug, clap::Args)]
pub struct Names {
    /// Their names [default: all]
    #[arg(value_name = "PROJECTION")]
    names: Vec<String>,
}

/// Arguments of `project catch-up`.
#[derive(Debug, clap::Args)]
pub struct CatchUpArgs {
    /// Go on as the log grows, until Ctrl-C; the ledger is open only while it is read, so that others can write
    #[arg(long)]
    follow: bool,

    /// Look for new events after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3600))]
    every: u16,
}

impl From<NoSuchProjection> for Failure {
    fn from(error: NoSuchProjection) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Looks after the projections.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::List => list(options),
        Subcommand::Status => status(options).await,
        Subcommand::CatchUp(args) => catch_up(args, options).await,
        Subcommand::Rebuild(names) => rebuild_only(Selection::of(&names.names)?, options).await,
        Subcommand::Diff(names) => diff(Selection::of(&names.names)?, options).await,
    }
}

/// Builds all projections again.
pub async fn rebuild(_args: &RebuildArgs, options: &Options) -> Result<(), Failure> {
    rebuild_only(Selection::ALL, options).await
}

fn list(options: &Options) -> Result<(), Failure> {
    let columns = [
        Column::text("projection"),
        Column::number("version"),
        Column::text("keeps_of_a_loan"),
        Column::text("read_by"),
    ];
    let mut sheet = Sheet::new("projections", columns);
    for one in Projections::LIST {
        sheet.row([one.name.into(), one.version.into(), one.keeps.into(), one.serves.into()]);
    }
    Document::new().sheet(sheet).print(options)
}

async fn status(options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let head = session.ledger.store().head().await?;
    let stored = session.stored_projections()?;
    let status = stored.status()?;
    let stops = stored.stops(session.ledger.store()).await?;
    let columns = [
        Column::text("projection"),
        Column::number("version"),
        Column::number("position"),
        Column::number("loans"),
        Column::number("bytes"),
        Column::text("up_to_date"),
        Column::text("stopped"),
    ];
    let mut sheet = Sheet::new("projections", columns);
    for (one, stop) in status.iter().zip(&stops) {
        sheet.row([
            Cell::from(one.name),
            one.version.into(),
            one.position.into(),
            one.rows.into(),
            one.bytes.into(),
            (one.position == head).into(),
            stop.as_ref().map(ToString::to_string).into(),
        ]);
    }
    Document::new().field("log_position", head).sheet(sheet).print(options)?;
    match stops.iter().flatten().count() {
        0 => Ok(()),
        stopped => Err(Failure::Found(format!("{stopped} of {} projections have stopped", stops.len()))),
    }
}

fn passes(report: &Report) -> Sheet {
    let columns = [
        Column::text("projection"),
        Column::number("version"),
        Column::number("position"),
        Column::number("events"),
        Column::text("stopped"),
    ];
    let mut sheet = Sheet::new("projections", columns);
    for one in &report.projections {
        let stop = one.stopped.as_ref().map(ToString::to_string);
        sheet.row([Cell::from(one.name), one.version.into(), one.to.into(), one.events.into(), stop.into()]);
    }
    sheet
}

fn stopped(report: &Report) -> Result<(), Failure> {
    match report.stopped().next().and_then(|one| one.stopped.as_ref()) {
        Some(stop) => Err(Failure::Damaged(format!("a projection stopped: {stop}"))),
        None => Ok(()),
    }
}

async fn rebuild_only(only: Selection, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let report = session.stored_projections()?.rebuild_only(session.ledger.store(), only).await?;
    Document::new().headline("built again from the log").sheet(passes(&report)).print(options)?;
    stopped(&report)
}

async fn diff(only: Selection, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let compared = session.stored_projections()?.compare(session.ledger.store(), only).await?;
    let columns = [
        Column::text("projection"),
        Column::number("position"),
        Column::text("same"),
        Column::number("changed"),
        Column::number("only_stored"),
        Column::number("only_anew"),
        Column::text("shared_differs"),
        Column::text("not_used"),
        Column::text("stopped"),
    ];
    let mut sheet = Sheet::new("projections", columns);
    let mut loans = Sheet::new("loans", ["projection", "loan", "difference"].map(Column::text))
        .title("Loans that differ")
        .when_empty("(none)");
    let count = |list: &[_]| Cell::from(u64::try_from(list.len()).unwrap_or(u64::MAX));
    for one in &compared {
        let differences = &one.differences;
        sheet.row([
            Cell::from(one.name),
            one.position.into(),
            one.is_same().into(),
            count(&differences.changed),
            count(&differences.only_here),
            count(&differences.only_there),
            differences.shared.into(),
            one.distrusted.as_ref().map(ToString::to_string).into(),
            one.stopped.as_ref().map(ToString::to_string).into(),
        ]);
        let kinds = [
            (&differences.changed, "another row"),
            (&differences.only_here, "only stored"),
            (&differences.only_there, "only built anew"),
        ];
        for (list, difference) in kinds {
            for loan in list {
                loans.row([Cell::from(one.name), Cell::from(&**loan), difference.into()]);
            }
        }
    }
    let document = Document::new().sheet(sheet);
    let differ = compared.iter().filter(|one| !one.is_same()).count();
    if differ == 0 {
        return document.print(options);
    }
    document.sheet(loans).print(options)?;
    Err(Failure::Found(format!(
        "{differ} projections are not what the log says; build them again with `iledger rebuild`"
    )))
}

async fn catch_up(args: &CatchUpArgs, options: &Options) -> Result<(), Failure> {
    if args.follow && !matches!(options.format, Format::Table | Format::Jsonl) {
        return Err(Failure::Usage("what is followed has no end: use --format table or jsonl with --follow".into()));
    }
    let session = Session::open(options).await?;
    let mut projections = session.stored_projections()?;
    let report = projections.catch_up(session.ledger.store()).await?;
    Document::new().sheet(passes(&report)).print(options)?;
    if !args.follow {
        return stopped(&report);
    }
    drop(session);
    let path = log_path(&options.directory());
    loop {
        tokio::time::sleep(Duration::from_secs(args.every.into())).await;
        let store = match BlockStore::open(&path, OpenOptions::default()) {
            Ok(store) => store,
            // somebody writes: the next look sees what he wrote
            Err(OpenError::InUse(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let report = projections.catch_up(&store).await?;
        drop(store);
        if report.projections.iter().all(|one| one.events == 0) {
            continue;
        }
        match options.format {
            Format::Table => followed(&report, options)?,
            _ => Document::new().sheet(passes(&report)).print(options)?,
        }
    }
}

/// A line for people: how far the projections came.
fn followed(report: &Report, options: &Options) -> Result<(), Failure> {
    let one = |one: &projections::engine::CaughtUp| {
        let to = one.to.map_or_else(|| "nothing".to_owned(), |to| to.to_string());
        let stop = if one.stopped.is_some() { ", stopped" } else { "" };
        format!("{} at {to} (+{}{stop})", one.name, one.events)
    };
    let line = report.projections.iter().map(one).collect::<Vec<_>>().join(", ");
    Document::new().headline(line).print(options)
}
