//! The command that settles a clear case.

use super::line::Line;
use super::matching::Problem;
use super::payment::{Payment, PaymentKind, Payments};
use super::rules::Rules;
use ledger_core::record::{BreakKind, Proposal};

/// The command that settles a problem, if one line and one loan or payment leave no doubt.
pub(super) fn of(
    problem: &Problem,
    lines: &[&Line],
    chosen: &[&Payment],
    payments: &Payments,
    rules: &Rules,
) -> Option<Proposal> {
    let [line] = lines else { return None };
    match (problem.kind, chosen) {
        (BreakKind::MissingInLedger, []) if line.amount.is_positive() && !line.takes_back => {
            let (loan, reference) = loan_of(line, payments, rules)?;
            let only = match rules.scope.channels.as_slice() {
                [only] if only != "none" => Some(only.clone()),
                _ => None,
            };
            Some(Proposal::Repay {
                loan,
                amount: line.amount,
                currency: line.currency,
                on: line.on,
                channel: rules.post.channel.clone().or(only),
                reference,
            })
        }
        (BreakKind::ReversedAtBank, [payment])
            if payment.kind != PaymentKind::Disbursement
                && payment.amount.negated() == Ok(line.amount)
                && payment.reversed_on.is_none() =>
        {
            Some(Proposal::Reverse { payment: payment.key() })
        }
        _ => None,
    }
}

/// The words of a line's text that name a loan of the ledger: what a break may remember of a text, which else may hold
/// personal data.
pub(super) fn named(text: &str, payments: &Payments, rules: &Rules) -> Vec<String> {
    let before = rules.post.loan_before.as_deref().filter(|mark| !mark.is_empty());
    super::matching::words(text)
        .filter(|word| {
            let prefix = before.and_then(|mark| word.rsplit_once(mark)).map(|(loan, _)| loan);
            [Some(*word), prefix].into_iter().flatten().any(|loan| payments.loans.contains_key(loan))
        })
        .map(str::to_owned)
        .collect()
}

/// The one loan that the references of a line name, and the reference that names it.
fn loan_of(line: &Line, payments: &Payments, rules: &Rules) -> Option<(String, Option<String>)> {
    let mut found: Option<(&str, &str)> = None;
    let words = super::matching::words(&line.text);
    for reference in line.references.iter().map(|reference| &**reference).chain(words) {
        let before = rules.post.loan_before.as_deref().filter(|mark| !mark.is_empty());
        let prefix = before.and_then(|mark| reference.rsplit_once(mark)).map(|(loan, _)| loan);
        for loan in [Some(reference), prefix].into_iter().flatten() {
            let Some((loan, _)) = payments.loans.get_key_value(loan) else { continue };
            match found {
                Some((known, _)) if known != &**loan => return None,
                Some(_) => {}
                None => found = Some((loan, reference)),
            }
        }
    }
    // a reference that is the loan's id alone would be the same for every payment
    found.map(|(loan, reference)| (loan.to_owned(), Some(reference.to_owned()).filter(|reference| reference != loan)))
}
