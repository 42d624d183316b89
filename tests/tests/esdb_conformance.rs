//! The store on EventStoreDB against the one contract, on a double of the server and, where there is one, on a real server.
#![allow(clippy::unwrap_used, reason = "this is all tests")]

use iledger_tests::conformance;
use iledger_tests::esdb;
use std::cell::Cell;

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_the_double_conforms() {
    let double = esdb::double(1).await;
    let number = Cell::new(0);
    conformance::run(async || {
        number.set(number.get() + 1);
        esdb::create(&double, &format!("case-{}", number.get())).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_a_real_server_conforms() {
    if esdb::create_on_real().await.is_none() {
        return;
    }
    conformance::run(async || esdb::create_on_real().await.unwrap()).await;
}
