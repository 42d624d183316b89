//! Opening and creating, with errors that say what to do.

use super::bytes::Damage;
use super::core::{Core, View};
use super::durable::{Syncer, sync_surroundings};
use super::error::{Fault, OpenError};
use super::run::Summary;
use super::watermark::{self, Watermark};
use super::writer::Writer;
use super::{OpenOptions, frame, keys, tail};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How often a store that is in use is asked for, and the time between: half a second in all.
const LOCK_ATTEMPTS: u32 = 21;
const LOCK_WAIT: Duration = Duration::from_millis(25);

/// Opens a store that is there.
pub(super) fn open(path: &Path, options: OpenOptions) -> Result<(Arc<Core>, Writer), OpenError> {
    let damaged = |what: &str| OpenError::Damaged { path: path.to_path_buf(), what: what.into() };
    let not_a_store = |why: &str| OpenError::NotAStore { path: path.to_path_buf(), why: why.into() };
    let metadata = fs::metadata(path).map_err(|error| OpenError::from_io(path, &error))?;
    if !metadata.is_dir() {
        return Err(not_a_store("it is a file; a store is a directory"));
    }
    // sled would make a database of any directory, and fall over what else is called `db`.
    let ours = path.join(watermark::FILE).is_file();
    if ours && !path.join("db").is_file() {
        return Err(damaged("`db` is missing"));
    }
    if !path.join("db").is_file() || !path.join("conf").is_file() {
        let mut entries = fs::read_dir(path).map_err(|error| OpenError::from_io(path, &error))?;
        return Err(match entries.next() {
            None => OpenError::Missing(path.to_path_buf()),
            Some(_) => not_a_store("it holds other files"),
        });
    }
    let db = database(path, options)?;
    if !db.tree_names().iter().any(|name| name == keys::HEAD_TREE) {
        return Err(if ours {
            damaged("the whole log is missing from `db`")
        } else {
            not_a_store("it is a database of another program, or its creation was interrupted")
        });
    }
    let head = db.open_tree(keys::HEAD_TREE).map_err(|error| OpenError::from_sled(path, error))?;
    let stored = |key| head.get(key).map_err(|error| OpenError::from_sled(path, error));
    let Some(format) = stored(keys::FORMAT_KEY)? else {
        return Err(damaged("it does not say its format"));
    };
    if format != keys::FORMAT.as_bytes() {
        let found = String::from_utf8_lossy(&format).into_owned();
        return Err(OpenError::UnknownFormat { path: path.to_path_buf(), found, known: keys::FORMAT });
    }
    let id = stored(keys::ID_KEY)?.ok_or_else(|| damaged("it has no id"))?;
    let id = Uuid::from_slice(&id).map_err(|_| damaged("its id is not a UUID"))?;
    start(path, id, db, head).map_err(|fault| OpenError::from_fault(path, fault))
}

/// Makes a store where nothing is.
pub(super) fn create(path: &Path, options: OpenOptions) -> Result<(Arc<Core>, Writer), OpenError> {
    let io = |error: std::io::Error| OpenError::from_io(path, &error);
    match fs::read_dir(path) {
        Ok(entries) => {
            if entries.count() > 0 {
                return Err(OpenError::Exists(path.to_path_buf()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fs::create_dir_all(path).map_err(io)?,
        Err(_) if path.is_file() => return Err(OpenError::Exists(path.to_path_buf())),
        Err(error) => return Err(io(error)),
    }
    let sled = |error: sled::Error| OpenError::from_sled(path, error);
    let db = database(path, options)?;
    let head = db.open_tree(keys::HEAD_TREE).map_err(sled)?;
    let id = Uuid::new_v4();
    let mut batch = sled::Batch::default();
    batch.insert(keys::FORMAT_KEY, keys::FORMAT.as_bytes());
    batch.insert(keys::ID_KEY, id.as_bytes().as_slice());
    head.apply_batch(batch).map_err(sled)?;
    db.flush().map_err(sled)?;
    Watermark::create(path).map_err(io)?;
    start(path, id, db, head).map_err(|fault| OpenError::from_fault(path, fault))
}

/// Opens sled. Its threads let go of the lock a moment after the last handle is gone, so a store that was closed just now
/// is asked for again before it is called in use.
fn database(path: &Path, options: OpenOptions) -> Result<sled::Db, OpenError> {
    // Without a background flusher: every append is flushed before it is answered.
    let config = sled::Config::new().path(path).cache_capacity(options.cache_bytes).flush_every_ms(None);
    let mut attempt: u32 = 1;
    loop {
        match config.open().map_err(|error| OpenError::from_sled(path, error)) {
            Err(OpenError::InUse(_)) if attempt < LOCK_ATTEMPTS => std::thread::sleep(LOCK_WAIT),
            answer => return answer,
        }
        attempt = attempt.saturating_add(1);
    }
}

fn start(path: &Path, id: Uuid, db: sled::Db, head: sled::Tree) -> Result<(Arc<Core>, Writer), Fault> {
    let (view, tail_value) = load(&db, &head)?;
    let (mut watermark, acknowledged) = Watermark::open(path)?;
    if view.end() < acknowledged {
        let what = format!("{acknowledged} events were acknowledged, {} are left: restore a copy", view.end());
        return Err(Damage::new(what).into());
    }
    let mut syncer = Syncer::new(path)?;
    // What an earlier process wrote and did not sync would otherwise be answered from the cache as durable.
    syncer.sync()?;
    sync_surroundings(path)?;
    watermark.set(view.end())?;
    let core = Arc::new(Core::new(path.to_path_buf(), id, db, head, view));
    let writer = Writer::new(core.clone(), syncer, watermark, tail_value)?;
    Ok((core, writer))
}

/// Reads what is kept in memory: the summaries of the runs and the tail; and checks that they and the last frame fit.
fn load(db: &sled::Db, head: &sled::Tree) -> Result<(View, Vec<u8>), Fault> {
    let mut view = View::default();
    for entry in db.scan_prefix([keys::SUMMARY]) {
        let (key, value) = entry?;
        let first = keys::ordinal(keys::SUMMARY, &key).unwrap_or(u64::MAX);
        let place = format!("summary of the index of the events from {first}");
        if first != view.sealed {
            let what = format!("the index of the events from {} is missing", view.sealed);
            return Err(Damage::new(what).at(place).into());
        }
        let summary = Summary::decode(&value, first).map_err(|damage| damage.at(place))?;
        view.sealed = summary.end();
        view.runs.push(Arc::new(summary));
    }
    let last = db.get_lt([keys::FRAME.saturating_add(1)])?;
    let end = match last.and_then(|(key, value)| Some((keys::ordinal(keys::FRAME, &key)?, value))) {
        None => 0,
        Some((first, value)) => {
            let place = format!("block of the events from {first}");
            frame::span(&value).map_err(|damage| damage.at(place))?.end()
        }
    };
    if end != view.sealed {
        return Err(Damage::new(format!("the index ends before event {}, the log before {end}", view.sealed)).into());
    }
    let value = head.get(keys::TAIL_KEY)?.map_or_else(Vec::new, |value| value.to_vec());
    let records = tail::decode(&value).map_err(|damage| damage.at("tail"))?;
    match (records.first(), records.last()) {
        (Some(first), Some(_)) if first.position.0 == view.sealed => {
            view.tail = records.into_iter().map(Arc::new).collect();
            Ok((view, value))
        }
        (Some(first), Some(last)) if last.position.0 >= view.sealed => {
            let what = format!("it begins at event {}, the log ends before {}", first.position, view.sealed);
            Err(Damage::new(what).at("tail").into())
        }
        // Empty, or old: its events are in the log.
        _ => Ok((view, Vec::new())),
    }
}
