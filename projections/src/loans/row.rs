//! A loan's folded state without what no position needs.

use crate::engine::ApplyError;
use ledger_core::calendar::Date;
use ledger_core::loan::{Facts, LoanEvent, LoanState, Payment, Stored};
use ledger_core::money::Currency;
use ledger_core::record::Record;
use serde::{Deserialize, Serialize};

/// A loan's folded state, so that its position can be computed at any date, also before its last event.
///
/// Idempotency keys, texts, channels and references are left out: they only serve deciding and looking up, and they are
/// most of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanRow {
    /// The loan's currency.
    pub currency: Currency,
    /// The product that its terms were made from.
    pub product: String,
    /// The state; [`ledger_core::loan::position`] takes it.
    pub state: LoanState,
    /// The days from which rows of the plan changed, in the order of the log: on all others only entries count.
    pub plan_dates: Vec<Date>,
}

impl LoanRow {
    /// Folds an event.
    ///
    /// # Errors
    /// The event does not fit, or is the first and makes no contract.
    pub fn apply(row: &mut Option<Self>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        let folded = match row.take() {
            Some(folded) => folded,
            None => {
                let Facts::Originated { terms, .. } = &event.facts else {
                    return Err(ApplyError::NotOriginated(event.facts.kind()));
                };
                Self {
                    currency: terms.currency,
                    product: terms.product.clone(),
                    state: LoanState::default(),
                    plan_dates: Vec::new(),
                }
            }
        };
        let stored = Stored {
            version: record.version,
            effective_on: record.envelope.effective_on,
            booked_on: record.envelope.booked_on,
            recorded_at: record.envelope.recorded_at,
            key: record.envelope.key.clone(),
            request: record.envelope.request,
            event: slim(event),
        };
        let mut plan_dates = folded.plan_dates;
        if !event.outcome.plan.is_empty() && !plan_dates.contains(&stored.effective_on) {
            plan_dates.push(stored.effective_on);
        }
        let mut state = folded.state.evolve(&stored)?;
        state.keys.clear();
        state.recorded_at = None;
        *row = Some(Self { currency: folded.currency, product: folded.product, state, plan_dates });
        Ok(())
    }
}

/// The event without its texts. Its outcome is whole.
fn slim(event: &LoanEvent) -> LoanEvent {
    let mut slim = event.clone();
    match &mut slim.facts {
        Facts::Disbursed { payment, .. }
        | Facts::RepaymentReceived { payment, .. }
        | Facts::RecoveryReceived { payment, .. } => *payment = Payment::default(),
        Facts::RepaymentReversed { reason, .. }
        | Facts::FeeCharged { reason, .. }
        | Facts::Waived { reason, .. }
        | Facts::WrittenOff { reason }
        | Facts::Closed { reason } => reason.clear(),
        Facts::Converted(conversion) => conversion.source.clear(),
        Facts::Originated { references, .. } => references.clear(),
        Facts::Operation(operation) => **operation = operation.as_ref().clone().without_texts(),
        Facts::LateFeeAssessed { .. } | Facts::Restated { .. } => {}
    }
    slim
}
