//! The trial balance.

use super::JournalEntry;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::AccountTotal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was posted to an account, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrialBalanceRow {
    /// The sum of debits.
    pub debits: Amount,
    /// The sum of credits, not below nothing.
    pub credits: Amount,
}

impl TrialBalanceRow {
    /// Debits less credits.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn balance(&self) -> Result<Amount, Overflow> {
        self.debits.minus(self.credits)
    }
}

/// Debits and credits by currency and account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialBalance {
    /// The rows.
    pub rows: BTreeMap<(Currency, Arc<str>), TrialBalanceRow>,
}

impl TrialBalance {
    /// A trial balance as the end of a period records it.
    #[must_use]
    pub fn of(accounts: &[AccountTotal]) -> Self {
        let row = |total: &AccountTotal| TrialBalanceRow { debits: total.debits, credits: total.credits };
        Self { rows: accounts.iter().map(|total| ((total.currency, total.account.clone()), row(total))).collect() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn add(&mut self, entry: &JournalEntry) -> Result<(), Overflow> {
        for posting in &entry.postings {
            let row = self.rows.entry((entry.currency, posting.account.clone())).or_default();
            if posting.amount.is_negative() {
                row.credits = row.credits.minus(posting.amount)?;
            } else {
                row.debits = row.debits.plus(posting.amount)?;
            }
        }
        Ok(())
    }

    /// The balance of an account: debits less credits.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn balance(&self, currency: Currency, account: &str) -> Result<Amount, Overflow> {
        self.rows.get(&(currency, Arc::from(account))).copied().unwrap_or_default().balance()
    }

    /// Debits and credits in all, by currency. They are equal.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn totals(&self) -> Result<BTreeMap<Currency, TrialBalanceRow>, Overflow> {
        let mut totals: BTreeMap<Currency, TrialBalanceRow> = BTreeMap::new();
        for ((currency, _), row) in &self.rows {
            let total = totals.entry(*currency).or_default();
            total.debits = total.debits.plus(row.debits)?;
            total.credits = total.credits.plus(row.credits)?;
        }
        Ok(totals)
    }
}
