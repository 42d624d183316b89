//! Explanations: the events and lines that made a figure of a loan.
//!
//! A figure is added up here from the recorded lines one by one, not read from the folded state; that both come to the same
//! is what a test says.

mod figure;

pub use figure::{Figure, FigureError};

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::{
    CalculationError, Effect, Facts, LoanState, Operation, Position as LoanPosition, Stored, position,
};
use ledger_core::money::Amount;
use ledger_core::record::{Position, Record, Version};
use ledger_core::terms::Component;

/// A recorded line that is a part of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// From when it counts.
    pub effective_on: Date,
    /// The place in the log of the event that recorded it.
    pub position: Position,
    /// The place of that event in the loan's stream.
    pub version: Version,
    /// Its kind.
    pub kind: &'static str,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The event whose outcome the line corrects or takes back, if it does.
    pub corrects: Option<Version>,
    /// The instalment; 0 for what is on none.
    pub instalment: u32,
    /// What the line does.
    pub effect: Effect,
    /// What it adds to the figure; negative if it takes off.
    pub amount: Amount,
}

/// A figure and what made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The figure.
    pub figure: Figure,
    /// The end of this day.
    pub date: Date,
    /// The sum of the lines and of [`Explanation::accrued`]. For days past due, what is open of the instalment from which
    /// they count.
    pub amount: Amount,
    /// The lines, by date and then in the order of the log.
    pub lines: Vec<Because>,
    /// What only time has made: penalty interest to the day that no event has put on the account; for a loan that is serviced
    /// by the day, all that its lines do not say yet.
    pub accrued: Amount,
    /// The due date of the oldest instalment whose contractual amount is unpaid.
    pub oldest_unpaid_due_on: Option<Date>,
    /// Days past due; `None` is unknown.
    pub days_past_due: Option<i64>,
}

/// Explains a figure of a loan at the end of `date` by the events of its stream (the whole stream, or those known at an
/// instant: a prefix of it).
///
/// # Errors
/// Amounts leave their range. The error of an event that does not fit is the caller's, who folds the state.
pub fn explain(
    history: &[(Record, Stored)],
    state: &LoanState,
    date: Date,
    figure: Figure,
) -> Result<Explanation, CalculationError> {
    let at = position(state, date)?;
    let wanted = wanted_instalments(&at, figure);
    let mut lines = Vec::new();
    for (record, stored) in history {
        let mut take = |effective_on: Date, corrects, instalment, effect, amount: Amount| {
            let counts = effective_on <= date && wanted.as_ref().is_none_or(|numbers| numbers.contains(&instalment));
            let Some(adds) = figure.sign(effect).filter(|_| counts && !amount.is_zero()) else { return Ok(()) };
            let amount = if adds { amount } else { amount.negated()? };
            let (position, version, kind) = (record.position, stored.version, stored.event.facts.kind());
            let recorded_at = stored.recorded_at;
            lines.push(Because {
                effective_on,
                position,
                version,
                kind,
                recorded_at,
                corrects,
                instalment,
                effect,
                amount,
            });
            Ok::<(), CalculationError>(())
        };
        let (on, outcome) = (stored.effective_on, &stored.event.outcome);
        let taken_back = match stored.event.facts {
            Facts::RepaymentReversed { reversed, .. } => Some(reversed),
            Facts::Operation(ref operation) => match **operation {
                Operation::Reversed { reversed, .. } => Some(reversed),
                _ => None,
            },
            _ => None,
        };
        for change in &outcome.plan {
            for component in Component::ALL {
                let was = change.old.map_or(Amount::ZERO, |old| old.planned.get(component));
                let difference = change.new.planned.get(component).minus(was)?;
                take(on, None, change.new.number, Effect::Planned(component), difference)?;
            }
        }
        for line in &outcome.lines {
            take(on, taken_back, line.instalment, line.effect, line.amount)?;
        }
        for restated in &outcome.restated {
            let line = restated.difference;
            take(restated.effective_on, Some(restated.corrected), line.instalment, line.effect, line.amount)?;
        }
    }
    lines.sort_by_key(|line| (line.effective_on, line.version));
    let recorded = Amount::sum(lines.iter().map(|line| line.amount))?;
    let accrued = match by_time(&at, figure)? {
        // interest runs by the day: what no line says, time has made
        Some(whole) if state.contract().is_some() => whole.minus(recorded)?,
        Some(_) if figure.has_time() => {
            let numbers = wanted.as_ref();
            let counted = at
                .instalments
                .iter()
                .filter(|one| numbers.is_none_or(|numbers| numbers.contains(&one.instalment.row.number)));
            Amount::sum(counted.map(|one| one.penalty_to_date))?
        }
        _ => Amount::ZERO,
    };
    Ok(Explanation {
        figure,
        date,
        amount: recorded.plus(accrued)?,
        lines,
        accrued,
        oldest_unpaid_due_on: at.oldest_unpaid_due_on,
        days_past_due: at.days_past_due,
    })
}

/// A figure that time changes without an event, as the position has it; none for the others.
fn by_time(at: &LoanPosition, figure: Figure) -> Result<Option<Amount>, CalculationError> {
    let (sums, component) = match figure {
        Figure::Outstanding(component) => (&at.outstanding, component),
        Figure::Overdue(component) => (&at.overdue, component),
        _ => return Ok(None),
    };
    Ok(Some(component.map_or_else(|| sums.total(), |component| Ok(sums.get(component)))?))
}

/// The instalments that a figure is about; none: all, and what is on none.
fn wanted_instalments(at: &LoanPosition, figure: Figure) -> Option<Vec<u32>> {
    let rows = || at.instalments.iter().map(|one| &one.instalment.row);
    match figure {
        Figure::Overdue(_) => Some(rows().filter(|row| row.due_on < at.date).map(|row| row.number).collect()),
        Figure::DaysPastDue => {
            let oldest = at.oldest_unpaid_due_on;
            let open = |one: &&ledger_core::loan::InstalmentPosition| {
                Some(one.instalment.row.due_on) == oldest
                    && one.instalment.contractual_open().is_ok_and(|open| open.is_positive())
            };
            Some(at.instalments.iter().filter(open).map(|one| one.instalment.row.number).collect())
        }
        _ => None,
    }
}
