//! `digest`: size and root of the log's tree.

use crate::args::Options;
use crate::evidence;
use crate::exit::Failure;
use crate::render::Document;
use crate::session::Session;

/// Print the number of events and the Merkle root over them, now or at an earlier size
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger digest
  iledger digest --size 1000 --format json")]
pub struct Args {
    /// The root over the first N events [default: all]
    #[arg(long, value_name = "N")]
    size: Option<u64>,
}

/// Prints the digest.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let tree = evidence::tree(&session, options).await?;
    let head = tree.head_at(args.size.unwrap_or(tree.size())).await?;
    Document::new().field("size", head.size).field("root", head.root.to_string()).print(options)
}
