//! `export loans`, `export journal` and the like: tables in files.

use super::temporary;
use crate::args::{AsOf, Options};
use crate::evidence;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::messages;
use crate::progress;
use crate::render::{Column, Document, Sheet};
use crate::session::Session;
use downstream::files::manifest::{Log, Manifest, Subject};
use downstream::files::{self, Begun, Directory, Encoding, Output, Plan, Single};
use downstream::table::Table;
use ledger_core::store::EventReader as _;
use projections::general_ledger::PostingRules;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// How files are encoded.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum To {
    /// CSV with a header
    Csv,
    /// One JSON object per line; events as CloudEvents 1.0
    Jsonl,
    /// Parquet
    Parquet,
}

impl To {
    const fn encoding(self) -> Encoding {
        match self {
            Self::Csv => Encoding::Csv,
            Self::Jsonl => Encoding::JsonLines,
            Self::Parquet => Encoding::Parquet,
        }
    }
}

/// Arguments of the export of a table.
#[derive(Debug, clap::Args)]
pub struct TableArgs {
    /// How it is encoded
    #[arg(long, value_enum, default_value_t = To::Csv)]
    to: To,

    /// Write to this file, which appears when it is whole [default: stdout]
    #[arg(long, short, value_name = "FILE", conflicts_with = "directory")]
    output: Option<PathBuf>,

    /// Write into this directory, a file for each day, with a manifest
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `export all`.
#[derive(Debug, clap::Args)]
pub struct AllArgs {
    /// How files are encoded
    #[arg(long, value_enum, default_value_t = To::Csv)]
    to: To,

    /// Write into this directory
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,

    #[command(flatten)]
    as_of: AsOf,
}

/// Where a table goes.
pub enum Place<'a> {
    /// To a file, or to stdout.
    File(Option<&'a Path>),
    /// To a directory.
    Directory(&'a Path),
}

/// Exports a table.
pub async fn one(table: &'static Table, args: &TableArgs, options: &Options) -> Result<(), Failure> {
    let place = match &args.directory {
        Some(directory) => Place::Directory(directory),
        None => Place::File(args.output.as_deref()),
    };
    write(&[table], args.to, &place, &args.as_of, options).await
}

/// Exports all tables.
pub async fn all(args: &AllArgs, options: &Options) -> Result<(), Failure> {
    write(&downstream::tables::all(), args.to, &Place::Directory(&args.directory), &args.as_of, options).await
}

/// Exports tables.
pub async fn write(
    tables: &[&'static Table],
    to: To,
    place: &Place<'_>,
    as_of: &AsOf,
    options: &Options,
) -> Result<(), Failure> {
    let rules = PostingRules::builtin()?;
    let session = Session::open(options).await?;
    let until = session.ledger.store().head().await?;
    let plan = Plan { tables, as_of: as_of.as_of.unwrap_or(session.today), known_at: as_of.known_at, until };
    let _guard = Guard::new();
    match place {
        Place::File(path) => single(&session, &plan, to.encoding(), *path, &rules, options).await,
        Place::Directory(path) => directory(&session, &plan, to.encoding(), path, &rules, options).await,
    }
}

/// The source of events: the ledger's identity.
fn source(session: &Session) -> String {
    format!("urn:uuid:{}", session.ledger.store().id())
}

async fn rows(
    session: &Session,
    plan: &Plan<'_>,
    rules: &PostingRules,
    out: &mut dyn downstream::feed::Rows,
    options: &Options,
) -> Result<(), Failure> {
    let store = session.ledger.store();
    let bar = progress::bar(options, "events", ledger_core::evidence::events(store).await?);
    let done = files::export(store, plan, rules, out, |events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    })
    .await;
    bar.finish_and_clear();
    Ok(done?)
}

async fn single(
    session: &Session,
    plan: &Plan<'_>,
    encoding: Encoding,
    path: Option<&Path>,
    rules: &PostingRules,
    options: &Options,
) -> Result<(), Failure> {
    let Some(table) = plan.tables.first() else { return Ok(()) };
    let Some(path) = path else {
        if encoding == Encoding::Parquet {
            return Err(Failure::Usage("Parquet is no text: name a file with --output, or a --directory".to_owned()));
        }
        let out = Output::other(Box::new(BufWriter::new(io::stdout())));
        let mut file = Single::new(table, encoding, &source(session), out)?;
        rows(session, plan, rules, &mut file, options).await?;
        file.finish()?;
        return Ok(());
    };
    let temporary = temporary(path);
    let whole = async {
        let mut file = Single::new(table, encoding, &source(session), Output::file(&temporary)?)?;
        rows(session, plan, rules, &mut file, options).await?;
        let rows = file.finish()?;
        let failed =
            |error: io::Error| Failure::Unavailable(format!("`{}` cannot be written: {error}", path.display()));
        std::fs::rename(&temporary, path).map_err(failed)?;
        Ok::<u64, Failure>(rows)
    };
    let written = whole.await;
    if written.is_err() {
        // why it failed matters, not what is left
        let _ = std::fs::remove_file(&temporary);
    }
    messages::note(options, &format!("wrote {} rows to {}", written?, path.display()));
    Ok(())
}

async fn directory(
    session: &Session,
    plan: &Plan<'_>,
    encoding: Encoding,
    path: &Path,
    rules: &PostingRules,
    options: &Options,
) -> Result<(), Failure> {
    let tree = evidence::tree(session, options).await?;
    let head = tree.head_at(tree.size()).await?;
    let log = Log {
        store_id: session.ledger.store().id().to_string(),
        events: head.size,
        position: plan.until.map(|position| position.to_string()),
        merkle_root: head.root.to_string(),
    };
    let names = plan.tables.iter().map(|table| table.name.to_owned()).collect();
    let subject = Subject::new(encoding.name(), log, plan.as_of, plan.known_at, names);
    match Directory::begin(path, encoding, &source(session), subject)? {
        Begun::There(manifest) => print("this export is there already, whole", &manifest, path, options),
        Begun::New(mut directory) => {
            rows(session, plan, rules, &mut directory, options).await?;
            let manifest = directory.finish(plan.tables)?;
            print("exported", &manifest, path, options)
        }
    }
}

fn print(headline: &str, manifest: &Manifest, path: &Path, options: &Options) -> Result<(), Failure> {
    let columns = [Column::text("table"), Column::number("rows"), Column::number("files"), Column::number("bytes")];
    let mut sheet = Sheet::new("tables", columns);
    for (table, contents) in &manifest.contents {
        let bytes = contents.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        let files = u64::try_from(contents.files.len()).unwrap_or(u64::MAX);
        sheet.row([table.as_str().into(), contents.rows.into(), files.into(), bytes.into()]);
    }
    let subject = &manifest.subject;
    Document::new()
        .headline(headline)
        .field("directory", path.display().to_string())
        .field("as_of", subject.as_of)
        .field("events", subject.log.events)
        .field("merkle_root", subject.log.merkle_root.as_str())
        .sheet(sheet)
        .print(options)
}
