//! OFX 1.x (SGML, where elements with a value need no end tag) and 2.x (XML): bank and card statements.

mod markup;

use crate::limits::Limits;
use crate::model::{Balance, BalanceKind, Entry, FindingCode, Format, Party, Purpose, ReferenceKind, Statement};
use crate::number::{self, Exact, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use crate::when;
use ledger_core::money::{Amount, Currency};
use markup::{Markup, Part};

/// Whether a text looks like OFX.
pub(crate) fn is_ofx(head: &str) -> bool {
    head.contains("OFXHEADER") || head.trim_start().starts_with("<OFX>")
}

/// A value with the line on which it stands.
type Value = (String, u64);

/// What a transaction says, until its end.
#[derive(Default)]
struct Raw {
    line: u64,
    kind: Option<Value>,
    posted: Option<Value>,
    amount: Option<Value>,
    id: Option<Value>,
    correction: Option<Value>,
    check: Option<Value>,
    reference: Option<Value>,
    name: Option<Value>,
    memo: Option<Value>,
    currency: Option<Value>,
    account: Option<Value>,
}

/// The statements of a file.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let format =
        if text.contains("OFXHEADER=") || text.trim_start().starts_with("<?xml") { Format::Ofx2 } else { Format::Ofx1 };
    let mut markup = Markup::new(text, limits);
    let mut statements: Vec<Statement> = Vec::new();
    let (mut inside, mut transaction): (bool, Option<Raw>) = (false, None);
    let mut balance: (Option<Value>, Option<Value>, u64) = (None, None, 0);
    let mut investment: Option<u64> = None;
    let mut entries: usize = 0;
    let mut first: Option<u64> = None;
    while let Some(part) = markup.next()? {
        match part {
            Part::Open { name, line } => {
                first = first.or(Some(line));
                match name {
                    "STMTRS" | "CCSTMTRS" => {
                        statements.push(Statement::new(format, line));
                        inside = true;
                    }
                    "INVSTMTRS" => investment = investment.or(Some(line)),
                    "STMTTRN" if inside => {
                        entries = entries.saturating_add(1);
                        if entries > limits.entries {
                            let text = format!("it has more than {} entries: split it", limits.entries);
                            return Err(Refusal::at(line, Reason::Limit, text));
                        }
                        transaction = Some(Raw { line, ..Raw::default() });
                    }
                    "LEDGERBAL" => balance = (None, None, line),
                    _ => {}
                }
            }
            Part::Value { name, value, line } => {
                let Some(statement) = statements.last_mut().filter(|_| inside) else { continue };
                let value = || Some((value.clone(), line));
                match (&mut transaction, name, markup.parent()) {
                    (Some(raw), name, _) => match name {
                        "TRNTYPE" => raw.kind = value(),
                        "DTPOSTED" => raw.posted = value(),
                        "TRNAMT" => raw.amount = value(),
                        "FITID" => raw.id = value(),
                        "CORRECTFITID" => raw.correction = value(),
                        "CHECKNUM" => raw.check = value(),
                        "REFNUM" => raw.reference = value(),
                        "NAME" => raw.name = value(),
                        "MEMO" => raw.memo = value(),
                        "CURSYM" => raw.currency = value(),
                        "ACCTID" => raw.account = value(),
                        _ => {}
                    },
                    (None, "CURDEF", _) => {
                        statement.currency = Some(number::currency(&value().unwrap_or_default().0, line)?)
                    }
                    (None, "ACCTID", _) if statement.account.is_none() => statement.account = value().map(|v| v.0),
                    (None, "DTSTART", _) => statement.from = Some(when::compact(&value().unwrap_or_default().0, line)?),
                    (None, "DTEND", _) => statement.to = Some(when::compact(&value().unwrap_or_default().0, line)?),
                    (None, "BALAMT", Some("LEDGERBAL")) => balance.0 = value(),
                    (None, "DTASOF", Some("LEDGERBAL")) => balance.1 = value(),
                    _ => {}
                }
            }
            Part::Close { name, .. } => {
                let Some(statement) = statements.last_mut().filter(|_| inside) else { continue };
                match name {
                    "STMTTRN" => {
                        if let Some(raw) = transaction.take() {
                            let entry = entry(statement, raw)?;
                            statement.entries.push(entry);
                        }
                    }
                    "LEDGERBAL" => closing(statement, std::mem::take(&mut balance))?,
                    "STMTRS" | "CCSTMTRS" => inside = false,
                    _ => {}
                }
            }
        }
    }
    match (statements.first_mut(), investment, first) {
        (Some(statement), Some(line), _) => {
            statement.find(FindingCode::LeftOut, line, "an investment statement (INVSTMTRS) in the file is left out");
        }
        (Some(_), None, _) => {}
        (None, Some(line), _) => {
            let text = "an investment statement (INVSTMTRS): only bank and card statements can be reconciled";
            return Err(Refusal::at(line, Reason::Unsupported, text));
        }
        (None, None, line) => {
            let text = "there is no bank or card statement (STMTRS, CCSTMTRS) in it";
            return Err(Refusal::at(line.unwrap_or(1), Reason::Missing, text));
        }
    }
    Ok(statements)
}

fn amount(statement: &mut Statement, value: &Value, currency: Currency) -> Result<Amount, Refusal> {
    let (text, line) = value;
    let (amount, rounded) = Exact::parse(text, Notation::EITHER, *line)?.minor(currency, *line)?;
    if rounded {
        let text = format!("{} {currency} has more decimals than the currency: rounded", shorten(text));
        statement.find(FindingCode::Rounded, *line, text);
    }
    Ok(amount)
}

fn closing(statement: &mut Statement, (value, on, line): (Option<Value>, Option<Value>, u64)) -> Result<(), Refusal> {
    let Some(value) = value.filter(|(text, _)| !text.is_empty()) else {
        statement.find(FindingCode::NotStandard, line, "the ledger balance (LEDGERBAL) has no amount: left out");
        return Ok(());
    };
    let currency = currency(statement, line)?;
    let amount = amount(statement, &value, currency)?;
    let on = on.filter(|(text, _)| !text.is_empty()).map(|(text, line)| when::compact(&text, line)).transpose()?;
    statement.balances.push(Balance { kind: BalanceKind::Closing, amount, currency, on, line });
    Ok(())
}

fn currency(statement: &Statement, line: u64) -> Result<Currency, Refusal> {
    let text = "the statement names no currency (CURDEF)";
    statement.currency.ok_or_else(|| Refusal::at(line, Reason::Missing, text))
}

fn entry(statement: &mut Statement, raw: Raw) -> Result<Entry, Refusal> {
    let missing = |what: &str| Refusal::at(raw.line, Reason::Missing, format!("the transaction has no {what}"));
    let own = match &raw.currency {
        Some((code, line)) => Some(number::currency(code, *line)?),
        None => None,
    };
    let currency = match own {
        Some(currency) => currency,
        None => currency(statement, raw.line)?,
    };
    let amount = amount(statement, raw.amount.as_ref().ok_or_else(|| missing("amount (TRNAMT)"))?, currency)?;
    let (posted, line) = raw.posted.as_ref().ok_or_else(|| missing("date (DTPOSTED)"))?;
    let mut entry = Entry::new(raw.line, when::compact(posted, *line)?, amount, currency);
    let text = |value: Option<Value>| value.map(|(text, _)| text).unwrap_or_default();
    let kind = text(raw.kind);
    entry.purpose = match kind.as_str() {
        "FEE" | "SRVCHG" => Purpose::Fee,
        _ => Purpose::Payment,
    };
    entry.refer(ReferenceKind::Servicer, &text(raw.id));
    entry.refer(ReferenceKind::EndToEnd, &text(raw.reference));
    entry.refer(ReferenceKind::Cheque, &text(raw.check));
    let correction = text(raw.correction);
    entry.reversal = !correction.is_empty();
    entry.refer(ReferenceKind::Original, &correction);
    let (name, memo, account) = (text(raw.name), text(raw.memo), text(raw.account));
    entry.text = match (name.is_empty(), memo.is_empty()) {
        (false, false) => format!("{name} {memo}"),
        (false, true) => name.clone(),
        _ => memo,
    };
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let party = Party { name: some(name), account: some(account) };
    entry.party = Some(party).filter(|party| *party != Party::default()).map(Box::new);
    Ok(entry)
}
