//! Why a file is refused.

use std::fmt;

/// The kind of reason, with a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No known format.
    UnknownFormat,
    /// A known kind of document that holds nothing to reconcile.
    Unsupported,
    /// The text is not in the encoding that it should be in.
    Encoding,
    /// The syntax is broken.
    Syntax,
    /// Something that a statement must have is not there.
    Missing,
    /// Not an amount.
    Amount,
    /// Not a date.
    Date,
    /// Not a currency of ISO 4217.
    Currency,
    /// A document type or entity declaration: it could expand without end.
    Entity,
    /// A limit is exceeded: size, nesting, number of entries.
    Limit,
    /// An archive is broken or unpacks to far more than it should.
    Archive,
    /// The file cannot be read from its place.
    Unreadable,
}

impl Reason {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownFormat => "unknown-format",
            Self::Unsupported => "unsupported-statement",
            Self::Encoding => "bad-encoding",
            Self::Syntax => "bad-syntax",
            Self::Missing => "missing-field",
            Self::Amount => "bad-amount",
            Self::Date => "bad-date",
            Self::Currency => "bad-currency",
            Self::Entity => "entity-declared",
            Self::Limit => "limit-exceeded",
            Self::Archive => "bad-archive",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A file that is refused: where and why. Nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The kind of reason.
    pub reason: Reason,
    /// The line, from 1; none if the file as a whole is meant.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub text: String,
}

impl Refusal {
    /// A refusal at a line.
    #[must_use]
    pub fn at(line: u64, reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, line: Some(line), text: text.into() }
    }

    /// A refusal of the whole file.
    #[must_use]
    pub fn whole(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, line: None, text: text.into() }
    }

    /// The same, with a word about the place in front.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.text = format!("{place}: {}", self.text);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// The first characters of a text, for a message.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
