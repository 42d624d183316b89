//! The income statement and the balance sheet.
//!
//! Years are not closed by entries: what was earned up to the end of the year before is a line that is derived,
//! `Retained earnings`, and what was earned since is `Result of the year`. hledger and Beancount do the same with
//! their reports, so the exported journals hold no closing entries.

use super::{AccountType, JournalEntry, TrialBalance};
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A line of a statement: positive is what an account of its type normally has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// The currency.
    pub currency: Currency,
    /// The type of the account.
    pub section: AccountType,
    /// The account, or the name of a line that is derived.
    pub line: Arc<str>,
    /// In minor units.
    pub amount: Amount,
}

/// What was earned and spent in a stretch of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeStatement {
    /// By currency, income before expenses.
    pub rows: Vec<StatementRow>,
    /// Income less expenses, by currency.
    pub net: BTreeMap<Currency, Amount>,
}

impl IncomeStatement {
    /// The statement of what was posted in its days: the balances of these days' entries alone.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn of(posted: &TrialBalance) -> Result<Self, Overflow> {
        let rows = rows(posted, &[AccountType::Income, AccountType::Expenses])?;
        let mut net: BTreeMap<Currency, Amount> = BTreeMap::new();
        for row in &rows {
            let sum = net.entry(row.currency).or_default();
            *sum = if row.section == AccountType::Income { sum.plus(row.amount)? } else { sum.minus(row.amount)? };
        }
        Ok(Self { rows, net })
    }
}

/// What the lender has, owes and owns at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BalanceSheet {
    all: TrialBalance,
    before: TrialBalance,
    since: TrialBalance,
    year: i16,
}

impl BalanceSheet {
    /// A sheet at the end of a day; the year is the calendar year of the day.
    #[must_use]
    pub fn at(day: Date) -> Self {
        Self { year: day.year(), ..Self::default() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn add(&mut self, entry: &JournalEntry) -> Result<(), Overflow> {
        self.all.add(entry)?;
        if entry.date.year() < self.year { self.before.add(entry) } else { self.since.add(entry) }
    }

    /// The lines, by currency: assets, liabilities, equity with what was earned.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn rows(&self) -> Result<Vec<StatementRow>, Overflow> {
        let mut all = rows(&self.all, &[AccountType::Assets, AccountType::Liabilities, AccountType::Equity])?;
        for (line, balance) in [("Retained earnings", &self.before), ("Result of the year", &self.since)] {
            for (currency, amount) in IncomeStatement::of(balance)?.net {
                all.push(StatementRow { currency, section: AccountType::Equity, line: Arc::from(line), amount });
            }
        }
        // stable: the derived lines stay behind the accounts of equity
        all.sort_by_key(|row| (row.currency, row.section));
        Ok(all)
    }
}

fn rows(balance: &TrialBalance, sections: &[AccountType]) -> Result<Vec<StatementRow>, Overflow> {
    let mut rows = Vec::new();
    for ((currency, account), row) in &balance.rows {
        let Some(section) = AccountType::of(account).filter(|section| sections.contains(section)) else { continue };
        let balance = row.balance()?;
        let amount = if section.grows_by_credits() { balance.negated()? } else { balance };
        rows.push(StatementRow { currency: *currency, section, line: account.clone(), amount });
    }
    rows.sort_by_key(|row| (row.currency, row.section));
    Ok(rows)
}
