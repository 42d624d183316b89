//! A case by hand: terms and dated steps in, the schedule and what each step did out. It runs through a ledger of its own in
//! memory: commands, decisions, events, projections.
//!
//! * [`terms`]: the terms of a case.
//! * [`steps`]: its steps as facts.
//! * [`book`]: the ledger that records them.
//! * [`outcome`]: schedule, transactions and totals.
//! * [`check`]: the same asked in other ways.

pub mod book;
pub mod check;
pub mod outcome;
pub mod steps;
pub mod terms;

use book::Book;
use ledger_core::calendar::Date;
use projections::servicing::account::Account;
use projections::servicing::life::Life;
use serde::Deserialize;
use serde_json::Value;

/// A case: terms and steps.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// The terms.
    pub terms: terms::Terms,
    /// What happens.
    #[serde(default)]
    pub steps: Vec<steps::Step>,
    /// Where the figures are known; only `--check` looks at it.
    #[serde(default)]
    pub checkpoints: Vec<Checkpoint>,
}

/// A place in a case where its figures are known.
#[derive(Debug, Deserialize)]
pub struct Checkpoint {
    /// So many steps are done.
    pub after_step: usize,
}

impl Case {
    /// Reads a case.
    pub fn parse(case: &Value) -> Result<Self, String> {
        Self::deserialize(case).map_err(|error| error.to_string())
    }

    /// The day of the contract: the first on which anything counts.
    pub fn made_on(&self) -> Option<Date> {
        self.terms.days().chain(self.steps.iter().flat_map(|step| [step.date, step.booked()])).min()
    }
}

/// Runs a case and gives the state on a day; the last day on which something happens, if none is named.
pub async fn run(case: &Case, as_of: Option<Date>) -> Result<Value, String> {
    let book = Book::of(case, as_of).await?;
    let life = Life::of(&book.records().await?, &book.stream).map_err(|error| error.to_string())?;
    show(case, &life, as_of)
}

/// A life as an answer.
pub fn show(case: &Case, life: &Life, as_of: Option<Date>) -> Result<Value, String> {
    let last = life.steps().iter().skip(1).map(|step| step.booked_on).next_back();
    let planned = || case.terms.days().max();
    let until = as_of.or(last).or_else(planned).ok_or("`steps` is empty and no day is named")?;
    let account = Account::of(life, until, case.terms.accrual_activity_posting).map_err(|error| error.to_string())?;
    outcome::answer(case, &account, until).map_err(|error| error.to_string())
}
