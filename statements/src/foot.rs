//! Whether a statement adds up.

use crate::model::{Balance, BalanceKind, Entry, FindingCode, Side, Statement, Status};
use ledger_core::money::{Amount, Currency, text};

/// Whether the balances of a statement follow from its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// Opening balance and entries come to the closing balance.
    Foots,
    /// They do not: closing balance less the one that was expected.
    Differs(Amount, Currency),
    /// The statement does not have both balances in one currency.
    Unknown,
}

impl Footing {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foots => "foots",
            Self::Differs(..) => "does not foot",
            Self::Unknown => "no balances",
        }
    }
}

/// What an entry moved on the account, in minor units: the amount less withheld fees; nothing if it is not booked.
#[must_use]
pub fn moved(entry: &Entry) -> i128 {
    if entry.status != Status::Booked {
        return 0;
    }
    let fee = i128::from(entry.fee.unwrap_or_default().minor());
    i128::from(entry.amount.minor()).saturating_sub(fee)
}

/// The balances between which the entries lie.
fn ends(statement: &Statement) -> Option<(Balance, Balance)> {
    let of = |kind| statement.balances.iter().filter(move |balance| balance.kind == kind);
    let interim = || of(BalanceKind::Interim);
    let opening = of(BalanceKind::Opening).next().or_else(|| interim().next())?;
    let closing = of(BalanceKind::Closing).next_back().or_else(|| interim().next_back())?;
    (opening.line != closing.line && opening.currency == closing.currency).then_some((*opening, *closing))
}

/// Whether the balances follow from the entries.
#[must_use]
pub fn footing(statement: &Statement) -> Footing {
    let Some((opening, closing)) = ends(statement) else { return Footing::Unknown };
    let entries = statement.entries.iter().filter(|entry| entry.currency == opening.currency);
    let sum = entries.map(moved).fold(i128::from(opening.amount.minor()), i128::saturating_add);
    let difference = i128::from(closing.amount.minor()).saturating_sub(sum);
    match i64::try_from(difference) {
        Ok(0) => Footing::Foots,
        Ok(difference) => Footing::Differs(Amount::from_minor(difference), opening.currency),
        Err(_) => Footing::Differs(Amount::from_minor(i64::MAX), opening.currency),
    }
}

/// Adds what does not add up to the findings: balances, totals, counts, parts.
pub(crate) fn check(statement: &mut Statement) {
    if let (Footing::Differs(difference, currency), Some((opening, closing))) = (footing(statement), ends(statement)) {
        let written = |amount| text::format(amount, currency);
        let (from, to) = (written(opening.amount), written(closing.amount));
        let text = format!(
            "balance does not foot: opening {from} and {} entries do not come to {to} {currency}, but {} off",
            statement.entries.len(),
            written(difference)
        );
        statement.find(FindingCode::DoesNotFoot, closing.line, text);
    }
    totals(statement);
    parts(statement);
    statement.findings.sort_by_key(|finding| finding.line);
}

fn totals(statement: &mut Statement) {
    for total in statement.totals.clone() {
        let (mut count, mut sum) = (0_u64, 0_i128);
        let counts = |entry: &&Entry| {
            entry.status == Status::Booked && statement.currency.is_none_or(|one| one == entry.currency)
        };
        for entry in statement.entries.iter().filter(counts) {
            let net = moved(entry);
            let part = match total.side {
                Side::Credit if net >= 0 => net,
                Side::Debit if net < 0 => net.saturating_neg(),
                Side::Net => net,
                Side::Fee => i128::from(entry.fee.unwrap_or_default().minor()),
                Side::Credit | Side::Debit => continue,
            };
            count = count.saturating_add(1);
            sum = sum.saturating_add(part);
        }
        let name = match total.side {
            Side::Credit => "credits",
            Side::Debit => "debits",
            Side::Net => "entries",
            Side::Fee => "fees",
        };
        if let Some(stated) = total.count.filter(|stated| *stated != count) {
            let text = format!("{stated} {name} are stated, {count} are there");
            statement.find(FindingCode::CountDiffers, total.line, text);
        }
        if let Some(stated) = total.sum.filter(|stated| i128::from(stated.minor()) != sum) {
            let currency = statement.currency.unwrap_or(Currency::CNY);
            let sum = i64::try_from(sum)
                .map_or_else(|_| sum.to_string(), |sum| text::format(Amount::from_minor(sum), currency));
            let text = format!("the {name} come to {sum}, but {} is stated", text::format(stated, currency));
            statement.find(FindingCode::TotalDiffers, total.line, text);
        }
    }
}

fn parts(statement: &mut Statement) {
    let mut found = Vec::new();
    for entry in &statement.entries {
        let sum = entry
            .details
            .iter()
            .try_fold(0_i128, |sum, detail| detail.amount.map(|amount| sum.saturating_add(i128::from(amount.minor()))));
        if let Some(sum) = sum.filter(|sum| !entry.details.is_empty() && *sum != i128::from(entry.amount.minor())) {
            let sum = i64::try_from(sum)
                .map_or_else(|_| sum.to_string(), |sum| text::format(Amount::from_minor(sum), entry.currency));
            let whole = text::format(entry.amount, entry.currency);
            found.push((entry.line, format!("{} parts come to {sum}, the entry to {whole}", entry.details.len())));
        }
    }
    for (line, text) in found {
        statement.find(FindingCode::PartsDiffer, line, text);
    }
}
