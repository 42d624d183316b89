//! `init`: a new ledger.

use crate::any_store::{self, AnyStore};
use crate::args::Options;
use crate::clock;
use crate::config::Config;
use crate::exit::Failure;
use crate::render::Document;
use ledger_core::money::Currency;
use std::io::ErrorKind;
use std::path::Path;

/// Create a new, empty ledger
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger init
  iledger init --time-zone Asia/Shanghai --currency CNY
  iledger init --store /var/lib/iledger/books --time-zone UTC --currency USD
  iledger init --store redb:books
  iledger init --store 'esdb://localhost:2113?tls=false&ledger=books'")]
pub struct Args {
    /// Time zone of the ledger's business day, by its IANA name
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,

    /// Currency of loans whose product names none
    #[arg(long, value_name = "CODE", default_value = "CNY")]
    currency: Currency,
}

/// Creates the directory with its settings and an empty log.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    clock::zone(&args.time_zone)?;
    let directory = options.directory();
    let config = Config { time_zone: args.time_zone.clone(), currency: args.currency };
    let on_cluster = any_store::is_cluster(&options.store);
    if !on_cluster {
        make_empty(&directory)?;
    }
    let store = AnyStore::create(options, &config).await?;
    let place = if on_cluster { options.store.clone() } else { directory.display().to_string() };
    Document::new()
        .headline("created an empty ledger")
        .field("store", place)
        .field("id", Some(store.id().to_string()).filter(|_| options.verbose > 0))
        .field("engine", store.engine().filter(|_| options.verbose > 0))
        .field("time_zone", args.time_zone.as_str())
        .field("default_currency", args.currency.to_string())
        .print(options)
}

fn make_empty(directory: &Path) -> Result<(), Failure> {
    let place = directory.display();
    let failed = |error: std::io::Error| Failure::Unavailable(format!("`{place}` cannot be created: {error}"));
    match std::fs::read_dir(directory).map(Iterator::count) {
        Ok(1..) => {
            let text = format!("`{place}` is not empty: a new ledger needs a directory of its own (--store PATH)");
            Err(Failure::rejected("store-exists", text))
        }
        Ok(0) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => std::fs::create_dir_all(directory).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}
