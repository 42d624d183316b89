//! What always holds of the views of arrears, for random lives of loans.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;
#[path = "common/lives.rs"]
mod lives;

use common::{Log, day, recorded_at, run};
use ledger_core::calendar::Date;
use ledger_core::loan::{Components, Instalment, Status, Stored, position};
use ledger_core::money::{Amount, Currency};
use ledger_core::record::{Event, Record, StreamName, codec};
use ledger_core::terms::Component;
use lives::{START, in_order, live, steps};
use projections::arrears::{
    Ageing, EfficiencyRow, FirstPayments, Forecast, Migration, Month, Place, Portfolio, Strategy, Vintages, Warning,
    Worklist, ageing, early_warnings, efficiency, first_payments, forecast, loans_of_bucket, loans_of_cell,
    loans_of_vintage, migration, vintages, worklist,
};
use projections::balances::{BalanceFilter, fold_as_of};
use projections::checkpoint::MemoryCheckpoints;
use projections::engine::{State, fold_known_at};
use projections::explain::{Figure, explain};
use projections::loans::{LoanRow, Standing, Timeline};
use projections::overdue::{Buckets, Overdue};
use projections::{Projections, ViewError};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

fn opened(log: &Log) -> Projections {
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "store").unwrap();
    let report = run(projections.catch_up(log)).unwrap();
    assert_eq!(report.stopped().count(), 0, "{report:?}");
    projections
}

/// Every view at the end of a day.
#[derive(Debug, PartialEq)]
struct Views {
    ageing: Ageing,
    migration: Migration,
    vintages: Vintages,
    first_payments: FirstPayments,
    warnings: Vec<Warning>,
    worklist: Worklist,
    forecast: Forecast,
    efficiency: Vec<EfficiencyRow>,
}

fn months(on: Date) -> (Month, Month) {
    (Month::of(day("2024-01-01")).unwrap(), Month::last_ended_by(on).unwrap())
}

fn views(state: &State<Overdue>, on: Date, threads: usize) -> Views {
    let portfolio = Portfolio::new(state, NonZeroUsize::new(threads).unwrap());
    let (buckets, strategy) = (Buckets::builtin().unwrap(), Strategy::builtin().unwrap());
    let (first, last) = months(on);
    Views {
        ageing: ageing(&portfolio, on, &buckets).unwrap(),
        migration: migration(&portfolio, first, last, &buckets).unwrap(),
        vintages: vintages(&portfolio, on, 31).unwrap(),
        first_payments: first_payments(&portfolio, on, 7).unwrap(),
        warnings: early_warnings(&portfolio, on, &strategy).unwrap(),
        worklist: worklist(&portfolio, on, &strategy).unwrap(),
        forecast: forecast(&portfolio, on).unwrap(),
        efficiency: efficiency(&portfolio, first, Month::of(on).unwrap(), on).unwrap(),
    }
}

fn rows(state: &State<Overdue>) -> BTreeMap<String, LoanRow> {
    let mut rows = BTreeMap::new();
    let keep = |loan: &Arc<str>, row: &LoanRow| {
        rows.insert(loan.to_string(), row.clone());
        Ok::<(), ViewError>(())
    };
    state.visit(|_, _| true, keep).unwrap();
    rows
}

/// Outstanding as recorded, by currency, over the active loans.
fn outstanding(log: &Log, on: Date) -> BTreeMap<Currency, Components> {
    let mut sums: BTreeMap<Currency, Components> = BTreeMap::new();
    for state in log.states.values() {
        let at = position(state, on).unwrap();
        if at.status == Status::Active {
            let sum = sums.entry(state.terms.as_ref().unwrap().currency).or_default();
            *sum = sum.plus(&Standing::of(&at).unwrap().outstanding).unwrap();
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// A timeline says of every day what the position of that day says.
    #[test]
    fn a_timeline_is_the_position_of_every_day(steps in steps(), after in -10_i64..600) {
        let log = live(&steps);
        let on = day(START).plus_days(after).unwrap();
        for (loan, row) in rows(opened(&log).loans()) {
            let timeline = Timeline::of(&row).unwrap();
            let at = position(&row.state, on).unwrap();
            prop_assert_eq!(timeline.at(on).unwrap(), Standing::of(&at).unwrap(), "{} on {}", loan, on);
        }
    }

    /// The first day past due is found as one finds it by looking at every day.
    #[test]
    fn the_first_day_past_due_is_the_first(steps in steps(), days in 1_u32..120) {
        let log = live(&steps);
        let through = day(START).plus_days(500).unwrap();
        for (loan, row) in rows(opened(&log).loans()) {
            let timeline = Timeline::of(&row).unwrap();
            let first = (0..=500).map(|after| day(START).plus_days(after).unwrap()).find(|on| {
                let at = timeline.at(*on).unwrap();
                at.status != Status::WrittenOff && at.days_past_due.is_some_and(|past_due| past_due >= i64::from(days))
            });
            prop_assert_eq!(timeline.first_past_due(days, through), first, "{} {}", loan, days);
        }
    }

    /// Ageing and forecast foot to what is outstanding; the parts of a bucket that moved add up to what it was; the columns
    /// of the matrix add up to the ageing of the end of the month; the demand of a month is paid, lost or open.
    #[test]
    fn the_views_foot(steps in steps(), after in 0_i64..600) {
        let log = live(&steps);
        let on = day(START).plus_days(after).unwrap();
        let projections = opened(&log);
        let all = views(projections.loans(), on, 1);
        let expected = outstanding(&log, on);

        let aged: BTreeMap<Currency, Amount> =
            all.ageing.totals.iter().map(|(currency, total)| (*currency, total.outstanding)).collect();
        let whole: BTreeMap<Currency, Amount> =
            expected.iter().map(|(currency, sum)| (*currency, sum.total().unwrap())).collect();
        prop_assert_eq!(&aged, &whole);
        for (currency, total) in &all.ageing.totals {
            let of = || all.ageing.rows.iter().filter(|row| row.currency == *currency);
            prop_assert_eq!(Amount::sum(of().map(|row| row.aged.outstanding)).unwrap(), total.outstanding);
            prop_assert_eq!(of().map(|row| row.aged.loans).sum::<u64>(), total.loans);
        }
        let late = Amount::sum(all.ageing.totals.values().map(|total| total.past_due)).unwrap();
        let listed = projections.overdue(on, &Buckets::builtin().unwrap()).unwrap();
        prop_assert_eq!(late, Amount::sum(listed.rows.iter().map(|row| row.overdue_total)).unwrap());
        prop_assert_eq!(all.worklist.rows.len(), listed.rows.len());

        let mut due: BTreeMap<Currency, Components> = BTreeMap::new();
        for row in &all.forecast.rows {
            let sum = due.entry(row.currency).or_default();
            *sum = sum.plus(&row.due).unwrap();
        }
        due.retain(|_, sum| !sum.is_zero());
        let mut expected = expected;
        expected.retain(|_, sum| !sum.is_zero());
        prop_assert_eq!(due, expected);

        for rate in &all.migration.roll_rates {
            let parts = [rate.worse, rate.written_off, rate.same, rate.better, rate.paid_off];
            prop_assert_eq!(parts.iter().map(|part| part.loans).sum::<u64>(), rate.whole.loans);
            prop_assert_eq!(Amount::sum(parts.map(|part| part.opening)).unwrap(), rate.whole.opening);
        }
        let (first, last) = months(on);
        for month in first.through(last).unwrap() {
            let end = views_of_month(&projections, month);
            let mut columns: BTreeMap<(Currency, usize), (u64, Amount)> = BTreeMap::new();
            for cell in all.migration.cells.iter().filter(|cell| cell.month == month) {
                if let Place::Bucket(bucket) = cell.to {
                    let column = columns.entry((cell.currency, bucket)).or_default();
                    column.0 += cell.moved.loans;
                    column.1 = column.1.plus(cell.moved.closing).unwrap();
                }
            }
            prop_assert_eq!(columns, end, "{}", month);
        }
        let portfolio = Portfolio::new(projections.loans(), NonZeroUsize::MIN);
        let buckets = Buckets::builtin().unwrap();
        for number in 0..=buckets.all().len() {
            let loans = loans_of_bucket(&portfolio, on, &buckets, number).unwrap();
            for row in all.ageing.rows.iter().filter(|row| row.bucket == buckets.name(number)) {
                let of = || loans.iter().filter(|one| one.currency == row.currency);
                prop_assert_eq!(of().count() as u64, row.aged.loans);
                prop_assert_eq!(Amount::sum(of().map(|one| one.past_due)).unwrap(), row.aged.past_due);
            }
        }
        for cell in &all.migration.cells {
            let loans = loans_of_cell(&portfolio, cell.month, &buckets, cell.from, cell.to).unwrap();
            let of = || loans.iter().filter(|one| one.currency == cell.currency);
            prop_assert_eq!(of().count() as u64, cell.moved.loans);
            prop_assert_eq!(Amount::sum(of().map(|one| one.opening)).unwrap(), cell.moved.opening);
            prop_assert_eq!(Amount::sum(of().map(|one| one.closing)).unwrap(), cell.moved.closing);
        }
        for row in &all.vintages.rows {
            let loans = loans_of_vintage(&portfolio, on, 31, row.vintage).unwrap();
            let of = || loans.iter().filter(|one| one.currency == row.currency);
            let end = row.vintage.plus(row.months_on_book.into()).unwrap().end();
            let defaulted = of().filter_map(|one| one.default).filter(|(began, _)| *began <= end);
            prop_assert_eq!(of().count() as u64, row.loans);
            prop_assert_eq!(Amount::sum(defaulted.map(|(_, principal)| principal)).unwrap(), row.defaulted);
        }
        for row in &all.efficiency {
            let one = row.collected;
            prop_assert_eq!(Amount::sum([one.paid, one.lost, one.open]).unwrap(), one.due);
        }
    }

    /// Any number of threads gives the same answer.
    #[test]
    fn threads_change_nothing(steps in steps(), after in 0_i64..600) {
        let projections = opened(&live(&steps));
        let on = day(START).plus_days(after).unwrap();
        let one = views(projections.loans(), on, 1);
        prop_assert_eq!(&one, &views(projections.loans(), on, 3));
        prop_assert_eq!(&one, &views(projections.loans(), on, 300));
    }

    /// What was known at an instant is what a ledger says that was fed only the events recorded by then, whatever the day.
    /// Streams are recorded at paces of their own, so that what was known is no prefix of the log.
    #[test]
    fn known_at_is_a_ledger_of_what_was_known(
        steps in steps(), after in 0_i64..600, known in 0_usize..120, paces in prop::collection::vec(1_usize..5, 6),
    ) {
        let mut log = live(&steps);
        for record in &mut log.records {
            let loan = record.stream.loan_id().and_then(|id| id.strip_prefix("L-")?.parse::<usize>().ok());
            let pace = loan.map_or(1, |loan| paces[loan]);
            let number = usize::try_from(record.position.0).unwrap();
            record.envelope.recorded_at = recorded_at(number * pace);
        }
        let instant = recorded_at(known);
        let on = day(START).plus_days(after).unwrap();
        let mut fed = Log::default();
        fed.records = log.records.iter().filter(|one| one.envelope.recorded_at <= instant).cloned().collect();
        let (state, report) = run(fold_known_at::<Overdue>(&log, instant)).unwrap();
        prop_assert!(report.stopped.is_none(), "{:?}", report);
        prop_assert_eq!(usize::try_from(report.events).unwrap(), fed.records.len());
        prop_assert_eq!(views(&state, on, 2), views(opened(&fed).loans(), on, 1));
    }

    /// The lines that explain a figure add up to it: to what the position and the book say.
    #[test]
    fn explanations_add_up(steps in steps(), after in 0_i64..600) {
        let log = live(&steps);
        let on = day(START).plus_days(after).unwrap();
        for (loan, state) in &log.states {
            let (history, at, book) = (history(&log, loan), position(state, on).unwrap(), state.book.as_of(on).unwrap());
            let sum = |of: fn(&Instalment) -> Components| {
                book.instalments().iter().fold(Components::default(), |sum, one| sum.plus(&of(one)).unwrap())
            };
            let figures: [(&str, Components); 6] = [
                ("outstanding", at.outstanding),
                ("overdue", at.overdue),
                ("paid", sum(|one| one.paid)),
                ("waived", sum(|one| one.waived)),
                ("written-off", sum(|one| one.written_off)),
                ("recovered", *book.recovered()),
            ];
            let explained = |name: &str| {
                let figure: Figure = name.parse().unwrap();
                assert_eq!(figure.to_string(), name);
                explain(&history, state, on, figure).unwrap()
            };
            for (name, expected) in figures {
                prop_assert_eq!(explained(name).amount, expected.total().unwrap(), "{} {}", loan, name);
                for component in Component::ALL {
                    let name = format!("{name}.{}", component.name());
                    prop_assert_eq!(explained(&name).amount, expected.get(component), "{} {}", loan, name);
                }
            }
            prop_assert_eq!(explained("credit").amount, at.credit);
            let days = explained("days-past-due");
            prop_assert_eq!(days.days_past_due, at.days_past_due);
            prop_assert_eq!(days.amount.is_zero(), at.oldest_unpaid_due_on.is_none());
        }
    }

    /// Balances as of a day are those of the positions of that day, and of the last day those of the projection.
    #[test]
    fn balances_as_of_are_those_of_the_positions(steps in steps(), after in -10_i64..600) {
        let log = live(&steps);
        let on = day(START).plus_days(after).unwrap();
        let folded = run(fold_as_of(&log, on)).unwrap();
        prop_assert!(folded.stopped.is_none());
        let view = folded.view(&BalanceFilter::default()).unwrap();
        let made = log.states.values().filter(|state| state.originated_on.is_some_and(|made| made <= on)).count();
        prop_assert_eq!(view.rows.len(), made);
        for row in &view.rows {
            let at = position(&log.states[&*row.loan], on).unwrap();
            prop_assert_eq!(row.amounts.outstanding, Standing::of(&at).unwrap().outstanding, "{}", row.loan);
            prop_assert_eq!(row.amounts.credit, at.credit, "{}", row.loan);
        }
        let last = day("2040-01-01");
        let whole = run(fold_as_of(&log, last)).unwrap().view(&BalanceFilter::default()).unwrap();
        prop_assert_eq!(whole, opened(&log).balances(&BalanceFilter::default()).unwrap());
    }

    /// If nothing is dated back, the end of a day is what a ledger says that ended on that day.
    #[test]
    fn as_of_is_a_ledger_that_ended_then(steps in steps(), after in 0_i64..600) {
        let log = live(&in_order(&steps));
        let on = day(START).plus_days(after).unwrap();
        let mut fed = Log::default();
        fed.records = log.records.iter().filter(|one| one.envelope.effective_on <= on).cloned().collect();
        let (mut whole, mut ended) = (views(opened(&log).loans(), on, 1), views(opened(&fed).loans(), on, 1));
        for views in [&mut whole, &mut ended] {
            views.ageing.position = None;
            views.worklist.position = None;
            views.forecast.position = None;
        }
        // what was taken over later is known to be of unknown age; the ledger that ended before did not have it
        if on >= day("2024-06-20") {
            prop_assert_eq!(&whole.first_payments, &ended.first_payments);
            prop_assert_eq!(&whole.vintages, &ended.vintages);
        }
        prop_assert_eq!(whole.ageing, ended.ageing);
        prop_assert_eq!(whole.migration, ended.migration);
        prop_assert_eq!(whole.worklist, ended.worklist);
        prop_assert_eq!(whole.warnings, ended.warnings);
        prop_assert_eq!(whole.forecast, ended.forecast);
        prop_assert_eq!(whole.efficiency, ended.efficiency);
    }
}

fn history(log: &Log, loan: &str) -> Vec<(Record, Stored)> {
    let stream = StreamName::loan(loan).unwrap();
    let of_loan = log.records.iter().filter(|record| record.stream == stream);
    let decode = |record: &Record| {
        let Event::Loan(event) = codec::decode_record(record).unwrap() else { panic!("no event of a loan") };
        (record.clone(), common::stored(record, event))
    };
    of_loan.map(decode).collect()
}

/// The loans and the principal of every bucket at the end of a month, from the positions.
fn views_of_month(projections: &Projections, month: Month) -> BTreeMap<(Currency, usize), (u64, Amount)> {
    let buckets = Buckets::builtin().unwrap();
    let mut sums: BTreeMap<(Currency, usize), (u64, Amount)> = BTreeMap::new();
    for row in rows(projections.loans()).values() {
        let at = position(&row.state, month.end()).unwrap();
        if at.status == Status::Active {
            let sum = sums.entry((row.currency, buckets.of(at.days_past_due).1)).or_default();
            sum.0 += 1;
            sum.1 = sum.1.plus(at.outstanding.get(Component::Principal)).unwrap();
        }
    }
    sums
}
