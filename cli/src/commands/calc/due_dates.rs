//! `calc due-dates`: due dates from an anchor.

use super::cases::{Answer, CaseFailure, Cases, print_line, print_one};
use super::rolling;
use crate::args::Options;
use crate::exit::Failure;
use crate::render::Json;
use ledger_core::calendar::{Adjustment, BUILTIN_IDS, BusinessCalendar, Date, Frequency, PeriodUnit, builtin};
use std::path::{Path, PathBuf};

/// Compute due dates from an anchor
///
/// The k-th due date is the anchor and k periods, never counted from the one before. A JSON file has an object, or an array
/// of them, with `kind` and `input`: monthly_anchored, monthly_end_of_month_rule, periodic_anchored, business_day,
/// china_ib_year, days_past_due.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger calc due-dates --anchor 2024-01-31 --every 1m --count 12
  iledger calc due-dates --anchor 2024-04-30 --every 1m --count 6 --end-of-month
  iledger calc due-dates --anchor 2024-09-10 --every 2w --count 6 --adjustment following --calendar cn-ib
  iledger calc due-dates many.json --format json")]
pub struct Args {
    /// JSON file; `-` is standard input
    #[arg(required_unless_present = "anchor", conflicts_with_all = ["anchor", "every", "count"])]
    file: Option<PathBuf>,
    /// The date that all due dates are counted from
    #[arg(long, value_name = "DATE", requires_all = ["every", "count"])]
    anchor: Option<Date>,
    /// The period: 14d, 2w, 1m, 1y, or `1 month`
    #[arg(long, value_name = "PERIOD", value_parser = parse_period)]
    every: Option<Frequency>,
    /// How many due dates
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: Option<u32>,
    /// An anchor at the end of its month stays at the end of every month
    #[arg(long, requires = "anchor")]
    end_of_month: bool,
    /// What a date does that is no business day: unadjusted, following, modified-following, preceding, modified-preceding
    #[arg(long, value_name = "RULE", value_parser = parse_adjustment, requires = "calendar")]
    adjustment: Option<Adjustment>,
    /// Business calendar: a built-in one, or its file
    #[arg(long, value_name = "ID|FILE")]
    calendar: Option<String>,
}

/// A period in short: `14d`, `2w`, `1m`, `1y`; or as product files write it.
fn parse_period(text: &str) -> Result<Frequency, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let (factor, unit) = match unit {
        "d" => (1, PeriodUnit::Day),
        "w" => (1, PeriodUnit::Week),
        "m" => (1, PeriodUnit::Month),
        "y" => (12, PeriodUnit::Month),
        _ => return text.parse().map_err(|error: ledger_core::calendar::FrequencyError| error.to_string()),
    };
    match number.parse::<u32>().ok().and_then(|every| every.checked_mul(factor)).filter(|every| *every > 0) {
        Some(every) => Ok(Frequency::new(every, unit)),
        None => Err(format!("`{text}` is not a period (write it as 14d, 2w, 1m or 1y)")),
    }
}

fn parse_adjustment(text: &str) -> Result<Adjustment, String> {
    let found = Adjustment::ALL.into_iter().find(|one| one.code() == text);
    found.ok_or_else(|| format!("`{text}` is not one of {}", Adjustment::ALL.map(Adjustment::code).join(", ")))
}

/// Computes due dates.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let (Some(anchor), Some(every), Some(count)) = (args.anchor, args.every, args.count) else {
        let file = args.file.as_deref().ok_or_else(|| Failure::Usage("give --anchor or a FILE".into()))?;
        return Cases::read(file)?.answer(options, &["kind", "result"], rolling::compute, |answer| {
            let result = answer.iter().find(|(key, _)| *key == "result").map(|(_, value)| value);
            for_people(result)
        });
    };
    let calendar = args.calendar.as_deref().map(calendar).transpose()?;
    if args.end_of_month && every.unit != PeriodUnit::Month {
        return Err(Failure::Usage("--end-of-month needs a period of months".into()));
    }
    let frequency = Frequency { end_of_month: args.end_of_month, ..every };
    let adjustment = args.adjustment.unwrap_or_default();
    let dates = due_dates(frequency, anchor, count, adjustment, calendar.as_ref())
        .map_err(|failure| Failure::rejected(failure.code, failure.message))?;
    let answer: Answer = vec![
        ("anchor", Json::Text(anchor.to_string())),
        ("every", Json::Text(frequency.to_string())),
        ("due_dates", Json::List(dates.iter().map(|date| Json::Text(date.to_string())).collect())),
    ];
    print_one(&answer, options, |answer| for_people(answer.last().map(|(_, value)| value)))
}

fn for_people(value: Option<&Json>) -> Result<(), Failure> {
    match value {
        Some(Json::List(list)) => list.iter().try_for_each(|one| print_line(&one.plain())),
        Some(Json::Object(object)) => {
            let line = |value: &Json| match value {
                Json::List(list) => list.iter().map(Json::plain).collect::<Vec<_>>().join(" "),
                plain => plain.plain(),
            };
            object.iter().try_for_each(|(key, value)| print_line(&format!("{key}  {}", line(value))))
        }
        _ => Ok(()),
    }
}

/// The due dates 1 to `count`.
pub fn due_dates(
    frequency: Frequency,
    anchor: Date,
    count: u32,
    adjustment: Adjustment,
    calendar: Option<&BusinessCalendar>,
) -> Result<Vec<Date>, CaseFailure> {
    let date = |k: u32| {
        let date = frequency.date(anchor, i64::from(k)).map_err(|error| CaseFailure::new("bad-date", error))?;
        match calendar {
            Some(calendar) => {
                calendar.adjust(date, adjustment).map_err(|error| CaseFailure::new("unknown-date", error))
            }
            None => Ok(date),
        }
    };
    (1..=count).map(date).collect()
}

/// A calendar by its id, by the name that QuantLib gives it, or from its file.
fn calendar(name: &str) -> Result<BusinessCalendar, Failure> {
    let rejected = |text: String| Failure::rejected("bad-calendar", text);
    let text = match builtin(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(Path::new(name)).map_err(|error| {
            rejected(format!("`{name}` is none of {}, and no file: {error}", BUILTIN_IDS.join(", ")))
        })?,
    };
    BusinessCalendar::parse(&text).map_err(|error| rejected(format!("{name}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_short_or_long() {
        assert_eq!(parse_period("1m"), Ok(Frequency::MONTHLY));
        assert_eq!(parse_period("1y"), Ok(Frequency::new(12, PeriodUnit::Month)));
        assert_eq!(parse_period("2 weeks"), Ok(Frequency::new(2, PeriodUnit::Week)));
        for bad in ["", "m", "0m", "-1m", "1.5m", "1x", "99999999999d", "4294967295y"] {
            assert!(parse_period(bad).is_err(), "{bad}");
        }
    }
}
