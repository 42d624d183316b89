//! camt.052, camt.053 and camt.054 of ISO 20022, any version: what a version adds is looked for by name, and what it moved is
//! looked for in both places.

mod entry;
mod xml;

use crate::limits::Limits;
use crate::model::{Balance, BalanceKind, Format, Side, Statement, Total};
use crate::number::{self, Exact, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use crate::when;
use ledger_core::calendar::Date;
use ledger_core::money::Amount;
use xml::{Node, Step, Xml};

/// Whether a text looks like one of these messages.
pub(crate) fn is_camt(head: &str) -> bool {
    head.contains("BkToCstmr") || head.contains("xsd:camt.05")
}

/// The statements of a message.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let mut xml = Xml::new(text, limits);
    let mut message: Option<Format> = None;
    let mut place: Option<(u64, String)> = None;
    let mut statements: Vec<Statement> = Vec::new();
    let mut entries: usize = 0;
    // how deep the message element and the statement element lie; 0 is outside
    let (mut depth, mut message_at, mut statement_at) = (0_usize, 0_usize, 0_usize);
    loop {
        match xml.step()? {
            Step::Open(node) if statement_at > 0 => {
                let node = xml.whole(node)?;
                let Some(statement) = statements.last_mut() else { continue };
                entries = entries.saturating_add(usize::from(&*node.name == "Ntry"));
                if entries > limits.entries {
                    let text = format!("it has more than {} entries: split it", limits.entries);
                    return Err(Refusal::at(node.line, Reason::Limit, text));
                }
                take(statement, &node)?;
            }
            Step::Open(node) => {
                depth = depth.saturating_add(1);
                match (&*node.name, message) {
                    (name, None) if name.starts_with("BkToCstmr") => {
                        message = Some(match name {
                            name if name.starts_with("BkToCstmrAcctRpt") => Format::Camt052,
                            name if name.starts_with("BkToCstmrStmt") => Format::Camt053,
                            name if name.starts_with("BkToCstmrDbtCdtNtfctn") => Format::Camt054,
                            other => {
                                let text = format!("`{}` is not a statement, report or notification", shorten(other));
                                return Err(Refusal::at(node.line, Reason::Unsupported, text));
                            }
                        });
                        message_at = depth;
                        place = Some((node.line, name.to_owned()));
                    }
                    ("Stmt" | "Rpt" | "Ntfctn", Some(format)) if depth == message_at.saturating_add(1) => {
                        statements.push(Statement::new(format, node.line));
                        statement_at = depth;
                    }
                    ("GrpHdr", Some(_)) => {
                        xml.whole(node)?;
                        depth = depth.saturating_sub(1);
                    }
                    _ => {}
                }
            }
            Step::Whole(node) if statement_at > 0 => {
                if let Some(statement) = statements.last_mut() {
                    take(statement, &node)?;
                }
            }
            Step::Whole(_) => {}
            Step::Close => {
                if depth == statement_at {
                    statement_at = 0;
                }
                depth = depth.saturating_sub(1);
            }
            Step::End => break,
        }
    }
    match (statements.is_empty(), place) {
        (false, _) => {}
        (true, Some((line, name))) => {
            let text = format!("`{name}` holds no statement: expected Stmt, Rpt or Ntfctn in it");
            return Err(Refusal::at(line, Reason::Missing, text));
        }
        (true, None) => {
            return Err(Refusal::at(
                1,
                Reason::Missing,
                "there is no BkToCstmrStmt, BkToCstmrAcctRpt or BkToCstmrDbtCdtNtfctn",
            ));
        }
    }
    for statement in &mut statements {
        finish(statement);
    }
    Ok(statements)
}

/// Takes one child of a statement.
fn take(statement: &mut Statement, node: &Node) -> Result<(), Refusal> {
    match &*node.name {
        "CreDtTm" => statement.created = Some(when::iso(&node.text, node.line)?),
        "Id" => statement.id = Some(node.text.clone()),
        "ElctrncSeqNb" => statement.sequence = Some(node.text.clone()),
        "LglSeqNb" if statement.sequence.is_none() => statement.sequence = Some(node.text.clone()),
        "FrToDt" => {
            let day = |path: &[&str]| node.text_at(path).map(|text| when::iso(text, node.line)).transpose();
            statement.from = day(&["FrDtTm"])?.or(day(&["FrDt"])?);
            statement.to = day(&["ToDtTm"])?.or(day(&["ToDt"])?);
        }
        "Acct" => {
            let paths: [&[&str]; 4] =
                [&["Id", "IBAN"], &["Id", "Othr", "Id"], &["Id", "PrtryAcct", "Id"], &["Id", "BBAN"]];
            statement.account = paths.iter().find_map(|path| node.text_at(path)).map(str::to_owned);
            if let Some(currency) = node.child("Ccy") {
                statement.currency = Some(number::currency(&currency.text, currency.line)?);
            }
        }
        "Bal" => {
            let balance = balance(statement, node)?;
            statement.balances.extend(balance);
        }
        "TxsSummry" => totals(statement, node)?,
        "Ntry" => {
            let entry = entry::read(statement, node)?;
            statement.entries.push(entry);
        }
        _ => {}
    }
    Ok(())
}

/// An amount with its currency: the attribute, or the account's.
fn amount(statement: &mut Statement, node: &Node) -> Result<(Amount, ledger_core::money::Currency), Refusal> {
    let currency = match (&node.currency, statement.currency) {
        (Some(code), _) => number::currency(code, node.line)?,
        (None, Some(currency)) => currency,
        (None, None) => {
            return Err(Refusal::at(node.line, Reason::Missing, "an amount has no currency (attribute Ccy)"));
        }
    };
    let (amount, rounded) = Exact::parse(&node.text, Notation::POINT, node.line)?.minor(currency, node.line)?;
    if rounded {
        let text = format!("{} {currency} has more decimals than the currency: rounded", shorten(&node.text));
        statement.find(crate::model::FindingCode::Rounded, node.line, text);
    }
    Ok((amount, currency))
}

/// Whether an indicator says debit; none if it is neither.
fn is_debit(node: &Node) -> Option<bool> {
    match node.text_at(&["CdtDbtInd"]) {
        Some("DBIT") => Some(true),
        Some("CRDT") => Some(false),
        _ => None,
    }
}

fn day(node: &Node) -> Result<Option<Date>, Refusal> {
    for name in ["Dt", "DtTm"] {
        if let Some(inner) = node.child(name).filter(|inner| !inner.text.is_empty()) {
            return when::iso(&inner.text, inner.line).map(Some);
        }
    }
    if node.text.is_empty() { Ok(None) } else { when::iso(&node.text, node.line).map(Some) }
}

fn balance(statement: &mut Statement, node: &Node) -> Result<Option<Balance>, Refusal> {
    let Some(inner) = node.child("Amt") else { return Ok(None) };
    let (amount, currency) = amount(statement, inner)?;
    let amount = if is_debit(node) == Some(true) { number::negated(amount, node.line)? } else { amount };
    let kind = match node.text_at(&["Tp", "CdOrPrtry", "Cd"]).or_else(|| node.text_at(&["Tp", "Cd"])) {
        Some("OPBD" | "PRCD") => BalanceKind::Opening,
        Some("CLBD") => BalanceKind::Closing,
        Some("ITBD") => BalanceKind::Interim,
        _ => BalanceKind::Other,
    };
    let on = node.child("Dt").map(day).transpose()?.flatten();
    Ok(Some(Balance { kind, amount, currency, on, line: node.line }))
}

fn totals(statement: &mut Statement, node: &Node) -> Result<(), Refusal> {
    for (name, side) in [("TtlNtries", Side::Net), ("TtlCdtNtries", Side::Credit), ("TtlDbtNtries", Side::Debit)] {
        let Some(total) = node.child(name) else { continue };
        let count = total.text_at(&["NbOfNtries"]).and_then(|count| count.parse().ok());
        let (sum, debit) = match side {
            // the sum of all entries is one without signs; the net has a place of its own
            Side::Net => match (total.child("TtlNetNtry"), total.child("TtlNetNtryAmt")) {
                (Some(net), _) => (net.child("Amt"), is_debit(net)),
                (None, net) => (net, is_debit(total)),
            },
            _ => (total.child("Sum"), None),
        };
        let currency = statement.currency;
        let sum = match (sum, currency) {
            (Some(sum), Some(currency)) => {
                let (amount, _) = Exact::parse(&sum.text, Notation::POINT, sum.line)?.minor(currency, sum.line)?;
                Some(if debit == Some(true) { number::negated(amount, sum.line)? } else { amount })
            }
            _ => None,
        };
        statement.totals.push(Total { side, count, sum, line: total.line });
    }
    Ok(())
}

/// Takes the period and the currency from elsewhere where the statement does not state them.
fn finish(statement: &mut Statement) {
    if statement.currency.is_none() {
        statement.currency = statement.balances.first().map(|balance| balance.currency);
    }
    if statement.currency.is_none() {
        statement.currency = statement.entries.first().map(|entry| entry.currency);
    }
    let foreign = statement.entries.iter().find(|entry| Some(entry.currency) != statement.currency);
    if let Some((line, currency)) = foreign.map(|entry| (entry.line, entry.currency)) {
        let text = format!("an entry is in {currency}, which is not the account's currency: it counts in no balance");
        statement.find(crate::model::FindingCode::NotStandard, line, text);
    }
}
