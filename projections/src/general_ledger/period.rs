//! What a closed period does to the books, and whether its totals still hold.

use super::read::Gathered;
use super::{BooksError, JournalEntry, Kind, Knowledge, PostingRules, TrialBalance, posting};
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{AccountTotal, ClassProvision, PeriodClosed, Position, Published, Record, Version};
use ledger_core::store::EventReader;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The kind of posting rules in the stream `reference`.
pub const PUBLISHED_KIND: &str = "posting-rules";

/// A closed period as it was recorded.
#[derive(Debug)]
pub(super) struct Closing {
    position: Position,
    version: Version,
    booked_on: Date,
    pub period: PeriodClosed,
}

impl Closing {
    pub fn of(record: &Record, period: PeriodClosed) -> Self {
        let booked_on = record.envelope.booked_on;
        Self { position: record.position, version: record.version, booked_on, period }
    }
}

/// The entries of provisions: at the end of each period, the difference to those of the period before.
pub(super) fn provision_entries(
    closings: &[Closing],
    rules: &PostingRules,
    as_of: Date,
) -> Result<Vec<JournalEntry>, Overflow> {
    let mut before = BTreeMap::new();
    let mut entries = Vec::new();
    for closing in closings.iter().filter(|closing| closing.period.through <= as_of) {
        let Some(provisions) = &closing.period.provisions else { continue };
        let now = by_currency(&provisions.classes)?;
        let currencies: BTreeSet<Currency> = before.keys().chain(now.keys()).copied().collect();
        for currency in currencies {
            let level = |levels: &BTreeMap<Currency, Amount>| levels.get(&currency).copied().unwrap_or_default();
            let mut sums = posting::Sums::new(rules);
            sums.add(Kind::Provisioned, None, level(&now).minus(level(&before))?)?;
            entries.push(JournalEntry {
                date: closing.period.through,
                booked_on: closing.booked_on,
                effective_on: closing.period.through,
                position: closing.position,
                loan: Arc::from(""),
                version: closing.version,
                what: "period-closed",
                currency,
                postings: sums.postings(),
            });
        }
        before = now;
    }
    entries.retain(|entry| !entry.postings.is_empty());
    Ok(entries)
}

fn by_currency(classes: &[ClassProvision]) -> Result<BTreeMap<Currency, Amount>, Overflow> {
    let mut sums: BTreeMap<Currency, Amount> = BTreeMap::new();
    for class in classes {
        let sum = sums.entry(class.currency).or_default();
        *sum = sum.plus(class.provision)?;
    }
    Ok(sums)
}

/// The accounts of a trial balance, as the end of a period records them.
#[must_use]
pub fn account_totals(balance: &TrialBalance) -> Vec<AccountTotal> {
    let rows = balance.rows.iter();
    rows.map(|((currency, account), row)| AccountTotal {
        currency: *currency,
        account: account.clone(),
        debits: row.debits,
        credits: row.credits,
    })
    .collect()
}

/// The accounts of a period that is about to be closed over all events of the log, with its provisions.
///
/// # Errors
/// The log cannot be read, or an event cannot be posted.
pub async fn closing_totals(
    store: &impl EventReader,
    rules: &PostingRules,
    period: &PeriodClosed,
) -> Result<Vec<AccountTotal>, BooksError> {
    let mut gathered = Gathered::read(store, Knowledge::default()).await?;
    let (position, version, booked_on) = (Position(u64::MAX), Version(u64::MAX), period.through);
    gathered.closings.push(Closing { position, version, booked_on, period: period.clone() });
    gathered.periods.close(period.events, period.through);
    let mut balance = TrialBalance::default();
    gathered.entries(rules, period.through, |entry| Ok::<(), BooksError>(balance.add(&entry)?))?;
    Ok(account_totals(&balance))
}

/// A closed period whose totals cannot be derived again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodDifference {
    /// The position of its event.
    pub position: Position,
    /// Its last day.
    pub through: Date,
    /// What is wrong.
    pub reason: String,
}

/// Derives the totals of every closed period again, from the whole log: what came later must not change them.
///
/// # Errors
/// The log cannot be read, or an event cannot be posted.
pub async fn check_periods(store: &impl EventReader) -> Result<(usize, Vec<PeriodDifference>), BooksError> {
    let gathered = Gathered::read(store, Knowledge::default()).await?;
    let mut differences = Vec::new();
    let digests: BTreeSet<&str> = gathered.closings.iter().map(|one| one.period.rules.sha256.as_str()).collect();
    for sha256 in digests {
        let closings: Vec<&Closing> =
            gathered.closings.iter().filter(|one| one.period.rules.sha256 == sha256).collect();
        let mut differ = |closing: &Closing, reason: String| {
            differences.push(PeriodDifference { position: closing.position, through: closing.period.through, reason });
        };
        let published = gathered.published.get(sha256);
        let rules = published.map(|published| PostingRules::parse(&published.digest.id, &published.content));
        let rules = match rules {
            Some(Ok(rules)) if rules.sha256() == sha256 => rules,
            Some(Err(error)) => {
                closings.iter().for_each(|closing| differ(closing, format!("its posting rules: {error}")));
                continue;
            }
            _ => {
                let reason = format!("the posting rules {sha256} do not stand in the stream `reference`");
                closings.iter().for_each(|closing| differ(closing, reason.clone()));
                continue;
            }
        };
        let Some(last) = closings.iter().map(|closing| closing.period.through).max() else { continue };
        let mut balances = vec![TrialBalance::default(); closings.len()];
        gathered.entries(&rules, last, |entry| {
            for (closing, balance) in closings.iter().zip(&mut balances) {
                if entry.date <= closing.period.through {
                    balance.add(&entry)?;
                }
            }
            Ok::<(), BooksError>(())
        })?;
        for (closing, balance) in closings.iter().zip(&balances) {
            if let Some(reason) = difference(&closing.period.accounts, &account_totals(balance)) {
                differ(closing, reason);
            }
        }
    }
    differences.sort_by_key(|difference| difference.position);
    Ok((gathered.closings.len(), differences))
}

/// The first account that differs.
fn difference(recorded: &[AccountTotal], derived: &[AccountTotal]) -> Option<String> {
    let first = |one: &[AccountTotal], other: &[AccountTotal]| one.iter().find(|row| !other.contains(row)).cloned();
    let row = first(recorded, derived).or_else(|| first(derived, recorded))?;
    let sums = |rows: &[AccountTotal]| {
        let found = rows.iter().find(|other| other.currency == row.currency && other.account == row.account);
        found.map_or_else(
            || "nothing".to_owned(),
            |row| format!("debits {} and credits {}", row.debits.minor(), row.credits.minor()),
        )
    };
    let (account, currency) = (&row.account, row.currency);
    Some(format!("{account} {currency}: the log says {}, derived are {}", sums(recorded), sums(derived)))
}

impl Gathered {
    /// Learns what an event beside the loans says of periods and rules.
    pub(super) fn take_period(&mut self, record: &Record, period: PeriodClosed) {
        self.periods.close(period.events, period.through);
        self.closings.push(Closing::of(record, period));
    }

    pub(super) fn take_published(&mut self, published: Published) {
        if published.kind == PUBLISHED_KIND {
            self.published.insert(published.digest.sha256.clone(), published);
        }
    }

    /// Shows `each` the entries up to a day.
    pub(super) fn entries<E: From<BooksError>>(
        &self,
        rules: &PostingRules,
        as_of: Date,
        mut each: impl FnMut(JournalEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut loans: Vec<_> = self.loans.values().collect();
        loans.sort_by(|one, other| one.id.cmp(&other.id));
        for loan in loans {
            let failed = |error| BooksError::Loan { loan: loan.id.to_string(), error };
            for entry in posting::entries(loan, rules, &self.periods, as_of).map_err(failed)? {
                each(entry)?;
            }
        }
        for entry in provision_entries(&self.closings, rules, as_of).map_err(BooksError::from)? {
            each(entry)?;
        }
        Ok(())
    }
}
