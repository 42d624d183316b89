//! `calc day-count`: days and year fraction between two dates by a convention.

use super::cases::{Answer, CaseFailure, Cases, print_line, print_one};
use crate::args::Options;
use crate::exit::Failure;
use crate::render::Json;
use ledger_core::calendar::{Date, DayCount, DayCountError, Frequency, PeriodContext, PeriodUnit};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Compute days and the fraction of a year between two dates
///
/// Conventions: 30/360-bond, 30/360-us, 30e/360, 30e/360-isda, 30/360-by-period, act/act-isda, act/act-icma, act/act-afb,
/// act/act-by-period-start, act/360, act/364, act/365f. Those that count periods need the reference period. A JSON file has
/// an object, or an array of them, with `convention`, `start`, `end`, and where needed `ref_start`, `ref_end`, `frequency`,
/// `termination`.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger calc day-count --convention 30e/360 2024-01-31 2024-02-29
  iledger calc day-count --convention act/act-icma 2002-08-15 2003-07-15 --ref-start 2003-01-15 --ref-end 2003-07-15
  iledger calc day-count many.json --format json")]
pub struct Args {
    /// First day (counted) and the day after the last one; or a JSON file, where `-` is standard input
    #[arg(value_names = ["FROM|FILE", "TO"], num_args = 1..=2, required = true)]
    places: Vec<String>,
    /// The convention, by its exact code
    #[arg(long, value_name = "CODE")]
    convention: Option<String>,
    /// First day of the reference period
    #[arg(long, value_name = "DATE", requires = "ref_end")]
    ref_start: Option<Date>,
    /// Last day of the reference period
    #[arg(long, value_name = "DATE", requires = "ref_start")]
    ref_end: Option<Date>,
    /// Length of the reference period, such as `6 months` [default: its length in whole months, or else in days]
    #[arg(long, value_name = "PERIOD", requires = "ref_start")]
    frequency: Option<String>,
    /// Day on which the contract ends, for 30e/360-isda
    #[arg(long, value_name = "DATE")]
    termination: Option<Date>,
}

#[derive(Debug, Deserialize)]
struct Case {
    convention: String,
    start: Date,
    end: Date,
    termination: Option<Date>,
    ref_start: Option<Date>,
    ref_end: Option<Date>,
    frequency: Option<String>,
}

/// Computes day counts.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    match args.places.as_slice() {
        [from, to] => {
            let date = |text: &String| {
                text.parse::<Date>().map_err(|error| Failure::Usage(format!("{error}; give FROM and TO, or one FILE")))
            };
            let convention = args.convention.clone().ok_or_else(|| Failure::Usage("--convention is missing".into()))?;
            let case = Case {
                convention,
                start: date(from)?,
                end: date(to)?,
                termination: args.termination,
                ref_start: args.ref_start,
                ref_end: args.ref_end,
                frequency: args.frequency.clone(),
            };
            let answer = case.answer().map_err(|failure| Failure::rejected(failure.code, failure.message))?;
            print_one(&answer, options, for_people)
        }
        [file] if args.convention.is_none() => {
            let cases = Cases::read(Path::new(&PathBuf::from(file)))?;
            cases.answer(options, &["convention", "days", "year_fraction"], compute, for_people)
        }
        _ => Err(Failure::Usage("give FROM and TO with --convention, or one FILE without it".into())),
    }
}

fn for_people(answer: &Answer) -> Result<(), Failure> {
    let field = |name: &str| answer.iter().find(|(key, _)| *key == name).map(|(_, value)| value.plain());
    print_line(&format!("days           {}", field("days").unwrap_or_default()))?;
    print_line(&format!("year fraction  {}", field("year_fraction").unwrap_or_default()))
}

fn compute(value: &Value) -> Result<Answer, CaseFailure> {
    Case::deserialize(value).map_err(|error| CaseFailure::new("bad-case", error))?.answer()
}

impl Case {
    fn answer(&self) -> Result<Answer, CaseFailure> {
        let convention = convention(&self.convention)?;
        let context = self.context()?;
        let failed = |error: DayCountError| {
            let advice = match error {
                DayCountError::NoReferencePeriod(_) => ": give `ref_start` and `ref_end`",
                _ => "",
            };
            CaseFailure::new("no-day-count", format!("{error}{advice}"))
        };
        let fraction = convention.year_fraction(self.start, self.end, &context).map_err(failed)?;
        Ok(vec![
            ("convention", Json::Text(convention.code().to_owned())),
            ("start", Json::Text(self.start.to_string())),
            ("end", Json::Text(self.end.to_string())),
            ("days", Json::Number(convention.days(self.start, self.end, &context))),
            ("year_fraction", Json::Decimal(fraction.normalize())),
        ])
    }

    fn context(&self) -> Result<PeriodContext, CaseFailure> {
        let (start, end) = match (self.ref_start, self.ref_end) {
            (Some(start), Some(end)) => (start, end),
            (None, None) => return Ok(PeriodContext { termination: self.termination, ..PeriodContext::NONE }),
            _ => return Err(CaseFailure::new("bad-case", "`ref_start` and `ref_end` go together")),
        };
        let frequency = match &self.frequency {
            Some(text) => text.parse().map_err(|error| CaseFailure::new("bad-frequency", error))?,
            None => length(start, end)?,
        };
        let context = PeriodContext::of(start, end, frequency);
        Ok(PeriodContext { termination: self.termination, ..context })
    }
}

/// The length of a reference period: the nearest number of months, or its days if it has not half a month.
fn length(start: Date, end: Date) -> Result<Frequency, CaseFailure> {
    let days = end.days_since(start);
    // (24 × days + 365) ÷ 730: days ÷ (365 ÷ 12), to the nearest
    let months = days.saturating_mul(24).saturating_add(365).checked_div(730).unwrap_or_default();
    let (every, unit) = if months > 0 { (months, PeriodUnit::Month) } else { (days, PeriodUnit::Day) };
    match u32::try_from(every) {
        Ok(every) if every > 0 => Ok(Frequency::new(every, unit)),
        _ => Err(CaseFailure::new("no-day-count", format!("the reference period from {start} to {end} has no days"))),
    }
}

/// A convention by its code, or by the name that ISDA's and QuantLib's tables write with underscores and capitals.
fn convention(text: &str) -> Result<DayCount, CaseFailure> {
    let code = text.to_ascii_lowercase().replace('_', "-");
    let code = if code == "30/360-bond-basis" { "30/360-bond" } else { code.as_str() };
    code.parse().map_err(|error| CaseFailure::new("bad-convention", error))
}
