//! A case by hand: terms and dated steps in, the schedule and what each step did out. No ledger is needed.
//!
//! * [`terms`]: the terms of a case.
//! * [`steps`]: its steps as facts.
//! * [`income`]: when income is recognised.
//! * [`outcome`]: schedule, transactions and totals.

pub mod income;
pub mod outcome;
pub mod steps;
pub mod terms;

use ledger_core::calendar::Date;
use ledger_core::servicing::engine::Engine;
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
}

/// Runs a case and gives the state on a day; the last day on which something happens, if none is named.
pub fn run(case: &Value, as_of: Option<Date>) -> Result<Value, String> {
    let case = Case::deserialize(case).map_err(|error| error.to_string())?;
    let contract = case.terms.contract()?;
    let history = steps::History::of(&case, &contract, as_of)?;
    let until = as_of.or(history.last_day()).ok_or("`steps` is empty and no day is named")?;
    let engine =
        Engine::run(&contract, &history.facts, history.counted_until(until)).map_err(|error| error.to_string())?;
    let mut reverted = Vec::new();
    for (before, gone) in history.reversals.iter().filter(|_| !history.is_planned()) {
        let last = before.iter().map(|dated| dated.booked).max().unwrap_or(until);
        let earlier = Engine::run(&contract, before, last).map_err(|error| error.to_string())?;
        reverted.extend(earlier.lines.into_iter().filter(|line| gone.contains(&line.fact)));
    }
    reverted.sort_by_key(|line| line.fact);
    reverted.dedup_by_key(|line| line.fact);
    let income = if history.is_planned() { Vec::new() } else { income::recognised(&case, &contract)? };
    outcome::answer(&case, &history, &engine, &reverted, &income, until).map_err(|error| error.to_string())
}
