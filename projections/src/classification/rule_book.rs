//! Rule files together, and the choice of the one in force.

use super::RuleFile;
use crate::data_file::DataFileError;
use ledger_core::calendar::Date;
use std::fs;
use std::path::Path;

/// The rule files that the program comes with.
const BUILTIN: [(&str, &str); 5] = [
    ("cn-credit-card-2011-01-13.toml", include_str!("../../data/rules/cn-credit-card-2011-01-13.toml")),
    ("cn-five-tier-2023-07-01.toml", include_str!("../../data/rules/cn-five-tier-2023-07-01.toml")),
    ("ifrs9-2018-01-01.toml", include_str!("../../data/rules/ifrs9-2018-01-01.toml")),
    ("in-sma-npa-2021-11-12.toml", include_str!("../../data/rules/in-sma-npa-2021-11-12.toml")),
    (
        "us-ffiec-retail-closed-end-2000-06-12.toml",
        include_str!("../../data/rules/us-ffiec-retail-closed-end-2000-06-12.toml"),
    ),
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

#[cfg(test)]
mod tests {
    use super::RuleBook;
    use ledger_core::calendar::Date;

    /// The classes of a loan whose oldest unpaid instalment fell due so many days before, at every boundary of the
    /// tables.
    fn class(rule: &str, days: i64) -> String {
        let due_on: Date = "2024-03-31".parse().unwrap();
        on(rule, due_on, due_on.plus_days(days).unwrap())
    }

    fn on(rule: &str, due_on: Date, date: Date) -> String {
        let book = RuleBook::builtin().unwrap();
        let rule = book.in_force(rule, date).unwrap();
        let days = rule.count(Some(date.days_since(due_on).max(0)), Some(due_on), date).unwrap();
        rule.bands[rule.band_of(days).unwrap()].class.to_string()
    }

    #[test]
    fn every_boundary_day_has_its_class() {
        let five_tier = [(0, "normal"), (1, "special-mention"), (90, "special-mention"), (91, "substandard")]
            .into_iter()
            .chain([(270, "substandard"), (271, "doubtful"), (360, "doubtful"), (361, "loss"), (9_999, "loss")]);
        let card = [(90, "special-mention"), (91, "substandard"), (120, "substandard"), (121, "doubtful")]
            .into_iter()
            .chain([(180, "doubtful"), (181, "loss")]);
        let ifrs9 = [(0, "stage-1"), (30, "stage-1"), (31, "stage-2"), (90, "stage-2"), (91, "stage-3")];
        let ffiec = [(89, "pass"), (90, "substandard"), (119, "substandard"), (120, "loss")];
        let india = [(-1, "standard"), (0, "sma-0"), (29, "sma-0"), (30, "sma-1"), (59, "sma-1"), (60, "sma-2")]
            .into_iter()
            .chain([(89, "sma-2"), (90, "npa")]);
        let all = five_tier
            .map(|one| ("cn-five-tier", one))
            .chain(card.map(|one| ("cn-credit-card", one)))
            .chain(ifrs9.map(|one| ("ifrs9", one)))
            .chain(ffiec.map(|one| ("us-ffiec-retail-closed-end", one)))
            .chain(india.map(|one| ("in-sma-npa", one)));
        for (rule, (days, wanted)) in all {
            assert_eq!(class(rule, days), wanted, "{rule} at {days} days");
        }
    }

    /// The dates that the Reserve Bank of India's clarification gives: due 31 March, SMA-1 on 30 April, SMA-2 on 30
    /// May, NPA on 29 June.
    #[test]
    fn the_published_example_of_india_comes_out() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (date, wanted) in [
            ("2022-03-30", "standard"),
            ("2022-03-31", "sma-0"),
            ("2022-04-29", "sma-0"),
            ("2022-04-30", "sma-1"),
            ("2022-05-30", "sma-2"),
            ("2022-06-28", "sma-2"),
            ("2022-06-29", "npa"),
        ] {
            assert_eq!(on("in-sma-npa", day("2022-03-31"), day(date)), wanted, "{date}");
        }
    }
}
