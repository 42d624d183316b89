//! A loan's arrears over time, computed once for all days.

use super::{LoanRow, Standing};
use ledger_core::calendar::Date;
use ledger_core::loan::{Book, CalculationError, Components, Entry, LoanState, Status, position};
use ledger_core::money::Amount;
use std::collections::BTreeSet;

/// How the book stands from a day on, until the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    from: Date,
    oldest_unpaid_due_on: Option<Date>,
    oldest_unpaid_original_due_on: Option<Date>,
    outstanding: Components,
    credit: Amount,
}

/// How a loan stood on every day. On each day it says what [`ledger_core::loan::position`] says of that day, without
/// penalty interest that only time has accrued; but many days cost little more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    steps: Vec<Step>,
    /// A loan that is serviced by the day: every day of it is computed on its own.
    by_the_day: Option<Box<LoanState>>,
    disbursed_on: Option<Date>,
    written_off_on: Option<Date>,
    closed_on: Option<Date>,
    arrears_unknown: bool,
}

impl Timeline {
    /// The timeline of a row.
    ///
    /// # Errors
    /// Amounts leave their range.
    pub fn of(row: &LoanRow) -> Result<Self, CalculationError> {
        let state = &row.state;
        if state.contract().is_some() {
            return Self::by_the_day(row);
        }
        let mut entries: Vec<&Entry> = state.book.entries().iter().collect();
        entries.sort_by_key(|entry| entry.effective_on);
        let mut dates: Vec<Date> = entries.iter().map(|entry| entry.effective_on).collect();
        dates.extend(&row.plan_dates);
        dates.sort_unstable();
        dates.dedup();
        let mut steps = Vec::with_capacity(dates.len());
        let mut book = Book::default();
        for date in dates {
            if row.plan_dates.contains(&date) {
                book = state.book.as_of(date)?;
            } else {
                let from = entries.partition_point(|entry| entry.effective_on < date);
                let of_day = entries.iter().skip(from).take_while(|entry| entry.effective_on == date);
                for entry in of_day {
                    book.enter(**entry)?;
                }
            }
            steps.push(Step::of(date, &book)?);
        }
        Ok(Self {
            steps,
            by_the_day: None,
            disbursed_on: state.disbursed_on,
            written_off_on: state.written_off_on,
            closed_on: state.closed_on,
            arrears_unknown: state.arrears_unknown,
        })
    }

    /// The timeline of a loan that is serviced by the day. What is due and unpaid changes where an event counts, or where an
    /// instalment falls due; so the position of each of those days is a step.
    fn by_the_day(row: &LoanRow) -> Result<Self, CalculationError> {
        let state = &row.state;
        let mut dates: BTreeSet<Date> = state.book.entries().iter().map(|entry| entry.effective_on).collect();
        dates.extend(state.facts.iter().map(|fact| fact.effective_on));
        dates.extend(&row.plan_dates);
        let mut due_on: BTreeSet<Date> = BTreeSet::new();
        for date in &dates {
            let at = position(state, *date)?;
            due_on.extend(at.instalments.iter().map(|one| one.instalment.row.due_on));
        }
        dates.extend(due_on);
        let mut steps = Vec::with_capacity(dates.len());
        for from in dates {
            let at = position(state, from)?;
            let mut original: Option<Date> = None;
            for one in &at.instalments {
                if one.instalment.contractual_open()?.is_positive() {
                    let due_on = one.instalment.row.original_due_on;
                    original = Some(original.map_or(due_on, |known| known.min(due_on)));
                }
            }
            steps.push(Step {
                from,
                oldest_unpaid_due_on: at.oldest_unpaid_due_on,
                oldest_unpaid_original_due_on: original,
                outstanding: Standing::of(&at)?.outstanding,
                credit: at.credit,
            });
        }
        let LoanState { disbursed_on, written_off_on, closed_on, arrears_unknown, .. } = *state;
        let by_the_day = Some(Box::new(state.clone()));
        Ok(Self { steps, by_the_day, disbursed_on, written_off_on, closed_on, arrears_unknown })
    }

    /// How the loan stood at the end of a day.
    ///
    /// # Errors
    /// Amounts leave their range.
    pub fn at(&self, date: Date) -> Result<Standing, CalculationError> {
        match &self.by_the_day {
            Some(state) => Standing::of(&position(state, date)?),
            None => Ok(self.of_steps(date)),
        }
    }

    fn of_steps(&self, date: Date) -> Standing {
        let known = self.steps.partition_point(|step| step.from <= date);
        let step = known.checked_sub(1).and_then(|last| self.steps.get(last));
        let by_then = |on: Option<Date>| on.is_some_and(|on| on <= date);
        let outstanding = step.map_or_else(Components::default, |step| step.outstanding);
        let status = if !by_then(self.disbursed_on) {
            Status::Pending
        } else if by_then(self.written_off_on) {
            Status::WrittenOff
        } else if by_then(self.closed_on) {
            Status::Closed
        } else if !outstanding.is_zero() {
            Status::Active
        } else if step.is_some_and(|step| step.credit.is_positive()) {
            Status::Overpaid
        } else {
            Status::Settled
        };
        let past_due = |oldest: Option<Date>| match oldest {
            Some(_) if self.arrears_unknown => None,
            Some(due_on) => Some(date.days_since(due_on).max(0)),
            None => Some(0),
        };
        let oldest_unpaid_due_on = step.and_then(|step| step.oldest_unpaid_due_on);
        let oldest_unpaid_original_due_on = step.and_then(|step| step.oldest_unpaid_original_due_on);
        Standing {
            status,
            days_past_due: past_due(oldest_unpaid_due_on),
            days_past_due_original: past_due(oldest_unpaid_original_due_on),
            oldest_unpaid_due_on,
            oldest_unpaid_original_due_on,
            outstanding,
        }
    }

    /// The due date of the oldest instalment of the original plan whose contractual amount was unpaid at the end of a day.
    #[must_use]
    pub fn oldest_unpaid_original_due_on(&self, date: Date) -> Option<Date> {
        let known = self.steps.partition_point(|step| step.from <= date);
        known.checked_sub(1).and_then(|last| self.steps.get(last)?.oldest_unpaid_original_due_on)
    }

    /// The first day, up to `through`, at whose end the loan was `days` or more past due, before it was written off; none
    /// if that never was, or if its arrears are unknown.
    #[must_use]
    pub fn first_past_due(&self, days: u32, through: Date) -> Option<Date> {
        if self.arrears_unknown {
            return None;
        }
        self.steps.iter().enumerate().find_map(|(at, step)| {
            let reached = step.oldest_unpaid_due_on?.plus_days(i64::from(days.max(1))).ok()?.max(step.from);
            let next = at.checked_add(1).and_then(|next| self.steps.get(next));
            let lasts = next.is_none_or(|next| reached < next.from);
            let before_write_off = self.written_off_on.is_none_or(|on| reached < on);
            (lasts && before_write_off && reached <= through).then_some(reached)
        })
    }
}

impl Step {
    fn of(from: Date, book: &Book) -> Result<Self, CalculationError> {
        let mut step = Self {
            from,
            oldest_unpaid_due_on: None,
            oldest_unpaid_original_due_on: None,
            outstanding: book.open()?,
            credit: book.credit(),
        };
        for instalment in book.instalments() {
            if instalment.contractual_open()?.is_positive() {
                let older = |known: Option<Date>, due_on: Date| Some(known.map_or(due_on, |known| known.min(due_on)));
                step.oldest_unpaid_due_on = older(step.oldest_unpaid_due_on, instalment.row.due_on);
                step.oldest_unpaid_original_due_on =
                    older(step.oldest_unpaid_original_due_on, instalment.row.original_due_on);
            }
        }
        Ok(step)
    }
}
