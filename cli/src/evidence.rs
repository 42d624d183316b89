//! What the commands about evidence share: where it is kept, keys, files, and how its errors end the program.

use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt;
use crate::progress;
use crate::session::Session;
use ledger_core::evidence::{
    self, Checkpoint, EvidenceError, Kept, KeptCheckpoints, KeptError, KeptReason, Note, Numbered, SignerKey,
    SubtreeFile, Tree, VerifierKey,
};
use ledger_core::private_file::{self, PrivateFileError};
use ledger_core::store::EventReader;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// No key and no proof of ours is longer.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The directory of what is kept about the log, beside it.
fn directory(options: &Options) -> PathBuf {
    options.directory().join("evidence")
}

/// The file of the kept subtree roots.
pub fn subtree_path(options: &Options) -> PathBuf {
    directory(options).join("subtrees")
}

/// The checkpoints that are kept beside the log.
pub fn kept_checkpoints(options: &Options) -> KeptCheckpoints {
    KeptCheckpoints::new(directory(options).join("checkpoints"))
}

/// One thread for each core.
pub fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The log's store, as evidence reads it: with ordinals for positions. On a cluster that is the log as it was at the first call.
pub async fn reader<'a>(session: &'a Session, options: &Options) -> Result<&'a dyn EventReader, Failure> {
    let store = session.ledger.store();
    if store.positions_are_ordinals() {
        return Ok(store);
    }
    let numbered = session.numbered.get_or_try_init(async || {
        make_directory(options)?;
        let file = directory(options).join("positions");
        Numbered::open(store.clone(), &file, store.id()).await.map_err(Failure::from)
    });
    Ok(numbered.await?)
}

fn make_directory(options: &Options) -> Result<(), Failure> {
    let directory = directory(options);
    std::fs::create_dir_all(&directory)
        .map_err(|error| Failure::Unavailable(format!("`{}`: {error}", directory.display())))
}

/// The kept subtree roots; the file is made if it is not there.
pub fn subtree_file(session: &Session, options: &Options) -> Result<SubtreeFile, Failure> {
    make_directory(options)?;
    Ok(SubtreeFile::open(&subtree_path(options), session.ledger.store().id())?)
}

/// The tree of the log; what was hashed before is taken from the kept subtree roots, what is new is added to them.
pub async fn tree<'a>(session: &'a Session, options: &Options) -> Result<Tree<'a>, Failure> {
    let store = reader(session, options).await?;
    let mut file = subtree_file(session, options)?;
    let size = evidence::events(store).await?;
    let kept = (file.roots().len() as u64).saturating_mul(evidence::SPAN);
    let bar = progress::bar(options, "events", size.saturating_sub(kept));
    let tree = Tree::open(store, Some(&mut file), threads(), |events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    })
    .await;
    bar.finish_and_clear();
    Ok(tree?)
}

/// The kept checkpoint of a size, if there is one and the log still says the same.
///
/// Another root there is damage: nothing may be signed or proved from such a log.
pub async fn checked(tree: &Tree<'_>, kept: &KeptCheckpoints, size: u64) -> Result<Option<Kept>, Failure> {
    let Some(kept) = kept.of_size(size)? else { return Ok(None) };
    agrees(tree, &kept.checkpoint).await?;
    Ok(Some(kept))
}

/// Whether the log has the root that a checkpoint says.
pub async fn agrees(tree: &Tree<'_>, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let size = checkpoint.head.size;
    if size > tree.size() {
        let events = tree.size();
        let text = format!("a checkpoint says that the log had {size} events; it has {events}: events were removed");
        return Err(Failure::Damaged(text));
    }
    let (now, kept) = (tree.root_at(size).await?, checkpoint.head.root);
    if now == kept { Ok(()) } else { Err(EvidenceError::Checkpoint { size, kept, now }.into()) }
}

/// Reads a file that is no secret.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Unavailable(format!("`{}`: {error}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
        return Err(Failure::rejected("too-large", format!("`{}` is larger than 16 MiB", path.display())));
    }
    std::fs::read(path).map_err(failed)
}

/// The key that signs, from a file that only its owner may read.
pub fn signer(path: &Path) -> Result<SignerKey, Failure> {
    let bytes = private_file::read(path)?;
    // the message never repeats what stands in the file
    let text = std::str::from_utf8(&bytes).map_err(|_| bad_key(path, "it is not UTF-8"))?;
    SignerKey::from_secret_text(text.trim_end()).map_err(|error| bad_key(path, &error.to_string()))
}

/// The keys that verify, one a line, from files.
pub fn verifiers(paths: &[PathBuf]) -> Result<Vec<VerifierKey>, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        let bytes = read(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| bad_key(path, "it is not UTF-8"))?;
        let before = keys.len();
        for (number, line) in (1_u64..).zip(text.lines()) {
            if !line.trim().is_empty() {
                keys.push(line.trim().parse().map_err(|error| bad_key(path, &format!("line {number}: {error}")))?);
            }
        }
        if keys.len() == before {
            return Err(bad_key(path, "there is no key in it"));
        }
    }
    Ok(keys)
}

fn bad_key(path: &Path, reason: &str) -> Failure {
    Failure::rejected("bad-key", format!("`{}`: {reason}", path.display()))
}

/// Reads a signed checkpoint from a file; no signature is verified yet.
pub fn checkpoint_file(path: &Path) -> Result<Kept, Failure> {
    let bad = |error: String| Failure::rejected("bad-checkpoint", format!("`{}`: {error}", path.display()));
    let note = Note::parse(&read(path)?).map_err(|error| bad(error.to_string()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| bad(error.to_string()))?;
    Ok(Kept { note, checkpoint })
}

/// The names that stand before a note's signatures, verified or not.
pub fn signatures(note: &Note) -> String {
    note.signatures().iter().map(|signature| signature.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Interrupted => Self::Interrupted,
            EvidenceError::Read(error) => error.into(),
            EvidenceError::TooFew { .. } | EvidenceError::Proof(_) => Self::rejected("no-such-size", error.to_string()),
            other if other.is_damage() => Self::Damaged(other.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<KeptError> for Failure {
    fn from(error: KeptError) -> Self {
        match error.reason {
            KeptReason::Io(_) => Self::Unavailable(error.to_string()),
            // it was a checkpoint when it was written
            _ => Self::Damaged(error.to_string()),
        }
    }
}

impl From<PrivateFileError> for Failure {
    fn from(error: PrivateFileError) -> Self {
        match error {
            PrivateFileError::Open { .. } => Self::rejected("file-not-private", error.to_string()),
            PrivateFileError::Exists(_) => Self::rejected("file-exists", error.to_string()),
            PrivateFileError::Io { .. } => Self::Unavailable(error.to_string()),
        }
    }
}
