//! Looks at everything that a store holds, and says what of it is intact.
//!
//! Works on a copy: to open a damaged file, sled cuts it where it is damaged, and redb rolls it back.

use super::hash::StreamHash;
use super::run::{Entry, Run, Summary};
use super::watermark::{self, Watermark};
use super::{frame, keys, tail};
use crate::record::Record;
use crate::store::engine::{Engine, EngineKind, Space};
use crate::store::error::{Damage, Fault, OpenError};
use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::ops::{ControlFlow, RangeInclusive};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A place in a store that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a store holds, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The engine whose files are there.
    pub engine: EngineKind,
    /// The store's id, if it can be read.
    pub id: Option<Uuid>,
    /// How many events were acknowledged, if that can be read.
    pub acknowledged: Option<u64>,
    /// The events that are intact, by position.
    pub intact: Vec<RangeInclusive<u64>>,
    /// What is not as it must be.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many events are intact.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.intact.iter().map(|range| range.end().saturating_sub(*range.start()).saturating_add(1)).sum()
    }

    fn found(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.findings.push(Finding { place: place.into(), what: what.into() });
    }

    fn intact(&mut self, first: u64, end: u64) {
        let Some(last) = end.checked_sub(1).filter(|last| *last >= first) else { return };
        match self.intact.last_mut() {
            Some(range) if range.end().saturating_add(1) == first => *range = *range.start()..=last,
            _ => self.intact.push(first..=last),
        }
    }
}

/// A copy that is deleted when it is no longer needed.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        // What cannot be deleted stays; it is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let unreadable = |path: &Path, error: &std::io::Error| OpenError::from_io(path, error);
    fs::create_dir_all(to).map_err(|error| unreadable(to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| unreadable(from, &error))? {
        let entry = entry.map_err(|error| unreadable(from, &error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(|error| unreadable(&source, &error))?;
        }
    }
    Ok(())
}

/// Checks the store in a directory. The copy is made in `scratch`, and deleted. `progress` is told how many events were read, and
/// says whether to go on; if not, there is no report.
pub(super) fn check(
    path: &Path,
    scratch: &Path,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Option<Report>, OpenError> {
    fs::read_dir(path).map_err(|error| OpenError::from_io(path, &error))?;
    let ours = path.join(watermark::FILE).is_file();
    let Some(engine) = EngineKind::of_directory(path) else {
        let path = path.to_path_buf();
        return Err(if ours {
            OpenError::Damaged { path, what: "the file of the log is missing: restore a backup".into() }
        } else {
            OpenError::NotAStore { path, why: "it holds no log".into() }
        });
    };
    let file = path.join(engine.file());
    let lock = File::open(&file).map_err(|error| OpenError::from_io(&file, &error))?;
    match lock.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_path_buf())),
        Err(TryLockError::Error(error)) => return Err(OpenError::from_io(&file, &error)),
    }
    let twin = Copy(scratch.join(format!(".iledger-fsck-{}", Uuid::new_v4())));
    copy(path, &twin.0)?;
    drop(lock);
    let mut report = Report { engine, id: None, acknowledged: None, intact: Vec::new(), findings: Vec::new() };
    if let Err(fault) = engine.verify(&twin.0) {
        report.found(engine.file(), fault.to_string());
    }
    let opened = match engine.open(&twin.0, 64 * 1024 * 1024, false) {
        Ok(opened) => opened,
        Err(error) => {
            let what = match error {
                OpenError::Damaged { what, .. } | OpenError::NotAStore { why: what, .. } => what,
                other => other.to_string(),
            };
            if !report.findings.iter().any(|finding| finding.what == what) {
                report.found(engine.file(), what);
            }
            return Ok(Some(report));
        }
    };
    let mut walk = Walk { engine: &*opened, report, heads: HashMap::new(), next: 0, progress, stopped: false };
    walk.identity();
    let walked = walk.sealed().and_then(|()| walk.tail());
    let Walk { mut report, next, stopped, .. } = walk;
    if stopped {
        return Ok(None);
    }
    if let Err(fault) = walked {
        report.found(engine.file(), fault.to_string());
    }
    match Watermark::open(&twin.0) {
        Ok((_, acknowledged)) => {
            report.acknowledged = Some(acknowledged);
            if acknowledged > next {
                report.found(engine.file(), format!("{acknowledged} events were acknowledged, it ends after {next}"));
            }
        }
        Err(fault) => report.found(watermark::FILE, fault.to_string().replace("acknowledged: ", "")),
    }
    Ok(Some(report))
}

struct Walk<'a> {
    engine: &'a dyn Engine,
    report: Report,
    /// The version that each stream must have next.
    heads: HashMap<StreamHash, u64>,
    /// The ordinal that must come next.
    next: u64,
    progress: &'a mut dyn FnMut(u64) -> bool,
    stopped: bool,
}

impl Walk<'_> {
    fn identity(&mut self) {
        match self.engine.get(Space::Head, keys::FORMAT_KEY) {
            Ok(Some(format)) if format == keys::FORMAT.as_bytes() => {}
            Ok(Some(format)) if keys::OLD_FORMATS.iter().any(|old| format == old.as_bytes()) => {}
            Ok(Some(format)) => {
                let found = String::from_utf8_lossy(&format).into_owned();
                self.report.found("format", format!("it is `{found}`, not `{}`", keys::FORMAT));
            }
            Ok(None) => self.report.found("format", "it is missing"),
            Err(fault) => self.report.found("format", fault.to_string()),
        }
        match self.engine.get(Space::Head, keys::ID_KEY) {
            Ok(Some(id)) if Uuid::from_slice(&id).is_ok() => self.report.id = Uuid::from_slice(&id).ok(),
            Ok(_) => self.report.found("id", "it is missing or no UUID"),
            Err(fault) => self.report.found("id", fault.to_string()),
        }
    }

    /// The blocks, and the index runs against them.
    fn sealed(&mut self) -> Result<(), Fault> {
        let (from, to) = keys::all(keys::RUN);
        let mut firsts: Vec<u64> = Vec::new();
        let engine = self.engine;
        engine.scan(Space::Log, &from, &to, &mut |key, _| {
            firsts.extend(keys::ordinal(keys::RUN, key));
            Ok(ControlFlow::Continue(()))
        })?;
        for (index, first) in firsts.iter().enumerate() {
            let end = firsts.get(index.saturating_add(1)).copied();
            let entries = self.blocks(*first, end)?;
            if self.stopped {
                return Ok(());
            }
            self.index(*first, entries)?;
        }
        if firsts.first() != Some(&0) {
            // Blocks before the first run, or of a store without any.
            let end = firsts.first().copied();
            self.next = 0;
            if self.blocks(0, end)?.is_some_and(|entries| !entries.is_empty()) {
                self.report.found("index of the events from 0", "it is missing");
            }
        }
        Ok(())
    }

    /// Decodes the blocks from an ordinal to another; what the index must say of them, if all of them are intact.
    fn blocks(&mut self, first: u64, end: Option<u64>) -> Result<Option<Vec<Entry>>, Fault> {
        let from = keys::key(keys::FRAME, first);
        let to = end.map_or_else(|| keys::all(keys::FRAME).1.to_vec(), |end| keys::key(keys::FRAME, end).to_vec());
        let mut entries = Some(Vec::new());
        let engine = self.engine;
        engine.scan(Space::Log, &from, &to, &mut |key, value| {
            let ordinal = keys::ordinal(keys::FRAME, key).unwrap_or(u64::MAX);
            if ordinal != self.next {
                let what = format!("the events from {} to {} are missing", self.next, ordinal.saturating_sub(1));
                self.report.found("blocks", what);
                entries = None;
            }
            match frame::decode(value, ordinal)
                .and_then(|records| self.records(&records).map(|all| (records.len(), all)))
            {
                Ok((count, all)) => {
                    let after = ordinal.saturating_add(count as u64);
                    self.report.intact(ordinal, after);
                    self.next = after;
                    if let Some(entries) = &mut entries {
                        entries.extend(all);
                    }
                }
                Err(Damage(what)) => {
                    self.report.found(format!("block of the events from {ordinal}"), what);
                    entries = None;
                    self.next = frame::span(value).map_or(ordinal, frame::Span::end);
                }
            }
            self.stopped = !(self.progress)(self.next);
            Ok(if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if let Some(end) = end.filter(|end| *end != self.next && !self.stopped) {
            if self.next < end {
                let what = format!("the events from {} to {} cannot be read", self.next, end.saturating_sub(1));
                self.report.found("blocks", what);
            }
            self.next = end;
            entries = None;
        }
        Ok(entries)
    }

    /// The versions of a stream follow each other.
    fn records(&mut self, records: &[Record]) -> Result<Vec<Entry>, Damage> {
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            let stream = StreamHash::of(record.stream.as_str());
            let (version, ordinal) = (record.version.0, record.position.0);
            let head = self.heads.insert(stream, version.saturating_add(1));
            // What a damaged block held of the stream is not known.
            if head.unwrap_or(0) != version && self.report.findings.is_empty() {
                let what = format!("event {ordinal} is version {version} of `{}`", record.stream);
                return Err(Damage::new(format!("{what}, where {} comes next", head.unwrap_or(0))));
            }
            entries.push(Entry { stream, version, ordinal });
        }
        Ok(entries)
    }

    fn index(&mut self, first: u64, entries: Option<Vec<Entry>>) -> Result<(), Fault> {
        let place = format!("index of the events from {first}");
        let value = self.engine.get(Space::Log, &keys::key(keys::RUN, first))?.unwrap_or_default();
        let run = match Run::decode(&value, first) {
            Ok(run) => run,
            Err(Damage(what)) => {
                self.report.found(place, what);
                return Ok(());
            }
        };
        if let Some(entries) = entries {
            match Run::build(entries) {
                Ok(built) if built == run => {}
                Ok(_) => self.report.found(place.clone(), "it does not say what the blocks hold"),
                Err(Damage(what)) => self.report.found(place.clone(), what),
            }
        }
        let summary = self.engine.get(Space::Log, &keys::key(keys::SUMMARY, first))?;
        match summary.map(|value| Summary::decode(&value, first)) {
            Some(Ok(summary)) if summary == run.summary() => {}
            Some(Ok(_)) => self.report.found(format!("summary of the {place}"), "it does not say what the index holds"),
            Some(Err(Damage(what))) => self.report.found(format!("summary of the {place}"), what),
            None => self.report.found(format!("summary of the {place}"), "it is missing"),
        }
        Ok(())
    }

    fn tail(&mut self) -> Result<(), Fault> {
        if self.stopped {
            return Ok(());
        }
        let records = match tail::read(self.engine, self.next) {
            Ok(records) => records,
            Err(Fault::Damaged(Damage(what))) => {
                self.report.found("tail", what);
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(()) };
        let (first, end) = (first.position.0, last.position.0.saturating_add(1));
        match self.records(&records) {
            Ok(_) => {
                self.report.intact(first, end);
                self.next = end;
            }
            Err(Damage(what)) => self.report.found("tail", what),
        }
        Ok(())
    }
}
