//! A loan that is serviced by the day, after some steps of its life: instalments, transactions, status.

use super::ServicingViewError;
use super::income::{self, Recognised};
use super::life::{Life, Step};
use ledger_core::calendar::Date;
use ledger_core::loan::{Facts, Operation, ServicedHistory};
use ledger_core::money::Amount;
use ledger_core::record::Version;
use ledger_core::servicing::engine::{Engine, Line};
use ledger_core::servicing::fact::Fact;
use ledger_core::servicing::instalment::{Instalment, Split};

/// What a fact did.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Its event.
    pub version: Version,
    /// When it counts.
    pub on: Date,
    /// What happened.
    pub facts: Facts,
    /// The whole amount.
    pub amount: Amount,
    /// By component.
    pub split: Split,
    /// Beyond what was owed.
    pub overpaid: Amount,
    /// Principal that is open after it.
    pub balance: Amount,
    /// It was taken back; the amounts are those of before.
    pub reverted: bool,
}

/// The loan after some steps of its life.
#[derive(Debug, Clone)]
pub struct Account {
    /// The instalments, by due date.
    pub instalments: Vec<Instalment>,
    /// What was paid out or added to the principal, by day.
    pub lent: Vec<(Date, Amount)>,
    /// What each fact did, in the order in which facts count; what was taken back at the end. Nothing of a plan.
    pub transactions: Vec<Transaction>,
    /// Income as recognised. Nothing of a plan.
    pub income: Vec<Recognised>,
    /// Paid beyond what was owed.
    pub overpaid: Amount,
    /// Nothing is lent yet: the instalments are the plan.
    pub planned: bool,
    /// It was written off.
    pub written_off: bool,
}

impl Account {
    /// The loan after all steps of a life, as it stood on a day. `activity` shows what each instalment brought on its due
    /// date.
    ///
    /// # Errors
    /// The loan keeps its plan, or a calculation has no result.
    pub fn of(life: &Life, until: Date, activity: bool) -> Result<Self, ServicingViewError> {
        let contract = life.contract()?;
        let count = life.steps().len();
        let history = life.history(count, contract);
        let engine = Engine::run(contract, &history.facts, life.counted_until(count, &history, until))?;
        let mut lent: Vec<(Date, Amount)> = engine.disbursed.iter().chain(&engine.capitalised).copied().collect();
        lent.sort_by_key(|(on, _)| *on);
        let (mut transactions, mut income) = (Vec::new(), Vec::new());
        if !history.planned {
            transactions.extend(engine.lines.iter().filter_map(|line| transaction(life, &history, line, false)));
            transactions.extend(taken_back(life)?);
            income = income::recognised(life, contract, activity)?;
        }
        Ok(Self {
            written_off: engine.is_written_off(),
            overpaid: engine.overpaid,
            planned: history.planned,
            instalments: engine.instalments,
            lent,
            transactions,
            income,
        })
    }

    /// Nothing is open.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.instalments.iter().all(Instalment::is_met)
    }
}

fn transaction(life: &Life, history: &ServicedHistory, line: &Line, reverted: bool) -> Option<Transaction> {
    let version = (*history.versions.get(line.fact)?)?;
    let dated = history.facts.get(line.fact)?;
    let fact = life.state()?.fact(version)?;
    // what was waived before it was recognised as income takes nothing back
    let takes_nothing_back = match &fact.facts {
        Facts::Operation(operation) => match &**operation {
            Operation::ChargeWaived { of, .. } => {
                !income::recognised_before_waiver(life, life.steps().len(), *of, due_of(history, *of))
            }
            _ => false,
        },
        _ => false,
    };
    Some(Transaction {
        version,
        on: dated.on,
        facts: fact.facts.clone(),
        amount: line.amount,
        split: if takes_nothing_back { Split::default() } else { line.split },
        overpaid: line.overpaid,
        balance: line.balance,
        reverted,
    })
}

/// When a charge falls due.
fn due_of(history: &ServicedHistory, charge: Version) -> Option<Date> {
    let at = history.versions.iter().position(|version| *version == Some(charge))?;
    match history.facts.get(at)?.fact {
        Fact::Charged { due, .. } => due,
        _ => None,
    }
}

/// What was reversed, as it stood just before. What fell with an undone disbursement is not shown.
fn taken_back(life: &Life) -> Result<Vec<Transaction>, ServicingViewError> {
    let contract = life.contract()?;
    let mut gone: Vec<Transaction> = Vec::new();
    for (at, step) in life.steps().iter().enumerate().filter(|(_, step)| step.takes_back()) {
        let history = life.history(at, contract);
        let last = history.facts.iter().map(|dated| dated.booked).max().unwrap_or(step.booked_on);
        let earlier = Engine::run(contract, &history.facts, last)?;
        let reversed = reversed_by(step);
        for line in &earlier.lines {
            let known = transaction(life, &history, line, true);
            gone.extend(known.filter(|known| reversed.contains(&known.version)));
        }
    }
    gone.sort_by_key(|one| one.version);
    gone.dedup_by_key(|one| one.version);
    Ok(gone)
}

fn reversed_by(step: &Step) -> Vec<Version> {
    match &step.what {
        super::life::What::Told(events) => events.iter().filter_map(|one| one.event.facts.reverses()).collect(),
        super::life::What::DayClosed => Vec::new(),
    }
}

/// An operation that moves no principal.
#[must_use]
pub fn moves_nothing(facts: &Facts) -> bool {
    match facts {
        Facts::Operation(operation) => matches!(
            **operation,
            Operation::ChargedOff { .. }
                | Operation::Terminated { .. }
                | Operation::ReAged { .. }
                | Operation::ReAmortised { .. }
                | Operation::BuyDownFeeReceived { .. }
        ),
        _ => false,
    }
}
