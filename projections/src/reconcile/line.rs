//! Lines of statements, as the matching sees them.

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use ledger_core::record::LineKey;
use statements::model::{Party, Purpose, Reference, ReferenceKind, Statement, Status};

/// A line: an entry of a statement, or a part of one whose parts add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which statement, by its number in the run.
    pub statement: u32,
    /// Where it stands there.
    pub at: LineKey,
    /// Its day: the booking day.
    pub on: Date,
    /// What the payer paid: positive is money in.
    pub amount: Amount,
    /// The fee withheld.
    pub fee: Option<Amount>,
    /// The currency.
    pub currency: Currency,
    /// It takes an earlier line back, as far as the format says.
    pub takes_back: bool,
    /// What it is about.
    pub purpose: Purpose,
    /// References that may be the payment's own, in the order in which they are tried.
    pub references: Vec<Box<str>>,
    /// Remittance text.
    pub text: Box<str>,
    /// The payer's account.
    pub payer: Option<Box<str>>,
}

/// What is known of a statement beside its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementInfo {
    /// SHA-256 of the bytes and the statement's number in them, in hex.
    pub digest: String,
    /// The format's name.
    pub format: &'static str,
    /// The sender's id.
    pub id: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// The currency.
    pub currency: Option<Currency>,
}

/// The order in which references are tried.
const fn rank(kind: ReferenceKind) -> Option<u8> {
    match kind {
        ReferenceKind::Merchant => Some(0),
        ReferenceKind::EndToEnd => Some(1),
        ReferenceKind::Remittance => Some(2),
        ReferenceKind::Instruction => Some(3),
        ReferenceKind::Original => Some(4),
        ReferenceKind::Servicer => Some(5),
        ReferenceKind::Cheque => Some(6),
        // these say nothing of one payment
        ReferenceKind::Mandate | ReferenceKind::Batch | ReferenceKind::Entry => None,
    }
}

fn own(references: &[Reference]) -> Vec<Box<str>> {
    let mut ranked: Vec<(u8, &Reference)> =
        references.iter().filter_map(|reference| rank(reference.kind).map(|rank| (rank, reference))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut own: Vec<Box<str>> = Vec::with_capacity(ranked.len());
    for (_, reference) in ranked {
        if !own.iter().any(|known| **known == *reference.value) {
            own.push(reference.value.as_str().into());
        }
    }
    own
}

/// The booked lines of a statement. An entry whose parts all have amounts and add up to it becomes its parts.
#[must_use]
pub fn lines(number: u32, statement: Statement) -> Vec<Line> {
    let mut lines = Vec::with_capacity(statement.entries.len());
    for (index, entry) in (0_u32..).zip(statement.entries) {
        if entry.status != Status::Booked {
            continue;
        }
        let at = LineKey { line: u32::try_from(entry.line).unwrap_or(u32::MAX), entry: index, part: 0 };
        let takes_back = entry.reversal || matches!(entry.purpose, Purpose::Refund | Purpose::Chargeback);
        let account = |party: Option<Box<Party>>| party.and_then(|party| party.account).map(String::into_boxed_str);
        let whole = Line {
            statement: number,
            at,
            on: entry.booked_on,
            amount: entry.amount,
            fee: entry.fee,
            currency: entry.currency,
            takes_back,
            purpose: entry.purpose,
            references: own(&entry.references),
            text: entry.text.into(),
            payer: account(entry.party),
        };
        let sum = entry
            .details
            .iter()
            .try_fold(0_i128, |sum, detail| detail.amount.map(|amount| sum.saturating_add(i128::from(amount.minor()))));
        if entry.details.len() < 2 || sum != Some(i128::from(entry.amount.minor())) {
            let mut whole = whole;
            // parts without amounts still say whose they are
            for detail in entry.details {
                whole.references.extend(own(&detail.references));
            }
            lines.push(whole);
            continue;
        }
        for (part, detail) in (1_u32..).zip(entry.details) {
            lines.push(Line {
                at: LineKey { line: u32::try_from(detail.line).unwrap_or(u32::MAX), part, ..at },
                amount: detail.amount.unwrap_or_default(),
                // the fee of a batch is of the whole
                fee: None,
                references: own(&detail.references),
                text: detail.text.into(),
                payer: account(detail.party),
                ..whole.clone()
            });
        }
    }
    lines
}
