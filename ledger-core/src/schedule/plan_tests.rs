//! Schedules whose numbers are known.

use super::{PlanRow, ScheduleError, generate};
use crate::calendar::{Adjustment, BusinessCalendar, Date, DayCount, Frequency, PeriodUnit, builtin};
use crate::money::{Amount, Currency, Rate, Rounding, text};
use crate::terms::{
    Amortisation, CustomInstalment, FeeMode, FlatFee, Overrides, Product, ProductFile, ReferenceDigest, Residue, Terms,
};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn usd(text: &str) -> Amount {
    text::parse(text, Currency::USD).unwrap()
}

fn product(id: &str) -> Product {
    ProductFile::builtin().unwrap().into_iter().find(|product| product.id == id).unwrap()
}

fn us(principal: &str, rate: &str, instalments: u32) -> Terms {
    let overrides =
        Overrides { annual_rate: Some(rate.parse().unwrap()), instalments: Some(instalments), ..Overrides::default() };
    let open = date("2018-01-15");
    product("us-annuity-36-up").terms(usd(principal), Currency::USD, open, &overrides).unwrap()
}

fn rows(terms: &Terms) -> Vec<PlanRow> {
    generate(terms, date("2018-01-15"), terms.principal, None).unwrap()
}

fn total(row: &PlanRow) -> Amount {
    row.planned.total().unwrap()
}

#[test]
fn contract_instalments_of_us_loans_are_met_to_the_cent() {
    let cases = [("20000", "0.1122", 36, "656.86"), ("7500", "0.1059", 36, "244.09"), ("2000", "0.0775", 36, "62.45")];
    for (principal, rate, count, instalment) in cases {
        let rows = rows(&us(principal, rate, count));
        assert_eq!(rows.len(), 36);
        for row in &rows[..35] {
            assert_eq!(total(row), usd(instalment), "{principal} at {rate}");
        }
        assert!(total(&rows[35]) <= usd(instalment), "an instalment rounded up leaves a smaller last one");
    }
}

#[test]
fn the_residue_goes_first_or_last() {
    let mut terms = us("10000", "0.15", 24);
    terms.instalment_rounding = Rounding::HalfUp;
    let last = rows(&terms);
    assert_eq!((total(&last[0]), total(&last[22]), total(&last[23])), (usd("484.87"), usd("484.87"), usd("484.81")));
    terms.residue = Residue::First;
    let first = rows(&terms);
    assert!(total(&first[0]) < usd("484.87"));
    assert!(first[1..].iter().all(|row| total(row) == usd("484.87")));
}

#[test]
fn smoothing_spreads_a_last_instalment_that_differs_much() {
    let mut terms = us("10000", "0.15", 24);
    terms.instalment_rounding = Rounding::Down;
    terms.rounding = Rounding::Up;
    let rough = rows(&terms);
    terms.smoothing = true;
    let smooth = rows(&terms);
    let gap = |rows: &[PlanRow]| total(&rows[23]).minor().abs_diff(total(&rows[0]).minor());
    assert!(gap(&rough) > 12 && gap(&smooth) <= 12, "{} {}", gap(&rough), gap(&smooth));
}

#[test]
fn pay_in_4_starts_at_the_purchase() {
    let terms = product("pay-in-4").terms(usd("100.01"), Currency::USD, date("2018-01-15"), &Overrides::default());
    let rows = rows(&terms.unwrap());
    let seen: Vec<_> = rows.iter().map(|row| (row.due_on.to_string(), total(row).minor())).collect();
    let due = ["2018-01-15", "2018-01-29", "2018-02-12", "2018-02-26"];
    let expected: Vec<_> = due.into_iter().map(str::to_owned).zip([2500, 2500, 2500, 2501]).collect();
    assert_eq!(seen, expected);
    assert_eq!(rows[1].from, rows[0].due_on);
}

#[test]
fn a_first_period_of_its_own_length_keeps_the_day_of_the_first_due_date() {
    let mut terms = us("1200", "0.12", 3);
    terms.first_due_on = Some(date("2018-01-31"));
    let rows = rows(&terms);
    let due: Vec<_> = rows.iter().map(|row| row.due_on.to_string()).collect();
    assert_eq!(due, ["2018-01-31", "2018-02-28", "2018-03-31"]);
    // 16 of the 31 days from 31 December: 12.00 × 16/31
    assert_eq!(rows[0].planned.interest, usd("6.19"));
    assert!(rows[1].planned.interest < usd("12"));
}

#[test]
fn flat_fees_are_collected_each_spread_or_upfront() {
    let mut terms = us("1000", "0", 3);
    let mut fees = |mode, rate: &str| {
        terms.flat_fee = Some(FlatFee { rate_per_period: rate.parse().unwrap(), mode });
        rows(&terms).iter().map(|row| row.planned.fee.minor()).collect::<Vec<_>>()
    };
    assert_eq!(fees(FeeMode::Each, "0.006666"), [667, 667, 667]);
    assert_eq!(fees(FeeMode::Spread, "0.006666"), [666, 666, 668]);
    assert_eq!(fees(FeeMode::Upfront, "0.006666"), [2000, 0, 0]);
}

#[test]
fn listed_instalments_are_taken_as_they_are() {
    let one = |due_after_days, principal: &str, fee: &str| CustomInstalment {
        due_after_days,
        principal: usd(principal),
        interest: usd("1"),
        fee: usd(fee),
    };
    let listed = vec![one(10, "60", "0"), one(40, "40", "0.5")];
    let overrides = Overrides { custom: Some(listed), ..Overrides::default() };
    let terms = product("custom").terms(usd("100"), Currency::USD, date("2018-01-15"), &overrides).unwrap();
    let rows = rows(&terms);
    assert_eq!((rows[1].from, rows[1].due_on), (date("2018-01-25"), date("2018-02-24")));
    assert_eq!(total(&rows[1]), usd("41.50"));
    let other = generate(&terms, date("2018-01-15"), usd("99"), None);
    assert_eq!(other, Err(ScheduleError::CustomSum { listed: usd("100"), amount: usd("99") }));
}

#[test]
fn a_debt_that_would_grow_is_refused_and_cents_are_not() {
    let mut terms = us("1000", "0.36", 36);
    terms.first_due_on = Some(date("2019-01-15"));
    let refused = generate(&terms, date("2018-01-15"), terms.principal, None);
    assert!(matches!(refused, Err(ScheduleError::NegativeAmortisation { number: 1, .. })), "{refused:?}");

    let mut tiny = us("500", "0.12", 36);
    (tiny.rounding, tiny.instalment_rounding) = (Rounding::Up, Rounding::Down);
    let rows = generate(&tiny, date("2018-01-15"), Amount::from_minor(10), None).unwrap();
    assert_eq!(rows[0].planned.principal, Amount::ZERO);
    assert_eq!(rows[35].planned.principal, Amount::from_minor(10));
}

#[test]
fn a_long_month_of_a_long_loan_collects_its_interest_and_no_principal() {
    // 30 years at 15 % by actual days: at first a month of 31 days earns more than the level instalment
    let mut terms = us("50000", "0.15", 360);
    (terms.day_count, terms.instalment_rounding) = (DayCount::Act365Fixed, Rounding::HalfUp);
    let rows = rows(&terms);
    let long = rows.iter().find(|row| row.due_on.days_since(row.from) == 31).unwrap();
    assert_eq!((long.number, long.planned.principal), (1, Amount::ZERO));
    assert!(rows[1].planned.principal > Amount::ZERO);
    assert_eq!(Amount::sum(rows.iter().map(|row| row.planned.principal)), Ok(terms.principal));
}

#[test]
fn a_balloon_falls_due_with_the_last_instalment() {
    let mut terms = us("20000", "0.06", 36);
    terms.amortisation = Amortisation::InterestOnly { balloon: Some(usd("15000")) };
    terms.instalment_rounding = Rounding::HalfUp;
    let rows = rows(&terms);
    assert!(rows[35].planned.principal > usd("15000") && rows[0].planned.principal > Amount::ZERO);
    assert!(total(&rows[35]).minor().abs_diff(total(&rows[0]).minor() + 1_500_000) < 20);
    let small = generate(&terms, date("2018-01-15"), usd("14000"), None);
    assert!(matches!(small, Err(ScheduleError::BalloonExceedsAmount { .. })));
}

#[test]
fn holidays_move_due_dates_and_may_bring_them_together() {
    let calendar = BusinessCalendar::parse(builtin("cn-ib").unwrap()).unwrap();
    let mut terms = us("1000", "0.36", 10);
    terms.frequency = Frequency::new(1, PeriodUnit::Day);
    terms.day_count = DayCount::Act365Fixed;
    terms.adjustment = Adjustment::Following;
    terms.calendar = Some(ReferenceDigest { id: "cn-ib".to_owned(), sha256: "0".repeat(64) });
    assert_eq!(generate(&terms, date("2024-09-27"), terms.principal, None), Err(ScheduleError::CalendarMissing));
    // the National Day holidays of 2024: 1 to 7 October; Sunday 29 September was worked
    let rows = generate(&terms, date("2024-09-27"), terms.principal, Some(&calendar)).unwrap();
    let moved: Vec<_> = rows.iter().filter(|row| row.due_on == date("2024-10-08")).collect();
    assert_eq!(moved.len(), 7);
    assert!(moved[1..].iter().all(|row| row.planned.interest.is_zero()));
    assert!(rows.is_sorted_by_key(|row| row.due_on));
}

#[test]
fn what_cannot_be_scheduled_is_refused() {
    let mut terms = us("1000", "0.12", 12);
    let open = date("2018-01-15");
    assert!(matches!(generate(&terms, open, Amount::ZERO, None), Err(ScheduleError::NotPositive(_))));
    terms.first_due_on = Some(date("2018-01-14"));
    let early = generate(&terms, open, terms.principal, None);
    assert!(matches!(early, Err(ScheduleError::FirstDueBeforeDisbursement { .. })));
    terms.first_due_on = None;
    assert!(matches!(generate(&terms, date("9999-12-01"), terms.principal, None), Err(ScheduleError::Date(_))));
    terms.annual_rate = Rate::new(100.into());
    terms.instalments = 1200;
    assert!(matches!(generate(&terms, open, terms.principal, None), Err(ScheduleError::Overflow(_))));
}
