//! The general ledger in tests: its entries, its trial balance, and the close of a period.

use ledger_core::calendar::Date;
use ledger_core::ledger::{Ledger, Meta, PeriodError};
use ledger_core::record::{PeriodClosed, Provisions, Record};
use ledger_core::store::{EventReader, MemoryStore};
use projections::general_ledger::{BooksError, Cut, JournalEntry, PostingRules, TrialBalance, closing_totals, read};

/// Every record of a log.
pub async fn records(store: &MemoryStore) -> Vec<Record> {
    store.read_all(None, usize::MAX).await.unwrap()
}

/// How many events a log has.
pub async fn size(store: &MemoryStore) -> u64 {
    u64::try_from(records(store).await.len()).unwrap()
}

/// The entries that count, by the built-in rules.
pub async fn entries(store: &impl EventReader, cut: Cut) -> Vec<JournalEntry> {
    let (rules, mut entries) = (PostingRules::builtin().unwrap(), Vec::new());
    let keep = |entry| -> Result<(), BooksError> {
        entries.push(entry);
        Ok(())
    };
    read(store, &rules, &cut, keep).await.unwrap();
    entries
}

/// The trial balance at the end of a day.
pub async fn trial_balance(store: &impl EventReader, as_of: Date) -> TrialBalance {
    let mut balance = TrialBalance::default();
    for entry in entries(store, Cut { as_of, known_at: None }).await {
        balance.add(&entry).unwrap();
    }
    balance
}

/// Closes a period over all events, as `iledger close-period` does; only the root is none.
///
/// # Errors
/// The period may not be closed.
pub async fn close_period(
    ledger: &Ledger<MemoryStore>,
    through: Date,
    provisions: Option<Provisions>,
    meta: &Meta,
) -> Result<bool, PeriodError> {
    let rules = PostingRules::builtin().unwrap();
    let closings = ledger.closings().await.unwrap();
    if closings.check(through)?.is_none() {
        ledger.publish(rules.published(), meta).await.unwrap();
    }
    let mut period = PeriodClosed {
        from: closings.periods.last().map(|last| last.through.tomorrow().unwrap()),
        through,
        events: size(ledger.store()).await,
        root: "00".repeat(32),
        rules: rules.published().digest,
        accounts: Vec::new(),
        provisions,
    };
    period.accounts = closing_totals(ledger.store(), &rules, &period).await.unwrap();
    ledger.close_period(&closings, period, meta).await
}
