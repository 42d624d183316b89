//! The calendar files that come with the ledger. A loan names the file that it uses by digest, so a file that changes
//! never changes a loan that was booked with the one before.

/// The ids of the calendars that come with the ledger, in the order of [`builtin`].
pub const BUILTIN_IDS: [&str; 7] =
    ["cn-ib", "cn-sse", "target", "us-fed", "us-settlement", "gb-settlement", "weekends-only"];

/// The text of the file of a calendar that comes with the ledger; read it with
/// [`BusinessCalendar::parse`](super::BusinessCalendar::parse).
#[must_use]
pub fn builtin(id: &str) -> Option<&'static str> {
    Some(match id {
        "cn-ib" => include_str!("../../data/calendars/cn-ib.toml"),
        "cn-sse" => include_str!("../../data/calendars/cn-sse.toml"),
        "target" => include_str!("../../data/calendars/target.toml"),
        "us-fed" => include_str!("../../data/calendars/us-fed.toml"),
        "us-settlement" => include_str!("../../data/calendars/us-settlement.toml"),
        "gb-settlement" => include_str!("../../data/calendars/gb-settlement.toml"),
        "weekends-only" => include_str!("../../data/calendars/weekends-only.toml"),
        _ => return None,
    })
}
