//! The collection strategy as data: stages, priorities and early-warning signals.

use super::dealings::Dealings;
use crate::bands::{self, Days};
use crate::data_file::{self, DataFileError};
use ledger_core::money::{Amount, Currency, text};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The default file.
const DEFAULT: &str = include_str!("../../data/collections.toml");

/// A stage of collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: Arc<str>,
    /// What is done.
    pub action: Arc<str>,
    /// Its days past due.
    pub days: Days,
}

/// Conditions on a loan, all of which must hold; those that are absent hold always.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// At least so many days past due; unknown arrears do not fit.
    pub days_from: Option<u32>,
    /// At most so many days past due; unknown arrears do not fit.
    pub days_to: Option<u32>,
    /// At least so much overdue, by currency; a loan in another currency does not fit. None: whatever is overdue.
    pub overdue_at_least: Option<BTreeMap<Currency, Amount>>,
    /// At least so many repayments taken back within the window.
    pub bounces_at_least: Option<u32>,
    /// Whether nothing was ever received on it.
    pub never_paid: Option<bool>,
    /// Nothing was received for at least so many days.
    pub silent_days: Option<u32>,
}

/// A named set of conditions, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: Arc<str>,
    /// Its points; 0 for a signal.
    pub points: i32,
    /// Its conditions.
    pub conditions: Conditions,
}

/// A collection strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategy {
    /// Where it comes from.
    pub source: String,
    /// Days before the day of the view within which a repayment that was taken back counts as a bounce.
    pub bounce_window_days: u32,
    /// The stages, by days past due.
    pub stages: Vec<Stage>,
    /// The stage of loans with unknown arrears.
    pub unknown: Stage,
    /// What makes a contact urgent.
    pub priorities: Vec<Rule>,
    /// Early-warning signals.
    pub signals: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    source: String,
    bounce_window_days: u32,
    #[serde(deserialize_with = "bands::name")]
    unknown: Arc<str>,
    #[serde(deserialize_with = "bands::name")]
    unknown_action: Arc<str>,
    stage: Vec<WireStage>,
    #[serde(default)]
    priority: Vec<WireRule>,
    #[serde(default)]
    signal: Vec<WireRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStage {
    #[serde(deserialize_with = "bands::name")]
    name: Arc<str>,
    #[serde(deserialize_with = "bands::name")]
    action: Arc<str>,
    from: u32,
    to: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRule {
    #[serde(deserialize_with = "bands::name")]
    name: Arc<str>,
    points: Option<i32>,
    days_from: Option<u32>,
    days_to: Option<u32>,
    overdue_at_least: Option<BTreeMap<String, String>>,
    bounces_at_least: Option<u32>,
    never_paid: Option<bool>,
    silent_days: Option<u32>,
}

impl WireRule {
    fn read(self, file: &str, place: &str) -> Result<Rule, DataFileError> {
        let wrong = |field: &str, reason: String| DataFileError::new(file, format!("{place}.{field}"), reason);
        let mut amounts = BTreeMap::new();
        for (code, written) in self.overdue_at_least.iter().flatten() {
            let field = format!("overdue_at_least.{code}");
            let currency: Currency = code.parse().map_err(|_| wrong(&field, "it is no currency".into()))?;
            let amount = text::parse(written, currency).map_err(|error| wrong(&field, error.to_string()))?;
            amounts.insert(currency, amount);
        }
        let conditions = Conditions {
            days_from: self.days_from,
            days_to: self.days_to,
            overdue_at_least: self.overdue_at_least.as_ref().map(|_| amounts),
            bounces_at_least: self.bounces_at_least,
            never_paid: self.never_paid,
            silent_days: self.silent_days,
        };
        if conditions == Conditions::default() {
            return Err(wrong("name", format!("`{}` has no condition, so it would hold for every loan", self.name)));
        }
        if let (Some(from), Some(to)) = (self.days_from, self.days_to)
            && to < from
        {
            return Err(wrong("days_to", format!("{to} is before days_from {from}")));
        }
        Ok(Rule { name: self.name, points: self.points.unwrap_or(0), conditions })
    }
}

impl Strategy {
    /// The strategy of a file's text.
    ///
    /// # Errors
    /// The text is no such file, or its stages leave a gap; the error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        if wire.source.trim().is_empty() {
            return Err(DataFileError::new(file, "source", "it is empty; say where the strategy comes from"));
        }
        let days: Vec<Days> = wire.stage.iter().map(|stage| Days { from: stage.from, to: stage.to }).collect();
        bands::check(&days)
            .map_err(|(at, field, reason)| DataFileError::new(file, format!("stage[{at}].{field}"), reason))?;
        let stages = wire
            .stage
            .into_iter()
            .map(|stage| Stage {
                name: stage.name,
                action: stage.action,
                days: Days { from: stage.from, to: stage.to },
            })
            .collect::<Vec<_>>();
        let mut names: Vec<&Arc<str>> = stages.iter().map(|stage| &stage.name).collect();
        names.push(&wire.unknown);
        unique(file, "stage", &names)?;
        let mut priorities = Vec::new();
        for (at, rule) in wire.priority.into_iter().enumerate() {
            if rule.points.is_none() {
                return Err(DataFileError::new(file, format!("priority[{at}].points"), "it is missing"));
            }
            priorities.push(rule.read(file, &format!("priority[{at}]"))?);
        }
        let mut signals = Vec::new();
        for (at, rule) in wire.signal.into_iter().enumerate() {
            if rule.points.is_some() {
                return Err(DataFileError::new(file, format!("signal[{at}].points"), "a signal has no points"));
            }
            signals.push(rule.read(file, &format!("signal[{at}]"))?);
        }
        unique(file, "priority", &priorities.iter().map(|rule| &rule.name).collect::<Vec<_>>())?;
        unique(file, "signal", &signals.iter().map(|rule| &rule.name).collect::<Vec<_>>())?;
        let unknown = Stage { name: wire.unknown, action: wire.unknown_action, days: Days { from: 0, to: None } };
        let (source, bounce_window_days) = (wire.source, wire.bounce_window_days);
        Ok(Self { source, bounce_window_days, stages, unknown, priorities, signals })
    }

    /// The strategy that the program comes with.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn builtin() -> Result<Self, DataFileError> {
        Self::parse("collections.toml", DEFAULT)
    }

    /// The stage of a number of days past due (`None`: unknown), and its number; unknown comes after all others.
    #[must_use]
    pub fn stage(&self, days_past_due: Option<i64>) -> (usize, &Stage) {
        let found =
            days_past_due.and_then(|days| self.stages.iter().enumerate().find(|(_, stage)| stage.days.contains(days)));
        found.unwrap_or((self.stages.len(), &self.unknown))
    }

    /// The points of a loan, and the names of the rules that gave them.
    #[must_use]
    pub fn priority(&self, dealings: &Dealings) -> (i32, Vec<Arc<str>>) {
        let fitting = || self.priorities.iter().filter(|rule| rule.conditions.hold(dealings));
        let points = fitting().fold(0_i32, |sum, rule| sum.saturating_add(rule.points));
        (points, fitting().map(|rule| rule.name.clone()).collect())
    }

    /// The names of the signals that a loan gives.
    #[must_use]
    pub fn signals(&self, dealings: &Dealings) -> Vec<Arc<str>> {
        let fitting = self.signals.iter().filter(|rule| rule.conditions.hold(dealings));
        fitting.map(|rule| rule.name.clone()).collect()
    }
}

fn unique(file: &str, field: &str, names: &[&Arc<str>]) -> Result<(), DataFileError> {
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|other| other == name) {
            return Err(DataFileError::new(file, format!("{field}[{at}].name"), format!("the name `{name}` is taken")));
        }
    }
    Ok(())
}

impl Conditions {
    /// Whether they hold for a loan.
    #[must_use]
    pub fn hold(&self, dealings: &Dealings) -> bool {
        let days = |fits: &dyn Fn(i64) -> bool| dealings.days_past_due.is_some_and(fits);
        self.days_from.is_none_or(|from| days(&|days| days >= i64::from(from)))
            && self.days_to.is_none_or(|to| days(&|days| days <= i64::from(to)))
            && self.overdue_at_least.as_ref().is_none_or(|amounts| {
                amounts.get(&dealings.currency).is_some_and(|at_least| dealings.overdue >= *at_least)
            })
            && self.bounces_at_least.is_none_or(|at_least| dealings.bounces >= at_least)
            && self.never_paid.is_none_or(|never| never == dealings.last_paid_on.is_none())
            && self.silent_days.is_none_or(|at_least| dealings.silent_days >= i64::from(at_least))
    }
}
