//! What an event adds, as lines of the sub-ledger.

use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanEvent};
use ledger_core::money::{Amount, Overflow};
use ledger_core::record::{Record, Version};
use ledger_core::terms::Component;

/// What a line of the sub-ledger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Principal is paid out, which no line of an outcome says.
    Disbursed,
    /// As a line of an outcome.
    Effect(Effect),
}

impl What {
    /// The name, and the component if it has one.
    pub const fn named(self) -> (&'static str, Option<Component>) {
        match self {
            Self::Disbursed => ("disbursed", None),
            Self::Effect(Effect::Planned(of)) => ("planned", Some(of)),
            Self::Effect(Effect::Charged(of)) => ("charged", Some(of)),
            Self::Effect(Effect::Accrued(of)) => ("accrued", Some(of)),
            Self::Effect(Effect::Paid(of)) => ("paid", Some(of)),
            Self::Effect(Effect::Waived(of)) => ("waived", Some(of)),
            Self::Effect(Effect::WrittenOff(of)) => ("written-off", Some(of)),
            Self::Effect(Effect::Recovered(of)) => ("recovered", Some(of)),
            Self::Effect(Effect::Credited) => ("credited", None),
        }
    }
}

/// A line of the sub-ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub what: What,
    /// 0 for what is on none.
    pub instalment: u32,
    pub amount: Amount,
    /// The event whose outcome it belongs to.
    pub source: Version,
    pub effective_on: Date,
}

/// All that an event adds: what was paid out, planned amounts by component, its outcome, and its differences to other outcomes.
pub(super) fn lines(record: &Record, event: &LoanEvent) -> Result<Vec<Entry>, Overflow> {
    let (effective_on, version) = (record.envelope.effective_on, record.version);
    let source = match &event.facts {
        Facts::RepaymentReversed { reversed, .. } => *reversed,
        _ => version,
    };
    let own = |what, instalment, amount| Entry { what, instalment, amount, source, effective_on };
    let mut lines = Vec::new();
    let disbursed = match &event.facts {
        Facts::Disbursed { amount, .. } => Some(*amount),
        Facts::Converted(conversion) => Some(conversion.disbursed),
        _ => None,
    };
    lines.extend(disbursed.map(|amount| own(What::Disbursed, 0, amount)));
    for change in &event.outcome.plan {
        for of in Component::ALL {
            let old = change.old.as_ref().map_or(Amount::ZERO, |old| old.planned.get(of));
            let amount = change.new.planned.get(of).minus(old)?;
            if !amount.is_zero() {
                lines.push(own(What::Effect(Effect::Planned(of)), change.new.number, amount));
            }
        }
    }
    lines.extend(event.outcome.lines.iter().map(|line| own(What::Effect(line.effect), line.instalment, line.amount)));
    lines.extend(event.outcome.restated.iter().map(|restated| {
        let (line, source, effective_on) = (restated.difference, restated.corrected, restated.effective_on);
        Entry {
            what: What::Effect(line.effect),
            instalment: line.instalment,
            amount: line.amount,
            source,
            effective_on,
        }
    }));
    Ok(lines)
}
