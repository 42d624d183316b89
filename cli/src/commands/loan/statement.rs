//! `loan statement`: what happened, line by line, with the balance after it.

use crate::args::{AsOf, LoanId, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::{Session, not_found};
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::ledger::LedgerError;
use ledger_core::loan::{self, Components, Effect, Facts, Line, LoanState, Position, Status, Stored};
use ledger_core::money::{Amount, Currency};
use ledger_core::stream::Version;
use ledger_core::terms::Component;
use std::collections::BTreeMap;

/// Show what happened to a loan, with the balance after each line
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger loan statement L-1
  iledger loan statement L-1 --as-of 2024-03-31
  iledger loan statement L-1 --known-at 2024-02-29T08:15:00Z")]
pub struct Args {
    /// The loan's id
    loan: LoanId,
    #[command(flatten)]
    as_of: AsOf,
}

const COLUMNS: [Column; 9] = [
    Column::text("date"),
    Column::number("version"),
    Column::text("entry"),
    Column::number("principal"),
    Column::number("interest"),
    Column::number("fee"),
    Column::number("penalty"),
    Column::number("credit"),
    Column::number("balance"),
];

/// What one event does to what is owed, by its outcome now in force.
#[derive(Default)]
struct Change {
    owed: Components,
    credit: Amount,
}

impl Change {
    fn add(&mut self, line: &Line) -> Result<(), Failure> {
        match (line.effect, line.effect.component()) {
            (Effect::Planned(_) | Effect::Charged(_) | Effect::Accrued(_), Some(component)) => {
                self.owed.add(component, line.amount)?;
            }
            (Effect::Paid(_) | Effect::Waived(_) | Effect::WrittenOff(_), Some(component)) => {
                self.owed.add(component, line.amount.negated()?)?;
            }
            (Effect::Credited, _) => self.credit = self.credit.plus(line.amount)?,
            // what comes in for a loss is owed no more
            _ => {}
        }
        Ok(())
    }

    fn balance(&self) -> Result<Amount, Failure> {
        Ok(self.owed.total()?.minus(self.credit)?)
    }

    fn cells(&self, currency: Currency) -> impl Iterator<Item = Cell> + use<> {
        let amounts = Component::ALL.map(|component| self.owed.get(component));
        amounts.into_iter().chain([self.credit]).map(move |amount| Cell::Share(amount, currency))
    }
}

/// Shows the statement.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let date = args.as_of.as_of.unwrap_or(session.today);
    let known = |stored: &Stored| args.as_of.known_at.is_none_or(|known_at: Timestamp| stored.recorded_at <= known_at);
    let mut state = LoanState::default();
    let mut history = Vec::new();
    for (record, stored) in session.ledger.history(args.loan.stream()).await? {
        if known(&stored) {
            let evolved = state.evolve(&stored);
            let (position, stream) = (record.position, record.stream.clone());
            state = evolved.map_err(|error| LedgerError::Evolve { position, stream, error })?;
            history.push(stored);
        }
    }
    let terms = state.terms.as_deref().ok_or_else(|| not_found(&args.loan))?;
    let at = loan::position(&state, date)?;
    let sheet = sheet(&history, &state, &at, terms.currency)?;
    Document::new()
        .field("loan", args.loan.to_string())
        .field("as_of", date)
        .field("status", at.status.name())
        .field("currency", terms.currency.to_string())
        .sheet(sheet)
        .print(options)
}

/// Every event and what it did. A restatement's differences stand with the event that they correct.
fn changes(history: &[Stored]) -> Result<BTreeMap<(Date, Version), Change>, Failure> {
    let mut changes: BTreeMap<(Date, Version), Change> = BTreeMap::new();
    for stored in history {
        let outcome = &stored.event.outcome;
        let source = match stored.event.facts {
            Facts::Restated { .. } => None,
            _ => match stored.event.facts.reverses() {
                Some(reversed) => {
                    changes.entry((stored.effective_on, stored.version)).or_default();
                    Some(reversed)
                }
                None => Some(stored.version),
            },
        };
        if let Some(source) = source {
            let change = changes.entry((stored.effective_on, source)).or_default();
            for row in &outcome.plan {
                for component in Component::ALL {
                    change.owed.add(component, row.new.planned.get(component))?;
                    if let Some(old) = &row.old {
                        change.owed.add(component, old.planned.get(component).negated()?)?;
                    }
                }
            }
            for line in &outcome.lines {
                change.add(line)?;
            }
        }
        for restated in &outcome.restated {
            changes.entry((restated.effective_on, restated.corrected)).or_default().add(&restated.difference)?;
        }
    }
    Ok(changes)
}

fn sheet(history: &[Stored], state: &LoanState, at: &Position, currency: Currency) -> Result<Sheet, Failure> {
    let mut sheet = Sheet::new("lines", COLUMNS).currency(currency);
    let date = at.date;
    let mut balance = Amount::ZERO;
    let mut told = Components::default();
    let facts: BTreeMap<Version, &Facts> = history.iter().map(|stored| (stored.version, &stored.event.facts)).collect();
    for ((on, version), change) in changes(history)?.iter().filter(|((on, _), _)| *on <= date) {
        balance = balance.plus(change.balance()?)?;
        told = told.plus(&change.owed)?;
        let entry = facts.get(version).map_or_else(String::new, |facts| describe(facts, *version, state, currency));
        let head = [Cell::from(*on), (*version).into(), entry.into()];
        sheet.row(head.into_iter().chain(change.cells(currency)).chain([Cell::Money(balance, currency)]));
    }
    // what only time has made: penalty interest, and interest on overdue principal of a loan serviced by the day
    let mut owed = Components::default();
    let lent = at.status != Status::Pending;
    for component in Component::ALL.into_iter().filter(|_| lent) {
        owed.add(component, at.outstanding.get(component).minus(told.get(component))?)?;
    }
    if !owed.is_zero() {
        let change = Change { owed, credit: Amount::ZERO };
        balance = balance.plus(change.balance()?)?;
        let head = [
            Cell::from(date),
            Cell::Nothing,
            if state.contract().is_some() { "interest to date" } else { "penalty interest to date" }.into(),
        ];
        sheet.row(head.into_iter().chain(change.cells(currency)).chain([Cell::Money(balance, currency)]));
    }
    Ok(sheet)
}

/// An event in the words of a statement.
fn describe(facts: &Facts, version: Version, state: &LoanState, currency: Currency) -> String {
    let money = |amount: Amount| Cell::Money(amount, currency).for_people();
    let reversed = match state.fact(version).and_then(|fact| fact.reversed_by) {
        Some(by) => format!(" (reversed by version {by})"),
        None => String::new(),
    };
    match facts {
        Facts::Originated { .. } => "contract made".to_owned(),
        Facts::Disbursed { amount, .. } => format!("paid out {}", money(*amount)),
        Facts::Converted(conversion) => format!("taken over from {}", conversion.source),
        Facts::RepaymentReceived { amount, .. } => format!("repayment {}{reversed}", money(*amount)),
        Facts::RepaymentReversed { reversed, reason } => format!("reversal of version {reversed}: {reason}"),
        Facts::FeeCharged { amount, reason, .. } => format!("fee {}: {reason}", money(*amount)),
        Facts::LateFeeAssessed { instalment } => format!("late fee, instalment {instalment}"),
        Facts::Waived { component, reason, .. } => format!("{} waived: {reason}", component.name()),
        Facts::WrittenOff { reason } => format!("written off: {reason}"),
        Facts::RecoveryReceived { amount, .. } => format!("recovery {}{reversed}", money(*amount)),
        Facts::Closed { reason } => format!("closed: {reason}"),
        Facts::Operation(operation) => {
            let amount = operation.money().map(|(amount, _)| format!(" {}", money(amount))).unwrap_or_default();
            let reason = operation.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{}{amount}{reversed}{reason}", operation.kind().replace('-', " "))
        }
        Facts::Restated { cause } => format!("restated because of version {cause}"),
    }
}
