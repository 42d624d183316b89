//! redb 4 as an engine: one file, a table for each space, one sync per commit.

use super::{Engine, Entry, Space, Visit};
use crate::store::error::{Damage, Fault, OpenError};
use redb::{Database, ReadOnlyTable, ReadableDatabase as _, TableDefinition, TableHandle as _, WriteTransaction};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The database.
pub(super) const FILE: &str = "log.redb";

const LOG: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("log");
const HEAD: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("head");

type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// What was durable at the last sync.
struct Snapshot {
    log: Table,
    head: Table,
}

/// An open database.
pub(in crate::store) struct RedbEngine {
    // The order matters to Drop: what reads or writes ends before the database does.
    snapshot: RwLock<Arc<Snapshot>>,
    pending: Mutex<Option<WriteTransaction>>,
    database: Database,
}

impl fmt::Debug for RedbEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbEngine").finish_non_exhaustive()
    }
}

impl RedbEngine {
    /// Opens the database in a directory; `create` makes it, and its tables.
    pub(super) fn open(path: &Path, cache_bytes: u64, create: bool) -> Result<Self, OpenError> {
        let mut builder = Database::builder();
        builder.set_cache_size(usize::try_from(cache_bytes).unwrap_or(usize::MAX));
        let file = path.join(FILE);
        let opened =
            catch_unwind(AssertUnwindSafe(|| if create { builder.create(&file) } else { builder.open(&file) }));
        let database = match opened {
            Ok(opened) => opened.map_err(|error| of_open(path, error))?,
            Err(_) => return Err(OpenError::from_fault(path, unreadable())),
        };
        let of_fault = |fault| OpenError::from_fault(path, fault);
        if !create && !guarded(|| has_tables(&database)).map_err(of_fault)? {
            let why = "it is a database of another program, or its creation was interrupted".into();
            return Err(OpenError::NotAStore { path: path.to_path_buf(), why });
        }
        guarded(|| Self::new(database, create)).map_err(of_fault)
    }

    /// On a database that is open already.
    pub(in crate::store) fn new(database: Database, create: bool) -> Result<Self, Fault> {
        if create {
            let transaction = database.begin_write()?;
            transaction.open_table(LOG)?;
            transaction.open_table(HEAD)?;
            transaction.commit()?;
        }
        let snapshot = RwLock::new(Arc::new(Snapshot::of(&database)?));
        Ok(Self { snapshot, pending: Mutex::default(), database })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Verifies the checksums of all pages, and repairs what a crash left.
pub(super) fn verify(path: &Path) -> Result<(), Fault> {
    guarded(|| {
        let mut builder = Database::builder();
        builder.set_check_integrity_on_open(true);
        Ok(builder.open(path.join(FILE)).map(drop)?)
    })
}

fn has_tables(database: &Database) -> Result<bool, Fault> {
    let names: Vec<String> = database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
    Ok([LOG, HEAD].iter().all(|table| names.iter().any(|name| name == table.name())))
}

impl Snapshot {
    fn of(database: &Database) -> Result<Self, Fault> {
        let transaction = database.begin_read()?;
        Ok(Self { log: transaction.open_table(LOG)?, head: transaction.open_table(HEAD)? })
    }

    fn table(&self, space: Space) -> &Table {
        match space {
            Space::Log => &self.log,
            Space::Head => &self.head,
        }
    }
}

impl Engine for RedbEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        guarded(|| Ok(self.snapshot().table(space).get(key)?.map(|value| value.value().to_vec())))
    }

    fn last_before(&self, space: Space, key: &[u8]) -> Result<Option<Entry>, Fault> {
        guarded(|| {
            let last = self.snapshot().table(space).range::<&[u8]>(..key)?.next_back().transpose()?;
            Ok(last.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())))
        })
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), Fault> {
        guarded(|| {
            for entry in self.snapshot().table(space).range(from..to)? {
                let (key, value) = entry?;
                if visit(key.value(), value.value())?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// All that is applied between two syncs is one transaction.
    fn apply(&self, space: Space, entries: Vec<Entry>) -> Result<(), Fault> {
        let definition = match space {
            Space::Log => LOG,
            Space::Head => HEAD,
        };
        guarded(|| {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = match pending.take() {
                Some(transaction) => transaction,
                None => self.database.begin_write()?,
            };
            let mut table = transaction.open_table(definition)?;
            for (key, value) in entries {
                table.insert(key.as_slice(), value.as_slice())?;
            }
            drop(table);
            *pending = Some(transaction);
            Ok(())
        })
    }

    fn sync(&self) -> Result<(), Fault> {
        guarded(|| {
            let transaction = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(transaction) = transaction {
                transaction.commit()?;
                let snapshot = Arc::new(Snapshot::of(&self.database)?);
                *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
            }
            Ok(())
        })
    }
}

/// redb trusts a file that was closed in order, and panics over one that was changed since.
fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(unreadable()))
}

fn unreadable() -> Fault {
    Damage::new("redb cannot make sense of what it reads").at(FILE).into()
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(what) => Damage::new(what).at(FILE).into(),
            redb::Error::Io(error) if is_content(&error) => Damage::new(error.to_string()).at(FILE).into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

macro_rules! faults {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for Fault {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}

faults!(CommitError, DatabaseError, StorageError, TableError, TransactionError);

/// The system says nothing of this kind of a file that is whole.
fn is_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn of_open(path: &Path, error: redb::DatabaseError) -> OpenError {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_path_buf()),
        redb::DatabaseError::Storage(redb::StorageError::Io(error)) if !is_content(&error) => {
            OpenError::from_io(path, &error)
        }
        other => OpenError::from_fault(path, redb::Error::from(other).into()),
    }
}
