//! Field 61, the statement line: `1603010301DR6,00N024NONREF//BANKREF`.

use super::swift_amount;
use super::tags::Tag;
use crate::model::{Entry, FindingCode, Purpose, ReferenceKind, Statement};
use crate::number;
use crate::refusal::{Reason, Refusal, shorten};
use crate::when;

pub(super) fn read(statement: &mut Statement, tag: &Tag<'_>) -> Result<Entry, Refusal> {
    let line = tag.line;
    let text = tag.first();
    let syntax = |what: &str| {
        let text = format!("`{}` is not a statement line: {what}", shorten(text));
        Refusal::at(line, Reason::Syntax, text)
    };
    let (value, rest) = text.split_at_checked(6).ok_or_else(|| syntax("it has no date"))?;
    let value = when::swift(value, line)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (entry_day, rest) = match digits {
        0 => (None, rest),
        4 => {
            let (day, rest) = rest.split_at_checked(4).unwrap_or_default();
            (Some(when::beside(day, value.date, line)?), rest)
        }
        _ => return Err(syntax("the entry date is four digits")),
    };
    let booked = entry_day.as_ref().map_or(value.date, |day| day.date);
    if value.clamped || entry_day.is_some_and(|day| day.clamped) {
        let text = format!("`{}` names a day that does not exist: read as the last of its month", shorten(text));
        statement.find(FindingCode::NoSuchDay, line, text);
    }
    // R before the mark reverses; a letter behind it is the third one of the currency
    let (reversal, rest) = rest.strip_prefix('R').map_or((false, rest), |rest| (true, rest));
    let (credit, rest) = match rest.split_at_checked(1) {
        Some(("C", rest)) => (true, rest),
        Some(("D", rest)) => (false, rest),
        _ => return Err(syntax("the mark is none of C, D, RC, RD")),
    };
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b',').count();
    let (digits, rest) = rest.split_at_checked(length).unwrap_or_default();
    let currency = statement.currency.ok_or_else(|| syntax("no field 60F or 34F before it names the currency"))?;
    let amount = swift_amount(statement, digits, currency, line)?;
    let negative = credit == reversal;
    let amount = if negative { number::negated(amount, line)? } else { amount };

    let mut entry = Entry::new(line, booked, amount, currency);
    entry.value_on = Some(value.date);
    entry.reversal = reversal;
    if reversal {
        entry.purpose = Purpose::Chargeback;
    }
    // one of N, F, S and three signs say what it is; then the customer's reference, and the bank's after //
    let has_type = rest.starts_with(['N', 'F', 'S']) && rest.get(1..4).is_some();
    let code = if has_type { rest.get(1..4).unwrap_or_default() } else { "" };
    if code == "CHG" {
        entry.purpose = Purpose::Fee;
    }
    if code == "RTI" {
        entry.purpose = Purpose::Chargeback;
    }
    let references = if has_type { rest.get(4..).unwrap_or_default() } else { rest };
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    entry.refer(ReferenceKind::EndToEnd, own);
    entry.refer(ReferenceKind::Servicer, bank);
    let more: Vec<&str> = tag.text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    entry.text = more.join(" ");
    Ok(entry)
}
