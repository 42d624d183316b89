//! The loan's book: dated, additive entries and the instalments that they add up to.

use super::{Components, Effect, Instalment, Line, PlanChange};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::stream::Version;
use crate::terms::Component;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line with its date and the event whose outcome it belongs to. A difference belongs to the event that it corrects, so
/// the entries of one event add up to its outcome now in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From when it counts.
    pub effective_on: Date,
    /// The event whose outcome it belongs to.
    pub source: Version,
    /// The line.
    pub line: Line,
}

/// Why a line or a plan change cannot be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A line for an instalment that is not there.
    #[error("there is no instalment {0}")]
    NoSuchInstalment(u32),
    /// A change of a row that is not as the change says.
    #[error("row {0} of the plan is not what the change says that it was")]
    PlanMismatch(u32),
}

/// The loan's book. Everything in it is a sum of dated entries, so the order of entering does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    instalments: Vec<Instalment>,
    changes: Vec<(Date, PlanChange)>,
    entries: Vec<Entry>,
    /// Money held for the borrower.
    credit: Amount,
    recovered: Components,
}

impl Book {
    /// The instalments, by number.
    #[must_use]
    pub fn instalments(&self) -> &[Instalment] {
        &self.instalments
    }

    /// One instalment.
    #[must_use]
    pub fn instalment(&self, number: u32) -> Option<&Instalment> {
        self.find(number).ok().and_then(|at| self.instalments.get(at))
    }

    /// All entries, in the order in which they were entered.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Money held for the borrower.
    #[must_use]
    pub const fn credit(&self) -> Amount {
        self.credit
    }

    /// Money that came in for what had been written off.
    #[must_use]
    pub const fn recovered(&self) -> &Components {
        &self.recovered
    }

    fn find(&self, number: u32) -> Result<usize, usize> {
        self.instalments.binary_search_by_key(&number, |instalment| instalment.row.number)
    }

    /// Changes a row of the plan from a date on, or adds it.
    ///
    /// # Errors
    /// The row is not as the change says, or amounts leave their range.
    pub fn change(&mut self, effective_on: Date, change: &PlanChange) -> Result<(), BookError> {
        let number = change.new.number;
        match (self.find(number), &change.old) {
            (Err(at), None) => self.instalments.insert(at, Instalment::new(change.new)),
            (Ok(at), Some(old)) => {
                let Some(instalment) = self.instalments.get_mut(at) else {
                    return Err(BookError::NoSuchInstalment(number));
                };
                let planned = &mut instalment.row.planned;
                let (was, now) = (&old.planned, &change.new.planned);
                planned.principal = planned.principal.plus(now.principal)?.minus(was.principal)?;
                planned.interest = planned.interest.plus(now.interest)?.minus(was.interest)?;
                planned.fee = planned.fee.plus(now.fee)?.minus(was.fee)?;
                let kept = instalment.row.planned;
                instalment.row = change.new;
                instalment.row.planned = kept;
            }
            _ => return Err(BookError::PlanMismatch(number)),
        }
        self.changes.push((effective_on, change.clone()));
        Ok(())
    }

    /// Enters a line.
    ///
    /// # Errors
    /// There is no such instalment, or amounts leave their range.
    pub fn enter(&mut self, entry: Entry) -> Result<(), BookError> {
        let Line { instalment, effect, amount } = entry.line;
        match effect {
            Effect::Credited => self.credit = self.credit.plus(amount)?,
            Effect::Recovered(component) => self.recovered.add(component, amount)?,
            _ => {
                let at = self.find(instalment).map_err(|_| BookError::NoSuchInstalment(instalment))?;
                let slot = self.instalments.get_mut(at).ok_or(BookError::NoSuchInstalment(instalment))?;
                slot.apply(effect, amount)?;
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The book as of the end of a day: only what counts from that day or before.
    ///
    /// # Errors
    /// As for entering, which has succeeded before.
    pub fn as_of(&self, date: Date) -> Result<Self, BookError> {
        let mut book = Self::default();
        for (effective_on, change) in self.changes.iter().filter(|(effective_on, _)| *effective_on <= date) {
            book.change(*effective_on, change)?;
        }
        for entry in self.entries.iter().filter(|entry| entry.effective_on <= date) {
            book.enter(*entry)?;
        }
        Ok(book)
    }

    /// The same plan with the entries of some events only.
    ///
    /// # Errors
    /// As for entering, which has succeeded before.
    pub(super) fn only(&self, keep: impl Fn(Version) -> bool) -> Result<Self, BookError> {
        let mut book = Self::default();
        for (effective_on, change) in &self.changes {
            book.change(*effective_on, change)?;
        }
        for entry in self.entries.iter().filter(|entry| keep(entry.source)) {
            book.enter(*entry)?;
        }
        Ok(book)
    }

    /// The last date from which anything counts.
    #[must_use]
    pub fn last_effective_on(&self) -> Option<Date> {
        let changes = self.changes.iter().map(|(effective_on, _)| *effective_on);
        changes.chain(self.entries.iter().map(|entry| entry.effective_on)).max()
    }

    /// The lines of one event now in force: its outcome and every difference to it, added up, zero lines left out,
    /// sorted by instalment and effect.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn lines_in_force(&self, source: Version) -> Result<Vec<Line>, Overflow> {
        sum_lines(self.entries.iter().filter(|entry| entry.source == source).map(|entry| entry.line))
    }

    /// As [`Book::lines_in_force`], for every event that has entries, in one pass.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn all_lines_in_force(&self) -> Result<BTreeMap<Version, Vec<Line>>, Overflow> {
        let mut lines: BTreeMap<Version, Vec<Line>> = BTreeMap::new();
        for entry in &self.entries {
            lines.entry(entry.source).or_default().push(entry.line);
        }
        for of_event in lines.values_mut() {
            *of_event = sum_lines(std::mem::take(of_event))?;
        }
        Ok(lines)
    }

    /// What is open over all instalments, by component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn open(&self) -> Result<Components, Overflow> {
        self.instalments.iter().try_fold(Components::default(), |sum, instalment| sum.plus(&instalment.open()?))
    }

    /// What was written off over all instalments, by component.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn written_off(&self) -> Result<Components, Overflow> {
        self.instalments.iter().try_fold(Components::default(), |sum, instalment| sum.plus(&instalment.written_off))
    }

    /// The changes over time of an instalment's open principal: (date, difference), by date.
    pub(super) fn principal_steps(&self, number: u32) -> Vec<(Date, Amount)> {
        let mut steps: Vec<(Date, Amount)> = self
            .entries
            .iter()
            .filter(|entry| entry.line.instalment == number)
            .filter_map(|entry| {
                let sign = match entry.line.effect {
                    Effect::Planned(Component::Principal) | Effect::Charged(Component::Principal) => {
                        Some(entry.line.amount)
                    }
                    Effect::Paid(Component::Principal)
                    | Effect::Waived(Component::Principal)
                    | Effect::WrittenOff(Component::Principal) => entry.line.amount.negated().ok(),
                    _ => None,
                };
                sign.map(|difference| (entry.effective_on, difference))
            })
            .collect();
        steps.sort_by_key(|(date, _)| *date);
        steps
    }
}

/// Adds up lines of the same instalment and effect; leaves zeros out; sorts.
pub(super) fn sum_lines(lines: impl IntoIterator<Item = Line>) -> Result<Vec<Line>, Overflow> {
    let mut all: Vec<Line> = lines.into_iter().collect();
    all.sort();
    let mut summed: Vec<Line> = Vec::with_capacity(all.len());
    for line in all {
        match summed.last_mut() {
            Some(last) if last.instalment == line.instalment && last.effect == line.effect => {
                last.amount = last.amount.plus(line.amount)?;
            }
            _ => summed.push(line),
        }
    }
    summed.retain(|line| !line.amount.is_zero());
    Ok(summed)
}

/// What `new` has that `old` has not, line by line: `old` and these differences add up to `new`.
pub(super) fn difference(old: &[Line], new: &[Line]) -> Result<Vec<Line>, Overflow> {
    let mut all: Vec<Line> = new.to_vec();
    for line in old {
        all.push(Line { amount: line.amount.negated()?, ..*line });
    }
    sum_lines(all)
}
