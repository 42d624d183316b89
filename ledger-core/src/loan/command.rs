//! A command: the wish that a fact be recorded.

use super::Facts;
use crate::calendar::{Date, Timestamp};
use sha2::{Digest, Sha256};

/// The wish that a fact be recorded. Everything that `decide` may know comes in with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The fact.
    pub facts: Facts,
    /// When it counts.
    pub effective_on: Date,
    /// The ledger's business date.
    pub booked_on: Date,
    /// Now, by the caller's clock.
    pub recorded_at: Timestamp,
    /// Who asks. No personal data.
    pub actor: String,
    /// The idempotency key, unique within the loan: the same command sent twice is recorded once.
    pub key: String,
}

impl Command {
    /// SHA-256 over the facts and the effective date: what must be the same if a key comes again. The business date and
    /// the clock are left out, because a retry may come a day later.
    ///
    /// # Errors
    /// Only if the facts cannot be written as JSON, which no constructor allows.
    pub fn request_hash(&self) -> Result<[u8; 32], serde_json::Error> {
        // a reversal counts from the date of what it reverses, so its own date is no fact
        let counts_from = match self.facts {
            _ if self.facts.reverses().is_some() => None,
            _ => Some(self.effective_on),
        };
        let text = serde_json::to_vec(&(&self.facts, counts_from))?;
        Ok(Sha256::digest(text).into())
    }
}
