//! The views of arrears against a book that was computed by hand, and the data files that they read.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{Log, cents, day, disburse, originate, pay, reverse, run, terms, write_off};
use ledger_core::calendar::Date;
use ledger_core::money::Currency;
use projections::Projections;
use projections::arrears::{
    Falls, Month, Place, Portfolio, Strategy, ageing, early_warnings, efficiency, first_payments, forecast, migration,
    percent, vintages, worklist,
};
use projections::checkpoint::MemoryCheckpoints;
use projections::overdue::Buckets;
use std::num::NonZeroUsize;

const BOOK: &str = include_str!("fixtures/arrears_book.txt");

/// One section: its title in words, and its lines as cells, comments and empty lines left out.
type Section<'a> = (Vec<&'a str>, Vec<Vec<&'a str>>);

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut ended = true;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        match (cells.is_empty(), ended) {
            (true, _) => ended = true,
            (false, true) => {
                sections.push((cells, Vec::new()));
                ended = false;
            }
            (false, false) => sections.last_mut().unwrap().1.push(cells),
        }
    }
    sections
}

fn opened(log: &Log) -> Projections {
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "store").unwrap();
    let report = run(projections.catch_up(log)).unwrap();
    assert_eq!(report.stopped().count(), 0, "{report:?}");
    projections
}

fn book(given: &[Vec<&str>]) -> Projections {
    let mut log = Log::default();
    for line in given {
        let [loan, code, on, what, amount @ ..] = line.as_slice() else { panic!("{line:?}") };
        let currency: Currency = code.parse().unwrap();
        let minor = || amount[0].parse::<i64>().unwrap();
        match *what {
            "lend" | "lend-with-penalty" => {
                let mut terms = terms("0", currency);
                if *what == "lend" {
                    terms.penalty = None;
                }
                log.then(loan, on, originate(terms));
                log.then(loan, on, disburse(120_000, currency));
            }
            "pay" => log.then(loan, on, pay(minor(), currency)),
            "bounced" => {
                log.then(loan, on, pay(minor(), currency));
                let version = log.states[*loan].version.unwrap();
                log.then(loan, on, reverse(version.0));
            }
            other => panic!("{other}"),
        }
    }
    opened(&log)
}

fn place(place: Place, buckets: &Buckets) -> String {
    match place {
        Place::Outside => "outside".to_owned(),
        Place::Bucket(number) => buckets.name(number).to_string(),
        Place::PaidOff => "paid".to_owned(),
        Place::WrittenOff => "lost".to_owned(),
    }
}

macro_rules! cells {
    ($($cell:expr),* $(,)?) => { vec![$($cell.to_string()),*] };
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The rows of a view, as the fixture writes them.
fn answer(title: &[&str], portfolio: &Portfolio<'_>, buckets: &Buckets) -> Vec<Vec<String>> {
    let strategy = Strategy::builtin().unwrap();
    let date = |at: usize| -> Date { day(title[at]) };
    let month = |at: usize| -> Month { title[at].parse().unwrap() };
    let days = |at: usize| -> u32 { title[at].parse().unwrap() };
    let names = |names: &[std::sync::Arc<str>]| names.join("+");
    match title[0] {
        "Ageing" => {
            let rows = ageing(portfolio, date(1), buckets).unwrap().rows;
            let row = |row: &projections::arrears::AgeingRow| {
                let aged = row.aged;
                let amounts = [aged.principal, aged.outstanding, aged.past_due].map(|amount| amount.minor());
                let [principal, outstanding, past_due] = amounts;
                let shares = [or_dash(row.share), or_dash(row.at_risk)];
                let [share, at_risk] = shares;
                cells![row.currency, row.bucket, aged.loans, principal, outstanding, past_due, share, at_risk]
            };
            rows.iter().map(row).collect()
        }
        "Migration" => {
            let view = migration(portfolio, month(1), month(2), buckets).unwrap();
            let row = |cell: &projections::arrears::MigrationCell| {
                let (from, to) = (place(cell.from, buckets), place(cell.to, buckets));
                let moved = cell.moved;
                let (opening, closing) = (moved.opening.minor(), moved.closing.minor());
                let shares = [or_dash(cell.share_of_loans), or_dash(cell.share_of_opening)];
                cells![cell.month, cell.currency, from, to, moved.loans, opening, closing, shares[0], shares[1]]
            };
            view.cells.iter().map(row).collect()
        }
        "RollRates" => {
            let view = migration(portfolio, month(1), month(2), buckets).unwrap();
            let row = |rate: &projections::arrears::RollRate| {
                let parts = [rate.whole, rate.worse, rate.written_off, rate.same, rate.better, rate.paid_off];
                let head = cells![rate.month, rate.currency, buckets.name(rate.bucket), rate.whole.loans];
                let amounts = parts.iter().map(|part| part.opening.minor().to_string());
                let rates = [rate.roll_rate, rate.roll_rate_of_loans, rate.cure_rate].map(or_dash);
                head.into_iter().chain(amounts).chain(rates).collect()
            };
            view.roll_rates.iter().map(row).collect()
        }
        "Vintages" => {
            let row = |row: &projections::arrears::VintageRow| {
                let (disbursed, defaulted) = (row.disbursed.minor(), row.defaulted.minor());
                let rates = [or_dash(row.rate_of_loans), or_dash(row.rate)];
                let head = cells![row.vintage, row.currency, row.months_on_book, row.loans, disbursed];
                head.into_iter().chain(cells![row.defaulted_loans, defaulted]).chain(rates).collect()
            };
            vintages(portfolio, date(1), days(2)).unwrap().rows.iter().map(row).collect()
        }
        "FirstPayments" => {
            let row = |row: &projections::arrears::FirstPaymentRow| {
                let (disbursed, defaulted) = (row.disbursed.minor(), row.defaulted.minor());
                let rates = [or_dash(row.rate_of_loans), or_dash(row.rate)];
                let head = cells![row.vintage, row.currency, row.loans, disbursed, row.defaulted_loans, defaulted];
                head.into_iter().chain(rates).collect()
            };
            first_payments(portfolio, date(1), days(2)).unwrap().rows.iter().map(row).collect()
        }
        "Warnings" => {
            let row = |row: &projections::arrears::Warning| {
                let dealings = &row.dealings;
                let (days, overdue) = (or_dash(dealings.days_past_due), dealings.overdue.minor());
                cells![row.loan, names(&row.signals), days, overdue, dealings.bounces]
            };
            early_warnings(portfolio, date(1), &strategy).unwrap().iter().map(row).collect()
        }
        "Worklist" => {
            let row = |row: &projections::arrears::WorklistRow| {
                let dealings = &row.dealings;
                let (days, overdue) = (or_dash(dealings.days_past_due), dealings.overdue.minor());
                let head = cells![row.loan, row.stage, row.points, names(&row.reasons), days, overdue];
                head.into_iter().chain(cells![or_dash(dealings.last_paid_on), dealings.silent_days]).collect()
            };
            worklist(portfolio, date(1), &strategy).unwrap().rows.iter().map(row).collect()
        }
        "Stages" => {
            let row = |row: &projections::arrears::StageSummary| {
                let action = row.action.replace(' ', "_");
                cells![row.stage, action, row.currency, row.loans, row.overdue.minor(), row.principal.minor()]
            };
            worklist(portfolio, date(1), &strategy).unwrap().stages.iter().map(row).collect()
        }
        "Forecast" => {
            let row = |row: &projections::arrears::ForecastRow| {
                let falls = match row.falls {
                    Falls::PastDue => "past-due".to_owned(),
                    Falls::In(month) => month.to_string(),
                };
                let (principal, total) = (row.due.principal.minor(), row.due.total().unwrap().minor());
                cells![row.currency, falls, row.instalments, principal, total]
            };
            forecast(portfolio, date(1)).unwrap().rows.iter().map(row).collect()
        }
        "Efficiency" => {
            let row = |row: &projections::arrears::EfficiencyRow| {
                let one = row.collected;
                let paid = [one.due, one.paid_in_time, one.paid_in_month, one.paid, one.lost, one.open];
                let received = [one.received_for_arrears, one.received_for_month, one.received_in_advance];
                let amounts = paid.into_iter().chain(received).map(|amount| amount.minor().to_string());
                let rates = [row.in_time, row.in_month, row.to_date, row.total].map(or_dash);
                cells![row.month, row.currency].into_iter().chain(amounts).chain(rates).collect()
            };
            efficiency(portfolio, month(1), month(2), date(3)).unwrap().iter().map(row).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_book_that_was_computed_by_hand() {
    let sections = sections(BOOK);
    let (first, others) = sections.split_first().unwrap();
    assert_eq!(first.0, ["Given"]);
    let projections = book(&first.1);
    let portfolio = Portfolio::new(projections.loans(), NonZeroUsize::MIN);
    let buckets = Buckets::of_list("1-30,31-60,61-90,91+").unwrap();
    assert_eq!(others.len(), 11);
    for (title, lines) in others {
        let (_, expected) = lines.split_first().unwrap();
        assert_eq!(answer(title, &portfolio, &buckets), *expected, "{title:?}");
    }
}

#[test]
fn a_write_off_is_a_default_and_leaves_the_book() {
    let mut log = Log::default();
    log.lend("L", "2024-01-15", "0", Currency::USD);
    log.then("L", "2024-02-15", pay(10_000, Currency::USD));
    log.then("L", "2024-03-20", write_off());
    let projections = opened(&log);
    let portfolio = Portfolio::new(projections.loans(), NonZeroUsize::MIN);
    let buckets = Buckets::builtin().unwrap();
    let on = day("2024-04-30");
    assert!(ageing(&portfolio, on, &buckets).unwrap().rows.is_empty());
    let march: Month = "2024-03".parse().unwrap();
    let moves = migration(&portfolio, march, march, &buckets).unwrap();
    assert_eq!(moves.cells[0].to, Place::WrittenOff);
    assert_eq!(
        (moves.roll_rates[0].written_off.opening, or_dash(moves.roll_rates[0].roll_rate)),
        (cents(110_000), "100.0000".into())
    );
    // 91 days past due it never was: the write-off is the default, at the age of two months, with what was open the day before
    let rows = vintages(&portfolio, on, 91).unwrap().rows;
    let defaults: Vec<_> = rows.iter().map(|row| (row.months_on_book, row.defaulted_loans, row.defaulted)).collect();
    assert_eq!(defaults, [(0, 0, cents(0)), (1, 0, cents(0)), (2, 1, cents(110_000)), (3, 1, cents(110_000))]);
    // the instalments of March and April were written off: the demand of March is lost
    let collected = efficiency(&portfolio, march, march, on).unwrap()[0].collected;
    assert_eq!(
        (collected.due, collected.paid, collected.lost, collected.open),
        (cents(10_000), cents(0), cents(10_000), cents(0))
    );
}

#[test]
fn a_loan_with_unknown_arrears_is_in_a_bucket_of_its_own() {
    let mut log = Log::default();
    log.then("T", "2024-01-15", originate(terms("0", Currency::USD)));
    log.then("T", "2024-06-20", common::convert("2024-01-15", None));
    let projections = opened(&log);
    let portfolio = Portfolio::new(projections.loans(), NonZeroUsize::MIN);
    let buckets = Buckets::builtin().unwrap();
    let on = day("2024-06-30");
    let rows = ageing(&portfolio, on, &buckets).unwrap().rows;
    let last = rows.last().unwrap();
    assert_eq!((&*last.bucket, last.aged.loans, last.aged.outstanding), ("unknown", 1, cents(100_000)));
    assert_eq!(vintages(&portfolio, on, 91).unwrap().arrears_unknown, 1);
    let first = first_payments(&portfolio, on, 7).unwrap();
    assert_eq!((first.taken_over, first.rows.len()), (1, 0));
    let list = worklist(&portfolio, on, &Strategy::builtin().unwrap()).unwrap();
    assert_eq!((&*list.rows[0].stage, list.rows[0].dealings.days_past_due), ("clarify", None));
}

#[test]
fn lists_of_buckets_and_their_errors() {
    let names = |list: &str| {
        let buckets = Buckets::of_list(list).unwrap();
        buckets.all().iter().map(|bucket| bucket.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("1-30,31-60,61+"), "current 1-30 31-60 61+");
    assert_eq!(names("1-29, 30-59"), "current 1-29 30-59 60+");
    assert_eq!(names("0-7,8,9+"), "0-7 8 9+");
    for (list, expected) in [
        ("1-30,32-60", "the list of buckets: `32-60`: the band must start at 31, not 32: bands have no gaps"),
        (
            "1-30,31+,61+",
            "the list of buckets: `61+`: a band follows one that is open; only the last band may leave out `to`",
        ),
        ("30-1", "the list of buckets: `30-1`: the band must start at 0, not 30: bands have no gaps"),
        ("1-30,x", "the list of buckets: part 2: `x` is no stretch of days (write 31-60, or 91+ for the last one)"),
        ("", "the list of buckets: part 1: `` is no stretch of days (write 31-60, or 91+ for the last one)"),
        (
            "1-99999999999",
            "the list of buckets: part 1: `1-99999999999` is no stretch of days (write 31-60, or 91+ for the last one)",
        ),
    ] {
        assert_eq!(Buckets::of_list(list).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_strategy_that_does_not_hold_together_names_the_field() {
    let text = include_str!("../data/collections.toml");
    assert!(Strategy::parse("s.toml", text).is_ok());
    for (from, to, expected) in [
        ("from = 8\n", "from = 9\n", "s.toml: stage[2].from: the band must start at 8, not 9: bands have no gaps"),
        ("name = \"early\"", "name = \"reminder\"", "s.toml: stage[2].name: the name `reminder` is taken"),
        ("points = 30\n", "", "s.toml: priority[2].points: it is missing"),
        (
            "bounces_at_least = 1\n",
            "",
            "s.toml: priority[4].name: `bounced` has no condition, so it would hold for every loan",
        ),
        ("CNY = \"5000.00\"", "XYZ = \"5000.00\"", "s.toml: priority[3].overdue_at_least.XYZ: it is no currency"),
        ("days_to = 30", "days_to = 20", "s.toml: priority[0].days_to: 20 is before days_from 24"),
        ("days_to = 7\n", "days_to = 7\npoints = 1\n", "s.toml: signal[0].points: a signal has no points"),
    ] {
        assert_eq!(Strategy::parse("s.toml", &text.replacen(from, to, 1)).unwrap_err().to_string(), expected, "{to}");
    }
    let error = Strategy::parse("s.toml", &text.replace("\"100000\"", "\"0.5\"")).unwrap_err().to_string();
    assert!(error.starts_with("s.toml: priority[3].overdue_at_least.JPY: "), "{error}");
    let error = Strategy::parse("s.toml", &text.replacen("silent_days", "quiet_days", 2)).unwrap_err().to_string();
    assert!(error.contains("`quiet_days` (line") && error.contains("unknown field"), "{error}");
}

#[test]
fn months_and_percentages() {
    let month = |text: &str| text.parse::<Month>().unwrap();
    assert_eq!(month("2024-03").since(month("2023-12")), 3);
    assert_eq!(month("2024-01").plus(-1).unwrap(), month("2023-12"));
    assert_eq!(month("2024-02").end(), day("2024-02-29"));
    assert_eq!(Month::last_ended_by(day("2024-02-29")).unwrap(), month("2024-02"));
    assert_eq!(Month::last_ended_by(day("2024-02-28")).unwrap(), month("2024-01"));
    assert_eq!(month("2023-11").through(month("2024-02")).unwrap().len(), 4);
    for bad in ["2024-13", "2024-3", "2024", "2024-03-01", "x", "äöüäö"] {
        assert!(bad.parse::<Month>().is_err(), "{bad}");
    }
    // 1 of 16,000 is 0.00625 %: half up
    assert_eq!(or_dash(percent(cents(1), cents(16_000))), "0.0063");
    assert_eq!(or_dash(percent(cents(-1), cents(16_000))), "-0.0063");
    assert_eq!(percent(cents(1), cents(0)), None);
}
