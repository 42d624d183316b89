//! What the store on EventStoreDB costs beside the bare client, on the double in this process (no disk, no network):
//! `cargo run --release -p iledger-tests --features eventstore --example esdb_figures`.
#![allow(clippy::unwrap_used, clippy::float_arithmetic, reason = "a measurement")]

use eventstore::{
    AppendToStreamOptions, BatchAppendOptions, Client, EventData, ExpectedRevision, ReadAllOptions, ReadStreamOptions,
    StreamPosition,
};
use iledger_tests::conformance::read_everything;
use iledger_tests::esdb;
use iledger_tests::samples::{append, noise, stream};
use ledger_core::record::Version;
use ledger_core::store::{EventAppender as _, EventReader as _};
use std::sync::Arc;
use std::time::Instant;

const SINGLE: u64 = 1_000;
const MANY: u64 = 20_000;
const TASKS: u64 = 64;

struct Row(&'static str, f64, f64);

fn rate(count: u64, from: Instant) -> f64 {
    count as f64 / from.elapsed().as_secs_f64()
}

fn event(id: u64) -> EventData {
    // as long as one of the store's
    EventData::binary("repayment-received", noise(id, 180).into())
}

#[tokio::main]
async fn main() {
    let double = esdb::double(1).await;
    let store = Arc::new(esdb::create(&double, "books").await);
    // a double of its own: the store sets TCP_NODELAY on all connections of the process to its ports
    let plain = esdb::double(1).await;
    let client = Client::new(plain.address().parse().unwrap()).unwrap();
    let rows = [
        Row("append, one after the other", single(&store).await, bare_single(&client).await),
        Row("append, 64 at once", at_once(&store).await, bare_at_once(&client).await),
        Row("append, one call", one_call(&store).await, bare_batch(&client).await),
        Row("read a stream of one event", read_single(&store).await, bare_read_single(&client).await),
        Row("read the log", read_log(&store).await, bare_read_log(&client).await),
    ];
    println!("| what | store, per second | bare client, per second | ratio |\n|---|---|---|---|");
    for Row(what, store, bare) in rows {
        println!("| {what} | {store:.0} | {bare:.0} | {:.2} |", store / bare);
    }
}

async fn single(store: &esdb::Store) -> f64 {
    let from = Instant::now();
    for id in 0..SINGLE {
        store.append(append(&stream("one"), id.checked_sub(1), [u128::from(id)])).await.unwrap();
    }
    rate(SINGLE, from)
}

async fn bare_single(client: &Client) -> f64 {
    let from = Instant::now();
    // slow: a tenth is enough to know it
    for id in 0..SINGLE / 10 {
        let expected = id.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        let options = AppendToStreamOptions::default().expected_revision(expected);
        client.append_to_stream("bare-one", &options, event(id)).await.unwrap();
    }
    rate(SINGLE / 10, from)
}

async fn at_once(store: &Arc<esdb::Store>) -> f64 {
    let from = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let name = stream(format_args!("task-{task}"));
                for id in 0..MANY / TASKS {
                    store.append(append(&name, id.checked_sub(1), [u128::from(id)])).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    rate(MANY, from)
}

async fn bare_at_once(client: &Client) -> f64 {
    let from = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                for id in 0..MANY / TASKS / 4 {
                    let expected = id.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
                    let options = AppendToStreamOptions::default().expected_revision(expected);
                    client.append_to_stream(format!("bare-task-{task}"), &options, event(id)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    rate(MANY / TASKS / 4 * TASKS, from)
}

async fn one_call(store: &esdb::Store) -> f64 {
    let items = (0..MANY).map(|id| append(&stream(format_args!("call-{id}")), None, [u128::from(id)])).collect();
    let from = Instant::now();
    assert!(store.append_many(items).await.iter().all(Result::is_ok));
    rate(MANY, from)
}

/// The client's own batch, with as much on the way as the store has.
async fn bare_batch(client: &Client) -> f64 {
    let batch = Arc::new(client.batch_append(&BatchAppendOptions::default()).await.unwrap());
    let from = Instant::now();
    let tasks: Vec<_> = (0..512_u64)
        .map(|task| {
            let batch = batch.clone();
            tokio::spawn(async move {
                for id in (task..MANY).step_by(512) {
                    let name = format!("bare-call-{id}");
                    batch.append_to_stream(name, ExpectedRevision::NoStream, vec![event(id)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    rate(MANY, from)
}

async fn read_single(store: &esdb::Store) -> f64 {
    let from = Instant::now();
    for id in 0..SINGLE {
        let records = store.read_stream(&stream(format_args!("call-{id}")), Version(0), 10).await.unwrap();
        assert_eq!(records.len(), 1);
    }
    rate(SINGLE, from)
}

async fn bare_read_single(client: &Client) -> f64 {
    let from = Instant::now();
    for id in 0..SINGLE / 10 {
        let mut read = client.read_stream(format!("bare-call-{id}"), &ReadStreamOptions::default()).await.unwrap();
        assert!(read.next().await.unwrap().is_some());
    }
    rate(SINGLE / 10, from)
}

async fn read_log(store: &esdb::Store) -> f64 {
    let from = Instant::now();
    let events = read_everything(store, 4_000).await.len() as u64;
    rate(events, from)
}

async fn bare_read_log(client: &Client) -> f64 {
    let from = Instant::now();
    let options = ReadAllOptions::default().position(StreamPosition::Start);
    let mut read = client.read_all(&options).await.unwrap();
    let mut events = 0;
    while read.next().await.unwrap().is_some() {
        events += 1;
    }
    rate(events, from)
}
