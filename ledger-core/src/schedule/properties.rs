//! What holds for every schedule.

use super::{ScheduleError, generate};
use crate::calendar::{Adjustment, Date, DayCount, Frequency, PeriodUnit};
use crate::money::{Amount, Currency, Rate, Rounding};
use crate::terms::{AllocationOrder, Amortisation, FeeMode, FlatFee, Residue, Terms};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(vec![Rounding::HalfEven, Rounding::HalfUp, Rounding::Up, Rounding::Down])
}

fn frequency() -> impl Strategy<Value = Frequency> {
    let unit = prop::sample::select(vec![PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month]);
    (1_u32..4, unit, any::<bool>()).prop_map(|(every, unit, end_of_month)| Frequency {
        every,
        unit,
        end_of_month: end_of_month && unit == PeriodUnit::Month,
    })
}

fn fee() -> impl Strategy<Value = Option<FlatFee>> {
    let mode = prop::sample::select(vec![FeeMode::Each, FeeMode::Spread, FeeMode::Upfront]);
    prop::option::of(
        (0_i64..300, mode).prop_map(|(rate, mode)| FlatFee { rate_per_period: Rate::new(Decimal::new(rate, 4)), mode }),
    )
}

prop_compose! {
    fn loans()(
        principal in prop_oneof![1_i64..200, 1_i64..100_000_000, 1_i64..1_000_000_000_000_000],
        instalments in prop_oneof![1_u32..5, 1_u32..70],
        shape in 0_u8..5,
        share in 1_i64..100,
        basis_points in prop_oneof![Just(0_i64), 0_i64..4000],
        frequency in frequency(),
        first in prop::option::of(0_i64..45),
        day_count in prop::sample::select(DayCount::ALL.to_vec()),
        flat_fee in fee(),
        roundings in (rounding(), rounding()),
        residue in prop::sample::select(vec![Residue::Last, Residue::LastUnpaid, Residue::First]),
        smoothing in any::<bool>(),
        digits in prop::sample::select(vec![12_u8, 19, 28]),
        day in 10_000_i32..25_000,
    ) -> (Terms, Date) {
        let opened = Date::from_days_since_epoch(day).unwrap();
        let balloon = Amount::from_minor((principal / 100 * share).max(1));
        let terms = Terms {
            rules: Terms::CALCULATION_RULES,
            product: "any".to_owned(),
            currency: Currency::CNY,
            principal: Amount::from_minor(principal),
            amortisation: match shape {
                0 | 1 => Amortisation::Annuity,
                2 => Amortisation::EqualPrincipal,
                3 => Amortisation::InterestOnly { balloon: None },
                _ => Amortisation::InterestOnly { balloon: Some(balloon) },
            },
            instalments,
            frequency,
            first_due_on: first.map(|days| opened.plus_days(days).unwrap()),
            annual_rate: Rate::new(Decimal::new(basis_points, 4)),
            day_count,
            flat_fee,
            rounding: roundings.0,
            instalment_rounding: roundings.1,
            residue,
            smoothing,
            significant_digits: digits,
            grace_days: 0,
            late_fee: None,
            penalty: None,
            allocation: AllocationOrder::default(),
            calendar: None,
            adjustment: Adjustment::Unadjusted,
            servicing: None,
        };
        (terms, opened)
    }
}

/// Whether a period may be so long that its interest exceeds the instalment by far: a first period of its own length, or
/// days and weeks by a count of 30-day months, which gives the end of February up to three days.
fn may_grow(terms: &Terms) -> bool {
    use DayCount::{Thirty360Bond, Thirty360Us, ThirtyE360, ThirtyE360Isda};
    let thirty = matches!(terms.day_count, Thirty360Bond | Thirty360Us | ThirtyE360 | ThirtyE360Isda);
    terms.first_due_on.is_some() || (thirty && terms.frequency.unit != PeriodUnit::Month)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn a_schedule_pays_back_what_was_lent_and_never_takes_less_than_nothing((terms, opened) in loans()) {
        prop_assert_eq!(terms.validate(), Ok(()));
        let rows = match generate(&terms, opened, terms.principal, None) {
            Ok(rows) => rows,
            Err(ScheduleError::NegativeAmortisation { .. }) if may_grow(&terms) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(rows.len(), usize::try_from(terms.instalments).unwrap());
        let lent = Amount::sum(rows.iter().map(|row| row.planned.principal)).unwrap();
        prop_assert_eq!(lent, terms.principal);
        let mut from = opened;
        for (row, number) in rows.iter().zip(1_u32..) {
            prop_assert_eq!(row.number, number);
            prop_assert!(!row.planned.principal.is_negative(), "{:?}", row);
            prop_assert!(!row.planned.interest.is_negative(), "{:?}", row);
            prop_assert!(!row.planned.fee.is_negative(), "{:?}", row);
            prop_assert_eq!(row.from, from);
            // only a first instalment can fall due on the day on which its period begins
            prop_assert!(row.due_on > from || (number == 1 && row.due_on == from), "{:?}", row);
            prop_assert_eq!(row.original_due_on, row.due_on);
            from = row.due_on;
        }
        if terms.annual_rate.is_zero() {
            prop_assert!(rows.iter().all(|row| row.planned.interest.is_zero()));
        }
    }

    #[test]
    fn a_flat_fee_adds_up_to_what_its_mode_says((terms, opened) in loans()) {
        let Some(fee) = terms.flat_fee.clone() else { return Ok(()) };
        let Ok(rows) = generate(&terms, opened, terms.principal, None) else { return Ok(()) };
        let charged = Amount::sum(rows.iter().map(|row| row.planned.fee)).unwrap();
        // principals of more than 12 digits lose cents where the terms keep no more than 12
        let exact = terms.significant_digits > 12;
        let period = terms.principal.to_decimal() * fee.rate_per_period.ratio();
        let count = Decimal::from(terms.instalments);
        let expected = match fee.mode {
            FeeMode::Each => terms.rounding.round(period).unwrap().to_decimal() * count,
            FeeMode::Spread | FeeMode::Upfront => terms.rounding.round(period * count).unwrap().to_decimal(),
        };
        prop_assert!(!exact || charged.to_decimal() == expected, "{:?} {}", charged, expected);
    }
}
