//! Measures the embedded store: `cargo run --release --example store_figures -- <new directory> [<events> [sled|redb]]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not a program")]

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::record::{Envelope, NewRecord, StreamName, Version};
use ledger_core::store::{Append, BlockStore, EngineKind, EventAppender, EventReader, ExpectedVersion, OpenOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The events of each stream.
const PER_STREAM: u64 = 5;
const CHUNK: u64 = 10_000;

/// The next of a series of numbers that look random.
fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// About 300 bytes, half of them without pattern: no sample that only compresses well.
fn event(stream: u64, version: u64) -> NewRecord {
    let seed = mix(stream << 20 | version);
    let mut body = format!("{{\"amount\":\"{}\",\"channel\":\"branch\",\"lines\":[", seed % 1_000_000).into_bytes();
    for line in 0..3 {
        body.extend(format!("{{\"n\":{line},\"principal\":\"{}\"}},", mix(seed + line) % 100_000).bytes());
    }
    body.extend((0..19).flat_map(|n| mix(seed ^ n).to_be_bytes()));
    let id = u128::from(seed) << 64 | u128::from(mix(seed));
    let mut request = [0; 32];
    request.chunks_mut(8).zip(0_u64..).for_each(|(to, n)| to.copy_from_slice(&mix(seed.wrapping_add(n)).to_be_bytes()));
    let day = Date::new(2024, 1, 1).unwrap().plus_days(i64::try_from(version).unwrap() * 30).unwrap();
    let envelope = Envelope {
        id: Uuid::from_u128(id),
        kind: Arc::from(if version == 0 { "loan-opened" } else { "repayment-received" }),
        schema: 1,
        effective_on: day,
        booked_on: day,
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000 + i64::try_from(version).unwrap()).unwrap(),
        actor: Arc::from("import"),
        key: Arc::from(format!("row-{stream}-{version}")),
        request,
    };
    NewRecord { envelope, body }
}

fn append(stream: u64, version: u64) -> Append {
    let expected =
        version.checked_sub(1).map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(Version(last)));
    Append { stream: name(stream), expected, events: vec![event(stream, version)] }
}

fn name(stream: u64) -> StreamName {
    StreamName::loan(&format!("L{stream:08}")).unwrap()
}

fn report(what: &str, count: u64, took: Duration) {
    let micros = took.as_micros().max(1);
    let rate = u128::from(count) * 1_000_000 / micros;
    println!("{what}: {count} in {} us, {rate}/s, {} ns each", micros, took.as_nanos() / u128::from(count.max(1)));
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// What the disk itself takes: as many bytes appended to a file as an event has, and synced.
struct Plain(std::fs::File);

impl Plain {
    fn append(&mut self) {
        use std::io::Write;
        self.0.write_all(&[7; 600]).unwrap();
        self.0.sync_data().unwrap();
    }
}

fn main() {
    let path = std::env::args().nth(1).expect("a directory that does not exist");
    let events: u64 = std::env::args().nth(2).map_or(200_000, |text| text.parse().expect("a number of events"));
    let streams = events / PER_STREAM;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let engine = std::env::args().nth(3).map_or(EngineKind::Sled, |name| name.parse().expect("sled or redb"));
    let store = BlockStore::create(&path, OpenOptions::of(engine)).unwrap();
    let bodies: usize = (0..100).map(|n| event(n, 1).body.len()).sum();
    println!("mean body: {} bytes", bodies / 100);

    let mut import = Duration::ZERO;
    for chunk in 0..events / CHUNK {
        let items: Vec<_> = (chunk * CHUNK..(chunk + 1) * CHUNK).map(|n| append(n % streams, n / streams)).collect();
        let (results, took) = timed(|| runtime.block_on(store.append_many(items)));
        assert!(results.iter().all(Result::is_ok));
        import += took;
    }
    report("append_many of 10,000", events, import);
    println!("{:?}", store.stats().unwrap());

    drop(store);
    let (store, took) = timed(|| BlockStore::open(&path, OpenOptions::default()).unwrap());
    report("open", 1, took);
    let everything = |store: &BlockStore| {
        runtime.block_on(async {
            let (mut count, mut after) = (0_u64, None);
            loop {
                let page = store.read_all(after, 5_000).await.unwrap();
                let Some(last) = page.last() else { return count };
                after = Some(last.position);
                count += page.len() as u64;
            }
        })
    };
    let (count, took) = timed(|| everything(&store));
    report("read_all after opening", count, took);
    let (count, took) = timed(|| everything(&store));
    report("read_all again", count, took);
    drop(store);

    let store = BlockStore::open(&path, OpenOptions::default()).unwrap();
    let read = |n: u64| runtime.block_on(store.read_stream(&name(n), Version(0), usize::MAX)).unwrap().len();
    let (_, took) = timed(|| read(17));
    report("first read of a stream after opening", 1, took);
    let (_, took) = timed(|| (0..1_000).map(|n| read(mix(n) % streams)).sum::<usize>());
    report("read of a stream of 5 events in 5 runs, at random", 1_000, took);
    let (_, took) = timed(|| (0..1_000).map(|n| read(streams + n)).sum::<usize>());
    report("read of a stream that does not exist", 1_000, took);

    let results = |items| runtime.block_on(store.append_many(items));
    let items: Vec<_> = (0..10_000).map(|n| append(streams + n, 0)).collect();
    let (_, took) = timed(|| results(items));
    report("append_many to new streams after opening", 10_000, took);
    let items: Vec<_> = (0..10_000).map(|n| append(n, PER_STREAM)).collect();
    let (_, took) = timed(|| results(items));
    report("append_many to old streams after opening", 10_000, took);

    let singles = 2_000;
    let baseline = std::path::Path::new(&path).with_extension("baseline");
    let mut plain = Plain(std::fs::File::create(baseline).unwrap());
    let items: Vec<_> = (0..singles).map(|n| append(n, PER_STREAM + 1)).collect();
    // In turn, so that both meet the same disk.
    let each = items.into_iter().map(|item| {
        let (_, plain) = timed(|| plain.append());
        let (_, durable) = timed(|| runtime.block_on(store.append(item)).unwrap());
        (plain, durable)
    });
    let (mut plain, mut durable): (Vec<_>, Vec<_>) = each.unzip();
    for (what, each) in [("plain appends to a file, each synced", &mut plain), ("single durable appends", &mut durable)]
    {
        each.sort_unstable();
        report(what, singles, each.iter().sum());
        println!("  median {:?}, nine of ten below {:?}", each[each.len() / 2], each[each.len() * 9 / 10]);
    }
    let store = Arc::new(store);
    let (_, took) = timed(|| {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..64_u64)
                .map(|task| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        for n in 0..100 {
                            store.append(append(2 * streams + 100_000 + task, n)).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    report("durable appends of 64 tasks", 6_400, took);
    println!("{:?}", store.stats().unwrap());
}
