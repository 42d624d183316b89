//! An entry (`Ntry`) with its transactions (`TxDtls`).

use super::xml::Node;
use super::{amount, day, is_debit};
use crate::model::{
    Detail, Entry, FindingCode, Party, Purpose, Reference, ReferenceKind, Statement, Status, add_reference,
};
use crate::number;
use crate::refusal::{Reason, Refusal};

/// Reads an entry. `RvslInd` says that it takes another entry back; the sign is that of `CdtDbtInd` all the same (ISO 20022,
/// ReversalIndicator: with CRDT "the original operation was a debit entry").
pub(super) fn read(statement: &mut Statement, node: &Node) -> Result<Entry, Refusal> {
    let missing = |what: &str| Refusal::at(node.line, Reason::Missing, format!("the entry has no {what}"));
    let (value, currency) = amount(statement, node.child("Amt").ok_or_else(|| missing("amount (Amt)"))?)?;
    let debit = is_debit(node).ok_or_else(|| missing("CdtDbtInd of CRDT or DBIT"))?;
    let mut signed = if debit { number::negated(value, node.line)? } else { value };
    let booked = node.child("BookgDt").map(day).transpose()?.flatten();
    let value_on = node.child("ValDt").map(day).transpose()?.flatten();
    let balance = statement.balances.iter().filter_map(|balance| balance.on).max();
    let assumed = statement.to.or(balance).or(statement.created);
    let booked_on = match (booked.or(value_on), assumed) {
        (Some(date), _) => date,
        (None, Some(date)) => {
            let text = format!("the entry has neither booking nor value date: taken as {date}, the statement's");
            statement.find(FindingCode::DateAssumed, node.line, text);
            date
        }
        (None, None) => return Err(missing("booking date (BookgDt) or value date (ValDt), and the statement no date")),
    };
    let fee = charges(statement, node, debit)?;
    if let Some(fee) = fee {
        signed = signed.plus(fee).map_err(|_| missing("amount within range"))?;
    }
    let mut entry = Entry::new(node.line, booked_on, signed, currency);
    entry.fee = fee;
    entry.value_on = value_on;
    entry.reversal = matches!(node.text_at(&["RvslInd"]), Some("true" | "1"));
    if entry.reversal {
        entry.purpose = Purpose::Chargeback;
    }
    entry.status = match node.text_at(&["Sts", "Cd"]).or_else(|| node.text_at(&["Sts"])) {
        Some("PDNG" | "FUTR") => Status::Pending,
        Some("INFO") => Status::Information,
        _ => Status::Booked,
    };
    entry.refer(ReferenceKind::Entry, node.text_at(&["NtryRef"]).unwrap_or_default());
    entry.refer(ReferenceKind::Servicer, node.text_at(&["AcctSvcrRef"]).unwrap_or_default());
    let mut details = Vec::new();
    for part in node.all("NtryDtls").chain([node]) {
        if let Some(batch) = part.child("Btch") {
            for name in ["MsgId", "PmtInfId"] {
                entry.refer(ReferenceKind::Batch, batch.text_at(&[name]).unwrap_or_default());
            }
        }
        for transaction in part.all("TxDtls") {
            details.push(detail(statement, transaction, debit)?);
        }
    }
    let mut text = node.text_at(&["AddtlNtryInf"]).unwrap_or_default().to_owned();
    if details.len() == 1
        && let Some(only) = details.pop()
    {
        for reference in only.references {
            add_reference(&mut entry.references, reference.kind, &reference.value);
        }
        entry.party = only.party;
        text = join(&only.text, &text);
        let whole = only.amount.is_none_or(|amount| amount == entry.amount);
        if !whole {
            statement.find(FindingCode::PartsDiffer, only.line, "the one part of the entry is not its amount");
        }
    }
    entry.text = text;
    entry.details = details;
    Ok(entry)
}

fn join(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ => format!("{first} {second}"),
    }
}

/// Charges that the entry's amount is net of (`ChrgInclInd`); those of their own are entries of their own.
fn charges(statement: &mut Statement, node: &Node, debit: bool) -> Result<Option<ledger_core::money::Amount>, Refusal> {
    let mut sum = None;
    for record in node.all("Chrgs").flat_map(|charges| charges.all("Rcrd").chain([charges])) {
        let included = matches!(record.text_at(&["ChrgInclInd"]), Some("true" | "1"));
        let Some(inner) = record.child("Amt").filter(|_| included && !debit) else { continue };
        let (value, _) = amount(statement, inner)?;
        let value = if is_debit(record) == Some(false) { number::negated(value, record.line)? } else { value };
        let before: ledger_core::money::Amount = sum.unwrap_or_default();
        sum = before.plus(value).ok();
    }
    Ok(sum.filter(|sum| !sum.is_zero()))
}

fn detail(statement: &mut Statement, node: &Node, entry_debit: bool) -> Result<Detail, Refusal> {
    let debit = is_debit(node).unwrap_or(entry_debit);
    let places: [&[&str]; 2] = [&["Amt"], &["AmtDtls", "TxAmt", "Amt"]];
    let value = match places.iter().find_map(|path| node.at(path)) {
        Some(inner) => {
            let (value, _) = amount(statement, inner)?;
            Some(if debit { number::negated(value, inner.line)? } else { value })
        }
        None => None,
    };
    let mut references: Vec<Reference> = Vec::new();
    if let Some(refs) = node.child("Refs") {
        for (name, kind) in [
            ("EndToEndId", ReferenceKind::EndToEnd),
            ("InstrId", ReferenceKind::Instruction),
            ("TxId", ReferenceKind::Instruction),
            ("UETR", ReferenceKind::Instruction),
            ("MndtId", ReferenceKind::Mandate),
            ("AcctSvcrRef", ReferenceKind::Servicer),
            ("ClrSysRef", ReferenceKind::Servicer),
            ("ChqNb", ReferenceKind::Cheque),
            ("PmtInfId", ReferenceKind::Batch),
            ("MsgId", ReferenceKind::Batch),
        ] {
            add_reference(&mut references, kind, refs.text_at(&[name]).unwrap_or_default());
        }
    }
    let mut texts: Vec<&str> = Vec::new();
    for remittance in node.all("RmtInf") {
        texts.extend(remittance.all("Ustrd").map(|line| line.text.as_str()));
        for structured in remittance.all("Strd") {
            let places: [&[&str]; 2] = [&["CdtrRefInf", "Ref"], &["CdtrRefInf", "CdtrRef"]];
            for value in places.iter().filter_map(|path| structured.text_at(path)) {
                add_reference(&mut references, ReferenceKind::Remittance, value);
            }
            texts.extend(structured.all("AddtlRmtInf").map(|line| line.text.as_str()));
        }
    }
    texts.extend(node.text_at(&["AddtlTxInf"]));
    let (who, whose) = if debit { ("Cdtr", "CdtrAcct") } else { ("Dbtr", "DbtrAcct") };
    let party = node.child("RltdPties").map(|parties| {
        let name = parties.text_at(&[who, "Nm"]).or_else(|| parties.text_at(&[who, "Pty", "Nm"]));
        let places: [&[&str]; 3] = [&["Id", "IBAN"], &["Id", "Othr", "Id"], &["Id", "PrtryAcct", "Id"]];
        let account = parties.child(whose).and_then(|node| places.iter().find_map(|path| node.text_at(path)));
        Party { name: name.map(str::to_owned), account: account.map(str::to_owned) }
    });
    let party = party.filter(|party| *party != Party::default()).map(Box::new);
    let text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(Detail { line: node.line, amount: value, references, text, party })
}
