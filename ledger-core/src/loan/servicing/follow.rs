//! Facts that follow from a fact, and what the facts in force say of the loan.

use crate::loan::{Facts, LoanState, Operation, Payment};
use crate::money::Overflow;
use crate::servicing::contract::{Contract, PaymentKind};
use crate::stream::Version;
use crate::terms::Terms;

/// The facts that follow from a fact of `version`, in the same command.
pub fn following(
    state: &LoanState,
    terms: &Terms,
    contract: &Contract,
    facts: &Facts,
    version: Version,
) -> Result<Vec<Facts>, Overflow> {
    let operation = |operation| Facts::Operation(Box::new(operation));
    Ok(match facts {
        Facts::Disbursed { amount, .. } if contract.down_payment.as_ref().is_some_and(|down| down.automatic) => {
            let amount = contract.down_payment_of(*amount)?;
            vec![operation(Operation::Credited {
                kind: PaymentKind::DownPayment,
                amount,
                currency: terms.currency,
                payment: Payment::default(),
                of: Some(version),
                interest_refund: None,
            })]
        }
        Facts::RepaymentReversed { reversed, reason } => with_dependents(state, *reversed, reason),
        Facts::Operation(asked) => match &**asked {
            Operation::Credited { kind, interest_refund, .. }
                if refunds_interest(contract, *kind, *interest_refund) =>
            {
                vec![operation(Operation::InterestRefunded { of: version })]
            }
            Operation::Reversed { reversed, reason } => with_dependents(state, *reversed, reason),
            Operation::DisbursementsUndone { all, reason } => {
                undone(state, *all).map(|reversed| taken_back(reversed, reason)).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    })
}

/// A refund of goods gives back the interest that it saves, if the terms or the refund itself say so.
fn refunds_interest(contract: &Contract, kind: PaymentKind, asked: Option<bool>) -> bool {
    matches!(kind, PaymentKind::MerchantRefund | PaymentKind::PayoutRefund)
        && asked.unwrap_or_else(|| contract.interest_refund_on.contains(&kind))
        && !contract.interest.annual_rate.is_zero()
}

fn taken_back(reversed: Version, reason: &str) -> Facts {
    Facts::Operation(Box::new(Operation::Reversed { reversed, reason: reason.to_owned() }))
}

fn with_dependents(state: &LoanState, of: Version, reason: &str) -> Vec<Facts> {
    dependents(state, of).map(|reversed| taken_back(reversed, reason)).collect()
}

/// What falls with an event: the interest refund of a refund, the down payment of a disbursement.
fn dependents(state: &LoanState, on: Version) -> impl Iterator<Item = Version> {
    state.facts.iter().filter(|fact| fact.reversed_by.is_none()).filter_map(move |fact| match &fact.facts {
        Facts::Operation(operation) => match &**operation {
            Operation::Credited { of: Some(of), .. } | Operation::InterestRefunded { of } if *of == on => {
                Some(fact.version)
            }
            _ => None,
        },
        _ => None,
    })
}

/// What is undone with the last disbursement, or with all.
fn undone(state: &LoanState, all: bool) -> std::vec::IntoIter<Version> {
    let in_force = || state.facts.iter().filter(|fact| fact.reversed_by.is_none());
    let versions: Vec<Version> = if all {
        in_force().filter(|fact| is_reversible(&fact.facts)).map(|fact| fact.version).collect()
    } else {
        let last = in_force().rfind(|fact| matches!(fact.facts, Facts::Disbursed { .. }));
        last.into_iter().flat_map(|fact| std::iter::once(fact.version).chain(dependents(state, fact.version))).collect()
    };
    versions.into_iter()
}

/// Something that can be taken back.
pub fn is_reversible(facts: &Facts) -> bool {
    match facts {
        Facts::Originated { .. } | Facts::Restated { .. } | Facts::Closed { .. } | Facts::Converted(_) => false,
        Facts::Operation(operation) => {
            !matches!(**operation, Operation::Reversed { .. } | Operation::DisbursementsUndone { .. })
        }
        _ => facts.reverses().is_none(),
    }
}

/// Sets what the facts in force say: what was paid out and when, whether it was written off.
pub fn refresh(state: &mut LoanState) -> Result<(), Overflow> {
    let in_force = || state.facts.iter().filter(|fact| fact.reversed_by.is_none());
    let paid_out = || {
        in_force().filter_map(|fact| match fact.facts {
            Facts::Disbursed { amount, .. } => Some((fact.effective_on, amount)),
            _ => None,
        })
    };
    let disbursed = crate::money::Amount::sum(paid_out().map(|(_, amount)| amount))?;
    let disbursed_on = paid_out().map(|(on, _)| on).min();
    let written_off = in_force().find(|fact| matches!(fact.facts, Facts::WrittenOff { .. }));
    let written_off_on = written_off.map(|fact| fact.effective_on);
    (state.disbursed, state.disbursed_on, state.written_off_on) = (disbursed, disbursed_on, written_off_on);
    Ok(())
}
