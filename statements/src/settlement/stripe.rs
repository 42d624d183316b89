//! Stripe's itemised payout reconciliation (`payout_reconciliation.itemized`), amounts in major units.

use crate::limits::Limits;
use crate::model::{Entry, FindingCode, Format, Purpose, ReferenceKind, Statement};
use crate::number::{self, Notation};
use crate::refusal::{Reason, Refusal};
use crate::table::{Header, Rows, Shape, minus, money, period};
use crate::when;

/// Whether a text looks like this report.
pub(crate) fn is_stripe(head: &str) -> bool {
    let first = head.lines().next().unwrap_or_default();
    ["balance_transaction_id", "reporting_category", "gross", "net"].iter().all(|name| first.contains(name))
}

pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let mut statement = Statement::new(Format::Stripe, 1);
    let mut rows = Rows::new(text, Shape::COMMA, limits);
    let Some(first) = rows.next()? else {
        return Err(Refusal::at(1, Reason::Missing, "it has no header"));
    };
    let header = Header::of(first.line, first.fields());
    let metadata = header.starting("payment_metadata[");
    while let Some(row) = rows.next()? {
        if row.is_blank() {
            continue;
        }
        let line = row.line;
        let maybe = |name: &str| header.find(&[name]).map(|at| row.field(at)).unwrap_or_default();
        let currency = number::currency(row.field(header.need(&["currency"])?), line)?;
        let missing = |name: &str| Refusal::at(line, Reason::Missing, format!("the row has no {name}"));
        let mut read = |text: &str| money(&mut statement, text, Notation::GROUPED, currency, line);
        let gross = read(row.field(header.need(&["gross"])?))?.ok_or_else(|| missing("gross"))?;
        let fee = read(maybe("fee"))?;
        let net = read(maybe("net"))?;
        let created = ["created_utc", "created"].iter().map(|name| maybe(name)).find(|text| !text.is_empty());
        let created = created.ok_or_else(|| missing("created_utc or created"))?;
        let mut entry = Entry::new(line, when::iso(created, line)?, gross, currency);
        let available =
            ["available_on_utc", "available_on"].iter().map(|name| maybe(name)).find(|text| !text.is_empty());
        entry.value_on = available.map(|text| when::iso(text, line)).transpose()?;
        entry.fee = fee.filter(|fee| !fee.is_zero());
        entry.purpose = match maybe("reporting_category") {
            "refund" | "partial_capture_reversal" | "charge_failure" => Purpose::Refund,
            "dispute" | "refund_failure" | "dispute_reversal" => Purpose::Chargeback,
            "payout" | "payout_reversal" => Purpose::Payout,
            "fee" | "network_cost" | "tax" => Purpose::Fee,
            _ => Purpose::Payment,
        };
        entry.reversal = entry.purpose == Purpose::Chargeback && gross.is_negative();
        let own = if matches!(entry.purpose, Purpose::Refund | Purpose::Chargeback) {
            ReferenceKind::Original
        } else {
            ReferenceKind::Merchant
        };
        for column in &metadata {
            entry.refer(own, row.field(*column));
        }
        entry.refer(ReferenceKind::Instruction, maybe("payment_intent_id"));
        entry.refer(ReferenceKind::Servicer, maybe("charge_id"));
        entry.refer(ReferenceKind::Servicer, maybe("source_id"));
        entry.refer(ReferenceKind::Entry, maybe("balance_transaction_id"));
        let payout = ["automatic_payout_id", "payout_id"].iter().map(|name| maybe(name)).find(|text| !text.is_empty());
        entry.refer(ReferenceKind::Batch, payout.unwrap_or_default());
        maybe("description").clone_into(&mut entry.text);
        if let Some(net) = net
            && minus(gross, fee.unwrap_or_default(), line)? != net
        {
            statement.find(FindingCode::PartsDiffer, line, "net is not gross less fee");
        }
        statement.currency = statement.currency.or(Some(currency));
        statement.entries.push(entry);
    }
    period(&mut statement);
    Ok(vec![statement])
}
