//! Schedule, transactions and totals of a case.

use super::Case;
use super::steps::name_of;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Overflow};
use ledger_core::servicing::instalment::{Instalment, Split};
use projections::servicing::account::{Account, Transaction, moves_nothing};
use serde_json::{Value, json};

/// The answer to a case.
pub fn answer(case: &Case, account: &Account, until: Date) -> Result<Value, Overflow> {
    let text = |amount: Amount| major(amount, case.terms.currency.decimals);
    let mut totals = Totals::default();
    let mut schedule = Vec::new();
    let mut balance = Amount::ZERO;
    let mut lent = account.lent.iter().peekable();
    for (at, row) in account.instalments.iter().enumerate() {
        while let Some((_, amount)) = lent.next_if(|(on, _)| *on < row.due || row.from == row.due && *on <= row.due) {
            balance = balance.plus(*amount)?;
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
    for one in &account.transactions {
        let name = name_of(&one.facts);
        if name.is_empty() {
            continue;
        }
        transactions.push((one.on, json!({
            "date": one.on.to_string(), "type": name, "amount": text(one.amount), "principal": text(one.split.principal),
            "interest": text(one.split.interest), "fees": text(one.split.fee), "penalties": text(one.split.penalty),
            "loan_balance": text(balance_after(account, one)), "overpayment": text(one.overpaid), "reverted": one.reverted,
        })));
    }
    for line in account.income.iter().filter(|line| line.on <= until) {
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
        "overpaid": text(account.overpaid),
        "outstanding": text(totals.open),
        "status": status(account),
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

fn status(account: &Account) -> &'static str {
    if account.planned {
        "approved"
    } else if account.written_off {
        "closed_written_off"
    } else if account.overpaid.is_positive() {
        "overpaid"
    } else if account.is_met() {
        "closed_obligations_met"
    } else {
        "active"
    }
}

/// Principal that is open after a transaction; nothing is shown where none moves. A waiver counts from its charge on, but
/// stands on its own day.
fn balance_after(account: &Account, one: &Transaction) -> Amount {
    if moves_nothing(&one.facts) {
        return Amount::ZERO;
    }
    let is_waiver = |one: &Transaction| name_of(&one.facts) == "waive_loan_charges";
    if !is_waiver(one) {
        return one.balance;
    }
    let moves = |other: &&Transaction| !other.reverted && !is_waiver(other) && !moves_nothing(&other.facts);
    let before = account.transactions.iter().filter(moves).rfind(|other| other.on <= one.on);
    before.map_or(one.balance, |other| other.balance)
}
