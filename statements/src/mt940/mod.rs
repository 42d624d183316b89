//! MT940 and MT942 as banks write them, which is not as SWIFT does: preambles, missing commas, repeated tags, tags in texts.
//!
//! What can only be read in one way is read and reported as `not-standard`; an amount or a date that cannot is refused.

mod line61;
mod tags;
mod text86;

use crate::limits::Limits;
use crate::model::{Balance, BalanceKind, FindingCode, Format, Side, Statement, Total};
use crate::number::{self, Exact, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use crate::when;
use ledger_core::money::{Amount, Currency};
use tags::Tag;

/// Whether a text looks like one of these messages.
pub(crate) fn is_mt940(text: &str) -> bool {
    let mut seen_20 = false;
    for line in text.lines().take(400) {
        seen_20 |= line.starts_with(":20:");
        if seen_20 && [":25:", ":28", ":60", ":61:", ":62"].iter().any(|tag| line.starts_with(tag)) {
            return true;
        }
    }
    false
}

/// The statements of a file, one for each message.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let interim = text.lines().any(|line| line.starts_with(":34F:") || line.starts_with(":13D:"));
    let format = if interim { Format::Mt942 } else { Format::Mt940 };
    let mut statements: Vec<Statement> = Vec::new();
    let mut before = "";
    let mut entries: usize = 0;
    for tag in tags::split(text, limits)? {
        if tag.name == "20" {
            let mut statement = Statement::new(format, tag.line);
            statement.id = Some(tag.first().trim().to_owned());
            statements.push(statement);
        }
        let Some(statement) = statements.last_mut() else {
            before = tag.name;
            continue;
        };
        entries = entries.saturating_add(usize::from(tag.name == "61"));
        if entries > limits.entries {
            let text = format!("it has more than {} entries: split it", limits.entries);
            return Err(Refusal::at(tag.line, Reason::Limit, text));
        }
        take(statement, &tag, before)?;
        before = tag.name;
    }
    if statements.is_empty() {
        return Err(Refusal::at(1, Reason::Missing, "there is no message: expected a line that begins with :20:"));
    }
    for statement in &mut statements {
        let days = || statement.balances.iter().filter(|b| b.kind != BalanceKind::Other).filter_map(|b| b.on);
        (statement.from, statement.to) = (days().min(), days().max());
    }
    Ok(statements)
}

fn take(statement: &mut Statement, tag: &Tag<'_>, before: &str) -> Result<(), Refusal> {
    for text in &tag.unknown {
        let text = format!("`{}` looks like a field and is in no standard: taken as text", shorten(text));
        statement.find(FindingCode::NotStandard, tag.line, text);
    }
    match tag.name {
        "25" if before == "61" => {
            statement.find(FindingCode::NotStandard, tag.line, "field 25 after an entry: taken as its text (field 86)");
            text86::add(statement, &tag.text);
        }
        "25" => statement.account = Some(tag.first().trim().to_owned()).filter(|account| !account.is_empty()),
        "28" | "28C" => statement.sequence = Some(tag.first().trim().to_owned()),
        "60F" | "60M" => {
            let kind = if statement.balances.is_empty() { BalanceKind::Opening } else { BalanceKind::Interim };
            balance(statement, tag, kind)?;
        }
        "62F" | "62M" => balance(statement, tag, BalanceKind::Closing)?,
        "64" | "65" => balance(statement, tag, BalanceKind::Other)?,
        "34F" => {
            let code = tag.first().get(..3).unwrap_or_default();
            if statement.currency.is_none() {
                statement.currency = Some(number::currency(code, tag.line)?);
            }
        }
        "61" => {
            let entry = line61::read(statement, tag)?;
            statement.entries.push(entry);
        }
        "86" | "NS" => text86::add(statement, &tag.text),
        "90C" | "90D" => total(statement, tag)?,
        _ => {}
    }
    Ok(())
}

/// `C160229EUR1200,00`: mark, date, currency, amount.
fn balance(statement: &mut Statement, tag: &Tag<'_>, kind: BalanceKind) -> Result<(), Refusal> {
    let text = tag.first().trim();
    let syntax = || {
        let text = shorten(text);
        Refusal::at(tag.line, Reason::Syntax, format!("`{text}` is not a balance (such as C160229EUR1200,00)"))
    };
    let (negative, rest) = match text.split_at_checked(1) {
        Some(("C", rest)) => (false, rest),
        Some(("D", rest)) => (true, rest),
        _ => return Err(syntax()),
    };
    let (date, rest) = rest.split_at_checked(6).ok_or_else(syntax)?;
    let date = when::swift(date, tag.line)?;
    if date.clamped {
        statement.find(
            FindingCode::NoSuchDay,
            tag.line,
            format!("{} does not exist: read as {}", shorten(text), date.date),
        );
    }
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (code, digits) = rest.split_at_checked(letters).ok_or_else(syntax)?;
    let currency = match (letters, statement.currency) {
        (3, _) => number::currency(code, tag.line)?,
        (0, Some(currency)) => {
            let text = format!("the balance names no currency: taken as {currency}");
            statement.find(FindingCode::CurrencyAssumed, tag.line, text);
            currency
        }
        _ => return Err(syntax()),
    };
    statement.currency = statement.currency.or(Some(currency));
    // a minus behind the amount says what the mark says already
    let digits = digits.trim().trim_end_matches('-');
    let amount = swift_amount(statement, digits, currency, tag.line)?;
    let amount = if negative { number::negated(amount, tag.line)? } else { amount };
    statement.balances.push(Balance { kind, amount, currency, on: Some(date.date), line: tag.line });
    Ok(())
}

/// An amount of SWIFT: a comma before the decimals. Without one, it is whole, and that is reported.
fn swift_amount(statement: &mut Statement, text: &str, currency: Currency, line: u64) -> Result<Amount, Refusal> {
    if !text.contains(',') {
        let text = format!("the amount {} has no comma: read as whole {currency}", shorten(text));
        statement.find(FindingCode::NotStandard, line, text);
    }
    let (amount, rounded) = Exact::parse(text, Notation::COMMA, line)?.minor(currency, line)?;
    if rounded {
        let text = format!("{} {currency} has more decimals than the currency: rounded", shorten(text));
        statement.find(FindingCode::Rounded, line, text);
    }
    Ok(amount)
}

/// `1EUR2,30`: count, currency, sum.
fn total(statement: &mut Statement, tag: &Tag<'_>) -> Result<(), Refusal> {
    let text = tag.first().trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, rest) = text.split_at_checked(digits).unwrap_or_default();
    let (code, sum) = rest.split_at_checked(3).unwrap_or_default();
    let currency = number::currency(code, tag.line)?;
    let sum = swift_amount(statement, sum, currency, tag.line)?;
    let side = if tag.name == "90C" { Side::Credit } else { Side::Debit };
    statement.totals.push(Total { side, count: count.parse().ok(), sum: Some(sum), line: tag.line });
    Ok(())
}
