//! Sums that tie: of a statement's lines and of the ledger's payments.

use super::account::{Account, BreakStatus};
use super::decide::in_scope;
use super::line::{Line, StatementInfo};
use super::matching::Found;
use super::payment::Payments;
use super::rules::Rules;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{BreakKind, LineKey, PaymentKey, StatementSums};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Matched,
    Ignored,
    Broken,
}

/// The sums of one statement: every line is matched, left out or in a break.
#[allow(clippy::too_many_arguments)]
pub(super) fn statement(
    number: u32,
    info: &StatementInfo,
    all: &[Line],
    run: &[Line],
    left: usize,
    found: &Found,
    account: &Account,
    rules: &Rules,
) -> Result<StatementSums, Overflow> {
    let mut fates: HashMap<LineKey, Fate> = HashMap::with_capacity(all.len());
    for (at, matched) in account.partial.get(&info.digest).into_iter().flatten() {
        fates.insert(*at, if *matched { Fate::Matched } else { Fate::Broken });
    }
    let mut set = |lines: &[u32], fate: Fate| {
        for line in lines {
            let at = usize::try_from(*line).unwrap_or(usize::MAX);
            // lines of earlier statements stand before those of this run
            if let Some(line) = run.get(at).filter(|line| at >= left && line.statement == number) {
                fates.insert(line.at, fate);
            }
        }
    };
    for pairing in &found.matches {
        set(&pairing.lines, Fate::Matched);
    }
    for (_, line) in &found.settled {
        set(&[*line], Fate::Matched);
    }
    for problem in &found.problems {
        set(&problem.lines, Fate::Broken);
    }
    set(&found.ignored, Fate::Ignored);
    let mut sums = StatementSums {
        statement: info.digest.clone(),
        format: info.format.to_owned(),
        id: info.id.clone(),
        from: info.from,
        to: info.to,
        rules: rules.sha256.clone(),
        currency: info.currency,
        lines: 0,
        total: Amount::ZERO,
        matched: 0,
        matched_total: Amount::ZERO,
        ignored: 0,
        ignored_total: Amount::ZERO,
        broken: 0,
        broken_total: Amount::ZERO,
    };
    for line in all {
        let amount = if Some(line.currency) == info.currency { line.amount } else { Amount::ZERO };
        let (count, total) = match fates.get(&line.at).copied().unwrap_or(Fate::Broken) {
            Fate::Matched => (&mut sums.matched, &mut sums.matched_total),
            Fate::Ignored => (&mut sums.ignored, &mut sums.ignored_total),
            Fate::Broken => (&mut sums.broken, &mut sums.broken_total),
        };
        *count = count.saturating_add(1);
        *total = total.plus(amount)?;
        sums.lines = sums.lines.saturating_add(1);
        sums.total = sums.total.plus(amount)?;
    }
    Ok(sums)
}

/// The ledger's payments of the period in one currency, each in exactly one of the sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LedgerSide {
    /// All, with those that the ledger took back.
    pub total: (u64, Amount),
    /// Lines belong to them.
    pub matched: (u64, Amount),
    /// They are in breaks with lines.
    pub broken: (u64, Amount),
    /// The bank has not got them.
    pub missing_at_bank: (u64, Amount),
    /// The ledger took them back, and the bank never had them.
    pub taken_back: (u64, Amount),
    /// They may still come: days within the grace of the rules.
    pub in_transit: (u64, Amount),
}

/// Sums the ledger's payments that the rules compare, over the days of the statements, by currency.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn ledger_side(
    account: &Account,
    payments: &Payments,
    rules: &Rules,
    from: Date,
    to: Date,
) -> Result<BTreeMap<Currency, LedgerSide>, Overflow> {
    let missing: HashSet<&PaymentKey> = account
        .breaks
        .values()
        .filter(|state| state.found.kind == BreakKind::MissingAtBank && state.status != BreakStatus::Resolved)
        .flat_map(|state| &state.found.payments)
        .collect();
    let mut sides: BTreeMap<Currency, LedgerSide> = BTreeMap::new();
    for payment in payments.all.iter().filter(|one| in_scope(one, rules) && one.on >= from && one.on <= to) {
        let key = payment.key();
        let side = sides.entry(payment.currency).or_default();
        let slot = if account.held.contains(&key) {
            &mut side.broken
        } else if account.matched.contains(&key) {
            &mut side.matched
        } else if missing.contains(&key) {
            &mut side.missing_at_bank
        } else if payment.reversed_on.is_some() {
            &mut side.taken_back
        } else {
            &mut side.in_transit
        };
        *slot = (slot.0.saturating_add(1), slot.1.plus(payment.amount)?);
        side.total = (side.total.0.saturating_add(1), side.total.1.plus(payment.amount)?);
    }
    Ok(sides)
}
