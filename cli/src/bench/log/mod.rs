//! `iledger bench log`: what the log costs, each figure beside its target.

mod events;
mod figures;
mod plain;

use super::measure::{Elapsed, Stopwatch, peak_memory};
use super::run::{Scratch, threads};
use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt;
use crate::progress;
use crate::render::Document;
use events::{Random, Source};
use figures::{Figures, Target, ratio};
use ledger_core::evidence::verify::verify;
use ledger_core::evidence::{SubtreeFile, Tree};
use ledger_core::record::{StreamName, Version, codec};
use ledger_core::store::{Append, AppendError, BlockStore, EngineKind, EventAppender as _, EventReader as _};
use plain::PlainFile;
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Events per group of the bulk append, and the most that are in memory at once.
const GROUP: u64 = 10_000;

/// Writers at the same time.
const WRITERS: u64 = 64;

/// The plain file and the log take turns so often, so that both meet the same disk.
const TURNS: u64 = 4;

/// Measure the log alone: append, scan, open, one loan's history, size, verify
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger bench log
  iledger bench log --events 10000000 --loans 1000000 --store redb:.
  iledger bench log --events 20000 --format json")]
pub struct Args {
    /// How many events
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    events: u64,

    /// Of how many loans [default: a tenth of the events]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    loans: Option<u64>,

    /// Single appends of each of the 64 writers, and a quarter as many times ten of the one writer
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(4..=100_000))]
    singles: u64,

    /// The same seed gives the same events
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Where the store is made; it is deleted afterwards [default: a new directory in the current one]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

fn refused(error: &AppendError) -> Failure {
    Failure::Unavailable(error.to_string())
}

/// Runs the benchmark.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let loans = args.loans.unwrap_or(args.events / 10).clamp(1, args.events);
    let own = || PathBuf::from(format!("./iledger-bench-log-{}", std::process::id()));
    let directory = args.directory.clone().unwrap_or_else(own);
    let _guard = interrupt::Guard::new();
    let scratch = Scratch::create(&directory)?;
    let source = Source::new(args.seed, loans)?;
    let mut figures = Figures::new();
    let log = directory.join("log");
    let engine = bulk(args, options, &source, &directory, &mut figures).await?;
    sizes(args.events, &log, &mut figures)?;
    reads(args, options, loans, &directory, &mut figures).await?;
    singles(args, options, &source, &directory, engine, &mut figures).await?;
    let peak = peak_memory();
    if let Some(bytes) = peak {
        figures.add("peak memory of the process", bytes, "bytes", Some(Target::below(800_000_000)));
    }
    drop(scratch);
    Document::new()
        .field("engine", engine.name())
        .field("events", args.events)
        .field("loans", loans)
        .field("seed", args.seed.to_string())
        .field("cores", u64::try_from(threads().get()).unwrap_or(1))
        .sheet(figures.sheet())
        .print(options)
}

/// Appends everything in groups, then hashes it; only the time in the store and the tree counts, not that of making events.
async fn bulk(
    args: &Args,
    options: &Options,
    source: &Source,
    directory: &Path,
    figures: &mut Figures,
) -> Result<EngineKind, Failure> {
    let store = BlockStore::create(directory.join("log"), options.log())?;
    let bar = progress::bar(options, "events", args.events);
    let mut appending = Elapsed::default();
    for first in (0..args.events).step_by(usize::try_from(GROUP).unwrap_or(usize::MAX)) {
        interrupt::check()?;
        let last = first.saturating_add(GROUP).min(args.events);
        let group = (first..last).map(|index| source.at(index)).collect::<Result<Vec<_>, _>>()?;
        let watch = Stopwatch::start();
        let results = store.append_many(group).await;
        appending = appending.plus(watch.elapsed());
        for result in results {
            result.map_err(|error| refused(&error))?;
        }
        bar.inc(last.saturating_sub(first));
    }
    bar.finish_and_clear();
    let watch = Stopwatch::start();
    let mut file = SubtreeFile::open(&directory.join("subtrees"), store.id())?;
    Tree::open(&store, Some(&mut file), threads(), |_| interrupt::check().is_ok()).await?;
    interrupt::check()?;
    let whole = appending.plus(watch.elapsed());
    let target = Some(Target::at_least(400_000));
    figures.add("bulk append, index and hash tree included", whole.per_second(args.events), "events/s", target);
    figures.add("bulk append, hash tree not included", appending.per_second(args.events), "events/s", None);
    Ok(store.engine())
}

/// The store is closed: the lengths of its files, and the blocks that the file system gave them; with the subtree roots.
fn sizes(events: u64, log: &Path, figures: &mut Figures) -> Result<(), Failure> {
    let parent = log.parent().unwrap_or(log);
    let (length, blocks) = disk(parent)?;
    let each = |bytes| ratio(bytes, events);
    figures.add("length of all files", each(length), "bytes/event", Some(Target::below(80)));
    figures.add("on disk after close", each(blocks), "bytes/event", Some(Target::below(130)));
    Ok(())
}

/// The bytes of all files below a directory: their lengths, and what they take of the disk.
fn disk(directory: &Path) -> Result<(u64, u64), Failure> {
    let failed = |error: std::io::Error| Failure::Unavailable(format!("{}: {error}", directory.display()));
    let (mut length, mut blocks) = (0_u64, 0_u64);
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        let (long, takes) =
            if metadata.is_dir() { disk(&entry.path())? } else { (metadata.len(), allocated(&metadata)) };
        length = length.saturating_add(long);
        blocks = blocks.saturating_add(takes);
    }
    Ok((length, blocks))
}

#[cfg(unix)]
fn allocated(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn allocated(metadata: &std::fs::Metadata) -> u64 {
    metadata.len()
}

async fn reads(
    args: &Args,
    options: &Options,
    loans: u64,
    directory: &Path,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let store = BlockStore::open(directory.join("log"), options.log())?;
    figures.add("open the store", watch.elapsed().micros(), "µs", Some(Target::below(500_000)));
    let mut random = Random::of(&[args.seed, loans]);
    let sample = (0..loans.min(1_000)).map(|_| Source::stream(random.next() % loans)).collect::<Result<Vec<_>, _>>()?;
    for (when, bound) in [("cold", 2_000), ("warm", 200)] {
        let times = histories(&store, &sample).await?;
        figures.add(&format!("history of a loan, {when}, p50"), percentile(&times, 50), "µs", None);
        let target = Some(Target::below(bound));
        figures.add(&format!("history of a loan, {when}, p99"), percentile(&times, 99), "µs", target);
    }
    let watch = Stopwatch::start();
    let (mut after, mut events) = (None, 0_u64);
    loop {
        interrupt::check()?;
        let records = store.read_all(after, 10_000).await?;
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in &records {
            std::hint::black_box(codec::decode_record(record).map_err(|error| Failure::Damaged(error.to_string()))?);
            events = events.saturating_add(1);
        }
    }
    let scan = watch.elapsed();
    if events != args.events {
        return Err(Failure::Damaged(format!("{} events were appended, {events} were read", args.events)));
    }
    let target = Some(Target::at_least(3_000_000));
    figures.add("full scan with decoding", scan.per_second(events), "events/s", target);
    let kept = SubtreeFile::open(&directory.join("subtrees"), store.id())?;
    let watch = Stopwatch::start();
    let verified = verify(&store, kept.roots(), &[], threads(), |_| interrupt::check().is_ok()).await?;
    let took = watch.elapsed();
    if let Some(finding) = verified.findings.first() {
        return Err(Failure::Found(format!("the log is not what was appended: {finding:?}")));
    }
    figures.add("verify", took.micros(), "µs", None);
    // 10,000,000 events in 30 s
    figures.add("verify", took.per_second(events), "events/s", Some(Target::at_least(333_334)));
    Ok(())
}

/// The times of reading and decoding the events of each loan, sorted, in microseconds.
async fn histories(store: &BlockStore, sample: &[StreamName]) -> Result<Vec<u64>, Failure> {
    let mut times = Vec::with_capacity(sample.len());
    for stream in sample {
        interrupt::check()?;
        let watch = Stopwatch::start();
        for record in store.read_stream(stream, Version(0), usize::MAX).await? {
            std::hint::black_box(codec::decode_record(&record).map_err(|error| Failure::Damaged(error.to_string()))?);
        }
        times.push(watch.elapsed().micros().max(1));
    }
    times.sort_unstable();
    Ok(times)
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let at = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

async fn singles(
    args: &Args,
    options: &Options,
    source: &Source,
    directory: &Path,
    engine: EngineKind,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let store = Arc::new(BlockStore::open(directory.join("log"), options.log())?);
    let plain = Arc::new(PlainFile::create(&directory.join("plain"))?);
    let one = match engine {
        EngineKind::Redb => 150,
        EngineKind::Sled => 250,
    };
    let mut index = args.events;
    for (writers, each, most) in
        [(WRITERS, args.singles / TURNS, 200), (1, args.singles.saturating_mul(10) / 4 / TURNS, one)]
    {
        let (mut of_plain, mut of_log) = (Elapsed::default(), Elapsed::default());
        for turn in 0..TURNS {
            let mut work = Vec::new();
            for writer in 0..writers {
                let stream = StreamName::loan(&format!("W{writers}-{writer}"))
                    .map_err(|error| Failure::rejected("bad-loan-id", error.to_string()))?;
                let mut own = Vec::new();
                for n in 0..each {
                    let version = turn.saturating_mul(each).saturating_add(n);
                    let loan = u64::MAX.saturating_sub(writers.saturating_add(writer));
                    own.push(source.append(stream.clone(), loan, version, index)?);
                    index = index.saturating_add(1);
                }
                work.push(own);
            }
            let bytes = work.iter().map(|own| own.iter().map(as_plain).collect()).collect();
            of_plain = of_plain.plus(write_plain(&plain, bytes).await?);
            interrupt::check()?;
            of_log = of_log.plus(write_log(&store, work).await?);
            interrupt::check()?;
        }
        let count = writers.saturating_mul(each).saturating_mul(TURNS);
        let (base, rate) = (of_plain.per_second(count), of_log.per_second(count));
        let who = if writers == 1 { "1 writer".to_owned() } else { format!("{writers} writers") };
        let least = (writers > 1 && base > 100_000).then(|| Target::at_least(50_000));
        figures.add(&format!("single appends, {who}"), rate, "events/s", least);
        figures.add(&format!("plain file and fdatasync, {who}"), base, "events/s", None);
        let times = ratio(of_log.micros(), of_plain.micros());
        let target = Some(Target::Below(Decimal::new(most, 2)));
        figures.add(&format!("log to plain file, {who}"), times, "times", target);
    }
    Ok(())
}

/// What a plain file would hold of an event: its body, its key and its request's hash.
fn as_plain(append: &Append) -> Vec<u8> {
    let parts = append
        .events
        .iter()
        .flat_map(|event| [&event.body[..], event.envelope.key.as_bytes(), &event.envelope.request]);
    parts.flatten().copied().collect()
}

async fn write_plain(plain: &Arc<PlainFile>, work: Vec<Vec<Vec<u8>>>) -> Result<Elapsed, Failure> {
    let mut tasks = tokio::task::JoinSet::new();
    let watch = Stopwatch::start();
    for own in work {
        let plain = plain.clone();
        tasks.spawn(async move {
            for bytes in own {
                plain.append(bytes).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| Failure::Unavailable(error.to_string()))??;
    }
    Ok(watch.elapsed())
}

async fn write_log(store: &Arc<BlockStore>, work: Vec<Vec<Append>>) -> Result<Elapsed, Failure> {
    let mut tasks = tokio::task::JoinSet::new();
    let watch = Stopwatch::start();
    for own in work {
        let store = store.clone();
        tasks.spawn(async move {
            for append in own {
                store.append(append).await.map_err(|error| refused(&error))?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| Failure::Unavailable(error.to_string()))??;
    }
    Ok(watch.elapsed())
}
