//! `verify`: reads and hashes the whole log anew. `verify-proof`: checks a proof without any ledger.

use crate::args::Options;
use crate::evidence;
use crate::exit::Failure;
use crate::interrupt;
use crate::messages;
use crate::progress;
use crate::render::{Column, Document, Sheet};
use crate::session::Session;
use ledger_core::evidence::proof_file::{Proof, ProofFile, ProofFileError};
use ledger_core::evidence::verify::{Finding, verify};
use ledger_core::evidence::{self as core_evidence, Kept, NodeHash};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Read and hash every stored event anew, and compare with the kept checkpoints
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger verify
  iledger verify --verifier ledger.key.pub --checkpoint from-the-auditor.txt")]
pub struct Args {
    /// A checkpoint that was kept elsewhere; may be given several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// File of keys, one of which must have signed each checkpoint; may be given several times
    #[arg(long, value_name = "FILE")]
    verifier: Vec<PathBuf>,
}

/// Check a proof; needs no ledger
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger verify-proof proof.json --verifier ledger.key.pub
  iledger verify-proof proof.json --checkpoint checkpoint.txt")]
pub struct ProofArgs {
    /// The proof, as `iledger prove` wrote it
    file: PathBuf,
    /// File of keys, one of which must have signed the checkpoints in the proof; may be given several times
    #[arg(long, value_name = "FILE")]
    verifier: Vec<PathBuf>,
    /// A checkpoint that you have; the proof must lead to it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// Verifies the log; everything that was found is printed.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let keys = evidence::verifiers(&args.verifier)?;
    let given: Vec<Kept> =
        args.checkpoint.iter().map(|path| evidence::checkpoint_file(path)).collect::<Result<_, _>>()?;
    let session = Session::open(options).await?;
    let mut checkpoints = evidence::kept_checkpoints(options).all()?;
    checkpoints.extend(given);
    let mut findings: Vec<(&'static str, String)> = Vec::new();
    for Kept { note, checkpoint } in &checkpoints {
        if !keys.is_empty()
            && let Err(error) = note.verify(&keys)
        {
            findings.push(("signature", format!("the checkpoint of size {}: {error}", checkpoint.head.size)));
        }
    }
    let roots = if evidence::subtree_path(options).exists() {
        evidence::subtree_file(&session, options)?.roots().to_vec()
    } else {
        Vec::new()
    };
    let store = evidence::reader(&session, options).await?;
    let bar = progress::bar(options, "events", core_evidence::events(store).await?);
    let heads: Vec<_> = checkpoints.iter().map(|kept| kept.checkpoint.head).collect();
    let verified = verify(store, &roots, &heads, evidence::threads(), |events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    })
    .await;
    bar.finish_and_clear();
    let verified = verified?;
    findings.extend(verified.findings.iter().map(describe));
    if checkpoints.is_empty() {
        messages::warning(options, "no checkpoint is kept or given: nothing says what the log was before");
    } else if keys.is_empty() {
        messages::warning(options, "no --verifier: the signatures of the checkpoints were not verified");
    }
    let count = findings.len() as u64;
    let mut sheet = Sheet::new("findings", [Column::text("kind"), Column::text("what")]);
    for (kind, what) in findings {
        sheet.row([kind.into(), what.into()]);
    }
    let document = Document::new()
        .headline(if count == 0 { "the log is what it was" } else { "the log is not what it was" })
        .field("size", verified.head.size)
        .field("root", verified.head.root.to_string())
        .field("checkpoints", heads.len() as u64)
        .field("checkpoints_confirmed", verified.checkpoints)
        .field("signatures_verified", !keys.is_empty());
    let shown = count > 0 || options.format == crate::render::Format::Json;
    if shown { document.sheet(sheet) } else { document }.print(options)?;
    if count == 0 {
        Ok(())
    } else {
        Err(Failure::Damaged(format!("{count} findings: the log or what is kept of it was changed")))
    }
}

fn span(range: &RangeInclusive<u64>) -> String {
    format!("{} to {}", range.start(), range.end())
}

fn describe(finding: &Finding) -> (&'static str, String) {
    match finding {
        Finding::Checkpoint { kept, now, within } => {
            let places = within.iter().map(span).collect::<Vec<_>>().join(", ");
            let text = format!(
                "the checkpoint of size {} says {}, the log hashes to {now}; a changed event is among {places}",
                kept.size, kept.root
            );
            ("checkpoint", text)
        }
        Finding::Shorter { kept, events } => {
            ("shorter", format!("a checkpoint says that there were {} events; there are {events}", kept.size))
        }
        Finding::Subtrees { events } => (
            "subtrees",
            format!("the events {} hash to something else than the roots that were kept of them", span(events)),
        ),
    }
}

/// Verifies a proof.
pub fn proof(args: &ProofArgs, options: &Options) -> Result<(), Failure> {
    let keys = evidence::verifiers(&args.verifier)?;
    let mine = args.checkpoint.as_deref().map(evidence::checkpoint_file).transpose()?;
    let name = args.file.display();
    let wrong = |error: ProofFileError| match error {
        ProofFileError::Malformed(_) | ProofFileError::Event(_) => {
            Failure::rejected("bad-proof", format!("`{name}`: {error}"))
        }
        other => Failure::Damaged(format!("`{name}`: {other}")),
    };
    let file = ProofFile::parse(&evidence::read(&args.file)?).map_err(wrong)?;
    let vouched = file.verify(&keys).map_err(wrong)?;
    if let Some(Kept { note, checkpoint }) = &mine {
        if !keys.is_empty() {
            let path = args.checkpoint.as_deref().unwrap_or(&args.file).display().to_string();
            note.verify(&keys).map_err(|error| Failure::Damaged(format!("`{path}`: {error}")))?;
        }
        if !vouched.iter().any(|one| one.head == checkpoint.head) {
            let size = checkpoint.head.size;
            let text = format!("`{name}` holds in itself, but does not lead to your checkpoint of size {size}");
            return Err(Failure::Damaged(text));
        }
    }
    let known = |root: NodeHash| mine.as_ref().is_some_and(|mine| mine.checkpoint.head.root == root);
    let unsigned = vouched.iter().find(|one| one.signers.is_empty() && !known(one.head.root));
    let columns = [Column::number("size"), Column::text("root"), Column::text("origin"), Column::text("verified")];
    let mut sheet = Sheet::new("trees", columns);
    for one in &vouched {
        let (size, root) = (one.head.size, one.head.root.to_string());
        sheet.row([size.into(), root.into(), one.origin.clone().into(), one.signers.join(", ").into()]);
    }
    let document = Document::new();
    let document = match &file.proof {
        Proof::Inclusion(inclusion) => {
            let text = |key: &str| inclusion.event.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
            document
                .headline("the event is in the tree")
                .field("index", inclusion.index)
                .field("stream", text("stream"))
                .field("kind", text("kind"))
                .field("id", text("id"))
        }
        Proof::Consistency(_) => document.headline("the newer tree begins with the older one"),
    };
    document.sheet(sheet).print(options)?;
    match unsigned {
        Some(one) if !keys.is_empty() => {
            let size = one.head.size;
            Err(Failure::Found(format!("no given key vouches for the tree of size {size}")))
        }
        Some(_) => {
            messages::warning(options, "no --verifier and no --checkpoint: nobody vouches for the root");
            Ok(())
        }
        None => Ok(()),
    }
}
