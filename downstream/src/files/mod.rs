//! Tables in files: one table in one file, or any of them in a directory with a manifest.

mod cloud_event;
mod directory;
mod journal;
pub mod manifest;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod part;
mod text;

pub use directory::{Begun, Directory};
pub use output::{Output, Written};
pub use part::{Encoding, Single};

use crate::Error;
use crate::feed::{Feed, Rows, Wanted};
use crate::table::Table;
use crate::tables::POSTINGS;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::record::Position;
use ledger_core::record::codec::decode_record;
use ledger_core::store::EventReader;
use projections::general_ledger::PostingRules;

const CHUNK: usize = 4096;

/// What is exported.
pub struct Plan<'a> {
    /// The tables.
    pub tables: &'a [&'static Table],
    /// Only what counts by the end of this day; whole events all the same.
    pub as_of: Date,
    /// Only events recorded by then.
    pub known_at: Option<Timestamp>,
    /// Only events up to this position; none if the log is empty.
    pub until: Option<Position>,
}

/// Makes the rows of a plan. `progress` is told how many events were read and says whether to go on.
///
/// # Errors
/// The log cannot be read, an event cannot be turned into rows, or a row cannot be kept.
pub async fn export(
    log: &dyn EventReader,
    plan: &Plan<'_>,
    rules: &PostingRules,
    out: &mut dyn Rows,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<(), Error> {
    let wanted = Wanted::of(plan.tables);
    let mut feed = Feed::new(wanted, Some(plan.as_of));
    let (mut after, mut events): (Option<Position>, u64) = (None, 0);
    'log: while after < plan.until {
        let records = log.read_all(after, CHUNK).await?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in &records {
            if plan.until.is_some_and(|until| record.position > until) {
                break 'log;
            }
            events = events.saturating_add(1);
            if plan.known_at.is_some_and(|known_at| record.envelope.recorded_at > known_at) {
                continue;
            }
            let event = decode_record(record).map_err(|error| Error::event(record, error))?;
            feed.event(record, &event, out)?;
        }
        if !progress(events) {
            return Err(Error::Interrupted);
        }
    }
    if wanted.sums {
        feed.snapshot(plan.as_of, out)?;
    }
    if plan.tables.iter().any(|table| table.name == POSTINGS.name) {
        journal::journal(log, plan, rules, out).await?;
    }
    Ok(())
}
