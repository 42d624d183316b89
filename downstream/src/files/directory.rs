//! An export in a directory: `<table>/day=<date>/part-<number>.<extension>` and `manifest.json`.
//!
//! A file has its name when it is whole, the manifest comes last. `.export.json` marks a directory in which an export is not whole
//! yet: the same export is begun anew there, another one is refused.

use super::manifest::{Contents, FileEntry, Manifest, Subject, Totals};
use super::output::Output;
use super::part::{self, Encoding, Part};
use crate::Error;
use crate::feed::Rows;
use crate::table::{Table, Value};
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, text};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";
const MARKER: &str = ".export.json";

/// Files that are open at the same time. Days come nearly in order; one that comes again after its file was closed begins another.
const OPEN: usize = 16;

struct Open {
    table: &'static Table,
    day: Date,
    path: PathBuf,
    temporary: PathBuf,
    part: Box<dyn Part>,
    rows: u64,
}

/// Sums of the amounts of a table in a currency.
#[derive(Default)]
struct Total {
    rows: u64,
    /// By place of the column.
    sums: BTreeMap<usize, Amount>,
}

/// An export in the making.
pub struct Directory {
    dir: PathBuf,
    subject: Subject,
    encoding: Encoding,
    source: String,
    /// The one that was used last stands last.
    open: Vec<Open>,
    parts: HashMap<(&'static str, Date), u32>,
    contents: BTreeMap<String, Contents>,
    totals: BTreeMap<(&'static str, Currency), Total>,
}

/// What a directory can be for an export.
pub enum Begun {
    /// It is written now.
    New(Directory),
    /// It is there already, whole.
    There(Manifest),
}

impl Directory {
    /// Begins an export.
    ///
    /// # Errors
    /// The directory holds something else, or cannot be used.
    pub fn begin(dir: &Path, encoding: Encoding, source: &str, subject: Subject) -> Result<Begun, Error> {
        let occupied = |holds: &str| Error::Occupied { path: dir.to_path_buf(), holds: holds.to_owned() };
        fs::create_dir_all(dir).map_err(Error::file(dir, "made"))?;
        if let Some(manifest) = read::<Manifest>(&dir.join(MANIFEST))? {
            return match manifest {
                Some(manifest) if manifest.subject == subject => Ok(Begun::There(manifest)),
                _ => Err(occupied("holds another export")),
            };
        }
        let marker = dir.join(MARKER);
        match read::<Subject>(&marker)? {
            Some(Some(unfinished)) if unfinished == subject => {
                for table in &subject.tables {
                    remove(&dir.join(table))?;
                }
            }
            Some(_) => return Err(occupied("holds another export that is not whole")),
            None => {
                let mut entries = fs::read_dir(dir).map_err(Error::file(dir, "listed"))?;
                if entries.next().is_some() {
                    return Err(occupied("is not empty and holds no export"));
                }
                write(&marker, &subject)?;
            }
        }
        let contents = subject.tables.iter().map(|table| (table.clone(), Contents::default())).collect();
        Ok(Begun::New(Self {
            dir: dir.to_path_buf(),
            subject,
            encoding,
            source: source.to_owned(),
            open: Vec::new(),
            parts: HashMap::new(),
            contents,
            totals: BTreeMap::new(),
        }))
    }

    /// The file to which rows of a table and day go.
    fn part(&mut self, table: &'static Table, day: Date) -> Result<&mut Open, Error> {
        if let Some(at) = self.open.iter().rposition(|open| open.day == day && open.table.name == table.name) {
            let open = self.open.remove(at);
            self.open.push(open);
        } else {
            if self.open.len() >= OPEN {
                let open = self.open.remove(0);
                self.close(open)?;
            }
            let number = self.parts.entry((table.name, day)).or_default();
            let name = format!("part-{number:05}.{}", self.encoding.name());
            *number = number.saturating_add(1);
            let directory = self.dir.join(table.name).join(format!("day={day}"));
            fs::create_dir_all(&directory).map_err(Error::file(&directory, "made"))?;
            // a leading dot: programs that read the directory pass it over
            let temporary = directory.join(format!(".{name}.tmp"));
            let part = part::begin(self.encoding, table, &self.source, Output::file(&temporary)?)?;
            self.open.push(Open { table, day, path: directory.join(name), temporary, part, rows: 0 });
        }
        self.open.last_mut().ok_or_else(|| Error::Encode("no file is open".to_owned()))
    }

    fn close(&mut self, open: Open) -> Result<(), Error> {
        let Open { table, path, temporary, part, rows, .. } = open;
        let written = part.finish()?.finish_unsynced()?;
        fs::rename(&temporary, &path).map_err(Error::file(&path, "written"))?;
        let path = path.strip_prefix(&self.dir).unwrap_or(&path);
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let entry = FileEntry { path: parts.join("/"), rows, bytes: written.bytes, sha256: written.sha256 };
        if let Some(contents) = self.contents.get_mut(table.name) {
            contents.rows = contents.rows.saturating_add(rows);
            contents.files.push(entry);
        }
        Ok(())
    }

    fn total(&mut self, table: &'static Table, values: &[Value<'_>]) -> Result<(), Error> {
        let amounts = values.iter().enumerate().filter_map(|(at, value)| match value {
            Value::Amount(amount, currency) => Some((at, *amount, *currency)),
            _ => None,
        });
        let mut counted = false;
        for (at, amount, currency) in amounts {
            let total = self.totals.entry((table.name, currency)).or_default();
            if !counted {
                total.rows = total.rows.saturating_add(1);
                counted = true;
            }
            let sum = total.sums.entry(at).or_default();
            *sum = sum.plus(amount)?;
        }
        Ok(())
    }

    /// All files at once, at the end: one after the other, each would wait for the disk by itself.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> Result<(), Error> {
        let failed = Error::file(&self.dir, "written");
        File::open(&self.dir).and_then(|dir| Ok(rustix::fs::syncfs(dir)?)).map_err(failed)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> Result<(), Error> {
        let mut directories = std::collections::BTreeSet::from([self.dir.clone()]);
        for file in self.contents.values().flat_map(|contents| &contents.files) {
            let path = self.dir.join(&file.path);
            sync(&path)?;
            directories.extend(path.ancestors().skip(1).take_while(|at| *at != self.dir).map(Path::to_path_buf));
        }
        directories.iter().try_for_each(|directory| sync(directory))
    }

    /// Closes the files and writes the manifest.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn finish(mut self, tables: &[&'static Table]) -> Result<Manifest, Error> {
        while !self.open.is_empty() {
            let open = self.open.remove(0);
            self.close(open)?;
        }
        for ((table, currency), Total { rows, sums }) in std::mem::take(&mut self.totals) {
            let Some(table) = tables.iter().find(|one| one.name == table) else { continue };
            let Some(contents) = self.contents.get_mut(table.name) else { continue };
            let named = sums.into_iter().filter_map(|(at, sum)| {
                table.columns.get(at).map(|column| (column.name.clone(), text::format(sum, currency)))
            });
            contents.control_totals.insert(currency.to_string(), Totals { rows, sums: named.collect() });
        }
        for contents in self.contents.values_mut() {
            contents.files.sort_by(|one, other| one.path.cmp(&other.path));
        }
        self.sync()?;
        let manifest = Manifest { subject: self.subject, contents: self.contents };
        write(&self.dir.join(MANIFEST), &manifest)?;
        let marker = self.dir.join(MARKER);
        fs::remove_file(&marker).map_err(Error::file(&marker, "removed"))?;
        Ok(manifest)
    }
}

impl Rows for Directory {
    fn row(&mut self, table: &'static Table, day: Date, values: &[Value<'_>]) -> Result<(), Error> {
        if !self.contents.contains_key(table.name) {
            return Ok(());
        }
        self.total(table, values)?;
        let open = self.part(table, day)?;
        open.rows = open.rows.saturating_add(1);
        open.part.row(values)
    }
}

/// Reads a JSON file: none if it is not there, `Some(None)` if it is something else.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<Option<T>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).ok())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path, "read")(error)),
    }
}

/// Writes a JSON file, which appears when it is whole and on disk.
fn write(path: &Path, content: &impl serde::Serialize) -> Result<(), Error> {
    let failed = || Error::file(path, "written");
    let mut bytes = serde_json::to_vec_pretty(content).map_err(|error| Error::Encode(error.to_string()))?;
    bytes.push(b'\n');
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let mut file = File::create(&temporary).map_err(failed())?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed())?;
    fs::rename(&temporary, path).map_err(failed())?;
    match path.parent() {
        Some(dir) => sync(dir),
        None => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::file(path, "written"))
}

fn remove(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(dir, "removed")(error)),
        _ => Ok(()),
    }
}
