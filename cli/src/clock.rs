//! The only place that reads the clock.

use crate::exit::Failure;
use ledger_core::calendar::{Date, Timestamp};

/// Now, in UTC.
pub fn now() -> Result<Timestamp, Failure> {
    let micros = jiff::Timestamp::now().as_microsecond();
    Timestamp::from_micros(micros).map_err(|error| Failure::Unavailable(format!("the clock: {error}")))
}

/// Today in a time zone.
pub fn today(zone: &jiff::tz::TimeZone) -> Date {
    Date::from_civil(zone.to_datetime(jiff::Timestamp::now()).date())
}

/// A time zone by its IANA name.
pub fn zone(name: &str) -> Result<jiff::tz::TimeZone, Failure> {
    jiff::tz::TimeZone::get(name).map_err(|_| {
        Failure::rejected(
            "bad-time-zone",
            format!("`{name}` is not a time zone (write an IANA name such as Asia/Shanghai)"),
        )
    })
}
