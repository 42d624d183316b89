//! The books as tables.

use crate::exit::Failure;
use crate::render::{Cell, Column, Sheet};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::Provisions;
use projections::general_ledger::{
    AccountType, BalanceSheet, IncomeStatement, JournalEntry, StatementRow, TrialBalance,
};
use std::collections::BTreeMap;

/// Debits, credits and balance of every account.
pub fn trial_balance(balance: &TrialBalance) -> Result<Sheet, Failure> {
    let columns = [
        Column::text("currency"),
        Column::text("account"),
        Column::number("debits"),
        Column::number("credits"),
        Column::number("balance"),
    ];
    let mut sheet = Sheet::new("accounts", columns).when_empty("nothing is posted");
    for ((currency, account), row) in &balance.rows {
        let amounts = [row.debits, row.credits, row.balance()?].map(|amount| Cell::Money(amount, *currency));
        sheet.row([Cell::from(currency.to_string()), Cell::from(&**account)].into_iter().chain(amounts));
    }
    for (currency, row) in balance.totals()? {
        let amounts = [row.debits, row.credits, row.balance()?].map(|amount| Cell::Money(amount, currency));
        sheet.total([Cell::from(currency.to_string()), "total".into()].into_iter().chain(amounts));
    }
    Ok(sheet)
}

/// The postings, of one account with its running balance, which opens with what was posted before.
pub fn postings(
    entries: &[JournalEntry],
    account: Option<&str>,
    opening: &BTreeMap<Currency, Amount>,
) -> Result<Sheet, Failure> {
    let mut columns = ["date", "booked_on", "effective_on", "position", "loan", "event", "account", "currency"]
        .map(Column::text)
        .to_vec();
    columns.push(Column::number("amount"));
    if account.is_some() {
        columns.push(Column::number("balance"));
    }
    let mut sheet = Sheet::new("postings", columns).when_empty("nothing is posted");
    let mut balances = opening.clone();
    for entry in entries {
        for posting in entry.postings.iter().filter(|posting| account.is_none_or(|name| *posting.account == *name)) {
            let mut cells = vec![
                Cell::from(entry.date),
                entry.booked_on.into(),
                entry.effective_on.into(),
                entry.position.into(),
                Cell::from(entry.source()),
                Cell::from(entry.what),
                Cell::from(&*posting.account),
                entry.currency.to_string().into(),
                Cell::Money(posting.amount, entry.currency),
            ];
            if account.is_some() {
                let balance = balances.entry(entry.currency).or_default();
                *balance = balance.plus(posting.amount)?;
                cells.push(Cell::Money(*balance, entry.currency));
            }
            sheet.row(cells);
        }
    }
    Ok(sheet)
}

/// Balances by currency.
pub fn balances(name: &'static str, balances: &BTreeMap<Currency, Amount>) -> Sheet {
    let mut sheet = Sheet::new(name, [Column::text("currency"), Column::number("balance")]);
    for (currency, amount) in balances {
        sheet.row([Cell::from(currency.to_string()), Cell::Money(*amount, *currency)]);
    }
    sheet
}

/// Income and expenses.
pub fn income(statement: &IncomeStatement) -> Sheet {
    let mut sheet = lines(&statement.rows);
    for (currency, net) in &statement.net {
        sheet.total([
            Cell::from(currency.to_string()),
            "".into(),
            "income less expenses".into(),
            Cell::Money(*net, *currency),
        ]);
    }
    sheet
}

/// Assets, liabilities and equity; the first is what the other two are together.
pub fn balance_sheet(sheet: &BalanceSheet) -> Result<Sheet, Failure> {
    let rows = sheet.rows()?;
    let mut shown = lines(&rows);
    let mut totals: BTreeMap<(Currency, bool), Amount> = BTreeMap::new();
    for row in &rows {
        let total = totals.entry((row.currency, row.section != AccountType::Assets)).or_default();
        *total = total.plus(row.amount)?;
    }
    for ((currency, other), total) in totals {
        let name = if other { "liabilities and equity" } else { "assets" };
        shown.total([Cell::from(currency.to_string()), "".into(), name.into(), Cell::Money(total, currency)]);
    }
    Ok(shown)
}

fn lines(rows: &[StatementRow]) -> Sheet {
    let columns = [Column::text("currency"), Column::text("section"), Column::text("line"), Column::number("amount")];
    let mut sheet = Sheet::new("lines", columns).when_empty("nothing is posted");
    for row in rows {
        sheet.row([
            Cell::from(row.currency.to_string()),
            row.section.name().into(),
            Cell::from(&*row.line),
            Cell::Money(row.amount, row.currency),
        ]);
    }
    sheet
}

/// What is provided for every class.
pub fn provisions(provisions: &Provisions) -> Sheet {
    let columns =
        [Column::text("currency"), Column::text("class"), Column::number("principal"), Column::number("provision")];
    let mut sheet = Sheet::new("provisions", columns).when_empty("nothing to provide for");
    for class in &provisions.classes {
        sheet.row([
            Cell::from(class.currency.to_string()),
            Cell::from(&*class.class),
            Cell::Money(class.principal, class.currency),
            Cell::Money(class.provision, class.currency),
        ]);
    }
    sheet
}
