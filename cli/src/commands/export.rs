//! `export events`: the log as JSON lines, each its canonical JSON: the bytes of which the leaf of the log's tree is the hash;
//! `export hledger|beancount`: the books; `export loans` and the like: tables.

mod plain_text;
mod tables;

use crate::args::{AsOf, Options};
use crate::commands::books::BooksArgs;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::messages;
use crate::session::Session;
use downstream::tables as table;
use ledger_core::calendar::Timestamp;
use ledger_core::ledger::LedgerError;
use ledger_core::record::canonical::Canonical;
use ledger_core::record::json;
use ledger_core::store::EventReader as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const CHUNK: usize = 4096;

/// Write the ledger's data for other programs
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger export events --output events.jsonl
  iledger export loans --as-of 2024-06-30 > loans.csv
  iledger export all --to parquet --directory ./export
  iledger export hledger > books.journal")]
pub enum Subcommand {
    /// Write every event of the log in its order, one canonical JSON object per line
    #[command(before_help = "Examples:
  iledger export events --output events.jsonl
  iledger export events | head -1
  iledger export events --to jsonl | head -1        (in the envelope of CloudEvents 1.0)
  iledger export events --to parquet --directory ./export")]
    Events(EventsArgs),
    /// Write the loans as they stand at the end of a day
    #[command(before_help = "Examples:
  iledger export loans --as-of 2024-06-30 > loans.csv")]
    Loans(tables::TableArgs),
    /// Write every instalment with what was planned, charged and settled
    #[command(before_help = "Examples:
  iledger export instalments --to jsonl --output instalments.jsonl")]
    Instalments(tables::TableArgs),
    /// Write the sums of each loan
    #[command(before_help = "Examples:
  iledger export balances --as-of 2024-06-30 --known-at 2024-07-02T00:00:00Z")]
    Balances(tables::TableArgs),
    /// Write every event of a loan, a row each
    #[command(before_help = "Examples:
  iledger export transactions --to parquet --output transactions.parquet")]
    Transactions(tables::TableArgs),
    /// Write the sub-ledger: every line of every outcome
    #[command(before_help = "Examples:
  iledger export entries --to parquet --directory ./export")]
    Entries(tables::TableArgs),
    /// Write the postings of the general ledger
    #[command(before_help = "Examples:
  iledger export journal --as-of 2024-06-30 > journal.csv")]
    Journal(tables::TableArgs),
    /// Write the days that were closed
    #[command(before_help = "Examples:
  iledger export closings > closings.csv")]
    Closings(tables::TableArgs),
    /// Write every table into a directory, a file for each day, with a manifest
    #[command(before_help = "Examples:
  iledger export all --to parquet --directory ./export
  iledger export all --to csv --directory ./june --as-of 2024-06-30")]
    All(tables::AllArgs),
    /// Write the general ledger as a journal of hledger
    #[command(before_help = "Examples:
  iledger export hledger > books.journal && hledger -f books.journal check --strict")]
    Hledger(BooksArgs),
    /// Write the general ledger for Beancount
    #[command(before_help = "Examples:
  iledger export beancount > books.beancount && bean-check books.beancount")]
    Beancount(BooksArgs),
}

/// Arguments of `export events`.
#[derive(Debug, clap::Args)]
pub struct EventsArgs {
    /// Write to this file, which appears when it is whole [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write a table of events instead [default: canonical JSON]
    #[arg(long, value_enum)]
    to: Option<tables::To>,

    /// Write into this directory, a file for each day, with a manifest
    #[arg(long, value_name = "DIR", requires = "to", conflicts_with = "output")]
    directory: Option<PathBuf>,

    /// Only what was recorded by then, such as 2024-02-29T08:15:00Z
    #[arg(long, value_name = "INSTANT", requires = "to")]
    known_at: Option<Timestamp>,
}

/// Exports.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    let args = match subcommand {
        Subcommand::Events(EventsArgs { output, to: Some(to), directory, known_at }) => {
            let place = match directory {
                Some(directory) => tables::Place::Directory(directory),
                None => tables::Place::File(output.as_deref()),
            };
            let as_of = AsOf { as_of: None, known_at: *known_at };
            return tables::write(&[&table::EVENTS], *to, &place, &as_of, options).await;
        }
        Subcommand::Events(args) => args,
        Subcommand::Loans(args) => return tables::one(&table::LOANS, args, options).await,
        Subcommand::Instalments(args) => return tables::one(&table::INSTALMENTS, args, options).await,
        Subcommand::Balances(args) => return tables::one(&table::BALANCES, args, options).await,
        Subcommand::Transactions(args) => return tables::one(&table::TRANSACTIONS, args, options).await,
        Subcommand::Entries(args) => return tables::one(&table::ENTRIES, args, options).await,
        Subcommand::Journal(args) => return tables::one(&table::POSTINGS, args, options).await,
        Subcommand::Closings(args) => return tables::one(&table::CLOSINGS, args, options).await,
        Subcommand::All(args) => return tables::all(args, options).await,
        Subcommand::Hledger(args) => return plain_text::run(args, plain_text::Syntax::Hledger, options).await,
        Subcommand::Beancount(args) => return plain_text::run(args, plain_text::Syntax::Beancount, options).await,
    };
    let session = Session::open(options).await?;
    let Some(path) = &args.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        write_events(&session, &mut out).await?;
        return Ok(out.flush()?);
    };
    let _guard = Guard::new();
    let temporary = temporary(path);
    let written = to_file(&session, &temporary, path).await;
    if written.is_err() {
        // why it failed matters, not what is left
        let _ = std::fs::remove_file(&temporary);
    }
    let events = written?;
    messages::note(options, &format!("wrote {events} events to {}", path.display()));
    Ok(())
}

/// The name under which a file is written until it is whole.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

async fn to_file(session: &Session, temporary: &Path, path: &Path) -> Result<u64, Failure> {
    let failed = |error: io::Error| Failure::Unavailable(format!("`{}` cannot be written: {error}", path.display()));
    let mut out = BufWriter::new(File::create(temporary).map_err(failed)?);
    let events = write_events(session, &mut out).await?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(temporary, path).map_err(failed)?;
    Ok(events)
}

async fn write_events(session: &Session, out: &mut impl Write) -> Result<u64, Failure> {
    let mut position = None;
    let mut events: u64 = 0;
    let mut canonical = Canonical::new();
    loop {
        interrupt::check()?;
        let records = session.ledger.store().read_all(position, CHUNK).await?;
        let Some(last) = records.last() else { return Ok(events) };
        position = Some(last.position);
        for record in &records {
            let leaf = json::to_canonical(record, &mut canonical).map_err(|error| LedgerError::Codec {
                position: record.position,
                stream: record.stream.clone(),
                version: record.version,
                error,
            })?;
            out.write_all(leaf)?;
            out.write_all(b"\n")?;
            events = events.saturating_add(1);
        }
    }
}
