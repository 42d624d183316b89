//! Ledgers on a cluster for the suites: on the double, and on a real server when `ILEDGER_TEST_ESDB` holds its address.

use esdb_double::{Double, Settings};
/// The store.
pub use ledger_core::store::esdb_store::EsdbStore as Store;
use ledger_core::store::esdb_store::{Address, EsdbStore};
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that holds the address of a real server.
pub const REAL: &str = "ILEDGER_TEST_ESDB";

/// A double with so many nodes.
pub async fn double(nodes: usize) -> Double {
    Double::start(Settings { nodes, ..Settings::default() }).await.unwrap()
}

/// The address of a double's ledger; `more` are further parameters, such as `patience=5`.
#[must_use]
pub fn address(double: &Double, ledger: &str, more: &str) -> Address {
    parse(&format!("{}&ledger={ledger}&{more}", double.address()))
}

/// An address that was written down.
#[must_use]
pub fn parse(text: &str) -> Address {
    Address::parse(text, &|name| std::env::var(name).ok()).unwrap()
}

/// A new ledger on a double.
pub async fn create(double: &Double, ledger: &str) -> EsdbStore {
    EsdbStore::create(address(double, ledger, ""), "").await.unwrap()
}

/// A ledger on the real server that no run had before; none, with a message, if there is no such server.
pub async fn create_on_real() -> Option<EsdbStore> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let Ok(text) = std::env::var(REAL) else {
        eprintln!("not run on a real EventStoreDB: {REAL} does not hold an address");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let run = uuid::Uuid::new_v4().simple().to_string();
    let ledger = format!("test-{}-{number}", &run[..12]);
    let address = parse(&text).with_ledger(&ledger).unwrap();
    Some(EsdbStore::create(address, "").await.unwrap())
}
