//! Days past due: how long an instalment that was not paid in full has been late at the end of a day.

use super::Date;

/// Days past due at the end of `as_of`, the due date not counted: 0 on the due date and before it, 1 on the day after.
///
/// The count of supervisors in China, the EU and the US and of IFRS 9, whose "more than 90 days" begins on the 91st,
/// and the one that late fees and ageing buckets go by. Grace days do not change it: they only decide whether a fee is
/// due.
#[must_use]
pub fn days_past_due(due: Date, as_of: Date) -> i64 {
    as_of.days_since(due).max(0)
}

/// Days past due at the end of `as_of`, the due date counted as day 1: 0 before the due date.
///
/// The count of the Reserve Bank of India (clarifications on asset classification of 12 November 2021): what falls due
/// on 31 March and is unpaid at the end of that day is overdue since 31 March, and is SMA-1 on 30 April, when 30 days
/// are complete. A threshold of N completed days is thus reached when this count exceeds N.
#[must_use]
pub fn days_past_due_inclusive(due: Date, as_of: Date) -> i64 {
    as_of.days_since(due).saturating_add(1).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_late_before_its_due_date() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        for (as_of, exclusive, inclusive) in
            [("2021-03-29", 0, 0), ("2021-03-30", 0, 0), ("2021-03-31", 0, 1), ("2021-04-01", 1, 2)]
        {
            assert_eq!(days_past_due(date("2021-03-31"), date(as_of)), exclusive, "{as_of}");
            assert_eq!(days_past_due_inclusive(date("2021-03-31"), date(as_of)), inclusive, "{as_of}");
        }
    }
}
