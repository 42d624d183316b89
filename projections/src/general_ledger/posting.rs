//! From an event's lines to entries.

use super::{JournalEntry, Kind, Posting, PostingRules};
use crate::engine::ApplyError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanEvent};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::Record;
use ledger_core::schedule::PlanRow;
use ledger_core::terms::Component;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What must be remembered of a loan to post its next event.
#[derive(Debug)]
struct Loan {
    id: Arc<str>,
    currency: Currency,
    /// By instalment, when it falls due.
    due: BTreeMap<u32, Date>,
}

/// Makes entries of events, which must come in the order of each loan's stream.
#[derive(Debug)]
pub struct Poster<'a> {
    rules: &'a PostingRules,
    loans: HashMap<String, Loan>,
}

/// Sums by day, whether planned amounts fall due, and account.
struct Sums<'a> {
    rules: &'a PostingRules,
    booked_on: Date,
    sums: BTreeMap<(Date, bool), BTreeMap<Arc<str>, Amount>>,
}

impl Sums<'_> {
    fn add(&mut self, on: Option<Date>, kind: Kind, of: Option<Component>, amount: Amount) -> Result<(), Overflow> {
        // the rules are exhaustive; see [`PostingRules::parse`]
        let Some(rule) = self.rules.of(kind, of) else { return Ok(()) };
        let day = on.map_or(self.booked_on, |on| on.max(self.booked_on));
        let entry = self.sums.entry((day, on.is_some())).or_default();
        for (account, amount) in [(&rule.debit, amount), (&rule.credit, amount.negated()?)] {
            let slot = entry.entry(account.clone()).or_default();
            *slot = slot.plus(amount)?;
        }
        Ok(())
    }

    /// A planned amount, and its falling due.
    fn plan(&mut self, number: u32, due_on: Date, of: Component, amount: Amount) -> Result<(), Overflow> {
        self.add(None, Kind::Planned, Some(of), amount)?;
        if of == Component::Principal {
            return Ok(());
        }
        let kind = if number == 0 { Kind::EarnedBefore } else { Kind::Earned };
        self.add(Some(due_on), kind, Some(of), amount)
    }

    fn row(&mut self, row: &PlanRow, sign: fn(Amount) -> Result<Amount, Overflow>) -> Result<(), Overflow> {
        Component::ALL.into_iter().try_for_each(|of| self.plan(row.number, row.due_on, of, sign(row.planned.get(of))?))
    }
}

impl<'a> Poster<'a> {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(rules: &'a PostingRules) -> Self {
        Self { rules, loans: HashMap::new() }
    }

    /// The entries of an event, by date; none if nothing is posted.
    ///
    /// # Errors
    /// The loan's first event makes no contract, or a sum leaves the range of amounts.
    pub fn post(&mut self, id: &str, record: &Record, event: &LoanEvent) -> Result<Vec<JournalEntry>, ApplyError> {
        if let Facts::Originated { terms, .. } = &event.facts {
            let loan = Loan { id: Arc::from(id), currency: terms.currency, due: BTreeMap::new() };
            self.loans.insert(id.to_owned(), loan);
        }
        let loan = self.loans.get_mut(id).ok_or(ApplyError::NotOriginated(event.facts.kind()))?;
        let mut sums = Sums { rules: self.rules, booked_on: record.envelope.booked_on, sums: BTreeMap::new() };
        match &event.facts {
            Facts::Disbursed { amount, .. } => sums.add(None, Kind::Disbursed, None, *amount)?,
            Facts::Converted(conversion) => sums.add(None, Kind::TakenOver, None, conversion.disbursed)?,
            _ => {}
        }
        for change in &event.outcome.plan {
            if let Some(old) = &change.old {
                sums.row(old, Amount::negated)?;
            }
            sums.row(&change.new, Ok)?;
            loan.due.insert(change.new.number, change.new.due_on);
        }
        let before = matches!(event.facts, Facts::Converted(_));
        let kind = |now: Kind, then: Kind| if before { then } else { now };
        let differences = event.outcome.restated.iter().map(|restated| &restated.difference);
        for line in event.outcome.lines.iter().chain(differences) {
            let (kind, of) = match line.effect {
                Effect::Planned(of) => {
                    let due_on = loan.due.get(&line.instalment).copied().unwrap_or(record.envelope.booked_on);
                    sums.plan(line.instalment, due_on, of, line.amount)?;
                    continue;
                }
                Effect::Charged(of) => (kind(Kind::Charged, Kind::ChargedBefore), Some(of)),
                Effect::Accrued(of) => (Kind::Accrued, Some(of)),
                Effect::Paid(of) => (kind(Kind::Paid, Kind::PaidBefore), Some(of)),
                Effect::Waived(of) => (kind(Kind::Waived, Kind::WaivedBefore), Some(of)),
                Effect::WrittenOff(of) => (Kind::WrittenOff, Some(of)),
                Effect::Recovered(of) => (Kind::Recovered, Some(of)),
                Effect::Credited => (Kind::Credited, None),
            };
            sums.add(None, kind, of, line.amount)?;
        }
        let entries = sums.sums.into_iter().map(|((date, due), accounts)| JournalEntry {
            date,
            position: record.position,
            loan: loan.id.clone(),
            version: record.version,
            what: format!("{}{}", event.facts.kind(), if due { " (due)" } else { "" }),
            currency: loan.currency,
            postings: accounts
                .into_iter()
                .filter(|(_, amount)| !amount.is_zero())
                .map(|(account, amount)| Posting { account, amount })
                .collect(),
        });
        Ok(entries.filter(|entry| !entry.postings.is_empty()).collect())
    }
}
