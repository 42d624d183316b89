//! The state of one account's reconciliation: the fold of its events.

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::record::{BreakFound, BreakKind, LineKey, PaymentKey, ReconciliationEvent, Record, StatementSums};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where a break stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreakStatus {
    /// Nobody has said anything.
    Open,
    /// Somebody said why; it is open.
    Explained,
    /// Somebody accepted the difference.
    Accepted,
    /// A command settled it in the ledger.
    Posted,
    /// A later statement or payment settled it.
    Resolved,
}

impl BreakStatus {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Explained => "explained",
            Self::Accepted => "accepted",
            Self::Posted => "posted",
            Self::Resolved => "resolved",
        }
    }

    /// Whether somebody has still to do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Explained)
    }
}

/// One step in the life of a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakStep {
    /// The status that it led to.
    pub status: BreakStatus,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was said or done.
    pub text: String,
}

/// A break and its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakState {
    /// What was found.
    pub found: BreakFound,
    /// Where it stands.
    pub status: BreakStatus,
    /// The business date on which it was opened.
    pub opened_on: Date,
    /// Its steps, the first one being its opening.
    pub steps: Vec<BreakStep>,
}

impl BreakState {
    /// How many days it has been open at the end of a day.
    #[must_use]
    pub fn age(&self, on: Date) -> i64 {
        on.days_since(self.opened_on).max(0)
    }
}

/// An event that does not fit the ones before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no break `{0}` in this reconciliation")]
pub struct AccountError(pub String);

/// The state of an account's reconciliation.
#[derive(Debug, Default)]
pub struct Account {
    /// Statements that were looked at, by digest.
    pub statements: BTreeMap<String, StatementSums>,
    /// Breaks, by id.
    pub breaks: BTreeMap<String, BreakState>,
    /// What each rule matched: lines and payments.
    pub by_rule: BTreeMap<String, (u64, u64)>,
    /// Payments that lines belong to.
    pub(super) matched: HashSet<PaymentKey>,
    /// Payments in breaks that have lines, and candidates.
    pub(super) held: HashSet<PaymentKey>,
    /// Payments that the bank took back.
    pub(super) taken_back: HashSet<PaymentKey>,
    /// Lines of statements of which a run was interrupted: whether each is matched.
    pub(super) partial: HashMap<String, HashMap<LineKey, bool>>,
}

impl Account {
    /// Folds the next event.
    ///
    /// # Errors
    /// It speaks of a break that was never opened.
    pub fn evolve(&mut self, record: &Record, event: &ReconciliationEvent) -> Result<(), AccountError> {
        match event {
            ReconciliationEvent::Matched { statement, matches } => {
                for one in matches {
                    let count = self.by_rule.entry(one.rule.clone()).or_default();
                    let length = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
                    count.0 = count.0.saturating_add(length(one.lines.len()));
                    count.1 = count.1.saturating_add(length(one.payments.len()));
                    if one.rule == super::matching::REVERSAL {
                        self.taken_back.extend(one.payments.iter().cloned());
                    }
                    self.matched.extend(one.payments.iter().cloned());
                    self.remember(statement, one.lines.iter().copied(), true);
                }
            }
            ReconciliationEvent::BreakOpened(found) => {
                match found.kind {
                    BreakKind::MissingAtBank => {}
                    // the candidate of a missing line is not taken by it
                    BreakKind::MissingInLedger => {}
                    BreakKind::ReversedAtBank => {
                        self.held.extend(found.payments.iter().cloned());
                        self.taken_back.extend(found.payments.iter().cloned());
                    }
                    _ => self.held.extend(found.payments.iter().cloned()),
                }
                for line in &found.lines {
                    self.remember(&line.statement, [line.at], false);
                }
                let state = BreakState {
                    found: (**found).clone(),
                    status: BreakStatus::Open,
                    opened_on: record.envelope.booked_on,
                    steps: vec![step(record, BreakStatus::Open, &found.text)],
                };
                self.breaks.insert(found.id.clone(), state);
            }
            ReconciliationEvent::BreakExplained { id, text } => self.step(id, record, BreakStatus::Explained, text)?,
            ReconciliationEvent::BreakAccepted { id, reason } => {
                self.step(id, record, BreakStatus::Accepted, reason)?
            }
            ReconciliationEvent::BreakPosted { id, loan, version } => {
                let text = format!("loan {loan}, version {version}");
                self.step(id, record, BreakStatus::Posted, &text)?;
                self.matched.insert(PaymentKey { loan: loan.clone(), version: *version });
            }
            ReconciliationEvent::BreakResolved { id, by } => self.step(id, record, BreakStatus::Resolved, by)?,
            ReconciliationEvent::StatementReconciled(sums) => {
                self.partial.remove(&sums.statement);
                self.statements.insert(sums.statement.clone(), (**sums).clone());
            }
        }
        Ok(())
    }

    fn remember(&mut self, statement: &str, lines: impl IntoIterator<Item = LineKey>, matched: bool) {
        if !self.statements.contains_key(statement) {
            let known = self.partial.entry(statement.to_owned()).or_default();
            known.extend(lines.into_iter().map(|line| (line, matched)));
        }
    }

    fn step(&mut self, id: &str, record: &Record, status: BreakStatus, text: &str) -> Result<(), AccountError> {
        let state = self.breaks.get_mut(id).ok_or_else(|| AccountError(id.to_owned()))?;
        state.status = status;
        state.steps.push(step(record, status, text));
        Ok(())
    }

    /// Breaks that somebody has still to look at, the oldest first.
    #[must_use]
    pub fn open(&self) -> Vec<&BreakState> {
        let mut open: Vec<&BreakState> = self.breaks.values().filter(|state| state.status.is_open()).collect();
        open.sort_by_key(|state| (state.opened_on, state.found.kind, state.found.id.clone()));
        open
    }

    /// The first day of all statements.
    #[must_use]
    pub fn from(&self) -> Option<Date> {
        self.statements.values().filter_map(|sums| sums.from).min()
    }

    /// The last day of all statements.
    #[must_use]
    pub fn to(&self) -> Option<Date> {
        self.statements.values().filter_map(|sums| sums.to).max()
    }
}

fn step(record: &Record, status: BreakStatus, text: &str) -> BreakStep {
    let envelope = &record.envelope;
    BreakStep { status, at: envelope.recorded_at, actor: envelope.actor.to_string(), text: text.to_owned() }
}
