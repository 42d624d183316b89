//! Reconciliation: what the bank says against what the ledger says.
//!
//! * [`Line`]: a line of a statement as the matching sees it. [`Payment`]: a payment of the ledger.
//! * [`Rules`]: what belongs together, as data. [`find`] applies them: matches that name their rule, and breaks. It is a pure
//!   function; what is ambiguous is never guessed.
//! * [`Account`]: the fold of the events of one account: what is matched, which breaks are open.
//! * [`decide`]: what a run adds to them. The same statement again adds nothing.

mod account;
mod decide;
mod line;
mod matching;
mod payment;
mod proposal;
mod rules;
pub mod sample;
mod tally;

pub use account::{Account, AccountError, BreakState, BreakStatus, BreakStep};
pub use decide::{Input, Outcome, decide};
pub use line::{Line, StatementInfo, lines};
pub use matching::{Found, Pairing, Problem, REVERSAL, Trouble, find};
pub use payment::{Payment, PaymentKind, Payments};
pub use rules::{Rule, RuleKind, Rules, RulesError};
pub use tally::{LedgerSide, ledger_side};
