//! `replay`: derives every recorded outcome again and compares.

use crate::args::{LoanId, Options};
use crate::evidence;
use crate::exit::Failure;
use crate::interrupt;
use crate::render::Document;
use crate::session::{Session, not_found};
use ledger_core::record::Record;
use ledger_core::replay::{self, Replay, Report};
use ledger_core::store::EventReader as _;
use ledger_core::stream::{StreamName, Version};
use projections::general_ledger::{PeriodDifference, check_periods};
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
    let periods = match &args.loan {
        Some(_) => None,
        None => Some(periods(&session, options).await?),
    };
    show(&report, periods.as_ref(), options)
}

/// The closed periods: how many there are, and those whose totals or root cannot be derived again.
async fn periods(session: &Session, options: &Options) -> Result<(u64, Vec<PeriodDifference>), Failure> {
    let (count, mut differences) = check_periods(session.ledger.store()).await?;
    if count > 0 {
        let tree = evidence::tree(session, options).await?;
        for (position, period) in session.ledger.closed_periods().await? {
            let root = if period.events <= tree.size() { Some(tree.root_at(period.events).await?) } else { None };
            if root.map(|root| root.to_string()).as_ref() != Some(&period.root) {
                let reason = format!("the log has another root at {} events than the period says", period.events);
                differences.push(PeriodDifference { position, through: period.through, reason });
            }
        }
    }
    Ok((u64::try_from(count).unwrap_or(u64::MAX), differences))
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

fn show(report: &Report, periods: Option<&(u64, Vec<PeriodDifference>)>, options: &Options) -> Result<(), Failure> {
    let differences = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
    let mut document = Document::new()
        .field("events", report.events)
        .field("loans", report.loans)
        .field("outcomes_derived", report.outcomes)
        .field("differences", differences);
    if let Some((count, differing)) = periods {
        document = document.field("periods", *count);
        if let Some(first) = differing.first() {
            document
                .headline("the books of a closed period are not what the log says")
                .field("through", first.through)
                .field("position", first.position)
                .field("reason", first.reason.as_str())
                .print(options)?;
            return Err(Failure::Found(format!("{} closed periods differ; the first is shown", differing.len())));
        }
    }
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
