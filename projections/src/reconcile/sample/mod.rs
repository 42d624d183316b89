//! Statements that a bank or a channel would have sent for a book, with defects planted, and what must be found: the oracle of
//! tests and of the demo.

mod format;

pub use format::{SampleFormat, write};

use super::payment::{Payment, PaymentKind};
use super::rules::fee_for;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow, Rate};
use ledger_core::record::{BreakFound, BreakKind, PaymentKey};
use std::collections::{BTreeMap, HashMap};

/// A line that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleLine {
    /// Its day.
    pub on: Date,
    /// Its amount; negative takes a payment back.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// The fee withheld.
    pub fee: Option<Amount>,
    /// The payment's reference; empty if the text alone says what it is.
    pub reference: String,
    /// Free text.
    pub text: String,
}

/// What must be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expected {
    /// The break.
    pub kind: BreakKind,
    /// The reference of the line, where the ledger has no payment.
    pub reference: Option<String>,
    /// The payments.
    pub payments: Vec<PaymentKey>,
}

/// What is planted, and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The currency of the statement.
    pub currency: Currency,
    /// The agreed fee of each line.
    pub fee: Option<Rate>,
    /// The kinds, in turn.
    pub kinds: Vec<BreakKind>,
    /// Every so many payments get a defect.
    pub every: usize,
}

impl Plan {
    /// Every kind that a format can express.
    #[must_use]
    pub fn of(format: SampleFormat, currency: Currency, fee: Option<Rate>, every: usize) -> Self {
        let kinds = BreakKind::ALL.into_iter().filter(|kind| match kind {
            BreakKind::FeeDiffers => format.has_fees() && fee.is_some(),
            BreakKind::Ambiguous => format.has_texts(),
            BreakKind::WrongCurrency => format.has_currencies(),
            _ => true,
        });
        Self { currency, fee: fee.filter(|_| format.has_fees()), kinds: kinds.collect(), every: every.max(2) }
    }
}

/// Whether a payment is one that this statement would bring.
fn is_sent(payment: &Payment, plan: &Plan) -> bool {
    payment.kind == PaymentKind::Repayment
        && payment.currency == plan.currency
        && payment.amount.is_positive()
        && payment.reference.is_some()
}

/// The lines for payments, with defects, and what must be found. The same payments and plan give the same lines.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts or dates.
pub fn plant(payments: &[Payment], plan: &Plan) -> Result<(Vec<SampleLine>, Vec<Expected>), Overflow> {
    let last = payments.iter().filter(|one| is_sent(one, plan)).map(|one| one.on).max();
    let mut sent = payments.iter().filter(|one| is_sent(one, plan)).enumerate().peekable();
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    while let Some((number, payment)) = sent.next() {
        let line = line_of(payment, number, plan)?;
        let later = |days: i64| line.on.plus_days(days).map_err(|_| Overflow);
        let mut must = |kind, reference, payments| expected.push(Expected { kind, reference, payments });
        if payment.reversed_on.is_some() {
            let back = SampleLine { on: later(1)?, amount: line.amount.negated()?, fee: None, ..line.clone() };
            lines.extend([line, back]);
            continue;
        }
        let turn = number.checked_div(plan.every).unwrap_or(0);
        let hit = number.checked_rem(plan.every) == plan.every.checked_sub(1);
        let kind = turn.checked_rem(plan.kinds.len()).and_then(|at| plan.kinds.get(at)).filter(|_| hit);
        let key = || vec![payment.key()];
        match kind {
            None => lines.push(line),
            Some(BreakKind::MissingInLedger) => {
                let reference = format!("{}-X{number}", payment.loan);
                let extra = SampleLine { reference: reference.clone(), text: reference.clone(), ..line.clone() };
                must(BreakKind::MissingInLedger, Some(reference), Vec::new());
                lines.extend([line, extra]);
            }
            Some(BreakKind::MissingAtBank) => {
                // the last days may still come
                if last.is_some_and(|last| last.days_since(payment.on) > 10) {
                    must(BreakKind::MissingAtBank, None, key());
                } else {
                    lines.push(line);
                }
            }
            Some(BreakKind::AmountDiffers) => {
                let amount = line.amount.plus(Amount::from_minor(100))?;
                let fee = plan.fee.map(|rate| fee_for(amount, rate)).transpose()?;
                must(BreakKind::AmountDiffers, None, key());
                lines.push(SampleLine { amount, fee, ..line });
            }
            Some(BreakKind::DateDiffers) => {
                must(BreakKind::DateDiffers, None, key());
                lines.push(SampleLine { on: later(9)?, ..line });
            }
            Some(BreakKind::Duplicate) => {
                must(BreakKind::Duplicate, None, key());
                let again = SampleLine { on: later(1)?, ..line.clone() };
                lines.extend([line, again]);
            }
            Some(BreakKind::WrongCurrency) => {
                must(BreakKind::WrongCurrency, None, key());
                let currency = if plan.currency == Currency::USD { Currency::CNY } else { Currency::USD };
                lines.push(SampleLine { currency, ..line });
            }
            Some(BreakKind::ReversedAtBank) => {
                must(BreakKind::ReversedAtBank, None, key());
                let back = SampleLine { on: later(2)?, amount: line.amount.negated()?, fee: None, ..line.clone() };
                lines.extend([line, back]);
            }
            Some(BreakKind::FeeDiffers) => {
                must(BreakKind::FeeDiffers, None, key());
                let fee = line.fee.unwrap_or_default().plus(Amount::from_minor(7))?;
                lines.push(SampleLine { fee: Some(fee), ..line });
            }
            Some(BreakKind::Ambiguous) => {
                let other =
                    sent.next_if(|(_, other)| other.reversed_on.is_none() && other.reference != payment.reference);
                let Some((_, other)) = other else {
                    lines.push(line);
                    continue;
                };
                // one line for two references that comes to neither nor to both
                let amount = line.amount.plus(other.amount)?.plus(Amount::from_minor(1))?;
                let fee = plan.fee.map(|rate| fee_for(amount, rate)).transpose()?;
                let own = |one: &Payment| one.reference.as_deref().unwrap_or_default().to_owned();
                let text = format!("{} {}", own(payment), own(other));
                must(BreakKind::Ambiguous, None, vec![payment.key(), other.key()]);
                lines.push(SampleLine { amount, fee, reference: String::new(), text, ..line });
            }
        }
    }
    expected.iter_mut().for_each(|one| one.payments.sort());
    expected.sort();
    lines.sort_by_key(|line| line.on);
    Ok((lines, expected))
}

/// A line without a defect: up to two days late, its reference in a field or in the text.
fn line_of(payment: &Payment, number: usize, plan: &Plan) -> Result<SampleLine, Overflow> {
    let reference = payment.reference.as_deref().unwrap_or_default().to_owned();
    let late = i64::try_from(number.checked_rem(3).unwrap_or(0)).unwrap_or(0);
    let in_text = number.checked_rem(5) == Some(4);
    Ok(SampleLine {
        on: payment.on.plus_days(late).map_err(|_| Overflow)?,
        amount: payment.amount,
        currency: payment.currency,
        fee: plan.fee.map(|rate| fee_for(payment.amount, rate)).transpose()?,
        text: if in_text { format!("instalment, ref {reference}, thank you") } else { "instalment".to_owned() },
        reference: if in_text { String::new() } else { reference },
    })
}

/// How well breaks are found, for a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Planted and found.
    pub right: u64,
    /// Found and not planted.
    pub false_breaks: u64,
    /// Planted and not found.
    pub missed: u64,
}

/// Compares what was found with what was planted.
#[must_use]
pub fn score(expected: &[Expected], found: &[&BreakFound]) -> BTreeMap<BreakKind, Score> {
    let mut left: HashMap<Expected, u64> = HashMap::new();
    for one in expected {
        let count = left.entry(one.clone()).or_default();
        *count = count.saturating_add(1);
    }
    let mut scores: BTreeMap<BreakKind, Score> = BTreeMap::new();
    for one in found {
        let mut payments = one.payments.clone();
        payments.sort();
        let references = one.lines.iter().flat_map(|line| line.references.iter().cloned()).map(Some);
        let candidates = references.chain([None]);
        let score = scores.entry(one.kind).or_default();
        let mut hit = false;
        for reference in candidates {
            let key = Expected { kind: one.kind, reference, payments: payments.clone() };
            if let Some(count) = left.get_mut(&key).filter(|count| **count > 0) {
                *count = count.saturating_sub(1);
                hit = true;
                break;
            }
        }
        let slot = if hit { &mut score.right } else { &mut score.false_breaks };
        *slot = slot.saturating_add(1);
    }
    for (one, count) in left {
        let score = scores.entry(one.kind).or_default();
        score.missed = score.missed.saturating_add(count);
    }
    scores
}
