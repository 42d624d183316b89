//! `copy`: a whole ledger from one store to another.

use crate::any_store::{self, AnyStore};
use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt;
use crate::progress;
use crate::render::Document;
use ledger_core::copying::{self, CopyError};
use ledger_core::ledger::LedgerError;

/// Copy a whole ledger to another store, and prove that both are equal
///
/// Every event goes over in log order; the target is made if it is not there. A copy that was broken off goes on when it is run
/// again. A target that holds other events is refused. At the end the target is read again and compared, and the root over both
/// is printed. The keys of borrowers' data, products and what is derived from the log are not part of a ledger's log: copy the
/// keys apart.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger copy --from ./.iledger --to 'esdb://db1:2113,db2:2113,db3:2113?user=ledger&password-file=/run/secrets/db'
  iledger copy --from 'esdb://localhost:2113?tls=false' --to /var/lib/iledger/copy")]
pub struct Args {
    /// The store that is copied
    #[arg(long, value_name = "STORE")]
    from: String,

    /// The store that gets the copy
    #[arg(long, value_name = "STORE")]
    to: String,
}

/// Copies.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let named = |store: &str| Options { store: store.to_owned(), ..options.clone() };
    let (from, to) = (named(&args.from), named(&args.to));
    let (source, config) = AnyStore::open(&from).await?;
    let target = match AnyStore::open(&to).await {
        Ok((target, _)) => target,
        Err(Failure::Unavailable(_)) if is_free(&to) => AnyStore::create(&to, &config).await?,
        Err(error) => return Err(error),
    };
    let _guard = interrupt::Guard::new();
    let bar = progress::bar(options, "events", 0);
    let copied = copying::copy(&source, &target, |events| {
        bar.set_position(events);
        interrupt::check().is_ok()
    })
    .await;
    bar.finish_and_clear();
    let copied = copied?;
    Document::new()
        .headline("both stores hold the same events in the same order")
        .field("events", copied.events)
        .field("copied", copied.events.saturating_sub(copied.before))
        .field("root", copied.root.to_string())
        .print(options)
}

/// A directory that is not there or empty; or a cluster, which itself says whether it has the ledger.
fn is_free(options: &Options) -> bool {
    if any_store::is_cluster(&options.store) {
        return true;
    }
    match std::fs::read_dir(options.directory()) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Interrupted => Self::Interrupted,
            CopyError::Differs { .. } => Self::rejected("target-differs", error.to_string()),
            CopyError::Append(error) => LedgerError::Append(error).into(),
            CopyError::Read { error: ledger_core::store::ReadError::Corrupt(_), .. } => {
                Self::Damaged(error.to_string())
            }
            CopyError::Read { .. } => Self::Unavailable(error.to_string()),
            CopyError::Evidence(error) => error.into(),
        }
    }
}
