//! Settling clear breaks in the ledger.

use super::Opened;
use crate::exit::Failure;
use crate::key;
use crate::session::Session;
use ledger_core::ledger::Answer;
use ledger_core::loan::{Facts, Payment};
use ledger_core::money::text;
use ledger_core::record::{Proposal, ReconciliationEvent};
use ledger_core::stream::StreamName;

/// What became of a proposal.
pub struct Posting {
    /// The break.
    pub id: String,
    /// The command.
    pub command: String,
    /// What became of it: `would post`, `posted`, or why the ledger says no.
    pub result: String,
    /// The ledger said yes.
    pub accepted: bool,
}

/// Decides the commands of open breaks, and executes them unless it is a dry run. `only` names breaks; empty is all that are
/// clear. A command that the ledger rejects leaves its break open.
///
/// # Errors
/// A break that is named has no open proposal, or the store.
pub async fn post(
    session: &Session,
    opened: &mut Opened,
    only: &[String],
    dry_run: bool,
) -> Result<Vec<Posting>, Failure> {
    let mut work: Vec<(String, Proposal)> = Vec::new();
    for state in opened.account.open() {
        if !only.is_empty() && !only.contains(&state.found.id) {
            continue;
        }
        if let Some(proposal) = &state.found.proposal {
            work.push((state.found.id.clone(), proposal.clone()));
        }
    }
    if let Some(id) = only.iter().find(|id| !work.iter().any(|(known, _)| known == *id)) {
        let text = format!("`{id}` is no open break with a clear command: see `iledger reconcile status`");
        return Err(Failure::rejected("nothing-to-post", text));
    }
    let mut postings = Vec::with_capacity(work.len());
    for (id, proposal) in work {
        let (loan, facts, on, key, command) = match proposal {
            Proposal::Repay { loan, amount, currency, on, channel, reference } => {
                let key = reference.as_deref().map_or_else(|| format!("break:{id}"), key::of_reference);
                let command = format!("repay {loan} {} {currency} --on {on}", text::format(amount, currency));
                let payment = Payment { channel, reference };
                (loan, Facts::RepaymentReceived { amount, currency, payment }, Some(on), key, command)
            }
            Proposal::Reverse { payment } => {
                let command = format!("reverse {} {}", payment.loan, payment.version);
                let reason = format!("reversed at the bank, break {id}");
                let facts = Facts::RepaymentReversed { reversed: payment.version, reason };
                (payment.loan, facts, None, format!("break:{id}"), command)
            }
        };
        let stream = StreamName::loan(&loan).map_err(|error| Failure::Damaged(error.to_string()))?;
        let command_of = session.command(facts, on, key)?;
        let (result, accepted) = match session.submit(&stream, command_of, dry_run).await {
            Ok(_) if dry_run => ("would post".to_owned(), true),
            Ok(Answer::Executed { first, .. } | Answer::AlreadyApplied { first, .. }) => {
                let event = ReconciliationEvent::BreakPosted { id: id.clone(), loan, version: first };
                opened.append(session, &[(format!("post:{id}"), event)]).await?;
                ("posted".to_owned(), true)
            }
            Err(Failure::Rejected { code, message }) => (format!("{code}: {message}"), false),
            Err(other) => return Err(other),
        };
        postings.push(Posting { id, command, result, accepted });
    }
    Ok(postings)
}
