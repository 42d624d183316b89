//! The chart of accounts and the posting rules, from a file.

use super::{AccountType, Kind, PUBLISHED_KIND};
use crate::data_file::{self, DataFileError};
use ledger_core::record::{Published, json::hex};
use ledger_core::terms::{Component, ReferenceDigest};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DEFAULT: &str = include_str!("../../data/general_ledger.toml");

/// Where an amount is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The account that a positive amount debits.
    pub debit: Arc<str>,
    /// The account that a positive amount credits.
    pub credit: Arc<str>,
}

/// The chart of accounts, and one rule for each kind and component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingRules {
    text: Arc<str>,
    sha256: String,
    accounts: Vec<Arc<str>>,
    rules: BTreeMap<(Kind, Option<Component>), Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    /// The method; for readers of the file.
    #[serde(rename = "source")]
    _source: String,
    account: Vec<WireAccount>,
    rule: Vec<WireRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAccount {
    name: Arc<str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRule {
    kind: Kind,
    component: Option<Component>,
    debit: Arc<str>,
    credit: Arc<str>,
}

impl PostingRules {
    /// The rules of a file's text.
    ///
    /// # Errors
    /// The text is no such file, an account is unknown or named badly, or a rule is missing, doubled or superfluous; the
    /// error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let mut known = BTreeSet::new();
        for (at, account) in wire.account.iter().enumerate() {
            let bad = |reason: String| {
                DataFileError::new(file, format!("account[{at}].name{}", line(text, "[[account]]", at)), reason)
            };
            check_name(&account.name).map_err(bad)?;
            if !known.insert(account.name.clone()) {
                return Err(bad(format!("the account `{}` is there twice", account.name)));
            }
        }
        let mut rules = BTreeMap::new();
        for (at, rule) in wire.rule.into_iter().enumerate() {
            let bad = |field: &str, reason: String| {
                DataFileError::new(file, format!("rule[{at}].{field}{}", line(text, "[[rule]]", at)), reason)
            };
            for (field, account) in [("debit", &rule.debit), ("credit", &rule.credit)] {
                if !known.contains(account) {
                    return Err(bad(field, format!("there is no account `{account}`")));
                }
            }
            if !rule.kind.components().contains(&rule.component) {
                return Err(bad("component", format!("`{:?}` has no such component", rule.kind)));
            }
            let place = (rule.kind, rule.component);
            if rules.insert(place, Rule { debit: rule.debit, credit: rule.credit }).is_some() {
                return Err(bad("kind", format!("there is a rule for {place:?} already")));
            }
        }
        for kind in Kind::ALL {
            for component in kind.components() {
                if !rules.contains_key(&(kind, component)) {
                    return Err(DataFileError::new(file, "rule", format!("there is none for {:?}", (kind, component))));
                }
            }
        }
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let text = Arc::from(text);
        Ok(Self { text, sha256, accounts: wire.account.into_iter().map(|account| account.name).collect(), rules })
    }

    /// The rules that the program comes with.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn builtin() -> Result<Self, DataFileError> {
        Self::parse("general_ledger.toml", DEFAULT)
    }

    /// SHA-256 of the file's bytes, in lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The file as the stream `reference` publishes it.
    #[must_use]
    pub fn published(&self) -> Published {
        let digest = ReferenceDigest { id: "posting-rules".to_owned(), sha256: self.sha256.clone() };
        Published { digest, kind: PUBLISHED_KIND.to_owned(), content: self.text.to_string() }
    }

    /// The accounts, in the order of the file.
    #[must_use]
    pub fn accounts(&self) -> &[Arc<str>] {
        &self.accounts
    }

    /// The rule of a kind and component.
    #[must_use]
    pub fn of(&self, kind: Kind, component: Option<Component>) -> Option<&Rule> {
        self.rules.get(&(kind, component))
    }
}

/// Where the table with this number (from 0) begins, for people.
fn line(text: &str, header: &str, number: usize) -> String {
    let mut lines = text.lines().enumerate().filter(|(_, line)| line.trim() == header);
    lines.nth(number).map_or_else(String::new, |(at, _)| format!(" (line {})", at.saturating_add(1)))
}

/// Names are what hledger and Beancount both read: parts of letters, digits and hyphens, each with a capital first.
fn check_name(name: &str) -> Result<(), String> {
    if AccountType::of(name).is_none() {
        let types = AccountType::ALL.map(AccountType::name);
        return Err(format!("`{name}` must begin with one of {}", types.join(", ")));
    }
    let parts = name.split(':').skip(1);
    let fits = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.chars().all(|one| one.is_ascii_alphanumeric() || one == '-')
    };
    let rest: Vec<&str> = parts.collect();
    if rest.is_empty() || !rest.into_iter().all(fits) {
        return Err(format!("`{name}`: after the type come parts like `Loan-Clearing`, with `:` between them"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, PostingRules};

    #[test]
    fn a_missing_a_doubled_and_an_unknown_one_are_refused() {
        assert!(PostingRules::builtin().is_ok());
        let last = DEFAULT.rfind("[[rule]]").unwrap();
        let refusal = |text: &str| PostingRules::parse("x.toml", text).unwrap_err().to_string();
        assert!(refusal(&DEFAULT[..last]).contains("there is none for (Recovered, Some(Penalty))"));
        assert!(refusal(&format!("{DEFAULT}\n{}", &DEFAULT[last..])).contains("already"));
        let renamed = DEFAULT.replacen("debit = \"Assets:Cash\"", "debit = \"Assets:Till\"", 1);
        let before = renamed.split("Assets:Till").next().unwrap();
        let header = before[..before.rfind("[[rule]]").unwrap()].lines().count() + 1;
        assert!(refusal(&renamed).contains(&format!("(line {header})")), "{}", refusal(&renamed));
        assert!(refusal(&DEFAULT.replacen("debit = \"Assets:Cash\"", "debit = \"Assets:Till\"", 1)).contains("Till"));
        assert!(refusal(&DEFAULT.replacen("name = \"Assets:Cash\"", "name = \"cash\"", 1)).contains("begin with"));
    }
}
