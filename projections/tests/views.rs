//! The views at the edges of their bands.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::*;
use ledger_core::money::Currency;
use projections::Projections;
use projections::balances::BalanceFilter;
use projections::checkpoint::MemoryCheckpoints;
use projections::classification::{RuleBook, RuleChoiceError, RuleFile, RuleRow};
use projections::overdue::Buckets;

const USD: Currency = Currency::USD;

fn opened(log: &Log) -> Projections {
    let mut projections = Projections::open(Box::new(MemoryCheckpoints::default()), "store").unwrap();
    assert_eq!(run(projections.catch_up(log)).unwrap().stopped().count(), 0);
    projections
}

/// One loan, nothing paid: its oldest due date is 2024-02-15.
fn one_loan() -> Projections {
    let mut log = Log::default();
    log.lend("a", "2024-01-15", "0", USD);
    opened(&log)
}

fn class(projections: &Projections, rule: &str, days: i64) -> String {
    let date = day("2024-02-15").plus_days(days).unwrap();
    let book = RuleBook::builtin().unwrap();
    let view = projections.classify(date, book.in_force(rule, date).unwrap()).unwrap();
    assert_eq!(view.rows.len(), 1);
    assert_eq!(view.rows[0].days_past_due, Some(days.max(0)));
    view.rows[0].class.to_string()
}

#[test]
fn five_tiers_at_their_edges() {
    let loan = one_loan();
    for (days, expected) in [
        (-1, "normal"),
        (0, "normal"),
        (1, "special-mention"),
        (90, "special-mention"),
        (91, "substandard"),
        (270, "substandard"),
        (271, "doubtful"),
        (360, "doubtful"),
        (361, "loss"),
        (5000, "loss"),
    ] {
        assert_eq!(class(&loan, "cn-five-tier", days), expected, "{days}");
    }
}

#[test]
fn credit_cards_and_stages_at_their_edges() {
    let loan = one_loan();
    for (days, expected) in [
        (0, "normal"),
        (90, "special-mention"),
        (91, "substandard"),
        (121, "doubtful"),
        (180, "doubtful"),
        (181, "loss"),
    ] {
        assert_eq!(class(&loan, "cn-credit-card", days), expected, "{days}");
    }
    for (days, expected) in [(0, "stage-1"), (30, "stage-1"), (31, "stage-2"), (90, "stage-2"), (91, "stage-3")] {
        assert_eq!(class(&loan, "ifrs9", days), expected, "{days}");
    }
}

#[test]
fn buckets_at_their_edges() {
    let loan = one_loan();
    let buckets = Buckets::builtin().unwrap();
    let at = |days: i64| {
        let view = loan.overdue(day("2024-02-15").plus_days(days).unwrap(), &buckets).unwrap();
        assert_eq!(view.rows.len(), usize::from(days > 0));
        assert_eq!(view.summary.iter().map(|line| line.loans).sum::<u64>(), 1);
        view.summary[0].bucket.to_string()
    };
    for (days, expected) in [
        (0, "current"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (90, "61-90"),
        (91, "91-120"),
        (180, "151-180"),
        (181, "181+"),
    ] {
        assert_eq!(at(days), expected, "{days}");
    }
}

#[test]
fn overdue_amounts_contain_penalty_interest_to_date() {
    let view = one_loan().overdue(day("2024-02-25"), &Buckets::builtin().unwrap()).unwrap();
    let row = &view.rows[0];
    // 100.00 × 36.5 % × 10 / 365 = 1.00
    assert_eq!((row.overdue.principal, row.overdue.penalty), (cents(10_000), cents(100)));
    assert_eq!(row.overdue_total, cents(10_100));
    assert_eq!(row.outstanding_principal, cents(120_000));
    assert_eq!(row.oldest_unpaid_due_on, Some(day("2024-02-15")));
}

#[test]
fn a_view_before_the_last_event_is_as_of_its_date() {
    let mut log = Log::default();
    log.lend("a", "2024-01-15", "0", USD);
    log.then("a", "2024-05-20", pay(60_000, USD));
    let loan = opened(&log);
    assert_eq!(class(&loan, "cn-five-tier", 90), "special-mention"); // 2024-05-15, before the payment
    let after = loan.overdue(day("2024-05-20"), &Buckets::builtin().unwrap()).unwrap();
    assert!(after.rows.is_empty(), "{after:?}");
    let before = loan.overdue(day("2024-05-19"), &Buckets::builtin().unwrap()).unwrap();
    assert_eq!(before.rows[0].days_past_due, Some(94));
}

#[test]
fn unknown_arrears_are_neither_current_nor_normal() {
    let mut log = Log::default();
    log.then("a", "2024-01-15", originate(terms("0", USD)));
    log.then("a", "2024-06-20", convert("2024-01-15", None));
    log.lend("b", "2024-01-15", "0", USD);
    let projections = opened(&log);
    let date = day("2024-07-01");
    let view = projections.overdue(date, &Buckets::builtin().unwrap()).unwrap();
    let listed: Vec<_> = view.rows.iter().map(|row| (&*row.loan, row.days_past_due, &*row.bucket)).collect();
    assert_eq!(listed, [("b", Some(137), "121-150"), ("a", None, "unknown")]);
    for rule in ["cn-five-tier", "cn-credit-card", "ifrs9"] {
        let book = RuleBook::builtin().unwrap();
        let classes = projections.classify(date, book.in_force(rule, date).unwrap()).unwrap();
        let a = &classes.rows[0];
        assert_eq!((&*a.class, a.row, a.days_past_due), ("unknown", RuleRow::UnknownArrears, None));
        let line = classes.summary.iter().find(|line| line.row == RuleRow::UnknownArrears).unwrap();
        assert_eq!((line.loans, line.outstanding_principal), (1, cents(100_000)));
        assert_eq!(line.share.unwrap().to_string(), "45.4545");
    }
}

#[test]
fn written_off_loans_have_a_class_of_their_own_and_no_share() {
    let mut log = Log::default();
    log.lend("a", "2024-01-15", "0", USD);
    log.lend("b", "2024-01-15", "0", USD);
    log.then("b", "2024-09-01", write_off());
    log.then("b", "2024-09-10", recover(20_000, USD));
    let projections = opened(&log);
    let date = day("2024-10-01");
    let book = RuleBook::builtin().unwrap();
    let rule = book.in_force("cn-five-tier", date).unwrap();
    let view = projections.classify(date, rule).unwrap();
    assert_eq!((&*view.rows[1].class, view.rows[1].outstanding), ("written-off", cents(0)));
    let share = |class: &str| view.summary.iter().find(|line| &*line.class == class).and_then(|line| line.share);
    assert_eq!(share("substandard").unwrap().to_string(), "100");
    assert!(share("written-off").unwrap().is_zero());
    // on the eve of the write-off it was a loan like the other
    let eve = projections.classify(day("2024-08-31"), rule).unwrap();
    assert_eq!(&*eve.rows[1].class, "substandard");
    let b = &projections.balances(&BalanceFilter { loan: Some("b".into()), ..Default::default() }).unwrap().rows[0];
    assert_eq!((b.amounts.written_off.principal, b.amounts.recovered.principal), (cents(120_000), cents(20_000)));
    assert_eq!(b.amounts.principal_lost, cents(100_000));
}

#[test]
fn the_view_names_the_rule_file_and_whether_it_was_published() {
    let date = day("2024-07-01");
    let book = RuleBook::builtin().unwrap();
    let rule = book.in_force("cn-five-tier", date).unwrap();
    let mut log = Log::default();
    log.lend("a", "2024-01-15", "0", USD);
    let view = opened(&log).classify(date, rule).unwrap();
    assert_eq!((view.sha256.len(), view.published), (64, false));
    log.publish("cn-five-tier", &rule.sha256);
    assert!(opened(&log).classify(date, rule).unwrap().published);
}

#[test]
fn a_rule_is_chosen_by_its_effective_date() {
    let mut book = RuleBook::builtin().unwrap();
    let not_yet = book.in_force("cn-five-tier", day("2023-06-30")).unwrap_err();
    assert!(matches!(not_yet, RuleChoiceError::NotInForce { .. }), "{not_yet}");
    assert!(book.in_force("cn-five-tier", day("2023-07-01")).is_ok());
    assert_eq!(
        book.in_force("xx", day("2024-01-01")).unwrap_err().to_string(),
        "there is no rule `xx`; there are: cn-credit-card, cn-five-tier, ifrs9, in-sma-npa, us-ffiec-retail-closed-end"
    );
    let text = include_str!("../data/rules/cn-five-tier-2023-07-01.toml");
    assert!(book.add(RuleFile::parse("again.toml", text).unwrap()).is_err());
    let later = text.replace("2023-07-01\"\nsource", "2030-01-01\"\nsource");
    book.add(RuleFile::parse("later.toml", &later).unwrap()).unwrap();
    assert_eq!(book.in_force("cn-five-tier", day("2029-12-31")).unwrap().file, "cn-five-tier-2023-07-01.toml");
    assert_eq!(book.in_force("cn-five-tier", day("2030-01-01")).unwrap().file, "later.toml");
}

#[test]
fn a_wrong_rule_file_is_refused_with_file_field_and_reason() {
    let text = include_str!("../data/rules/ifrs9-2018-01-01.toml");
    for (from, to, expected) in [
        ("from = 31", "from = 32", "r.toml: band[1].from: the band must start at 31, not 32: bands have no gaps"),
        ("from = 31", "from = 30", "r.toml: band[1].from: the band must start at 31, not 30: bands have no gaps"),
        ("to = 90", "to = 20", "r.toml: band[1].to: 20 is before the band's first day 31"),
        ("to = 90", "", "r.toml: band[2].from: a band follows one that is open; only the last band may leave out `to`"),
        ("from = 91", "from = 91\nto = 99", "r.toml: band[2].to: the last band must be open: leave out `to`"),
        ("class = \"stage-2\"", "class = \"stage-1\"", "r.toml: band[1].class: the class `stage-1` is taken"),
        ("class = \"stage-2\"", "class = \"unknown\"", "r.toml: band[1].class: the class `unknown` is taken"),
        ("jurisdiction = \"international\"", "jurisdiction = \" \"", "r.toml: jurisdiction: it is empty"),
    ] {
        assert_eq!(RuleFile::parse("r.toml", &text.replacen(from, to, 1)).unwrap_err().to_string(), expected);
    }
    for (from, to, fields) in [
        ("from = 31", "from = -1", ["`from` (line", "u32"]),
        ("from = 31", "from = \"x\"", ["`from` (line", "string"]),
        ("days = \"dpd\"", "days = \"dpd2\"", ["`days` (line", "dpd2"]),
        ("counting = \"exclusive\"", "counting = \"sideways\"", ["`counting` (line", "sideways"]),
        ("days = \"dpd\"", "days = \"dpd\"\nrate = 1", ["`rate` (line", "unknown field"]),
        ("title = ", "titel = ", ["`titel` (line 2)", "unknown field"]),
        ("2018-01-01\"\n", "2018-02-30\"\n", ["`effective_from` (line", "not a date"]),
        ("lender = \"any\"\n", "", ["line 1", "lender"]),
        ("id = ", "id ", ["line 1", ""]),
    ] {
        let error = RuleFile::parse("r.toml", &text.replacen(from, to, 1)).unwrap_err();
        assert!(fields.iter().all(|field| error.to_string().contains(field)), "{error}");
    }
    let buckets = include_str!("../data/buckets.toml");
    let error = Buckets::parse("b.toml", &buckets.replace("to = 60", "to = 61")).unwrap_err();
    assert_eq!(error.to_string(), "b.toml: bucket[3].from: the band must start at 62, not 61: bands have no gaps");
}

#[test]
fn balances_filter_and_total() {
    let jpy: Currency = "JPY".parse().unwrap();
    let mut log = Log::default();
    log.lend("b", "2024-01-15", "0", USD);
    log.lend("a", "2024-01-15", "0", jpy);
    log.then("c", "2024-01-15", originate(terms("0", USD)));
    log.then("b", "2024-02-15", pay(120_100, USD));
    log.close_day("2024-02-15");
    let projections = opened(&log);
    let all = projections.balances(&BalanceFilter::default()).unwrap();
    let rows: Vec<_> = all.rows.iter().map(|row| (&*row.loan, row.status.name())).collect();
    assert_eq!(rows, [("a", "active"), ("b", "overpaid"), ("c", "pending")]);
    assert_eq!(all.totals.len(), 2);
    assert_eq!((all.totals[&USD].loans, all.totals[&USD].credit), (2, cents(100)));
    assert_eq!(all.closed_through, Some(day("2024-02-15")));
    let only = |filter: BalanceFilter| projections.balances(&filter).unwrap().rows.len();
    assert_eq!(only(BalanceFilter { currency: Some(jpy), ..Default::default() }), 1);
    assert_eq!(only(BalanceFilter { loan: Some("b".into()), ..Default::default() }), 1);
    assert_eq!(only(BalanceFilter { loan: Some("nobody".into()), ..Default::default() }), 0);
    let status = Some(ledger_core::loan::Status::Active);
    assert_eq!(only(BalanceFilter { loan: Some("b".into()), status, ..Default::default() }), 0);
}
