//! `backup` and `restore`.

use crate::args::Options;
use crate::config::Config;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::messages;
use crate::progress;
use crate::render::Document;
use crate::session::log_path;
use ledger_core::store::BlockStore;
use ledger_core::store::backup::{self, Backup, BackupError, Manifest};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Copy what a backup lacks of the ledger into it: the log, its settings and the kept checkpoints
///
/// The keys of borrowers are not in a backup, so that erasing one holds there too: keep them apart. Projections are not either:
/// they are built anew.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger backup /mnt/backup/books
  iledger backup /mnt/backup/books --dry-run")]
pub struct Args {
    /// Directory of the backup; the first time it is made
    to: PathBuf,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Make the ledger anew from a backup, in a place where nothing is
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger restore /mnt/backup/books --store ./books
  iledger restore /mnt/backup/books --store redb:books
  iledger restore /mnt/backup/books --dry-run")]
pub struct RestoreArgs {
    /// Directory of the backup
    from: PathBuf,
    /// Verify the backup and that the place is free, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Makes a backup, or adds to one.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let directory = options.directory();
    Config::read(&directory)?;
    let store = BlockStore::open(log_path(&directory), options.log())?;
    let _guard = Guard::new();
    let events = store.stats()?.events;
    let bar = progress::bar(options, "events", events);
    let files = beside(&directory)?;
    let backup = Backup { store: &store, files, to: &args.to, dry_run: args.dry_run };
    let written = backup.run(|events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    });
    bar.finish_and_clear();
    let written = written?;
    for path in &written.repaired {
        messages::warning(options, &format!("`{}` was damaged in the backup and is written anew", path.display()));
    }
    let headline = if args.dry_run { "this would be backed up; nothing was written" } else { "the backup is complete" };
    Document::new()
        .headline(headline)
        .field("backup", args.to.display().to_string())
        .field("store", written.manifest.store.to_string())
        .field("events", written.manifest.events)
        .field("segments_kept", written.kept)
        .field("segments_written", written.written)
        .field("bytes_written", written.bytes)
        .field("segments_repaired", written.repaired.len() as u64)
        .field("dry_run", args.dry_run)
        .print(options)
}

/// Restores a backup.
pub fn restore(args: &RestoreArgs, options: &Options) -> Result<(), Failure> {
    let directory = options.directory();
    free(&directory)?;
    let _guard = Guard::new();
    let manifest = if args.dry_run { verified(args, options)? } else { restored(args, options, &directory)? };
    let headline = if args.dry_run { "the backup is intact; nothing was written" } else { "the ledger is restored" };
    Document::new()
        .headline(headline)
        .field("backup", args.from.display().to_string())
        .field("store", directory.display().to_string())
        .field("id", manifest.store.to_string())
        .field("events", manifest.events)
        .field("segments", manifest.segments.len() as u64)
        .field("dry_run", args.dry_run)
        .print(options)
}

fn verified(args: &RestoreArgs, options: &Options) -> Result<Manifest, Failure> {
    let bar = progress::bar(options, "events", 0);
    let manifest = backup::verify(&args.from, |events| {
        bar.set_length(events);
        bar.set_position(events);
        interrupt::check().is_ok()
    });
    bar.finish_and_clear();
    Ok(manifest?)
}

/// Restores beside the place, and gives the whole its name when it is whole.
fn restored(args: &RestoreArgs, options: &Options, directory: &Path) -> Result<Manifest, Failure> {
    let mut name = directory.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".restoring-{}", std::process::id()));
    let draft = directory.with_file_name(name);
    let bar = progress::bar(options, "events", 0);
    let made = backup::restore(&args.from, &log_path(&draft), &draft, options.log(), |events| {
        bar.set_length(events);
        bar.set_position(events);
        interrupt::check().is_ok()
    });
    bar.finish_and_clear();
    let named = made.and_then(|manifest| backup::name(&draft, directory).map(|()| manifest));
    if named.is_err() {
        // Why it failed matters, not what is left.
        let _ = fs::remove_dir_all(&draft);
    }
    Ok(named?)
}

fn free(directory: &Path) -> Result<(), Failure> {
    match fs::read_dir(directory).map(Iterator::count) {
        Ok(0) => Ok(()),
        Ok(1..) => Err(BackupError::Exists(directory.to_path_buf()).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) if directory.is_file() => Err(BackupError::Exists(directory.to_path_buf()).into()),
        Err(error) => Err(Failure::Unavailable(format!("`{}`: {error}", directory.display()))),
    }
}

/// What stands beside the log and cannot be derived from it.
fn beside(directory: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let failed = |path: &Path, error: std::io::Error| Failure::Unavailable(format!("`{}`: {error}", path.display()));
    let mut files = Vec::new();
    let mut waiting = vec![Config::path(directory), directory.join("evidence").join("checkpoints")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(|error| failed(&path, error))? {
                waiting.push(entry.map_err(|error| failed(&path, error))?.path());
            }
        } else if path.is_file() {
            let parts = path.strip_prefix(directory).unwrap_or(&path).components();
            let name: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            files.push((name.join("/"), fs::read(&path).map_err(|error| failed(&path, error))?));
        }
    }
    files.sort();
    Ok(files)
}
