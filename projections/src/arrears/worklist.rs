//! Whom to contact: the collection worklist, and the early warnings.

use super::dealings::Dealings;
use super::portfolio::Portfolio;
use super::share::{add, increment};
use super::strategy::Strategy;
use crate::ViewError;
use crate::loans::LoanRow;
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Status, position};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::Position;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A loan to be contacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorklistRow {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its product.
    pub product: String,
    /// The name of its stage.
    pub stage: Arc<str>,
    /// What is done in that stage.
    pub action: Arc<str>,
    /// Its points: more come first.
    pub points: i32,
    /// The rules that gave the points.
    pub reasons: Vec<Arc<str>>,
    /// What the rules looked at.
    pub dealings: Dealings,
    /// Principal outstanding, due or not.
    pub principal: Amount,
}

/// The loans of a stage in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSummary {
    /// The name of the stage.
    pub stage: Arc<str>,
    /// What is done in it.
    pub action: Arc<str>,
    /// The currency.
    pub currency: Currency,
    /// How many loans.
    pub loans: u64,
    /// Overdue in all, penalty interest to the day included.
    pub overdue: Amount,
    /// Principal outstanding.
    pub principal: Amount,
}

/// The worklist at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// The day.
    pub date: Date,
    /// The last event that is contained.
    pub position: Option<Position>,
    /// Loans with something overdue or with unknown arrears: by points, then by the overdue amount, then by id.
    pub rows: Vec<WorklistRow>,
    /// The rows by currency and stage, in the order of the stages.
    pub stages: Vec<StageSummary>,
}

/// The worklist at the end of `date`.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn worklist(portfolio: &Portfolio<'_>, date: Date, strategy: &Strategy) -> Result<Worklist, ViewError> {
    let gathered: Vec<Vec<(usize, WorklistRow)>> = portfolio.state.gather(
        portfolio.threads,
        |_, _, hint| {
            let Some(summary) = hint.on(date) else { return Ok(true) };
            let open = summary.arrears_unknown || summary.oldest_open_due_on.is_some_and(|due_on| due_on < date);
            Ok::<bool, ViewError>(summary.status == Status::Active && open)
        },
        |rows: &mut Vec<(usize, WorklistRow)>, loan, row| {
            rows.extend(one(loan, row, date, strategy).map_err(|error| ViewError::loan(loan, error))?);
            Ok(())
        },
    )?;
    let mut rows: Vec<(usize, WorklistRow)> = gathered.into_iter().flatten().collect();
    rows.sort_by(|(_, a), (_, b)| {
        let key = |row: &WorklistRow| (Reverse(row.points), Reverse(row.dealings.overdue));
        key(a).cmp(&key(b)).then_with(|| a.loan.cmp(&b.loan))
    });
    let mut sums: BTreeMap<(Currency, usize), (u64, Amount, Amount)> = BTreeMap::new();
    for (stage, row) in &rows {
        let (loans, overdue, principal) = sums.entry((row.dealings.currency, *stage)).or_default();
        increment(loans)?;
        add(overdue, row.dealings.overdue)?;
        add(principal, row.principal)?;
    }
    let stages = sums
        .into_iter()
        .map(|((currency, number), (loans, overdue, principal))| {
            let stage = strategy.stages.get(number).unwrap_or(&strategy.unknown);
            let (name, action) = (stage.name.clone(), stage.action.clone());
            StageSummary { stage: name, action, currency, loans, overdue, principal }
        })
        .collect();
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Worklist { date, position: portfolio.position(), rows, stages })
}

fn one(
    loan: &Arc<str>,
    row: &LoanRow,
    date: Date,
    strategy: &Strategy,
) -> Result<Option<(usize, WorklistRow)>, CalculationError> {
    let at = position(&row.state, date)?;
    if at.status != Status::Active || (at.days_past_due == Some(0) && at.overdue.is_zero()) {
        return Ok(None);
    }
    let dealings = Dealings::of(row, &at, strategy.bounce_window_days)?;
    let (number, stage) = strategy.stage(dealings.days_past_due);
    let (points, reasons) = strategy.priority(&dealings);
    let found = WorklistRow {
        loan: loan.clone(),
        product: row.product.clone(),
        stage: stage.name.clone(),
        action: stage.action.clone(),
        points,
        reasons,
        dealings,
        principal: at.outstanding.principal,
    };
    Ok(Some((number, found)))
}

/// A loan that gives a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its product.
    pub product: String,
    /// The signals that it gives.
    pub signals: Vec<Arc<str>>,
    /// What the rules looked at.
    pub dealings: Dealings,
    /// Principal outstanding, due or not.
    pub principal: Amount,
}

/// The active loans that give a signal at the end of `date`, by id.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn early_warnings(portfolio: &Portfolio<'_>, date: Date, strategy: &Strategy) -> Result<Vec<Warning>, ViewError> {
    let gathered: Vec<Vec<Warning>> = portfolio.loans(|warnings: &mut Vec<Warning>, loan, row| {
        let at = position(&row.state, date)?;
        if at.status == Status::Active {
            let dealings = Dealings::of(row, &at, strategy.bounce_window_days)?;
            let signals = strategy.signals(&dealings);
            if !signals.is_empty() {
                let (loan, product) = (loan.clone(), row.product.clone());
                warnings.push(Warning { loan, product, signals, dealings, principal: at.outstanding.principal });
            }
        }
        Ok(())
    })?;
    let mut warnings: Vec<Warning> = gathered.into_iter().flatten().collect();
    warnings.sort_by(|a, b| a.loan.cmp(&b.loan));
    Ok(warnings)
}
