//! Balances: what every loan has and owes, added up from the recorded lines.

mod as_of;
mod row;
mod view;

pub use as_of::{AsOfBalances, fold_as_of};
pub use row::Balance;
pub use view::{BalanceFilter, BalanceRow, BalanceTotals, BalancesView, view};

use crate::engine::{ApplyError, Projection};
use ledger_core::calendar::Date;
use ledger_core::loan::LoanEvent;
use ledger_core::record::{Event, LedgerEvent, Record};
use serde::{Deserialize, Serialize};

/// The projection `balances`.
#[derive(Debug)]
pub struct Balances;

/// What the balances keep of the ledger as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Days {
    /// The last business day that was closed.
    pub closed_through: Option<Date>,
}

impl Projection for Balances {
    const NAME: &'static str = "balances";
    const VERSION: u32 = 2;
    type Row = Balance;
    type Hint = ();
    type Shared = Days;

    fn apply(row: &mut Option<Balance>, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        Balance::apply(row, record, event)
    }

    fn hint(_: &Balance) {}

    fn apply_shared(shared: &mut Days, _: &Record, event: &Event) -> Result<(), ApplyError> {
        if let Event::Ledger(LedgerEvent::DayClosed { day, .. }) = event {
            shared.closed_through = shared.closed_through.max(Some(*day));
        }
        Ok(())
    }
}
