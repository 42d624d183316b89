//! A CSV by a mapping.

use super::mapping::{ColumnAt, Mapping, Words};
use super::{Header, Row, Rows, Shape, minus, money, period};
use crate::limits::Limits;
use crate::model::{Balance, BalanceKind, Entry, Format, Party, Purpose, ReferenceKind, Statement, Status};
use crate::number::{self, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use crate::when;
use ledger_core::money::{Amount, Currency};

/// A column's place; none if the mapping does not name it.
struct Places<'m> {
    mapping: &'m Mapping,
    header: Option<Header>,
}

impl Places<'_> {
    fn at(&self, column: &ColumnAt) -> Result<usize, Refusal> {
        match (column, &self.header) {
            (ColumnAt::Number(number), _) => number.checked_sub(1).ok_or_else(|| {
                Refusal::at(1, Reason::Missing, "the mapping names a column 0: they are counted from 1")
            }),
            (ColumnAt::Name(name), Some(header)) => header.need(&[name]),
            (ColumnAt::Name(name), None) => {
                let text =
                    format!("the mapping names the column `{}`, but says that there is no header", shorten(name));
                Err(Refusal::at(1, Reason::Missing, text))
            }
        }
    }

    fn field<'r>(&self, row: &'r Row, column: Option<&ColumnAt>) -> Result<&'r str, Refusal> {
        column.map_or(Ok(""), |column| Ok(row.field(self.at(column)?)))
    }

    fn says(&self, row: &Row, words: Option<&Words>) -> Result<Option<bool>, Refusal> {
        let Some(words) = words else { return Ok(None) };
        let field = row.field(self.at(&words.column)?);
        Ok(Some(words.words.iter().any(|word| word == field)))
    }
}

/// The statement of a file.
pub(crate) fn read(text: &str, mapping: &Mapping, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let shape = Shape { separator: mapping.separator().unwrap_or(b','), quote: mapping.quote.bytes().next() };
    let mut rows = Rows::new(text, shape, limits);
    let mut statement = Statement::new(Format::Csv, 1);
    statement.account.clone_from(&mapping.account);
    statement.currency = mapping.currency;
    let mut places = Places { mapping, header: None };
    let mut before: usize = 0;
    let mut last_balance: Option<(Amount, Amount)> = None;
    while let Some(row) = rows.next()? {
        if places.header.is_none() && !mapping.header.absent {
            let here = match &mapping.header.begins_with {
                Some(start) => row.field(0).starts_with(start.as_str()),
                None => before >= mapping.header.skip_rows,
            };
            before = before.saturating_add(1);
            if here {
                places.header = Some(Header::of(row.line, row.fields()));
            }
            continue;
        }
        if mapping.header.absent && before < mapping.header.skip_rows {
            before = before.saturating_add(1);
            continue;
        }
        let starts = |words: &[String]| words.iter().any(|word| row.field(0).starts_with(word.as_str()));
        if row.is_blank() || starts(&mapping.skip) {
            continue;
        }
        if starts(&mapping.footer) {
            break;
        }
        let (entry, balance) = entry(&mut statement, &places, &row)?;
        if let Some(balance) = balance {
            let moved = entry.amount;
            if last_balance.is_none() {
                let opening = minus(balance, moved, row.line)?;
                statement.balances.push(of_balance(BalanceKind::Opening, opening, &entry));
            }
            last_balance = Some((balance, moved));
            statement.balances.retain(|balance| balance.kind != BalanceKind::Closing);
            statement.balances.push(of_balance(BalanceKind::Closing, balance, &entry));
        }
        statement.entries.push(entry);
    }
    if places.header.is_none() && !mapping.header.absent {
        let text = match &mapping.header.begins_with {
            Some(start) => format!(
                "no row begins with `{}`: the mapping `{}` does not fit",
                shorten(start),
                shorten(&mapping.name)
            ),
            None => "it has no header".to_owned(),
        };
        return Err(Refusal::at(1, Reason::Missing, text));
    }
    period(&mut statement);
    Ok(vec![statement])
}

fn of_balance(kind: BalanceKind, amount: Amount, entry: &Entry) -> Balance {
    let line = if kind == BalanceKind::Opening { entry.line.saturating_sub(1) } else { entry.line };
    Balance { kind, amount, currency: entry.currency, on: Some(entry.booked_on), line }
}

fn entry(statement: &mut Statement, places: &Places<'_>, row: &Row) -> Result<(Entry, Option<Amount>), Refusal> {
    let (mapping, columns, line) = (places.mapping, &places.mapping.columns, row.line);
    let booked = row.field(places.at(&columns.booked_on)?);
    let booked = when::pattern(booked, &mapping.date, line)?;
    let currency = match places.field(row, columns.currency.as_ref())? {
        "" => mapping.currency.ok_or_else(|| Refusal::at(line, Reason::Missing, "the row names no currency"))?,
        code => number::currency(code, line)?,
    };
    let notation = Notation { decimal: mapping.decimal, thousands: mapping.thousands };
    let read = |statement: &mut Statement, text: &str| amount(statement, text, mapping, notation, currency, line);
    let mut amount = match &columns.amount {
        Some(column) => {
            let text = row.field(places.at(column)?);
            read(statement, text)?.ok_or_else(|| Refusal::at(line, Reason::Missing, "the row has no amount"))?
        }
        None => {
            let credit = read(statement, places.field(row, columns.credit.as_ref())?)?;
            let debit = read(statement, places.field(row, columns.debit.as_ref())?)?;
            if credit.is_none() && debit.is_none() {
                return Err(Refusal::at(line, Reason::Missing, "the row has neither credit nor debit"));
            }
            // some banks write debits with a minus in their own column
            let debit = debit.unwrap_or_default();
            let debit = if debit.is_negative() { number::negated(debit, line)? } else { debit };
            minus(credit.unwrap_or_default(), debit, line)?
        }
    };
    if let Some(direction) = &columns.direction {
        let word = row.field(places.at(&direction.column)?);
        if direction.debit.iter().any(|known| known == word) {
            amount = if amount.is_negative() { amount } else { number::negated(amount, line)? };
        } else if !direction.credit.iter().any(|known| known == word) {
            let text = format!("`{}` is neither a word for credit nor for debit in the mapping", shorten(word));
            return Err(Refusal::at(line, Reason::Syntax, text));
        }
    }
    if columns.negate {
        amount = number::negated(amount, line)?;
    }
    let mut entry = Entry::new(line, booked, amount, currency);
    let value_on = places.field(row, columns.value_on.as_ref())?;
    if !value_on.is_empty() {
        entry.value_on = Some(when::pattern(value_on, &mapping.date, line)?);
    }
    entry.fee = read(statement, places.field(row, columns.fee.as_ref())?)?;
    for column in &columns.references {
        entry.refer(ReferenceKind::EndToEnd, row.field(places.at(column)?));
    }
    for column in &columns.servicer {
        entry.refer(ReferenceKind::Servicer, row.field(places.at(column)?));
    }
    let mut texts = Vec::new();
    for column in &columns.texts {
        texts.push(row.field(places.at(column)?));
    }
    texts.retain(|text| !text.is_empty());
    entry.text = texts.join(" ");
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let party = Party {
        name: some(places.field(row, columns.party.as_ref())?),
        account: some(places.field(row, columns.party_account.as_ref())?),
    };
    entry.party = Some(party).filter(|party| *party != Party::default()).map(Box::new);
    if places.says(row, columns.reversal.as_ref())? == Some(true) {
        entry.reversal = true;
        entry.purpose = Purpose::Chargeback;
    }
    if places.says(row, columns.booked.as_ref())? == Some(false) {
        entry.status = Status::Pending;
    }
    let account = places.field(row, columns.account.as_ref())?;
    if !account.is_empty() && statement.account.is_none() {
        statement.account = Some(account.to_owned());
    }
    let balance = read(statement, places.field(row, columns.balance.as_ref())?)?;
    Ok((entry, balance))
}

fn amount(
    statement: &mut Statement,
    text: &str,
    mapping: &Mapping,
    notation: Notation,
    currency: Currency,
    line: u64,
) -> Result<Option<Amount>, Refusal> {
    if !mapping.minor_units || text.is_empty() {
        return money(statement, text, notation, currency, line);
    }
    let wrong = || Refusal::at(line, Reason::Amount, format!("`{}` is not a number of minor units", shorten(text)));
    let minor: i64 = text.parse().map_err(|_| wrong())?;
    if minor == i64::MIN { Err(wrong()) } else { Ok(Some(Amount::from_minor(minor))) }
}
