//! The store that the options name: a directory of this machine, or a ledger on a cluster.

use crate::args::Options;
use crate::config::Config;
use crate::exit::Failure;
use crate::session::log_path;
use async_trait::async_trait;
use ledger_core::record::Record;
#[cfg(feature = "eventstore")]
use ledger_core::store::esdb_store::{Address, EsdbStore, OpenError as ClusterError};
use ledger_core::store::{
    Append, AppendError, Appended, BlockStore, EventAppender, EventReader, EventStore, ReadError,
};
use ledger_core::stream::{Position, StreamName, Version};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// A store of any kind. Cheap to clone.
#[derive(Clone)]
pub struct AnyStore {
    store: Arc<dyn EventStore>,
    id: Uuid,
    /// An event's position is its ordinal.
    ordinals: bool,
    /// What keeps it on this machine.
    engine: Option<&'static str>,
}

/// Whether the text names a cluster.
pub fn is_cluster(store: &str) -> bool {
    store.starts_with("esdb://") || store.starts_with("esdb+discover://")
}

/// The name of the ledger that a cluster's address has, as far as a name of a directory needs it.
pub fn cluster_ledger(store: &str) -> &str {
    let parameters = store.split_once('?').map_or("", |(_, parameters)| parameters);
    let named = parameters.split('&').find_map(|parameter| parameter.strip_prefix("ledger="));
    named.filter(|name| !name.contains(['/', '\\', '.'])).unwrap_or("iledger")
}

impl AnyStore {
    /// Opens what the options name, and says what its settings are.
    pub async fn open(options: &Options) -> Result<(Self, Config), Failure> {
        let directory = options.directory();
        if is_cluster(&options.store) {
            return open_cluster(&options.store, &directory).await;
        }
        let config = Config::read(&directory)?;
        let store = BlockStore::open(log_path(&directory), options.log())?;
        Ok((Self::local(store), config))
    }

    /// Makes what the options name, with an empty log.
    pub async fn create(options: &Options, config: &Config) -> Result<Self, Failure> {
        let directory = options.directory();
        if is_cluster(&options.store) {
            return create_cluster(&options.store, config).await;
        }
        let store = BlockStore::create(log_path(&directory), options.log())?;
        // the settings come last: a directory without them is no ledger
        config.write(&directory)?;
        Ok(Self::local(store))
    }

    fn local(store: BlockStore) -> Self {
        let (id, engine) = (store.id(), Some(store.engine().name()));
        Self { store: Arc::new(store), id, ordinals: true, engine }
    }

    /// The store's id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The engine that keeps it on this machine; none on a cluster.
    pub fn engine(&self) -> Option<&'static str> {
        self.engine
    }

    /// Whether an event's position is its ordinal in the log.
    pub fn positions_are_ordinals(&self) -> bool {
        self.ordinals
    }
}

#[cfg(feature = "eventstore")]
impl AnyStore {
    fn cluster(store: EsdbStore) -> Self {
        let id = store.id();
        Self { store: Arc::new(store), id, ordinals: false, engine: None }
    }
}

#[cfg(feature = "eventstore")]
fn address(text: &str) -> Result<Address, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    Address::parse(text, &environment).map_err(|error| Failure::Usage(error.to_string()))
}

#[cfg(feature = "eventstore")]
async fn open_cluster(text: &str, directory: &Path) -> Result<(AnyStore, Config), Failure> {
    let store = EsdbStore::open(address(text)?).await?;
    let config = Config::parse(store.settings(), "the settings on the cluster")?;
    // what is derived from the log is kept on this machine
    let failed = |error: std::io::Error| Failure::Unavailable(format!("`{}`: {error}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed)?;
    Ok((AnyStore::cluster(store), config))
}

#[cfg(feature = "eventstore")]
async fn create_cluster(text: &str, config: &Config) -> Result<AnyStore, Failure> {
    Ok(AnyStore::cluster(EsdbStore::create(address(text)?, &config.text()?).await?))
}

#[cfg(feature = "eventstore")]
impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Exists(_) => Self::rejected("store-exists", error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

#[cfg(not(feature = "eventstore"))]
fn not_built() -> Failure {
    Failure::Usage("this program was built without EventStoreDB: build it with `--features eventstore`".to_owned())
}

#[cfg(not(feature = "eventstore"))]
async fn open_cluster(_: &str, _: &Path) -> Result<(AnyStore, Config), Failure> {
    Err(not_built())
}

#[cfg(not(feature = "eventstore"))]
async fn create_cluster(_: &str, _: &Config) -> Result<AnyStore, Failure> {
    Err(not_built())
}

#[async_trait]
impl EventReader for AnyStore {
    async fn read_stream(&self, stream: &StreamName, from: Version, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.store.read_stream(stream, from, limit).await
    }

    async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.store.read_all(after, limit).await
    }

    async fn head(&self) -> Result<Option<Position>, ReadError> {
        self.store.head().await
    }

    async fn wait_after(&self, after: Option<Position>) -> Result<(), ReadError> {
        self.store.wait_after(after).await
    }
}

#[async_trait]
impl EventAppender for AnyStore {
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        self.store.append_many(appends).await
    }
}
