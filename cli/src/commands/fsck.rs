//! `fsck`: what of a store is intact.

use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::progress;
use crate::render::{Column, Document, Sheet};
use crate::session::log_path;
use ledger_core::store::BlockStore;
use std::path::PathBuf;

/// Read everything that the store holds, and say what of it is intact; nothing is changed
///
/// A copy of the log is made, read and deleted: an engine that opens damaged files repairs them in its own way. Damage ends with
/// exit code 3; `iledger restore` brings the ledger back from a backup.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger fsck
  iledger fsck --store redb:books --format json
  iledger fsck --scratch /var/tmp")]
pub struct Args {
    /// Directory for the copy; it needs as much room as the log [default: the ledger's]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// Checks the store.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let directory = options.directory();
    let log = log_path(&directory);
    let scratch = args.scratch.as_ref().unwrap_or(&directory);
    let _guard = Guard::new();
    let bar = progress::bar(options, "events", 0);
    let report = BlockStore::check(&log, scratch, |events| {
        bar.set_length(events);
        bar.set_position(events);
        interrupt::check().is_ok()
    })?;
    bar.finish_and_clear();
    let report = report.ok_or(Failure::Interrupted)?;
    let mut findings = Sheet::new("findings", [Column::text("place"), Column::text("what")]);
    for finding in &report.findings {
        findings.row([finding.place.clone().into(), finding.what.clone().into()]);
    }
    let columns = [Column::number("first"), Column::number("last"), Column::number("events")];
    let mut intact = Sheet::new("intact", columns).title("Events that are intact, by position");
    for range in &report.intact {
        let events = range.end().saturating_sub(*range.start()).saturating_add(1);
        intact.row([(*range.start()).into(), (*range.end()).into(), events.into()]);
    }
    let count = report.findings.len() as u64;
    Document::new()
        .headline(if count == 0 { "everything is intact" } else { "the store is damaged" })
        .field("store", directory.display().to_string())
        .field("engine", report.engine.name())
        .field("id", report.id.map(|id| id.to_string()))
        .field("intact_events", report.events())
        .field("acknowledged_events", report.acknowledged)
        .sheet(findings.when_empty("nothing was found"))
        .sheet(intact)
        .print(options)?;
    if count == 0 {
        return Ok(());
    }
    let advice = "restore a backup into another place (`iledger restore`), or a copy of the files";
    Err(Failure::Damaged(format!("`{}` has {count} findings: {advice}", log.display())))
}
