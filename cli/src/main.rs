//! The `iledger` command line.
mod demo;
fn main() {
    let rt = tokio::runtime::Runtime::new().expect("rt");
    rt.block_on(async {
        let dir = std::env::args().nth(1).expect("dir");
        let n: u32 = std::env::args().nth(2).expect("n").parse().expect("n");
        let store = ledger_core::store::SledStore::create(&dir, Default::default()).expect("store");
        let ledger = ledger_core::ledger::Ledger::open(store).await.expect("ledger");
        let products = ledger_core::terms::ProductFile::builtin().expect("products");
        let d = |t: &str| t.parse::<ledger_core::calendar::Date>().expect("d");
        let t = std::time::Instant::now();
        let o = demo::opening::openings(1, n, d("2024-01-01"), d("2025-09-30"), &products).expect("openings");
        let sim = demo::simulation::Simulation::new(1, o).expect("sim");
        let counts = sim.run(&ledger, d("2024-01-01"), d("2025-12-31"), |_| true).await;
        println!("{counts:#?} {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let report = ledger_core::replay::audit(ledger.store(), std::num::NonZeroUsize::new(2).expect("2"), |_| true)
            .await
            .expect("replay");
        println!(
            "{} {} {} {:?} {:?}",
            report.events,
            report.loans,
            report.outcomes,
            report.differences.first(),
            t.elapsed()
        );
        println!("{:?}", ledger.store().stats());
    });
}
