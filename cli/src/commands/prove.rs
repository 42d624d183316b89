//! `prove`: proofs that stand for themselves.

use crate::args::Options;
use crate::evidence;
use crate::exit::Failure;
use crate::interrupt;
use crate::messages;
use crate::session::Session;
use ledger_core::evidence::proof_file::{Consistency, Head, Inclusion, Proof, ProofFile};
use ledger_core::evidence::{KeptCheckpoints, Tree};
use ledger_core::ledger::LedgerError;
use ledger_core::record::{Record, json};
use ledger_core::store::EventReader;
use ledger_core::stream::{Position, StreamName, Version};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;
use uuid::Uuid;

const CHUNK: usize = 4096;

/// Prove that an event is in the log, or that the log only grew
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger prove loan-L-1@2 --output proof.json
  iledger prove 17 --size 1000
  iledger prove --consistent 1000 2000 --output grown.json
  iledger verify-proof proof.json --verifier ledger.key.pub")]
pub struct Args {
    /// The event: its ordinal in the log (from 0), STREAM@VERSION, or its id
    #[arg(required_unless_present = "consistent", conflicts_with = "consistent")]
    event: Option<Which>,
    /// Prove that the log of NEW events begins with the log of OLD events
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    consistent: Option<Vec<u64>>,
    /// In the log of the first N events [default: those of the last kept checkpoint if it has the event, else all]
    #[arg(long, value_name = "N", conflicts_with = "consistent")]
    size: Option<u64>,
    /// Write to this file [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Names one event.
#[derive(Debug, Clone)]
enum Which {
    Ordinal(u64),
    Place(StreamName, Version),
    Id(Uuid),
}

impl FromStr for Which {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((stream, version)) = text.split_once('@') {
            let stream = stream.parse().map_err(|error: ledger_core::stream::NameError| error.to_string())?;
            let version = version.parse().map_err(|_| "the version after the @ is not a whole number".to_owned())?;
            return Ok(Self::Place(stream, Version(version)));
        }
        let ordinal = text.parse().map(Self::Ordinal).ok();
        ordinal
            .or_else(|| Uuid::parse_str(text).map(Self::Id).ok())
            .ok_or_else(|| "write an ordinal such as 17, a place such as loan-L-1@2, or an event's id".to_owned())
    }
}

/// Writes the proof.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let kept = evidence::kept_checkpoints(options);
    let tree = evidence::tree(&session, options).await?;
    let proof = match (&args.event, args.consistent.as_deref()) {
        (_, Some(&[old, new])) => Proof::Consistency(Consistency {
            path: tree.consistency(old, new).await?,
            old: head(&tree, &kept, old).await?,
            new: head(&tree, &kept, new).await?,
        }),
        (Some(which), _) => {
            let record = find(&session, options, which).await?;
            Proof::Inclusion(inclusion(args, &tree, &kept, &record).await?)
        }
        _ => return Err(Failure::Usage("name an event, or two sizes with --consistent".to_owned())),
    };
    let bytes = ProofFile::from(proof)
        .to_bytes()
        .map_err(|error| Failure::Damaged(format!("the event has no canonical JSON: {error}")))?;
    let Some(path) = &args.output else { return Ok(io::stdout().lock().write_all(&bytes)?) };
    std::fs::write(path, &bytes).map_err(|error| Failure::Unavailable(format!("`{}`: {error}", path.display())))?;
    messages::note(options, &format!("wrote the proof to {}", path.display()));
    Ok(())
}

async fn head(tree: &Tree<'_>, kept: &KeptCheckpoints, size: u64) -> Result<Head, Failure> {
    let checkpoint = evidence::checked(tree, kept, size).await?.map(|kept| kept.note.to_string());
    Ok(Head { size, root: tree.root_at(size).await?, checkpoint })
}

async fn inclusion(
    args: &Args,
    tree: &Tree<'_>,
    kept: &KeptCheckpoints,
    record: &Record,
) -> Result<Inclusion, Failure> {
    let index = record.position.0;
    let signed = kept.all()?.last().map(|kept| kept.checkpoint.head.size).filter(|size| index < *size);
    let size = args.size.or(signed).unwrap_or(tree.size());
    let event = json::to_json(record).map_err(|error| LedgerError::Codec {
        position: record.position,
        stream: record.stream.clone(),
        version: record.version,
        error,
    })?;
    // the checkpoint first: a log that contradicts it is said to be damaged, not too short
    let tree_head = head(tree, kept, size).await?;
    Ok(Inclusion { event, index, tree: tree_head, path: tree.inclusion(index, size).await? })
}

async fn find(session: &Session, options: &Options, which: &Which) -> Result<Record, Failure> {
    let store = evidence::reader(session, options).await?;
    let found = match which {
        Which::Ordinal(ordinal) => {
            let records = store.read_all(ordinal.checked_sub(1).map(Position), 1).await?;
            records.into_iter().find(|record| record.position.0 == *ordinal)
        }
        Which::Place(stream, version) => {
            let records = store.read_stream(stream, *version, 1).await?;
            records.into_iter().find(|record| record.version == *version)
        }
        Which::Id(id) => by_id(store, *id).await?,
    };
    found.ok_or_else(|| Failure::rejected("no-such-event", "the log has no such event"))
}

/// There is no index of ids: the log is read from the start.
async fn by_id(store: &dyn EventReader, id: Uuid) -> Result<Option<Record>, Failure> {
    let mut position = None;
    loop {
        interrupt::check()?;
        let records = store.read_all(position, CHUNK).await?;
        let Some(last) = records.last() else { return Ok(None) };
        position = Some(last.position);
        if let Some(found) = records.into_iter().find(|record| record.envelope.id == id) {
            return Ok(Some(found));
        }
    }
}
