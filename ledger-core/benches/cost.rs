//! What one annualised cost takes: a year of instalments, thirty years of them, and thirty years with odd fractions.

use criterion::{Criterion, criterion_group, criterion_main};
use ledger_core::calendar::Frequency;
use ledger_core::cost::{CostMethod, DatedFlow, TimedFlow, TimedFlows, annualised, time_flows};
use rust_decimal::Decimal;
use std::hint::black_box;

fn level(advance: i64, payment: i64, count: i64) -> TimedFlows {
    let flow = |(time, amount)| TimedFlow {
        time: Decimal::from(time),
        fraction: Decimal::ZERO,
        amount: Decimal::from(amount),
    };
    let flows = std::iter::once((0, advance)).chain((1..=count).map(|at| (at, -payment))).map(flow).collect();
    TimedFlows { flows, units_per_year: Decimal::from(12) }
}

fn cost(criterion: &mut Criterion) {
    let (year, mortgage) = (level(1_200_000, 107_200, 12), level(10_000_000, 59_955, 360));
    criterion.bench_function("irr-monthly-x12, 12 instalments", |bencher| {
        bencher.iter(|| annualised(CostMethod::IrrMonthlyX12, black_box(&year)));
    });
    criterion.bench_function("irr-monthly-x12, 360 instalments", |bencher| {
        bencher.iter(|| annualised(CostMethod::IrrMonthlyX12, black_box(&mortgage)));
    });
    let (Ok(start), Ok(first)) = ("2024-01-12".parse(), "2024-02-15".parse()) else { return };
    let mut dated = vec![DatedFlow { date: start, amount: Decimal::from(10_000_000) }];
    dated.extend((0..360).filter_map(|k| {
        let date = Frequency::MONTHLY.date(first, k).ok()?;
        Some(DatedFlow { date, amount: Decimal::from(-59_955) })
    }));
    for method in [CostMethod::EuAprc, CostMethod::UsRegZAppendixJ] {
        criterion.bench_function(&format!("{method}, 360 dated instalments after an odd first period"), |bencher| {
            bencher.iter(|| annualised(method, &time_flows(method, black_box(&dated))?));
        });
    }
}

criterion_group!(benches, cost);
criterion_main!(benches);
