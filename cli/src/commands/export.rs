//! `export events`: the log as JSON lines; `export hledger|beancount`: the books. Each line of events is its
//! canonical JSON: the bytes of which the leaf of the log's tree is the hash.

mod plain_text;

use crate::args::Options;
use crate::commands::books::BooksArgs;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::messages;
use crate::session::Session;
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
  iledger export hledger > books.journal")]
pub enum Subcommand {
    /// Write every event of the log in its order, one canonical JSON object per line
    #[command(before_help = "Examples:
  iledger export events --output events.jsonl
  iledger export events | head -1")]
    Events(EventsArgs),
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
}

/// Exports.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    let args = match subcommand {
        Subcommand::Events(args) => args,
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
