//! Makes a large book out of a small one, to measure projections and views: every loan is copied so many times under another
//! id, event by event, without deciding anything again.
//!
//! ```sh
//! iledger demo --loans 5000 --store small
//! cargo run --release -p projections --example multiply_book small 60 large
//! iledger --store large arrears ageing --as-of 2025-12-31
//! ```
#![allow(clippy::unwrap_used, reason = "an example may")]

use ledger_core::record::{NewRecord, Record, StreamName, Version};
use ledger_core::store::OpenOptions;
use ledger_core::store::{Append, BlockStore, EventAppender as _, EventReader as _, ExpectedVersion};
use std::path::Path;

/// Loans whose events are appended together.
const LOANS_AT_ONCE: usize = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [small, copies, large] = words.as_slice() else {
        eprintln!("usage: multiply_book SMALL COPIES LARGE");
        std::process::exit(2);
    };
    let (small, large) = (Path::new(small), Path::new(large));
    let copies: u32 = copies.parse().unwrap();
    let from = BlockStore::open(small.join("log"), OpenOptions::default()).unwrap();
    std::fs::create_dir_all(large).unwrap();
    std::fs::copy(small.join("ledger.toml"), large.join("ledger.toml")).unwrap();
    let to = BlockStore::create(large.join("log"), OpenOptions::default()).unwrap();
    let mut streams: std::collections::BTreeMap<StreamName, Vec<Record>> = std::collections::BTreeMap::new();
    let mut after = None;
    loop {
        let records = from.read_all(after, 8192).await.unwrap();
        let Some(last) = records.last() else { break };
        after = Some(last.position);
        for record in records {
            streams.entry(record.stream.clone()).or_default().push(record);
        }
    }
    let mut appends = Vec::new();
    let (mut loans, mut events) = (0_u64, 0_u64);
    for (stream, records) in &streams {
        let names: Vec<StreamName> = match stream.loan_id() {
            Some(loan) => (0..copies).map(|copy| StreamName::loan(&format!("{loan}-{copy}")).unwrap()).collect(),
            None => vec![stream.clone()],
        };
        for name in names {
            loans += u64::from(name.loan_id().is_some());
            events += records.len() as u64;
            // the ledger's own stream is longer than one append may be
            for chunk in records.chunks(200) {
                let expected = match chunk[0].version {
                    Version(0) => ExpectedVersion::NoStream,
                    Version(next) => ExpectedVersion::Exact(Version(next - 1)),
                };
                let new = |one: &Record| NewRecord { envelope: one.envelope.clone(), body: one.body.clone() };
                appends.push(Append { stream: name.clone(), expected, events: chunk.iter().map(new).collect() });
            }
            if appends.len() >= LOANS_AT_ONCE {
                append(&to, std::mem::take(&mut appends)).await;
            }
        }
    }
    append(&to, appends).await;
    println!("{loans} loans, {events} events");
}

async fn append(store: &BlockStore, appends: Vec<Append>) {
    for result in store.append_many(appends).await {
        result.unwrap();
    }
}
