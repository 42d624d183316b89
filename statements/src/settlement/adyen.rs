//! Adyen's settlement details report. The direction comes from the column (debit, credit), not from the type.

use crate::limits::Limits;
use crate::model::{Entry, FindingCode, Format, Purpose, ReferenceKind, Statement};
use crate::number::{self, Notation};
use crate::refusal::{Reason, Refusal};
use crate::table::{Header, Rows, Shape, minus, money, period, plus};
use crate::when;
use ledger_core::money::Amount;

/// Whether a text looks like this report.
pub(crate) fn is_adyen(head: &str) -> bool {
    head.contains("Psp Reference") && head.contains("Gross Credit (GC)")
}

pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let mut statement = Statement::new(Format::Adyen, 1);
    let mut rows = Rows::new(text, Shape::COMMA, limits);
    let mut header: Option<Header> = None;
    while let Some(row) = rows.next()? {
        let Some(header) = &header else {
            if row.fields().any(|field| field == "Psp Reference") {
                header = Some(Header::of(row.line, row.fields()));
            }
            continue;
        };
        if row.is_blank() || row.field(0) == "<END>" {
            continue;
        }
        let line = row.line;
        let maybe = |name: &str| header.find(&[name]).map(|at| row.field(at)).unwrap_or_default();
        let kind = row.field(header.need(&["Type"])?);
        let net_currency = number::currency(row.field(header.need(&["Net Currency"])?), line)?;
        let gross_currency = match maybe("Gross Currency") {
            "" => net_currency,
            code => number::currency(code, line)?,
        };
        let mut side = |debit: &str, credit: &str, currency| -> Result<Option<Amount>, Refusal> {
            let debit = money(&mut statement, maybe(debit), Notation::GROUPED, currency, line)?;
            let credit = money(&mut statement, maybe(credit), Notation::GROUPED, currency, line)?;
            match (debit, credit) {
                (None, None) => Ok(None),
                (debit, credit) => minus(credit.unwrap_or_default(), debit.unwrap_or_default(), line).map(Some),
            }
        };
        let gross = side("Gross Debit (GC)", "Gross Credit (GC)", gross_currency)?;
        let net = side("Net Debit (NC)", "Net Credit (NC)", net_currency)?;
        let mut fees = Amount::ZERO;
        for name in ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"] {
            if let Some(fee) = money(&mut statement, maybe(name), Notation::GROUPED, net_currency, line)? {
                fees = plus(fees, fee, line)?;
            }
        }
        let (amount, currency) = match (gross, net) {
            (Some(gross), _) => (gross, gross_currency),
            (None, Some(net)) => (net, net_currency),
            (None, None) => {
                return Err(Refusal::at(line, Reason::Missing, "the row has no gross and no net amount"));
            }
        };
        let mut entry =
            Entry::new(line, when::iso(row.field(header.need(&["Creation Date"])?), line)?, amount, currency);
        if gross.is_some() && !fees.is_zero() {
            if currency == net_currency {
                entry.fee = Some(fees);
                if net.is_some_and(|net| minus(amount, fees, line).is_ok_and(|expected| expected != net)) {
                    statement.find(FindingCode::PartsDiffer, line, "the net amount is not the gross amount less fees");
                }
            } else {
                let text = format!("fees are in {net_currency}, the payment in {currency}: not compared");
                statement.find(FindingCode::LeftOut, line, text);
            }
        }
        entry.purpose = match kind {
            "Refunded" | "RefundedExternally" | "RefundedReversed" => Purpose::Refund,
            kind if kind.starts_with("Chargeback") || kind.starts_with("SecondChargeback") => Purpose::Chargeback,
            "MerchantPayout" => Purpose::Payout,
            "Fee" | "InvoiceDeduction" | "DepositCorrection" | "MatchedStatement" => Purpose::Fee,
            _ => Purpose::Payment,
        };
        entry.reversal = entry.purpose == Purpose::Chargeback && amount.is_negative();
        let about = matches!(entry.purpose, Purpose::Refund | Purpose::Chargeback);
        let (own, their) = if about {
            (ReferenceKind::Original, ReferenceKind::Original)
        } else {
            (ReferenceKind::Merchant, ReferenceKind::Servicer)
        };
        entry.refer(own, maybe("Merchant Reference"));
        entry.refer(their, maybe("Psp Reference"));
        entry.refer(ReferenceKind::Servicer, maybe("Modification Reference"));
        entry.refer(ReferenceKind::Merchant, maybe("Modification Merchant Reference"));
        entry.refer(ReferenceKind::Batch, maybe("Batch Number"));
        kind.clone_into(&mut entry.text);
        let account = maybe("Merchant Account");
        if statement.account.is_none() && !account.is_empty() {
            statement.account = Some(account.to_owned());
        }
        statement.currency = statement.currency.or(Some(net_currency));
        statement.entries.push(entry);
    }
    if header.is_none() {
        return Err(Refusal::at(1, Reason::Missing, "it has no header with `Psp Reference`"));
    }
    period(&mut statement);
    Ok(vec![statement])
}
