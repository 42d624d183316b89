//! From a loan's events to entries.

use super::accrual::{BY_TIME, Levels, Rows};
use super::booked::{Booked, LoanEvents, Move};
use super::{JournalEntry, Kind, Periods, Posting, PostingRules};
use ledger_core::calendar::Date;
use ledger_core::loan::CalculationError;
use ledger_core::money::{Amount, Overflow};
use ledger_core::terms::Component;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Sums by account.
pub(super) struct Sums<'a> {
    rules: &'a PostingRules,
    accounts: BTreeMap<Arc<str>, Amount>,
}

impl<'a> Sums<'a> {
    pub fn new(rules: &'a PostingRules) -> Self {
        Self { rules, accounts: BTreeMap::new() }
    }

    pub fn add(&mut self, kind: Kind, of: Option<Component>, amount: Amount) -> Result<(), Overflow> {
        // the rules are exhaustive; see [`PostingRules::parse`]
        let Some(rule) = self.rules.of(kind, of).filter(|_| !amount.is_zero()) else { return Ok(()) };
        for (account, amount) in [(&rule.debit, amount), (&rule.credit, amount.negated()?)] {
            let slot = self.accounts.entry(account.clone()).or_default();
            *slot = slot.plus(amount)?;
        }
        Ok(())
    }

    pub fn postings(self) -> Vec<Posting> {
        let nonzero = self.accounts.into_iter().filter(|(_, amount)| !amount.is_zero());
        nonzero.map(|(account, amount)| Posting { account, amount }).collect()
    }
}

/// The entries of a loan up to a day, by date: one for each event, and one for what time alone has changed on the loan's
/// dates (its events, its due dates), at the ends of months and periods, and on the day itself.
pub(super) fn entries(
    loan: &LoanEvents,
    rules: &PostingRules,
    periods: &Periods,
    as_of: Date,
) -> Result<Vec<JournalEntry>, CalculationError> {
    let mut by_date: BTreeMap<Date, Vec<&Booked>> = BTreeMap::new();
    for event in &loan.events {
        let date = periods.posting_date(event.ordinal, event.booked_on)?;
        if date <= as_of {
            by_date.entry(date).or_default().push(event);
        }
    }
    let mut rows = Rows::default();
    let mut posted = Levels::default();
    let mut last: Option<&Booked> = None;
    let mut entries = Vec::new();
    for date in dates(&by_date, periods, as_of)? {
        for event in by_date.get(&date).into_iter().flatten() {
            apply(&mut rows, event)?;
            let mut sums = Sums::new(rules);
            for one in &event.moves {
                sums.add(one.kind, one.of, one.amount)?;
            }
            entries.push(entry(loan, event, (date, event.booked_on, event.effective_on), event.what, sums));
            last = Some(event);
        }
        let levels = rows.at(date, loan.rounding)?;
        if let Some(event) = last.filter(|_| levels != posted) {
            let mut sums = Sums::new(rules);
            for of in BY_TIME {
                sums.add(Kind::Earned, Some(of), levels.earned.get(of).minus(posted.earned.get(of))?)?;
                sums.add(Kind::EarnedBefore, Some(of), levels.before.get(of).minus(posted.before.get(of))?)?;
                let in_advance = levels.in_advance.get(of).minus(posted.in_advance.get(of))?;
                sums.add(Kind::PaidInAdvance, Some(of), in_advance)?;
            }
            entries.push(entry(loan, event, (date, date, date), "accrual", sums));
            posted = levels;
        }
    }
    entries.retain(|entry| !entry.postings.is_empty());
    Ok(entries)
}

fn entry(
    loan: &LoanEvents,
    event: &Booked,
    (date, booked_on, effective_on): (Date, Date, Date),
    what: &'static str,
    sums: Sums<'_>,
) -> JournalEntry {
    JournalEntry {
        date,
        booked_on,
        effective_on,
        position: event.position,
        loan: loan.id.clone(),
        version: event.version,
        what,
        currency: loan.currency,
        postings: sums.postings(),
    }
}

fn apply(rows: &mut Rows, event: &Booked) -> Result<(), Overflow> {
    if event.taken_over {
        rows.taken_over_on = Some(event.effective_on);
    }
    for (number, step) in &event.steps {
        rows.change(*number, *step)?;
    }
    for Move { kind, of, instalment, amount } in event.moves.iter().copied() {
        let Some(of) = of else { continue };
        match kind {
            Kind::Planned => rows.principal(amount)?,
            Kind::Charged | Kind::ChargedBefore | Kind::Accrued => rows.charge(instalment, of, amount)?,
            Kind::Paid | Kind::PaidBefore | Kind::Waived | Kind::WaivedBefore | Kind::WrittenOff => {
                rows.settle(instalment, of, amount)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The days on which something is posted: those of the events; due dates and ends of months and periods for as long as
/// time alone changes something; the day asked for.
fn dates(
    by_date: &BTreeMap<Date, Vec<&Booked>>,
    periods: &Periods,
    as_of: Date,
) -> Result<BTreeSet<Date>, CalculationError> {
    let Some(first) = by_date.keys().next().copied() else { return Ok(BTreeSet::new()) };
    let mut dates: BTreeSet<Date> = by_date.keys().copied().collect();
    let mut until = first;
    for (date, events) in by_date {
        let due = events.iter().flat_map(|event| event.steps.iter().map(|(_, step)| step.due_on));
        for due_on in due.filter(|due_on| due_on > date) {
            until = until.max(due_on.min(as_of));
            if due_on < as_of {
                dates.insert(due_on);
            }
        }
    }
    dates.extend(periods.ends().filter(|end| *end > first && *end <= until));
    let mut end = first.end_of_month();
    while end <= until {
        dates.insert(end);
        end = end.tomorrow()?.end_of_month();
    }
    dates.insert(as_of);
    Ok(dates)
}
