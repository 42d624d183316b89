//! Opening and creating, with errors that say what to do.

use super::core::{Core, View};
use super::run::Summary;
use super::watermark::{self, Watermark};
use super::writer::Writer;
use super::{OpenOptions, frame, keys, tail};
use crate::store::engine::{Engine, EngineKind, Space};
use crate::store::error::{Damage, Fault, OpenError};
use crate::store::files::sync_surroundings;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Opens a store that is there.
pub(super) fn open(path: &Path, options: OpenOptions) -> Result<(Arc<Core>, Writer), OpenError> {
    let damaged = |what: &str| OpenError::Damaged { path: path.to_path_buf(), what: what.into() };
    let not_a_store = |why: &str| OpenError::NotAStore { path: path.to_path_buf(), why: why.into() };
    let metadata = fs::metadata(path).map_err(|error| OpenError::from_io(path, &error))?;
    if !metadata.is_dir() {
        return Err(not_a_store("it is a file; a store is a directory"));
    }
    let ours = path.join(watermark::FILE).is_file();
    let Some(kind) = EngineKind::of_directory(path) else {
        if ours {
            let [sled, redb] = EngineKind::ALL.map(EngineKind::file);
            return Err(damaged(&format!("the file of the log is missing (`{sled}` or `{redb}`)")));
        }
        let mut entries = fs::read_dir(path).map_err(|error| OpenError::from_io(path, &error))?;
        return Err(match entries.next() {
            None => OpenError::Missing(path.to_path_buf()),
            Some(_) => not_a_store("it holds other files"),
        });
    };
    if let Some(other) = options.engine.filter(|other| *other != kind) {
        return Err(OpenError::OtherEngine { path: path.to_path_buf(), found: kind, wanted: other });
    }
    let engine = kind.open(path, options.cache_bytes, false).map_err(|error| match error {
        // Another program's database has no count of ours beside it.
        OpenError::NotAStore { why, .. } if ours => damaged(&format!("the whole log is missing: {why}")),
        other => other,
    })?;
    let stored = |key| engine.get(Space::Head, key).map_err(|fault| OpenError::from_fault(path, fault));
    let Some(format) = stored(keys::FORMAT_KEY)? else {
        return Err(damaged("it does not say its format"));
    };
    if keys::OLD_FORMATS.iter().any(|old| format == old.as_bytes()) {
        // What is written from now on, an older program cannot read.
        let upgrade = vec![(keys::FORMAT_KEY.to_vec(), keys::FORMAT.as_bytes().to_vec())];
        let upgraded = engine.apply(Space::Head, upgrade).and_then(|()| engine.sync());
        upgraded.map_err(|fault| OpenError::from_fault(path, fault))?;
    } else if format != keys::FORMAT.as_bytes() {
        let found = String::from_utf8_lossy(&format).into_owned();
        return Err(OpenError::UnknownFormat { path: path.to_path_buf(), found, known: keys::FORMAT });
    }
    let id = stored(keys::ID_KEY)?.ok_or_else(|| damaged("it has no id"))?;
    let id = Uuid::from_slice(&id).map_err(|_| damaged("its id is not a UUID"))?;
    start(path, id, kind, engine).map_err(|fault| OpenError::from_fault(path, fault))
}

/// Makes a store where nothing is.
pub(super) fn create(path: &Path, options: OpenOptions, id: Uuid) -> Result<(Arc<Core>, Writer), OpenError> {
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
    let kind = options.engine.unwrap_or_default();
    let engine = kind.open(path, options.cache_bytes, true)?;
    let entries = [(keys::FORMAT_KEY, keys::FORMAT.as_bytes()), (keys::ID_KEY, id.as_bytes().as_slice())];
    let entries = entries.map(|(key, value)| (key.to_vec(), value.to_vec())).into();
    let written = engine.apply(Space::Head, entries).and_then(|()| engine.sync());
    written.map_err(|fault| OpenError::from_fault(path, fault))?;
    Watermark::create(path).map_err(io)?;
    start(path, id, kind, engine).map_err(|fault| OpenError::from_fault(path, fault))
}

pub(super) fn start(
    path: &Path,
    id: Uuid,
    kind: EngineKind,
    engine: Box<dyn Engine>,
) -> Result<(Arc<Core>, Writer), Fault> {
    let view = load(&*engine)?;
    let (mut watermark, acknowledged) = Watermark::open(path)?;
    if view.end() < acknowledged {
        let what = format!("{acknowledged} events were acknowledged, {} are left: restore a copy", view.end());
        return Err(Damage::new(what).into());
    }
    // What an earlier process wrote and did not sync would otherwise be answered from the cache as durable.
    engine.sync()?;
    sync_surroundings(path)?;
    watermark.set(view.end())?;
    let core = Arc::new(Core::new(path.to_path_buf(), id, kind, engine, view));
    let writer = Writer::new(core.clone(), watermark)?;
    Ok((core, writer))
}

/// Reads what is kept in memory: the summaries of the runs and the tail; and checks that they and the last frame fit.
fn load(engine: &dyn Engine) -> Result<View, Fault> {
    let mut view = View::default();
    let (from, to) = keys::all(keys::SUMMARY);
    engine.scan(Space::Log, &from, &to, &mut |key, value| {
        let first = keys::ordinal(keys::SUMMARY, key).unwrap_or(u64::MAX);
        let place = format!("summary of the index of the events from {first}");
        if first != view.sealed {
            let what = format!("the index of the events from {} is missing", view.sealed);
            return Err(Damage::new(what).at(place).into());
        }
        let summary = Summary::decode(value, first).map_err(|damage| damage.at(place))?;
        view.sealed = summary.end();
        view.runs.push(Arc::new(summary));
        Ok(ControlFlow::Continue(()))
    })?;
    let last = engine.last_before(Space::Log, &keys::all(keys::FRAME).1)?;
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
    let tail = tail::read(engine, view.sealed).map_err(|fault| match fault {
        Fault::Damaged(damage) => damage.at("tail").into(),
        other => other,
    })?;
    view.tail = tail.into_iter().map(Arc::new).collect();
    Ok(view)
}
