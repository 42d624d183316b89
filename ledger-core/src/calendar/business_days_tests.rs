//! Calendars: the limits of what they know, faulty files, and what holds for every date.

use super::{Adjustment, BUILTIN_IDS, BusinessCalendar, CalendarError, Date, builtin};
use proptest::prelude::*;

const SMALL: &str = r#"
id = "small"
name = "Small"
source = "this test"
known_from = "2024-01-01"
known_through = "2024-12-31"
weekend = ["sat", "sun"]
holidays = ["2024-01-01", "2024-12-30", "2024-12-31"]
working_weekends = ["2024-02-04"]
"#;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn built_in(id: &str) -> BusinessCalendar {
    BusinessCalendar::parse(builtin(id).unwrap()).unwrap()
}

#[test]
fn every_calendar_that_comes_with_the_ledger_reads_and_has_its_own_id() {
    for id in BUILTIN_IDS {
        let calendar = built_in(id);
        assert_eq!(calendar.id(), id);
        assert_eq!(calendar.source(), "QuantLib 1.44 calendars");
        assert!(calendar.holidays().iter().all(|day| !calendar.is_weekend(*day)), "{id}");
    }
    assert_eq!(builtin("mars"), None);
}

#[test]
fn china_is_not_known_after_2026() {
    for id in ["cn-ib", "cn-sse"] {
        let calendar = built_in(id);
        assert_eq!(calendar.known_through(), date("2026-12-31"));
        let error = calendar.is_business_day(date("2027-01-04")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the calendar `{id}` knows the days from 2015-01-01 through 2026-12-31, and not 2027-01-04")
        );
        assert!(calendar.adjust(date("2014-12-31"), Adjustment::Preceding).is_err());
    }
    let worked: Vec<_> =
        built_in("cn-ib").working_weekends().iter().filter(|day| day.year() == 2026).map(Date::to_string).collect();
    assert_eq!(worked, ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]);
}

#[test]
fn a_move_beyond_what_is_known_is_refused() {
    let calendar = BusinessCalendar::parse(SMALL).unwrap();
    let last = date("2024-12-31");
    // 31 Dec is a holiday, and nobody knows whether 1 Jan is one
    assert!(matches!(calendar.adjust(last, Adjustment::Following), Err(CalendarError::Unknown { .. })));
    assert_eq!(calendar.adjust(last, Adjustment::Preceding), Ok(date("2024-12-27")));
    assert_eq!(calendar.adjust(date("2024-02-03"), Adjustment::Following), Ok(date("2024-02-04")));
    assert_eq!(calendar.adjust(date("2031-01-01"), Adjustment::Unadjusted), Ok(date("2031-01-01")));
}

#[test]
fn what_is_wrong_with_a_file_is_said_by_field_and_reason() {
    for (from, to, said) in [
        ("\nname = \"Small\"", "", "missing field `name`"),
        ("\nname", "\ncolour = 1\nname", "unknown field `colour`"),
        ("\"2024-01-01\"\nknown_through", "7\nknown_through", "known_from = 7"),
        ("\"Small\"", "\" \"", "`name`: it is empty"),
        ("\"small\"", "\"Small\"", "`id`: `Small` has other characters"),
        ("\"2024-12-31\"\nweekend", "\"2023-12-31\"\nweekend", "`known_through`: 2023-12-31 lies before `known_from`"),
        ("\"2024-12-30\"", "\"2024-02-30\"", "`holidays`: `2024-02-30` is not a date"),
        ("\"2024-12-30\"", "\"2025-12-30\"", "`holidays`: 2025-12-30 lies outside of `known_from` 2024-01-01 to"),
        ("\"2024-12-30\"", "\"2024-01-01\"", "`holidays`: 2024-01-01 stands after 2024-01-01"),
        ("\"2024-12-30\"", "\"2024-02-04\"", "`holidays`: 2024-02-04 stands in `working_weekends`, too"),
        ("\"2024-02-04\"", "\"2024-02-05\"", "`working_weekends`: 2024-02-05 is no day of the weekend"),
        ("\"sat\"", "\"saturday\"", "`weekend`: `saturday` is not one of mon,"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        let error = BusinessCalendar::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with("not a calendar file: ") && error.contains(said), "{said}: {error}");
    }
}

proptest! {
    #[test]
    fn days_since_epoch_and_back(days in -719_162_i32..=2_932_896) {
        let date = Date::from_days_since_epoch(days).unwrap();
        prop_assert_eq!(date.days_since_epoch(), days);
        prop_assert_eq!(date.to_string().parse(), Ok(date));
        prop_assert_eq!(Date::new(date.year(), date.month(), date.day()), Ok(date));
    }

    #[test]
    fn an_adjusted_date_is_a_business_day_and_stays(
        day in 16_450_i32..20_800,
        id in prop::sample::select(BUILTIN_IDS.to_vec()),
        adjustment in prop::sample::select(Adjustment::ALL.to_vec()),
    ) {
        let calendar = built_in(id);
        let date = Date::from_days_since_epoch(day).unwrap();
        let adjusted = calendar.adjust(date, adjustment).unwrap();
        prop_assert_eq!(calendar.adjust(adjusted, adjustment), Ok(adjusted));
        if adjustment == Adjustment::Unadjusted {
            prop_assert_eq!(adjusted, date);
        } else {
            prop_assert_eq!(calendar.is_business_day(adjusted), Ok(true));
            prop_assert!(adjusted.days_since(date).abs() <= 12);
        }
    }
}

#[test]
fn the_calendar_begins_with_the_year_1_and_ends_with_9999() {
    assert_eq!(Date::from_days_since_epoch(-719_162), Ok(date("0001-01-01")));
    assert_eq!(Date::from_days_since_epoch(2_932_896), Ok(date("9999-12-31")));
    assert!(Date::from_days_since_epoch(-719_163).is_err() && Date::from_days_since_epoch(2_932_897).is_err());
    assert!(Date::new(0, 12, 31).is_err() && "0000-12-31".parse::<Date>().is_err());
}
