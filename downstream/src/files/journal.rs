//! The journal: the books as of a day, by business date of entry.

use super::Plan;
use crate::Error;
use crate::error::whole;
use crate::feed::Rows;
use crate::table::Value;
use crate::tables::POSTINGS;
use ledger_core::store::EventReader;
use projections::general_ledger::{BooksError, Cut, JournalEntry, PostingRules, read};
use std::collections::HashMap;

/// Gives the postings of all entries. They are held in memory, since files want them by day and the books make them by loan.
///
/// # Errors
/// The books cannot be made, or a row cannot be kept.
pub async fn journal(
    log: &dyn EventReader,
    plan: &Plan<'_>,
    rules: &PostingRules,
    out: &mut dyn Rows,
) -> Result<(), Error> {
    let cut = Cut { as_of: plan.as_of, known_at: plan.known_at };
    let mut entries: Vec<JournalEntry> = Vec::new();
    read(log, rules, &cut, |entry| {
        entries.push(entry);
        Ok::<(), BooksError>(())
    })
    .await?;
    entries.sort_by(|a, b| (a.booked_on, a.position, a.date, &a.loan).cmp(&(b.booked_on, b.position, b.date, &b.loan)));
    let mut lines: HashMap<u64, i64> = HashMap::new();
    for entry in &entries {
        for posting in &entry.postings {
            let line = lines.entry(entry.position.0).or_default();
            let money = |amount| Value::Amount(amount, entry.currency);
            let row = [
                Value::Integer(whole(entry.position.0)?),
                Value::Integer(*line),
                Value::Date(entry.date),
                Value::optional(Some(&*entry.loan).filter(|loan| !loan.is_empty()), Value::Text),
                Value::Integer(whole(entry.version.0)?),
                Value::Text(entry.what),
                Value::Text(&posting.account),
                Value::Text(entry.currency.code()),
                money(posting.amount.or_zero()),
                money(posting.amount.negated()?.or_zero()),
                money(posting.amount),
                Value::Date(entry.booked_on),
            ];
            *line = line.saturating_add(1);
            out.row(&POSTINGS, entry.booked_on, &row)?;
        }
    }
    Ok(())
}
