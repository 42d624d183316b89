//! What the commands of a reconciliation share: the state of an account, the payments of the log, the lines of files.

mod html;
mod post;
mod report;

pub use html::page;
pub use post::{Posting, post};
pub use report::{report, row_of_break, sheet_of_breaks};

use crate::commands::statement::{ReadFile, Reading, placed, read_files};
use crate::exit::Failure;
use crate::interrupt;
use crate::messages;
use crate::session::Session;
use ledger_core::ledger::LedgerError;
use ledger_core::loan::Facts;
use ledger_core::record::json::hex;
use ledger_core::record::{Event, ReconciliationEvent, Record, codec};
use ledger_core::store::EventReader;
use ledger_core::stream::StreamName;
use projections::reconcile::{Account, Line, Payments, Rules, StatementInfo, lines};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many records are read at once.
const CHUNK: usize = 10_000;

/// The stream of an account's reconciliation with its state.
pub struct Opened {
    /// The stream.
    pub stream: StreamName,
    /// The last event, as far as was read.
    pub last: Option<Record>,
    /// The fold.
    pub account: Account,
}

impl Opened {
    /// Reads an account.
    pub async fn read(session: &Session, account: &str) -> Result<Self, Failure> {
        let stream = StreamName::reconciliation(account)
            .map_err(|error| Failure::Usage(format!("`{account}` cannot name an account: {error}")))?;
        let mut opened = Self { stream, last: None, account: Account::default() };
        for (record, event) in session.ledger.reconciliation(&opened.stream).await? {
            opened.fold(record, &event)?;
        }
        Ok(opened)
    }

    fn fold(&mut self, record: Record, event: &ReconciliationEvent) -> Result<(), Failure> {
        let damaged = |error| Failure::Damaged(format!("position {}: {error}", record.position));
        self.account.evolve(&record, event).map_err(damaged)?;
        self.last = Some(record);
        Ok(())
    }

    /// Folds events as if they had been recorded, for a dry run.
    pub fn preview(&mut self, session: &Session, events: &[(String, ReconciliationEvent)]) -> Result<(), Failure> {
        let meta = session.meta()?;
        for (key, event) in events {
            let envelope = ledger_core::record::Envelope {
                id: uuid::Uuid::nil(),
                kind: Arc::from(event.kind()),
                schema: codec::SCHEMA,
                effective_on: meta.booked_on,
                booked_on: meta.booked_on,
                recorded_at: meta.recorded_at,
                actor: Arc::from(meta.actor.as_str()),
                key: Arc::from(key.as_str()),
                request: [0; 32],
            };
            let position = self.last.as_ref().map_or(ledger_core::stream::Position(0), |last| last.position);
            let version = ledger_core::stream::Version(0);
            self.fold(Record { position, stream: self.stream.clone(), version, envelope, body: Vec::new() }, event)?;
        }
        Ok(())
    }

    /// Appends events and folds them.
    pub async fn append(&mut self, session: &Session, events: &[(String, ReconciliationEvent)]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let meta = session.meta()?;
        let records = session.ledger.append_reconciliation(&self.stream, self.last.as_ref(), events, &meta).await?;
        for (record, (_, event)) in records.into_iter().zip(events) {
            self.fold(record, event)?;
        }
        Ok(())
    }
}

/// What the log says of payments.
#[derive(Default)]
pub struct Book {
    /// The payments.
    pub payments: Payments,
    /// Loans that another system had first: what was paid there is in no event of ours.
    pub taken_over: HashSet<Arc<str>>,
}

/// Folds the payments of the whole log.
pub async fn book(session: &Session) -> Result<Book, Failure> {
    payments(session.ledger.store()).await
}

/// Folds the payments of a store.
pub async fn payments<S: EventReader>(store: &S) -> Result<Book, Failure> {
    let mut book = Book::default();
    let mut position = None;
    loop {
        interrupt::check()?;
        let records = store.read_all(position, CHUNK).await?;
        let Some(last) = records.last() else { return Ok(book) };
        position = Some(last.position);
        for record in &records {
            let Some(loan) = record.stream.loan_id() else { continue };
            let event = codec::decode_record(record).map_err(|error| LedgerError::Codec {
                position: record.position,
                stream: record.stream.clone(),
                version: record.version,
                error,
            })?;
            if let Event::Loan(one) = &event
                && matches!(one.facts, Facts::Converted { .. })
            {
                book.taken_over.insert(Arc::from(loan));
            }
            book.payments.record(record, &event)?;
        }
    }
}

/// The rules of a file, or those that come with the program.
pub fn rules(path: Option<&Path>) -> Result<Rules, Failure> {
    let Some(path) = path else { return Ok(Rules::builtin()?) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}")))?;
    Ok(Rules::parse(&name, &text)?)
}

/// The statements of files. Nothing is compared before all of them can be read.
pub fn statements(files: &[PathBuf], reading: &Reading) -> Result<Vec<(StatementInfo, Vec<Line>)>, Failure> {
    let mut all = Vec::new();
    let mut refused: u64 = 0;
    for ReadFile { name, statements, sha256 } in read_files(files, reading)? {
        match statements {
            Ok(statements) => {
                for (number, statement) in (0_u32..).zip(statements) {
                    let index = u32::try_from(all.len()).unwrap_or(u32::MAX);
                    let format = statement.format.name();
                    let (id, currency) = (statement.id.clone(), statement.currency);
                    let (from, to) = (statement.from, statement.to);
                    let lines = lines(index, statement);
                    let info = StatementInfo {
                        digest: format!("{}.{number}", sha256.as_ref().map(|digest| hex(digest)).unwrap_or_default()),
                        format,
                        id,
                        from: from.or_else(|| lines.iter().map(|line| line.on).min()),
                        to: to.or_else(|| lines.iter().map(|line| line.on).max()),
                        currency: currency.or_else(|| lines.first().map(|line| line.currency)),
                    };
                    all.push((info, lines));
                }
            }
            Err(refusal) => {
                refused = refused.saturating_add(1);
                messages::error(Some(refusal.reason.code()), &placed(&name, &refusal));
            }
        }
    }
    if refused > 0 {
        let text = format!("{refused} texts are refused, nothing was compared");
        return Err(Failure::rejected("unreadable-statement", text));
    }
    // the same statement twice in one run is one statement
    let mut seen = HashSet::new();
    all.retain(|(info, _): &(StatementInfo, Vec<Line>)| seen.insert(info.digest.clone()));
    for (index, (_, lines)) in (0_u32..).zip(&mut all) {
        lines.iter_mut().for_each(|line| line.statement = index);
    }
    Ok(all)
}
