//! Rule files together, and the choice of the one in force.

use super::RuleFile;
use crate::data_file::DataFileError;
use ledger_core::calendar::Date;
use std::fs;
use std::path::Path;

/// The rule files that the program comes with.
const BUILTIN: [(&str, &str); 3] = [
    ("cn-credit-card-2011-01-13.toml", include_str!("../../data/rules/cn-credit-card-2011-01-13.toml")),
    ("cn-five-tier-2023-07-01.toml", include_str!("../../data/rules/cn-five-tier-2023-07-01.toml")),
    ("ifrs9-2018-01-01.toml", include_str!("../../data/rules/ifrs9-2018-01-01.toml")),
];

/// Why no rule file can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleChoiceError {
    /// There is no such rule.
    #[error("there is no rule `{id}`; there are: {known}")]
    NoSuchRule {
        /// What was asked for.
        id: String,
        /// The ids that there are.
        known: String,
    },
    /// The rule was not in force yet.
    #[error("the rule `{id}` is in force from {from} on, not on {date}")]
    NotInForce {
        /// The rule.
        id: String,
        /// The date asked for.
        date: Date,
        /// Its first effective date.
        from: Date,
    },
}

/// Rule files together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleBook {
    files: Vec<RuleFile>,
}

impl RuleBook {
    /// The rule files that the program comes with.
    ///
    /// # Errors
    /// Never for the files that are built in; a test reads them.
    pub fn builtin() -> Result<Self, DataFileError> {
        let mut book = Self::default();
        for (file, text) in BUILTIN {
            book.add(RuleFile::parse(file, text)?)?;
        }
        Ok(book)
    }

    /// Adds every `*.toml` of a directory, in the order of their names.
    ///
    /// # Errors
    /// A file cannot be read, is no rule file, or repeats a rule and date that is there already.
    pub fn add_dir(&mut self, dir: &Path) -> Result<(), DataFileError> {
        let unreadable = |path: &Path, error: std::io::Error| {
            DataFileError::new(&path.display().to_string(), "file", format!("it cannot be read: {error}"))
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
            let path = entry.map_err(|error| unreadable(dir, error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            self.add(RuleFile::parse(&path.display().to_string(), &text)?)?;
        }
        Ok(())
    }

    /// Adds a rule file.
    ///
    /// # Errors
    /// There is one of the same rule and date already.
    pub fn add(&mut self, file: RuleFile) -> Result<(), DataFileError> {
        let same = |other: &&RuleFile| other.id == file.id && other.effective_from == file.effective_from;
        if let Some(other) = self.files.iter().find(same) {
            let reason = format!("`{}` from {} on stands in {} already", file.id, file.effective_from, other.file);
            return Err(DataFileError::new(&file.file, "effective_from", reason));
        }
        self.files.push(file);
        self.files.sort_by(|a, b| (&a.id, a.effective_from).cmp(&(&b.id, b.effective_from)));
        Ok(())
    }

    /// All rule files, by id and date.
    #[must_use]
    pub fn files(&self) -> &[RuleFile] {
        &self.files
    }

    /// The file of a rule that is in force on a date: the one with the latest effective date that is not after it.
    ///
    /// # Errors
    /// There is no such rule, or it was not in force yet.
    pub fn in_force(&self, id: &str, date: Date) -> Result<&RuleFile, RuleChoiceError> {
        let mut versions = self.files.iter().filter(|file| file.id == id).peekable();
        let Some(first) = versions.peek().copied() else {
            let mut known: Vec<&str> = self.files.iter().map(|file| file.id.as_str()).collect();
            known.dedup();
            return Err(RuleChoiceError::NoSuchRule { id: id.to_owned(), known: known.join(", ") });
        };
        versions.take_while(|file| file.effective_from <= date).last().ok_or_else(|| RuleChoiceError::NotInForce {
            id: id.to_owned(),
            date,
            from: first.effective_from,
        })
    }
}
