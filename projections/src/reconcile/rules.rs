//! The rules of matching, as data.

use crate::data_file::{self, DataFileError};
use ledger_core::money::Amount;
use ledger_core::money::{Currency, Overflow, Rate, Rounding, text};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Why rules cannot be used.
pub type RulesError = DataFileError;

/// A decimal amount in the major unit; its minor units follow from the currency of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Tolerance(String);

impl Tolerance {
    /// In minor units of a currency; rounded down where the currency has fewer decimals.
    #[must_use]
    pub fn minor(&self, currency: Currency) -> i64 {
        if self.0.is_empty() {
            return 0;
        }
        text::parse_rounded(&self.0, currency, Rounding::Down).map_or(0, |amount| amount.minor().max(0))
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// A reference of the line is the payment's.
    Reference,
    /// The payment's reference stands in the line's text.
    Text,
    /// Amount and payer, within days.
    Payer,
    /// One payout for the payments of a channel on one day, less the agreed fee.
    Batch,
    /// One line pays several payments of one payer.
    OneToMany,
    /// Several lines of one payer pay one payment.
    ManyToOne,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: every match and break says which rule made it.
    pub id: String,
    /// What it looks at.
    pub kind: RuleKind,
    /// How many days the two sides may lie apart.
    #[serde(default)]
    pub days: i64,
    /// By how much amounts may differ, in the major unit.
    #[serde(default)]
    pub amount: Tolerance,
    /// Batch: only payments of these channels.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Batch: the line's text or a reference contains this.
    #[serde(default)]
    pub contains: String,
    /// Batch: the payout comes so many days after the payments.
    #[serde(default)]
    pub delay_days: i64,
    /// Batch: the fee withheld from each payment, as a ratio.
    #[serde(default)]
    pub fee_rate: Option<Rate>,
}

/// Which payments and lines are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Payments of these channels; empty is all. `none` is a payment without a channel.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Payments in these currencies; empty is all.
    #[serde(default)]
    pub currencies: Vec<Currency>,
    /// Disbursements too.
    #[serde(default)]
    pub disbursements: bool,
    /// A payment of the last days of a statement may come with the next one.
    #[serde(default)]
    pub grace_days: i64,
}

/// Lines that are not for the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Lines with one of these purposes: `fee`, `payout`.
    #[serde(default)]
    pub purposes: Vec<String>,
    /// Lines whose text contains one of these.
    #[serde(default)]
    pub texts: Vec<String>,
    /// All money out that takes no payment back.
    #[serde(default)]
    pub debits: bool,
}

/// The fee agreed for each line of a channel's bill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// As a ratio of the amount, rounded half up to the minor unit.
    pub rate: Rate,
    /// By how much it may differ, in the major unit.
    #[serde(default)]
    pub tolerance: Tolerance,
}

/// How a clear case is posted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The channel of a repayment that is recorded.
    #[serde(default)]
    pub channel: Option<String>,
    /// What stands between the loan's id and the rest of a reference; a reference without it may be the id itself.
    #[serde(default)]
    pub loan_before: Option<String>,
}

/// The rules of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Their name.
    pub name: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Which payments are compared.
    pub scope: Scope,
    /// Which lines are left out.
    pub ignore: Ignore,
    /// In the order in which they are applied.
    pub rules: Vec<Rule>,
    /// The fee agreed for each line.
    pub fee: Option<Fee>,
    /// Payers' accounts with the loan or borrower that they pay for.
    pub payers: BTreeMap<String, String>,
    /// How a clear case is posted.
    pub post: Post,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    ignore: Ignore,
    rule: Vec<Rule>,
    #[serde(default)]
    fee: Option<Fee>,
    #[serde(default)]
    payers: BTreeMap<String, String>,
    #[serde(default)]
    post: Post,
}

/// The rules without a file.
const BUILTIN: &str = include_str!("../../data/reconciliation.toml");

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// Not TOML, an unknown key, or a rule whose settings do not fit together.
    pub fn parse(file: &str, text: &str) -> Result<Self, RulesError> {
        let wrong = |field: &str, reason: String| DataFileError::new(file, field, reason);
        let parsed: File = data_file::parse(file, text)?;
        for (at, rule) in parsed.rule.iter().enumerate() {
            if parsed.rule.iter().take(at).any(|before| before.id == rule.id) {
                return Err(wrong(&rule.id, "two rules have this id".to_owned()));
            }
            if !(0..=366).contains(&rule.days) || !(0..=366).contains(&rule.delay_days) {
                return Err(wrong(&rule.id, "days are 0 to 366".to_owned()));
            }
            if rule.kind == RuleKind::Batch && rule.channels.is_empty() {
                return Err(wrong(&rule.id, "a batch rule names its channels".to_owned()));
            }
            if text::parse(&rule.amount.0, Currency::CNY).is_err() && !rule.amount.0.is_empty() {
                return Err(wrong(&rule.id, format!("`{}` is no amount such as 0.05", rule.amount.0)));
            }
        }
        for purpose in &parsed.ignore.purposes {
            if !matches!(purpose.as_str(), "fee" | "payout") {
                return Err(wrong("ignore.purposes", format!("`{purpose}` is neither fee nor payout")));
            }
        }
        let sha256 = ledger_core::record::json::hex(&Sha256::digest(text.as_bytes()));
        let File { name, scope, ignore, rule, fee, payers, post } = parsed;
        Ok(Self { name, sha256, scope, ignore, rules: rule, fee, payers, post })
    }

    /// The rules without a file.
    ///
    /// # Errors
    /// Only if the file that comes with the program was changed.
    pub fn builtin() -> Result<Self, RulesError> {
        Self::parse("reconciliation.toml", BUILTIN)
    }

    /// The text of the rules without a file, to be copied and changed.
    #[must_use]
    pub const fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// The rule of a kind, if there is one.
    #[must_use]
    pub fn of(&self, kind: RuleKind) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.kind == kind)
    }
}

/// The fee agreed for an amount: rounded half up to the minor unit, with the amount's sign.
///
/// # Errors
/// [`Overflow`] beyond range.
pub(super) fn fee_for(amount: Amount, rate: Rate) -> Result<Amount, Overflow> {
    let exact = amount.to_decimal().checked_mul(rate.ratio()).ok_or(Overflow)?;
    Rounding::HalfUp.round(exact)
}
