//! The ledger's own settings: a small TOML file beside the log.

use crate::clock;
use crate::exit::Failure;
use ledger_core::money::Currency;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file's name in the directory of the ledger.
const FILE: &str = "ledger.toml";

/// What belongs to the ledger as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The time zone in which the ledger's business day begins and ends.
    pub time_zone: String,
    /// The currency of loans whose product names none.
    pub currency: Currency,
}

impl Config {
    /// Where it stands.
    pub fn path(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }

    /// Reads it.
    pub fn read(directory: &Path) -> Result<Self, Failure> {
        let path = Self::path(directory);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let place = directory.display();
                let advice = "create one with `iledger init`, or name another with --store";
                return Err(Failure::Unavailable(format!("there is no ledger at `{place}`: {advice}")));
            }
            Err(error) => return Err(Failure::Unavailable(format!("{}: {error}", path.display()))),
        };
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads the text; `place` is where it stands, for messages.
    pub fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            Failure::rejected("bad-config", format!("{place}:{line}: {}", error.message()))
        })?;
        clock::zone(&config.time_zone)?;
        Ok(config)
    }

    /// The text.
    pub fn text(&self) -> Result<String, Failure> {
        toml::to_string(self).map_err(|error| Failure::Unavailable(error.to_string()))
    }

    /// Writes it.
    pub fn write(&self, directory: &Path) -> Result<(), Failure> {
        let path = Self::path(directory);
        let failed = |error: &dyn std::fmt::Display| Failure::Unavailable(format!("{}: {error}", path.display()));
        std::fs::write(&path, self.text()?).map_err(|error| failed(&error))
    }
}
