//! Schedule, transactions and totals of a case.

use super::Case;
use super::income::Recognised;
use super::steps::History;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Overflow};
use ledger_core::servicing::ServicingError;
use ledger_core::servicing::engine::{Engine, Line};
use ledger_core::servicing::instalment::{Instalment, Split};
use serde_json::{Value, json};

/// The answer to a case.
pub fn answer(
    case: &Case,
    history: &History,
    engine: &Engine<'_>,
    reverted: &[Line],
    income: &[Recognised],
    until: Date,
) -> Result<Value, ServicingError> {
    let text = |amount: Amount| major(amount, case.terms.currency.decimals);
    let mut totals = Totals::default();
    let mut schedule = Vec::new();
    let mut balance = Amount::ZERO;
    let mut lent: Vec<(Date, Amount)> = engine.disbursed.iter().chain(&engine.capitalised).copied().collect();
    lent.sort_by_key(|(on, _)| *on);
    let mut lent = lent.into_iter().peekable();
    for (at, row) in engine.instalments.iter().enumerate() {
        while let Some((_, amount)) = lent.next_if(|(on, _)| *on < row.due || row.from == row.due && *on <= row.due) {
            balance = balance.plus(amount)?;
        }
        balance = balance.plus(row.credited.principal)?.minus(row.owed.principal)?;
        schedule.push(json!({
            "no": at.saturating_add(1), "from": row.from.to_string(), "due": row.due.to_string(),
            "paid_date": row.met_on.map(|on| on.to_string()), "balance": text(balance.or_zero()),
            "principal": text(row.owed.principal), "interest": text(row.owed.interest), "fees": text(row.owed.fee),
            "penalties": text(row.owed.penalty), "due_total": text(row.owed.total()?), "paid": text(row.paid.total()?),
            "in_advance": text(row.in_advance), "late": text(row.late), "waived": text(row.waived.total()?),
            "outstanding": text(row.open_total()?),
        }));
        totals.add(row)?;
    }
    let mut transactions = Vec::new();
    let lines = engine.lines.iter().map(|line| (line, false)).chain(reverted.iter().map(|line| (line, true)));
    for (line, reverted) in lines.filter(|_| !history.is_planned()) {
        let (Some(dated), Some(name)) = (history.facts.get(line.fact), history.names.get(line.fact)) else { continue };
        if name.is_empty() {
            continue;
        }
        transactions.push((dated.on, json!({
            "date": dated.on.to_string(), "type": name, "amount": text(line.amount), "principal": text(line.split.principal),
            "interest": text(line.split.interest), "fees": text(line.split.fee), "penalties": text(line.split.penalty),
            "loan_balance": text(balance_after(history, engine, line, name, dated.on)), "overpayment": text(line.overpaid), "reverted": reverted,
        })));
    }
    for line in income.iter().filter(|line| line.on <= until) {
        transactions.push((
            line.on,
            json!({
                "date": line.on.to_string(), "type": line.name, "amount": text(line.split.total()?), "principal": text(Amount::ZERO),
                "interest": text(line.split.interest), "fees": text(line.split.fee), "penalties": text(line.split.penalty),
                "loan_balance": text(Amount::ZERO), "overpayment": text(Amount::ZERO), "reverted": false,
            }),
        ));
    }
    transactions.sort_by_key(|(on, _)| *on);
    Ok(json!({
        "as_of": until.to_string(),
        "schedule": schedule,
        "schedule_periods": schedule.len(),
        "transactions": transactions.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
        "totals": {
            "principal": text(totals.owed.principal), "interest": text(totals.owed.interest), "fees": text(totals.owed.fee),
            "penalties": text(totals.owed.penalty), "due_total": text(totals.owed.total()?), "paid": text(totals.paid),
            "in_advance": text(totals.in_advance), "late": text(totals.late), "waived": text(totals.waived), "outstanding": text(totals.open),
        },
        "overpaid": text(engine.overpaid),
        "outstanding": text(totals.open),
        "status": status(history, engine),
    }))
}

#[derive(Default)]
struct Totals {
    owed: Split,
    paid: Amount,
    waived: Amount,
    in_advance: Amount,
    late: Amount,
    open: Amount,
}

impl Totals {
    fn add(&mut self, row: &Instalment) -> Result<(), Overflow> {
        self.owed.principal = self.owed.principal.plus(row.owed.principal)?;
        self.owed.interest = self.owed.interest.plus(row.owed.interest)?;
        self.owed.fee = self.owed.fee.plus(row.owed.fee)?;
        self.owed.penalty = self.owed.penalty.plus(row.owed.penalty)?;
        self.paid = self.paid.plus(row.paid.total()?)?;
        self.waived = self.waived.plus(row.waived.total()?)?;
        self.in_advance = self.in_advance.plus(row.in_advance)?;
        self.late = self.late.plus(row.late)?;
        self.open = self.open.plus(row.open_total()?)?;
        Ok(())
    }
}

/// An amount in major units, with two decimals at least.
fn major(amount: Amount, decimals: u8) -> String {
    let value = rust_decimal::Decimal::new(amount.minor(), u32::from(decimals));
    if decimals < 2 { format!("{value:.2}") } else { value.to_string() }
}

/// Transactions that move no principal show no balance.
fn moves_nothing(name: &str) -> bool {
    matches!(name, "charge_off" | "contract_termination" | "re_age" | "re_amortize" | "buy_down_fee")
}

fn status(history: &History, engine: &Engine<'_>) -> &'static str {
    if history.is_planned() {
        "approved"
    } else if engine.is_written_off() {
        "closed_written_off"
    } else if engine.overpaid.is_positive() {
        "overpaid"
    } else if engine.instalments.iter().all(Instalment::is_met) {
        "closed_obligations_met"
    } else {
        "active"
    }
}

/// Principal that is open after a transaction. A waiver counts from its charge on, but stands on its own day.
fn balance_after(history: &History, engine: &Engine<'_>, line: &Line, name: &str, on: Date) -> Amount {
    if moves_nothing(name) {
        return Amount::ZERO;
    }
    if name != "waive_loan_charges" {
        return line.balance;
    }
    let day = |line: &Line| history.facts.get(line.fact).map(|dated| dated.on);
    let moves = |line: &&Line| {
        history.names.get(line.fact).is_some_and(|name| *name != "waive_loan_charges" && !moves_nothing(name))
    };
    let before = engine.lines.iter().filter(moves).rfind(|line| day(line).is_some_and(|day| day <= on));
    before.map_or(line.balance, |line| line.balance)
}
