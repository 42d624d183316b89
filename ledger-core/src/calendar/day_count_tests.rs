//! The cases that no published vector covers: the conventions by period, stubs, and errors.

use super::{Date, DayCount, DayCountError, Frequency, PeriodContext, PeriodUnit};
use rust_decimal::Decimal;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn fraction(convention: DayCount, from: &str, to: &str, context: &PeriodContext) -> Decimal {
    convention.year_fraction(date(from), date(to), context).unwrap()
}

fn over(numerator: i64, denominator: i64) -> Decimal {
    Decimal::from(numerator).checked_div(Decimal::from(denominator)).unwrap()
}

fn february() -> PeriodContext {
    PeriodContext::of(date("2023-01-31"), date("2023-02-28"), Frequency::MONTHLY)
}

#[test]
fn codes_and_conventions_match() {
    for convention in DayCount::ALL {
        assert_eq!(convention.code().parse(), Ok(convention));
        assert_eq!(serde_json::to_string(&convention).unwrap(), format!("\"{}\"", convention.code()));
    }
    let error = "30/365".parse::<DayCount>().unwrap_err().to_string();
    assert!(error.starts_with("`30/365` is not a day count (the codes are 30/360-bond, 30/360-us,"), "{error}");
}

#[test]
fn a_whole_period_counts_its_nominal_length() {
    let by_period = DayCount::Thirty360ByPeriod;
    assert_eq!(fraction(by_period, "2023-01-31", "2023-02-28", &february()), over(1, 12));
    assert_eq!(by_period.days(date("2023-01-31"), date("2023-02-28"), &february()), 30);
    for (frequency, end, days) in [
        (Frequency::WEEKLY, "2024-03-08", 7),
        (Frequency::new(14, PeriodUnit::Day), "2024-03-15", 14),
        (Frequency::new(3, PeriodUnit::Month), "2024-06-01", 90),
    ] {
        let context = PeriodContext::of(date("2024-03-01"), date(end), frequency);
        assert_eq!(fraction(by_period, "2024-03-01", end, &context), over(days, 360));
    }
}

#[test]
fn a_part_of_a_period_counts_its_share_by_actual_days() {
    let by_period = DayCount::Thirty360ByPeriod;
    assert_eq!(fraction(by_period, "2023-01-31", "2023-02-07", &february()), over(30 * 7, 360 * 28));
    assert_eq!(by_period.days(date("2023-01-31"), date("2023-02-07"), &february()), 7);
}

#[test]
fn a_long_stub_is_cut_at_the_regular_periods_of_the_anchor() {
    // 28 Feb stands for a 31st here, so the period before it began on 31 Dec and not on 28 Dec
    let march = PeriodContext::of(date("2023-02-28"), date("2023-03-31"), Frequency::MONTHLY);
    assert_eq!(fraction(DayCount::Thirty360ByPeriod, "2022-12-31", "2023-03-31", &march), over(3, 12));
    assert_eq!(fraction(DayCount::ActActIcma, "2022-12-31", "2023-03-31", &march), over(3, 12));
    assert_eq!(fraction(DayCount::ActActIcma, "2023-02-28", "2023-05-31", &march), over(3, 12));
    // from 31 Jan the limits go on to 31 Mar
    assert_eq!(fraction(DayCount::ActActIcma, "2023-01-31", "2023-03-31", &february()), over(2, 12));
    let stub = fraction(DayCount::ActActIcma, "2023-01-21", "2023-02-28", &february());
    assert_eq!(stub, over(1, 12).checked_add(over(10, 31 * 12)).unwrap());
    // a span wholly before or after the reference period
    assert_eq!(fraction(DayCount::ActActIcma, "2023-03-31", "2023-04-30", &february()), over(1, 12));
    assert_eq!(fraction(DayCount::ActActIcma, "2022-11-30", "2022-12-31", &february()), over(1, 12));
}

#[test]
fn the_year_of_the_period_start_decides() {
    let convention = DayCount::ActActByPeriodStart;
    let context = PeriodContext::of(date("2024-12-15"), date("2025-01-15"), Frequency::MONTHLY);
    assert_eq!(fraction(convention, "2025-01-01", "2025-01-15", &context), over(14, 366));
    assert_eq!(fraction(convention, "2025-01-01", "2025-01-15", &PeriodContext::NONE), over(14, 365));
}

#[test]
fn counting_back_to_the_end_of_february() {
    for (from, to, expected) in [
        // 28 Feb 2008 less 4 years is 29 Feb 2004, as the memo has it, and 28 Feb is one day before that
        ("2004-02-28", "2008-02-28", Decimal::from(4).checked_add(over(1, 365)).unwrap()),
        ("2004-02-29", "2008-02-28", Decimal::from(4)),
        ("2004-02-28", "2008-02-27", Decimal::from(3).checked_add(over(365, 366)).unwrap()),
        ("2012-02-28", "2012-02-29", over(1, 365)),
        ("2012-02-29", "2012-03-01", over(1, 366)),
    ] {
        assert_eq!(fraction(DayCount::ActActAfb, from, to, &PeriodContext::NONE), expected, "{from} {to}");
    }
}

#[test]
fn backwards_is_negative_and_nothing_is_zero() {
    for convention in DayCount::ALL {
        let there = fraction(convention, "2023-02-03", "2023-02-20", &february());
        let back = fraction(convention, "2023-02-20", "2023-02-03", &february());
        assert_eq!(there.checked_add(back), Some(Decimal::ZERO), "{convention}");
        let nothing = fraction(convention, "2023-02-03", "2023-02-03", &february());
        assert!(nothing.is_zero() && nothing.is_sign_positive(), "{convention}");
    }
}

#[test]
fn the_ends_of_the_calendar() {
    let (first, last) = ("0001-01-01", "9999-12-31");
    let isda = fraction(DayCount::ActActIsda, first, last, &PeriodContext::NONE);
    assert_eq!(isda.round_dp(20), Decimal::from(9998).checked_add(over(364, 365)).unwrap().round_dp(20));
    assert!(DayCount::ActActAfb.year_fraction(date(first), date(last), &PeriodContext::NONE).is_ok());
}

#[test]
fn a_missing_or_empty_reference_period_is_an_error() {
    let (from, to) = (date("2023-01-31"), date("2023-02-28"));
    for convention in [DayCount::ActActIcma, DayCount::Thirty360ByPeriod] {
        let error = convention.year_fraction(from, to, &PeriodContext::NONE);
        assert_eq!(error, Err(DayCountError::NoReferencePeriod(convention)));
        let empty = PeriodContext::of(from, from, Frequency::MONTHLY);
        assert!(matches!(convention.year_fraction(from, to, &empty), Err(DayCountError::EmptyReferencePeriod { .. })));
    }
}
