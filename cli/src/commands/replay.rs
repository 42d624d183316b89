//! `replay`: derives every recorded outcome again and compares.

use crate::args::{LoanId, Options};
use crate::exit::Failure;
use crate::interrupt;
use crate::render::Document;
use crate::session::{Session, not_found};
use ledger_core::record::Record;
use ledger_core::replay::{self, Replay, Report};
use ledger_core::store::EventReader as _;
use ledger_core::stream::{StreamName, Version};
use std::num::NonZeroUsize;

const CHUNK: usize = 4096;

/// Derive every recorded outcome again and compare
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger replay            (the whole log; exit 1 if something differs)
  iledger replay L-1")]
pub struct Args {
    /// Only this loan
    loan: Option<LoanId>,
}

/// Replays, and shows the first difference.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let report = match &args.loan {
        Some(loan) => one_loan(&session, loan).await?,
        None => {
            let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            replay::audit(session.ledger.store(), threads, |_| interrupt::check().is_ok()).await?
        }
    };
    interrupt::check()?;
    show(&report, options)
}

async fn one_loan(session: &Session, loan: &LoanId) -> Result<Report, Failure> {
    let mut replay = Replay::default();
    for record in stream(session, &StreamName::reference()).await? {
        replay.record(&record);
    }
    let records = stream(session, loan.stream()).await?;
    if records.is_empty() {
        return Err(not_found(loan));
    }
    for record in &records {
        replay.record(record);
    }
    let events = u64::try_from(records.len()).unwrap_or(u64::MAX);
    Ok(Report { events, ..replay.finish() })
}

async fn stream(session: &Session, name: &StreamName) -> Result<Vec<Record>, Failure> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let from = records.last().map_or(Version(0), |last| last.version.next());
        let chunk = session.ledger.store().read_stream(name, from, CHUNK).await?;
        if chunk.is_empty() {
            return Ok(records);
        }
        records.extend(chunk);
    }
}

fn show(report: &Report, options: &Options) -> Result<(), Failure> {
    let differences = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
    let document = Document::new()
        .field("events", report.events)
        .field("loans", report.loans)
        .field("outcomes_derived", report.outcomes)
        .field("differences", differences);
    let Some(first) = report.differences.first() else {
        return document.headline("every recorded outcome was derived again").print(options);
    };
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    document
        .headline("the log says something else than what follows from its facts")
        .field("stream", first.stream.to_string())
        .field("version", first.version)
        .field("position", first.position)
        .field("reason", first.reason.as_str())
        .field("recorded", json(&first.recorded))
        .field("derived", json(&first.derived))
        .print(options)?;
    Err(Failure::Found(format!("{differences} loans differ; the first difference is shown")))
}
