//! `sink`: the read model in a database, kept up to date from the log.

use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::messages;
use crate::progress;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use downstream::sink::{self, Dialect, Report, Run, Sqlite, Target};
use downstream::table::Merge;
use downstream::tables;
use ledger_core::evidence;
use ledger_core::store::EventReader as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Keep a SQL read model of the ledger in SQLite or PostgreSQL
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger sink run --to sqlite:book.db
  iledger sink run --to sqlite:book.db --follow --every 5
  iledger sink status --to sqlite:book.db
  iledger sink schema")]
pub enum Subcommand {
    /// Bring the tables to the end of the log
    #[command(before_help = "Examples:
  iledger sink run --to sqlite:book.db
  iledger sink run --to sqlite:book.db --rebuild
  iledger sink run --to postgres://me@localhost/book --follow")]
    Run(RunArgs),
    /// Show how far the tables have read the log, and how many rows they have
    #[command(before_help = "Examples:
  iledger sink status --to sqlite:book.db")]
    Status(StatusArgs),
    /// List the tables and their columns
    #[command(before_help = "Examples:
  iledger sink schema
  iledger sink schema --sql sqlite")]
    Schema(SchemaArgs),
}

/// Arguments of `sink run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The database: sqlite:PATH, or postgres://USER@HOST/DATABASE (the password from PGPASSWORD)
    #[arg(long, value_name = "DATABASE")]
    to: Place,

    /// Drop the tables and build them from the whole log
    #[arg(long)]
    rebuild: bool,

    /// Events whose rows are committed together
    #[arg(long, value_name = "EVENTS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    commit_every: u64,

    /// Go on and look for new events until interrupted; the ledger is free for others in between
    #[arg(long)]
    follow: bool,

    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2, requires = "follow", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
}

/// Arguments of `sink status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The database, as for `sink run`
    #[arg(long, value_name = "DATABASE")]
    to: Place,
}

/// Arguments of `sink schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// Print the SQL that makes the tables
    #[arg(long, value_name = "DATABASE")]
    sql: Option<Whose>,
}

/// Whose SQL.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Whose {
    /// SQLite 3.37 and newer
    Sqlite,
    /// PostgreSQL 12 and newer
    Postgres,
}

/// Where the read model is.
#[derive(Debug, Clone)]
enum Place {
    Sqlite(PathBuf),
    Postgres(#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "this build refuses it"))] String),
}

impl FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(text.to_owned())),
            _ => Err("write sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned()),
        }
    }
}

impl Place {
    async fn open(&self) -> Result<Box<dyn Target>, Failure> {
        match self {
            Self::Sqlite(path) => Ok(Box::new(Sqlite::open(path)?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let password = std::env::var("PGPASSWORD").ok();
                Ok(Box::new(sink::Postgres::connect(url, password.as_deref()).await?))
            }
            #[cfg(not(feature = "postgres"))]
            Self::Postgres(_) => {
                Err(downstream::Error::NotBuilt("PostgreSQL: build it with --features postgres").into())
            }
        }
    }
}

/// Does it.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Run(args) => keep(args, options).await,
        Subcommand::Status(args) => status(args, options).await,
        Subcommand::Schema(args) => schema(args, options),
    }
}

async fn keep(args: &RunArgs, options: &Options) -> Result<(), Failure> {
    let _guard = Guard::new();
    let report = once(args, args.rebuild, options).await?;
    Document::new()
        .headline("the read model is at the end of the log")
        .field("from", report.from)
        .field("position", report.to)
        .field("events", report.events)
        .print(options)?;
    if !args.follow {
        return Ok(());
    }
    loop {
        interrupt::pause(Duration::from_secs(args.every)).await?;
        match once(args, false, options).await {
            Ok(report) if report.events > 0 => {
                let position = report.to.map(|position| position.to_string()).unwrap_or_default();
                messages::note(options, &format!("{} events, position {position}", report.events));
            }
            Ok(_) => {}
            // another command has the ledger, or the database is away: look again later
            Err(Failure::Unavailable(reason)) => messages::warning(options, &format!("{reason}; trying again")),
            Err(other) => return Err(other),
        }
    }
}

/// One pass. The ledger is open only as long as it takes: an embedded store belongs to one program at a time.
async fn once(args: &RunArgs, rebuild: bool, options: &Options) -> Result<Report, Failure> {
    let session = Session::open(options).await?;
    let store = session.ledger.store();
    let mut target = args.to.open().await?;
    let store_id = store.id().to_string();
    let run = Run { log: store, store_id: &store_id, commit_every: args.commit_every, rebuild };
    let bar = progress::bar(options, "events", evidence::events(store).await?);
    let report = sink::run(&run, &mut *target, |events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    })
    .await;
    bar.finish_and_clear();
    Ok(report?)
}

async fn status(args: &StatusArgs, options: &Options) -> Result<(), Failure> {
    if let Place::Sqlite(path) = &args.to
        && !path.is_file()
    {
        let text = format!("there is no `{}`: make it with `iledger sink run --to sqlite:{0}`", path.display());
        return Err(Failure::rejected("no-read-model", text));
    }
    let session = Session::open(options).await?;
    let store = session.ledger.store();
    let mut target = args.to.open().await?;
    let mut sheet = Sheet::new("tables", [Column::text("table"), Column::number("rows")]);
    for (table, rows) in target.counts().await? {
        sheet.row([Cell::from(table), rows.into()]);
    }
    let checkpoint = target.checkpoint().await?;
    let head = store.head().await?;
    let problem = match &checkpoint {
        Some(checkpoint) => sink::mismatch(checkpoint, store, &store.id().to_string()).await?,
        None => None,
    };
    let position = checkpoint.as_ref().map(|checkpoint| checkpoint.anchor.position);
    Document::new()
        .field("database", target.database())
        .field("schema_version", checkpoint.as_ref().map(|checkpoint| checkpoint.schema_version))
        .field("position", position)
        .field("log_position", head)
        .field("up_to_date", problem.is_none() && position == head)
        .sheet(sheet)
        .print(options)?;
    match problem {
        Some(holds) => Err(Failure::Found(format!("the read model {holds}: build it anew with --rebuild"))),
        None => Ok(()),
    }
}

fn schema(args: &SchemaArgs, options: &Options) -> Result<(), Failure> {
    let dialect = match args.sql {
        Some(Whose::Sqlite) => Dialect::Sqlite,
        Some(Whose::Postgres) => Dialect::Postgres,
        None => return columns(options),
    };
    let mut out = io::stdout().lock();
    out.write_all(dialect.schema().as_bytes())?;
    Ok(out.write_all(dialect.indexes().as_bytes())?)
}

fn columns(options: &Options) -> Result<(), Failure> {
    let columns = ["table", "column", "type", "key", "empty", "meaning"].map(Column::text);
    let mut sheet = Sheet::new("columns", columns);
    for table in tables::all() {
        for column in &table.columns {
            sheet.row([
                Cell::from(table.name),
                column.name.as_str().into(),
                column.kind.name().into(),
                (column.merge == Merge::Key).into(),
                column.nullable.into(),
                column.meaning.as_str().into(),
            ]);
        }
    }
    Document::new().field("schema_version", tables::SCHEMA_VERSION).sheet(sheet).print(options)
}
