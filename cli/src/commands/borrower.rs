//! `borrower`: people, whose identifying fields are sealed under keys that stand apart from the ledger.

use crate::args::{Options, Writing};
use crate::evidence;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::key;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::borrower::{BorrowerKey, BorrowerKeys};
use ledger_core::calendar::Date;
use ledger_core::ledger::{BorrowerError, BorrowerRecorded, Fields, check_fields};
use ledger_core::store::EventReader as _;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const CHUNK: usize = 4096;
/// 64 fields of 4 KiB each, as JSON, are shorter.
const MAX_INPUT: u64 = 2 * 1024 * 1024;

/// Keep who a borrower is, sealed; and erase that for good
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger borrower register B-1 --fields person.json
  iledger borrower show B-1
  iledger borrower erase B-1 --reason \"request 2024-17\"")]
pub enum Subcommand {
    /// Register a borrower
    #[command(before_help = "Examples:
  iledger borrower register B-1 --fields person.json
  decrypt person.json.age | iledger borrower register B-1 --fields -")]
    Register(RecordArgs),
    /// Change some fields of a borrower; the others stay
    #[command(before_help = "Examples:
  iledger borrower update B-1 --fields new-phone.json")]
    Update(RecordArgs),
    /// Show what is recorded of a borrower
    #[command(before_help = "Examples:
  iledger borrower show B-1
  iledger borrower show B-1 --format json")]
    Show(ShowArgs),
    /// Destroy a borrower's key: nothing that was sealed with it can be read again, here or in a copy of the log
    #[command(before_help = "Examples:
  iledger borrower erase B-1 --reason \"request 2024-17\" --dry-run
  iledger borrower erase B-1 --reason \"request 2024-17\"")]
    Erase(EraseArgs),
    /// List the ids of all borrowers; opens no sealed field
    #[command(before_help = "Examples:
  iledger borrower list")]
    List,
}

/// Where the keys are.
#[derive(Debug, clap::Args)]
struct KeyStore {
    /// Directory of the borrowers' keys, outside of the ledger's and of its backups
    /// [default: the ledger's directory with `-keys` behind its name]
    #[arg(long, env = "ILEDGER_BORROWER_KEYS", value_name = "DIR", hide_env_values = true)]
    key_store: Option<PathBuf>,
}

/// Arguments of `borrower register` and `borrower update`.
#[derive(Debug, clap::Args)]
pub struct RecordArgs {
    /// The borrower's id: no personal data
    borrower: String,
    /// File with a JSON object of texts, such as {"name": "...", "national-id": "..."}; `-` is stdin
    #[arg(long, value_name = "FILE")]
    fields: PathBuf,
    #[command(flatten)]
    keys: KeyStore,
    #[command(flatten)]
    writing: Writing,
}

/// Arguments of `borrower show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The borrower's id
    borrower: String,
    #[command(flatten)]
    keys: KeyStore,
}

/// Arguments of `borrower erase`.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// The borrower's id
    borrower: String,
    /// Why: no personal data, it stays for ever
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    keys: KeyStore,
    #[command(flatten)]
    writing: Writing,
}

impl KeyStore {
    fn open(&self, options: &Options) -> Result<BorrowerKeys, Failure> {
        let ledger = options.directory();
        let directory = match &self.key_store {
            Some(directory) => directory.clone(),
            None => beside(&ledger)?,
        };
        let whole = |path: &Path| {
            std::fs::canonicalize(path)
                .or_else(|_| std::path::absolute(path))
                .map_err(|error| Failure::Unavailable(format!("`{}`: {error}", path.display())))
        };
        if whole(&directory)?.starts_with(whole(&ledger)?) {
            let place = directory.display();
            let text = format!(
                "`{place}` is inside the ledger's directory: a copy of it would have the keys (--key-store DIR)"
            );
            return Err(Failure::rejected("key-store-inside", text));
        }
        Ok(BorrowerKeys::new(directory))
    }
}

fn beside(ledger: &Path) -> Result<PathBuf, Failure> {
    let Some(name) = ledger.file_name() else {
        return Err(Failure::Usage("name the directory of the borrowers' keys with --key-store".to_owned()));
    };
    let mut name = name.to_owned();
    name.push("-keys");
    Ok(ledger.with_file_name(name))
}

/// Does it.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Register(args) => record(args, false, options).await,
        Subcommand::Update(args) => record(args, true, options).await,
        Subcommand::Show(args) => show(args, options).await,
        Subcommand::Erase(args) => erase(args, options).await,
        Subcommand::List => list(options).await,
    }
}

/// The fields of a file. A message never repeats what stands in it.
fn read_fields(path: &Path) -> Result<Fields, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    if path == Path::new("-") {
        let read = io::stdin().lock().take(MAX_INPUT).read_to_end(&mut bytes);
        read.map_err(|error| Failure::Unavailable(format!("stdin: {error}")))?;
    } else {
        *bytes = evidence::read(path)?;
    }
    let members: Members = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
        Failure::rejected(
            "bad-fields",
            format!("{place}: write one JSON object whose values are texts, each name once"),
        )
    })?;
    Ok(members.0)
}

/// The members of a JSON object, none of them twice: of two values only one would be kept.
struct Members(Fields);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut fields = Fields::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if fields.insert(name, Zeroizing::new(value)).is_some() {
                        return Err(A::Error::custom("a field stands there twice"));
                    }
                }
                Ok(Members(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

async fn record(args: &RecordArgs, update: bool, options: &Options) -> Result<(), Failure> {
    let fields = read_fields(&args.fields)?;
    check_fields(&fields)?;
    let keys = args.keys.open(options)?;
    let session = Session::open(options).await?;
    let key = key::of(&args.writing, None);
    let recorded = if args.writing.dry_run {
        match session.ledger.borrower(&args.borrower, &keys).await {
            Ok(known) if known.erased.is_some() || known.key_destroyed => {
                return Err(BorrowerError::Erased(args.borrower.clone()).into());
            }
            Ok(_) if !update => return Err(BorrowerError::Registered(args.borrower.clone()).into()),
            Err(BorrowerError::NotRegistered(_)) if !update => {}
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        None
    } else {
        let mut fresh = Zeroizing::new([0; 32]);
        getrandom::fill(fresh.as_mut_slice())
            .map_err(|error| Failure::Unavailable(format!("no random numbers: {error}")))?;
        let fresh = BorrowerKey::new(*fresh);
        let meta = session.meta()?;
        let ledger = &session.ledger;
        Some(ledger.record_borrower(&args.borrower, &fields, update, (&keys, &fresh), &key, &meta).await?)
    };
    let names = fields.keys().cloned().collect::<Vec<_>>().join(", ");
    answer(&args.borrower, if update { "updated" } else { "registered" }, &key, recorded)
        .field("sealed_fields", names)
        .print(options)
}

fn answer(borrower: &str, done: &str, key: &str, recorded: Option<BorrowerRecorded>) -> Document {
    let headline = match recorded {
        None => format!("dry run: borrower {borrower} would be {done}"),
        Some(BorrowerRecorded { already: true, .. }) => format!("borrower {borrower} was {done} before with this key"),
        Some(_) => format!("{done} borrower {borrower}"),
    };
    Document::new()
        .headline(headline)
        .field("borrower", borrower)
        .field("version", recorded.map(|recorded| recorded.version))
        .field("already", recorded.is_some_and(|recorded| recorded.already))
        .field("key", key)
}

async fn show(args: &ShowArgs, options: &Options) -> Result<(), Failure> {
    let keys = args.keys.open(options)?;
    let session = Session::open(options).await?;
    let borrower = session.ledger.borrower(&args.borrower, &keys).await?;
    let mut sheet = Sheet::new("fields", [Column::text("field"), Column::text("value")]).when_empty("no fields");
    for name in &borrower.names {
        let value = borrower.fields.get(name).map(|value| value.as_str().to_owned());
        sheet.row([name.as_str().into(), value.into()]);
    }
    let erased = borrower.erased.as_ref();
    Document::new()
        .field("borrower", args.borrower.as_str())
        .field("registered_on", borrower.registered_on)
        .field("readable", !borrower.key_destroyed && erased.is_none())
        .field("erased_on", erased.map(|erasure| erasure.on))
        .field("reason", erased.map(|erasure| erasure.reason.clone()))
        .sheet(sheet)
        .print(options)
}

async fn erase(args: &EraseArgs, options: &Options) -> Result<(), Failure> {
    let keys = args.keys.open(options)?;
    let session = Session::open(options).await?;
    let key = key::of(&args.writing, None);
    let recorded = if args.writing.dry_run {
        if session.ledger.borrower(&args.borrower, &keys).await?.erased.is_some() {
            return Err(BorrowerError::Erased(args.borrower.clone()).into());
        }
        None
    } else {
        let meta = session.meta()?;
        // not to be stopped between the key and the event that says so
        let _guard = Guard::new();
        Some(session.ledger.erase_borrower(&args.borrower, &args.reason, &keys, &key, &meta).await?)
    };
    answer(&args.borrower, "erased", &key, recorded).print(options)
}

/// What the list says of one borrower.
struct Listed {
    registered_on: Date,
    events: u64,
    erased_on: Option<Date>,
}

/// There is no index of streams: the log is read from the start, envelopes only.
async fn list(options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let mut borrowers: BTreeMap<String, Listed> = BTreeMap::new();
    let mut position = None;
    loop {
        interrupt::check()?;
        let records = session.ledger.store().read_all(position, CHUNK).await?;
        let Some(last) = records.last() else { break };
        position = Some(last.position);
        for record in &records {
            let Some(id) = record.stream.borrower_id() else { continue };
            let booked_on = record.envelope.booked_on;
            let listed = borrowers.entry(id.to_owned()).or_insert(Listed {
                registered_on: booked_on,
                events: 0,
                erased_on: None,
            });
            listed.events = listed.events.saturating_add(1);
            if &*record.envelope.kind == "borrower-erased" {
                listed.erased_on = Some(booked_on);
            }
        }
    }
    let columns =
        [Column::text("borrower"), Column::text("registered_on"), Column::number("events"), Column::text("erased_on")];
    let mut sheet = Sheet::new("borrowers", columns).when_empty("no borrower is registered");
    for (id, Listed { registered_on, events, erased_on }) in borrowers {
        sheet.row([Cell::from(id), registered_on.into(), events.into(), erased_on.into()]);
    }
    Document::new().sheet(sheet).print(options)
}

impl From<BorrowerError> for Failure {
    fn from(error: BorrowerError) -> Self {
        match error {
            BorrowerError::Ledger(error) => error.into(),
            BorrowerError::Keys(error) => error.into(),
            BorrowerError::Seal { .. } => Self::Damaged(error.to_string()),
            other => Self::rejected(other.code(), other.to_string()),
        }
    }
}
