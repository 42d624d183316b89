//! Rows into the ledger, in batches: each row whole or not at all, each batch with one sync.

use super::report::Reject;
use super::row::{Row, RowError};
use super::table::Table;
use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt::{self, Guard};
use crate::progress;
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::ledger::{Ledger, LedgerError, Meta, Work};
use ledger_core::loan::{Command, Facts, Rejection};
use ledger_core::money::Currency;
use ledger_core::record::{NewRecord, Published};
use ledger_core::store::{Append, AppendError, EventReader, EventStore, ExpectedVersion, MemoryStore};
use ledger_core::stream::{StreamName, Version};
use ledger_core::terms::OfferError;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Rows that are stored with one sync.
const BATCH: usize = 2048;

/// How many events of a stream are copied at once, for a dry run.
const CHUNK: usize = 256;

/// A kind of file.
pub trait Kind {
    /// The commands of a row.
    fn read(&mut self, row: &Row<'_>, meta: &Meta) -> Result<Work, RowError>;

    /// What no two rows of one file may have in common.
    fn duplicate(&self, work: &Work) -> Option<String>;

    /// The field that says it.
    fn identity(&self) -> &'static str;

    /// A loan that must be known before the row is read.
    fn loan(&self, _row: &Row<'_>) -> Result<Option<StreamName>, RowError> {
        Ok(None)
    }

    /// The currency of that loan; none if there is no such loan.
    fn know(&mut self, _currency: Option<Currency>) {}

    /// What must be published before the rows that were read are recorded.
    fn publications(&mut self) -> Vec<Published> {
        Vec::new()
    }
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// Rows recorded now.
    pub recorded: u64,
    /// Rows that were recorded before.
    pub already: u64,
    /// Events recorded now.
    pub events: u64,
    /// Rows refused.
    pub rejects: Vec<Reject>,
}

/// A command of an import.
pub fn command(facts: Facts, effective_on: Date, key: String, meta: &Meta) -> Command {
    let Meta { booked_on, recorded_at, actor } = meta.clone();
    Command { facts, effective_on, booked_on, recorded_at, actor, key }
}

/// The error of a row that does not fit the product.
pub fn no_product(row: &Row<'_>, error: &OfferError) -> RowError {
    let field = match error {
        OfferError::Limits { .. } => "principal",
        OfferError::Currency { .. } => "currency",
        _ => "(terms)",
    };
    row.wrong(field, "bad-terms", error)
}

struct Waiting {
    line: u64,
    work: Work,
    columns: Vec<(&'static str, String)>,
}

/// Reads the file to its end and records its rows, or tries them in memory. Ctrl-C stops between two batches; run again, it
/// passes over what is recorded already.
pub async fn run(
    kind: &mut dyn Kind,
    table: &mut Table,
    session: &Session,
    options: &Options,
    dry_run: bool,
) -> Result<Tally, Failure> {
    if dry_run {
        let trial = Ledger::open(MemoryStore::new()).await?;
        rows(kind, table, session, options, &trial, true).await
    } else {
        let _guard = Guard::new();
        rows(kind, table, session, options, &session.ledger, false).await
    }
}

async fn rows<S: EventStore>(
    kind: &mut dyn Kind,
    table: &mut Table,
    session: &Session,
    options: &Options,
    ledger: &Ledger<S>,
    trial: bool,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let bar = progress::bytes(options, table.bytes());
    let mut meta = session.meta()?;
    let mut batch: Vec<Waiting> = Vec::with_capacity(BATCH);
    while let Some(row) = table.next()? {
        tally.rows = tally.rows.saturating_add(1);
        let line = row.line();
        match one(kind, &row, &meta, session, &mut seen).await? {
            Ok(waiting) => batch.push(waiting),
            Err(error) => tally.rejects.push(Reject { line, error }),
        }
        if batch.len() >= BATCH {
            flush(kind, &mut batch, &mut tally, session, ledger, trial).await?;
            interrupt::check()?;
            meta = session.meta()?;
            bar.set_position(table.bytes_read());
            bar.set_message(format!("{} rows", tally.rows));
        }
    }
    flush(kind, &mut batch, &mut tally, session, ledger, trial).await?;
    bar.finish_and_clear();
    tally.rejects.sort_by_key(|reject| reject.line);
    Ok(tally)
}

async fn one(
    kind: &mut dyn Kind,
    row: &Row<'_>,
    meta: &Meta,
    session: &Session,
    seen: &mut HashMap<String, u64>,
) -> Result<Result<Waiting, RowError>, Failure> {
    if let Err(error) = row.check_width() {
        return Ok(Err(error));
    }
    match kind.loan(row) {
        Ok(None) => {}
        Ok(Some(stream)) => {
            let state = session.ledger.state(&stream).await?;
            kind.know(state.terms.as_deref().map(|terms| terms.currency));
        }
        Err(error) => return Ok(Err(error)),
    }
    let work = match kind.read(row, meta) {
        Ok(work) => work,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(identity) = kind.duplicate(&work) {
        match seen.entry(identity) {
            Entry::Occupied(first) => {
                let reason = format!("the same {} stands on line {} already", kind.identity(), first.get());
                return Ok(Err(row.wrong(kind.identity(), "repeated", reason)));
            }
            Entry::Vacant(vacant) => {
                vacant.insert(row.line());
            }
        }
    }
    let columns = BLAMED.map(|field| (field, row.wrong(field, "", "").field)).to_vec();
    Ok(Ok(Waiting { line: row.line(), work, columns }))
}

async fn flush<S: EventStore>(
    kind: &mut dyn Kind,
    batch: &mut Vec<Waiting>,
    tally: &mut Tally,
    session: &Session,
    ledger: &Ledger<S>,
    trial: bool,
) -> Result<(), Failure> {
    let mut waiting = std::mem::take(batch);
    for published in kind.publications() {
        ledger.publish(published, &session.meta()?).await?;
    }
    if trial {
        for one in &waiting {
            copy(session, &one.work.stream, ledger).await?;
        }
    }
    let work: Vec<Work> = waiting.iter_mut().map(|one| one.work.clone()).collect();
    let results = ledger.execute_all(work).await;
    for (one, result) in waiting.into_iter().zip(results) {
        let result = match result {
            // an earlier row of the same loan failed in this batch
            Err(LedgerError::Append(AppendError::Conflict { .. })) => ledger.execute_one(one.work.clone()).await,
            result => result,
        };
        match result {
            Ok(answers) => {
                let events = answers.iter().map(|answer| answer.events().len()).sum::<usize>();
                let count = if events == 0 { &mut tally.already } else { &mut tally.recorded };
                *count = count.saturating_add(1);
                tally.events = tally.events.saturating_add(u64::try_from(events).unwrap_or(u64::MAX));
            }
            Err(LedgerError::Rejected(rejection)) => {
                tally.rejects.push(Reject { line: one.line, error: refused(&one, &rejection) });
            }
            Err(error @ LedgerError::Append(AppendError::TooLarge { .. }) | error @ LedgerError::Calculation(_)) => {
                let error = RowError { field: "(row)".to_owned(), code: "no-result", reason: error.to_string() };
                tally.rejects.push(Reject { line: one.line, error });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Brings a loan's events into the ledger of a dry run, once.
async fn copy<S: EventStore>(session: &Session, stream: &StreamName, trial: &Ledger<S>) -> Result<(), Failure> {
    // the store is asked, not the ledger, which would keep the empty state
    if !trial.store().read_stream(stream, Version(0), 1).await?.is_empty() {
        return Ok(());
    }
    let mut expected = ExpectedVersion::NoStream;
    loop {
        let from = match expected {
            ExpectedVersion::NoStream => Version(0),
            ExpectedVersion::Exact(last) => last.next(),
        };
        let records = session.ledger.store().read_stream(stream, from, CHUNK).await?;
        let Some(last) = records.last().map(|last| last.version) else { break };
        let events =
            records.into_iter().map(|record| NewRecord { envelope: record.envelope, body: record.body }).collect();
        trial.store().append(Append { stream: stream.clone(), expected, events }).await.map_err(LedgerError::from)?;
        expected = ExpectedVersion::Exact(last);
    }
    Ok(())
}

/// The fields that a rejection may speak of.
const BLAMED: [&str; 7] = ["loan", "currency", "amount", "date", "reference", "status", "recoveries"];

/// A rejection as the error of a row.
fn refused(one: &Waiting, rejection: &Rejection) -> RowError {
    let field = match rejection {
        Rejection::NotOriginated | Rejection::AlreadyOriginated | Rejection::NotDisbursed => "loan",
        Rejection::WrongCurrency { .. } => "currency",
        Rejection::AmountNotPositive => "amount",
        Rejection::FutureDated { .. } | Rejection::BeforeStart { .. } => "date",
        Rejection::NothingOutstanding => "status",
        Rejection::NotWrittenOff => "recoveries",
        Rejection::KeyReused { key, .. } if key.starts_with("ref:") => "reference",
        _ => "(row)",
    };
    let column = one.columns.iter().find(|(name, _)| *name == field).map(|(_, column)| column.clone());
    let reason = match rejection {
        Rejection::KeyReused { version, .. } if field == "reference" => {
            format!("the reference was recorded before with another date, amount or channel (version {version})")
        }
        Rejection::KeyReused { version, .. } => {
            format!("the loan was imported before with other facts (version {version})")
        }
        other => other.to_string(),
    };
    RowError { field: column.unwrap_or_else(|| field.to_owned()), code: rejection.code(), reason }
}
