//! What is posted.

use ledger_core::terms::Component;
use serde::Deserialize;

/// What a rule posts. The kinds that end in `Before` are what another system did before it handed the loan over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The principal was paid out.
    Disbursed,
    /// The principal that another system had paid out.
    TakenOver,
    /// Money is held for the borrower.
    Credited,
    /// Principal is to be paid back.
    Planned,
    /// Interest is earned by the day, a planned fee on its due date.
    Earned,
    /// It had been earned before.
    EarnedBefore,
    /// Interest or a fee is settled before it is earned; negative as time earns it.
    PaidInAdvance,
    /// A charge.
    Charged,
    /// A charge of the system before.
    ChargedBefore,
    /// Penalty interest is put on the account.
    Accrued,
    /// Money pays it.
    Paid,
    /// Money had paid it before.
    PaidBefore,
    /// It is given up.
    Waived,
    /// It had been given up before.
    WaivedBefore,
    /// It is lost.
    WrittenOff,
    /// Money came in for what had been lost.
    Recovered,
    /// The lender itself settles it, without money: goodwill, interest given back, a charge taken back.
    Forgone,
    /// Income that is earned over the term was added to the principal.
    Capitalised,
    /// Money came in for income that is earned over the term; negative if capitalised income is taken back.
    Deferred,
    /// A loss is expected; negative if less is expected than at the end of the period before.
    Provisioned,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 20] = [
        Self::Disbursed,
        Self::TakenOver,
        Self::Credited,
        Self::Planned,
        Self::Earned,
        Self::EarnedBefore,
        Self::PaidInAdvance,
        Self::Charged,
        Self::ChargedBefore,
        Self::Accrued,
        Self::Paid,
        Self::PaidBefore,
        Self::Waived,
        Self::WaivedBefore,
        Self::WrittenOff,
        Self::Recovered,
        Self::Forgone,
        Self::Capitalised,
        Self::Deferred,
        Self::Provisioned,
    ];

    /// The components for which there must be a rule; `None` is a rule without one.
    #[must_use]
    pub fn components(self) -> Vec<Option<Component>> {
        match self {
            Self::Disbursed
            | Self::TakenOver
            | Self::Credited
            | Self::Forgone
            | Self::Capitalised
            | Self::Deferred
            | Self::Provisioned => vec![None],
            Self::Planned => vec![Some(Component::Principal)],
            // what time earns: neither principal nor penalties, which are put on the account
            Self::Earned | Self::EarnedBefore | Self::PaidInAdvance => {
                vec![Some(Component::Interest), Some(Component::Fee)]
            }
            _ => Component::ALL.into_iter().map(Some).collect(),
        }
    }
}
