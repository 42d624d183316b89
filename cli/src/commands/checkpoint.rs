//! `checkpoint`: signed statements of the log's size and root, and the keys that sign them.

use crate::args::Options;
use crate::clock;
use crate::evidence;
use crate::exit::Failure;
use crate::render::{Column, Document, Sheet};
use crate::session::Session;
use ledger_core::evidence::{Checkpoint, Kept, Note, NoteError, SignatureType, SignerKey};
use ledger_core::private_file;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Sign the log's size and root, and keep what was signed
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger checkpoint key generate books.example.com/ledger --output ledger.key
  iledger checkpoint create --signer ledger.key
  iledger checkpoint show > checkpoint.txt
  iledger checkpoint list")]
pub enum Subcommand {
    /// Sign the log as it is now, and keep that
    #[command(before_help = "Examples:
  iledger checkpoint create --signer ledger.key
  iledger checkpoint create --signer ledger.key --dry-run")]
    Create(CreateArgs),
    /// Sign a checkpoint's file, as a witness does; needs no ledger
    #[command(before_help = "Examples:
  iledger checkpoint sign checkpoint.txt --signer witness.key > witnessed.txt")]
    Sign(SignArgs),
    /// Add the signatures of a file to the kept checkpoint of the same size
    #[command(before_help = "Examples:
  iledger checkpoint add witnessed.txt --verifier witness.key.pub")]
    Add(AddArgs),
    /// List the kept checkpoints
    #[command(before_help = "Examples:
  iledger checkpoint list")]
    List,
    /// Print a kept checkpoint as it was signed [default: the last]
    #[command(before_help = "Examples:
  iledger checkpoint show > checkpoint.txt
  iledger checkpoint show 1000")]
    Show(ShowArgs),
    /// Keys that sign checkpoints
    #[command(subcommand)]
    Key(KeySubcommand),
}

/// Arguments of `checkpoint create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// File of the key that signs; its name becomes the log's name in the checkpoint
    #[arg(long, value_name = "FILE")]
    signer: PathBuf,
    /// Show what would be signed, and keep nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `checkpoint sign`.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// The checkpoint
    file: PathBuf,
    /// File of the key that signs
    #[arg(long, value_name = "FILE")]
    signer: PathBuf,
}

/// Arguments of `checkpoint add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The checkpoint with further signatures
    file: PathBuf,
    /// File of keys, one of which must have signed
    #[arg(long, value_name = "FILE", required = true)]
    verifier: Vec<PathBuf>,
    /// Check it, and keep nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `checkpoint show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The number of events
    size: Option<u64>,
}

/// Keys that sign checkpoints
#[derive(Debug, clap::Subcommand)]
pub enum KeySubcommand {
    /// Make a key: FILE for its owner alone, FILE.pub for everybody
    #[command(before_help = "Examples:
  iledger checkpoint key generate books.example.com/ledger --output ledger.key
  iledger checkpoint key generate auditor.example.org/witness --witness --output witness.key")]
    Generate(GenerateArgs),
}

/// Arguments of `checkpoint key generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Whose key it is, such as a domain and a path: no spaces and no `+`
    name: String,
    /// File of the secret key, which must not exist
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// A key of a witness, whose signatures say when it saw the checkpoint
    #[arg(long)]
    witness: bool,
}

/// Does it.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Create(args) => create(args, options).await,
        Subcommand::Sign(args) => sign(args),
        Subcommand::Add(args) => add(args, options).await,
        Subcommand::List => list(options),
        Subcommand::Show(args) => show(args, options),
        Subcommand::Key(KeySubcommand::Generate(args)) => generate(args, options),
    }
}

fn seconds() -> Result<u64, Failure> {
    let seconds = clock::now()?.micros().div_euclid(1_000_000);
    u64::try_from(seconds).map_err(|_| Failure::Unavailable("the clock is before 1970".to_owned()))
}

async fn create(args: &CreateArgs, options: &Options) -> Result<(), Failure> {
    let key = evidence::signer(&args.signer)?;
    let session = Session::open(options).await?;
    let kept = evidence::kept_checkpoints(options);
    let tree = evidence::tree(&session, options).await?;
    // a log that contradicts what was signed before is not signed again
    for before in kept.all()? {
        evidence::agrees(&tree, &before.checkpoint).await?;
    }
    let head = tree.head_at(tree.size()).await?;
    let origin = key.verifier().name().to_owned();
    let text = Checkpoint { origin, head, extensions: Vec::new() }.to_string();
    let mut note = match kept.of_size(head.size)? {
        Some(before) if before.note.text() == text => before.note,
        Some(before) => {
            let text = format!(
                "the checkpoint of size {} is kept under the name `{}`; sign it with `iledger checkpoint sign`",
                head.size, before.checkpoint.origin
            );
            return Err(Failure::rejected("checkpoint-exists", text));
        }
        None => Note::new(text).map_err(|error| Failure::rejected("bad-checkpoint", error.to_string()))?,
    };
    note.sign(&key, seconds()?);
    let path = if args.dry_run { None } else { Some(kept.keep(&note)?) };
    Document::new()
        .headline(if args.dry_run { "would sign and keep" } else { "signed and kept" })
        .field("origin", key.verifier().name())
        .field("size", head.size)
        .field("root", head.root.to_string())
        .field("signatures", evidence::signatures(&note))
        .field("file", path.map(|path| path.display().to_string()))
        .print(options)
}

fn sign(args: &SignArgs) -> Result<(), Failure> {
    let key = evidence::signer(&args.signer)?;
    let Kept { mut note, .. } = evidence::checkpoint_file(&args.file)?;
    note.sign(&key, seconds()?);
    Ok(io::stdout().lock().write_all(note.to_string().as_bytes())?)
}

async fn add(args: &AddArgs, options: &Options) -> Result<(), Failure> {
    let keys = evidence::verifiers(&args.verifier)?;
    let new = evidence::checkpoint_file(&args.file)?;
    let wrong = |error: NoteError| Failure::rejected("bad-signature", format!("`{}`: {error}", args.file.display()));
    let signers = new.note.verify(&keys).map_err(wrong)?;
    let session = Session::open(options).await?;
    let tree = evidence::tree(&session, options).await?;
    evidence::agrees(&tree, &new.checkpoint).await?;
    let kept = evidence::kept_checkpoints(options);
    let size = new.checkpoint.head.size;
    let before = evidence::checked(&tree, &kept, size).await?.map(|kept| kept.note);
    // only what was verified is added: a forged signature would take the place of a good one of the same key
    let known = before.as_ref().map_or(&[][..], Note::signatures);
    for signature in new.note.signatures().iter().filter(|signature| !known.contains(signature)) {
        if !signers.iter().any(|key| key.name() == signature.name && key.id() == signature.id) {
            let (path, name) = (args.file.display(), &signature.name);
            let text = format!("`{path}`: the signature of `{name}` is of no given key: give its key with --verifier");
            return Err(Failure::rejected("bad-signature", text));
        }
    }
    let (note, added) = match before {
        Some(mut note) => {
            let added = note.merge(&new.note).map_err(wrong)?;
            (note, added)
        }
        None => (new.note.clone(), new.note.signatures().len()),
    };
    if !args.dry_run {
        kept.keep(&note)?;
    }
    Document::new()
        .headline(if args.dry_run { "would add signatures" } else { "added signatures" })
        .field("size", size)
        .field("added", added as u64)
        .field("verified", signers.iter().map(|key| key.name()).collect::<Vec<_>>().join(", "))
        .field("signatures", evidence::signatures(&note))
        .print(options)
}

fn list(options: &Options) -> Result<(), Failure> {
    let columns = [Column::number("size"), Column::text("root"), Column::text("origin"), Column::text("signatures")];
    let mut sheet = Sheet::new("checkpoints", columns).when_empty("no checkpoint is kept");
    for Kept { note, checkpoint } in evidence::kept_checkpoints(options).all()? {
        let (size, root) = (checkpoint.head.size, checkpoint.head.root.to_string());
        sheet.row([size.into(), root.into(), checkpoint.origin.into(), evidence::signatures(&note).into()]);
    }
    Document::new().sheet(sheet).print(options)
}

fn show(args: &ShowArgs, options: &Options) -> Result<(), Failure> {
    let kept = evidence::kept_checkpoints(options);
    let found = match args.size {
        Some(size) => kept.of_size(size)?,
        None => kept.all()?.pop(),
    };
    let Some(found) = found else {
        let text =
            "there is no such checkpoint: see `iledger checkpoint list`, or make one with `iledger checkpoint create`";
        return Err(Failure::rejected("no-checkpoint", text));
    };
    Ok(io::stdout().lock().write_all(found.note.to_string().as_bytes())?)
}

fn generate(args: &GenerateArgs, options: &Options) -> Result<(), Failure> {
    let kind = if args.witness { SignatureType::Cosignature } else { SignatureType::Ed25519 };
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice())
        .map_err(|error| Failure::Unavailable(format!("no random numbers: {error}")))?;
    let key = SignerKey::from_seed(&args.name, kind, &seed)
        .map_err(|error| Failure::rejected("bad-key", format!("`{}`: {error}", args.name)))?;
    let public = public_path(&args.output);
    if public.exists() {
        return Err(private_file::PrivateFileError::Exists(public).into());
    }
    let mut secret = key.secret_text();
    secret.push('\n');
    private_file::create(&args.output, secret.as_bytes())?;
    let verifier = key.verifier().to_string();
    std::fs::write(&public, format!("{verifier}\n"))
        .map_err(|error| Failure::Unavailable(format!("`{}`: {error}", public.display())))?;
    Document::new()
        .headline("made a key: give the public one to whom shall verify, keep the secret one apart from the ledger")
        .field("secret_file", args.output.display().to_string())
        .field("public_file", public.display().to_string())
        .field("verifier", verifier)
        .print(options)
}

fn public_path(secret: &Path) -> PathBuf {
    let mut name = secret.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}
