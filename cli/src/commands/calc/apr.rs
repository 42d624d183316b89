//! `calc apr`: the annualised cost of cash flows by a named method.

use super::cases::{Answer, CaseFailure, Cases, print_line};
use crate::args::Options;
use crate::exit::Failure;
use crate::messages;
use crate::render::Json;
use ledger_core::cost::{AprCase, percent};
use serde_json::Value;
use std::path::PathBuf;

/// Compute the annualised cost of cash flows
///
/// The file is a JSON object, or an array of them, with `method` and `cashflows`. Each flow has an `amount`, positive for
/// what the borrower gets and negative for what he pays, and a `date`, or its time: `t` in years (eu-aprc,
/// irr-monthly-compounded), in months (irr-monthly-x12), or in whole unit periods with a fraction `f`
/// (us-reg-z-appendix-j, with `unit_periods_per_year` beside `cashflows`). The answer is in percent a year.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger calc apr cashflows.json
  iledger calc apr many.json --format json
  echo '{\"method\": \"eu-aprc\", \"cashflows\": [{\"date\": \"2024-01-12\", \"amount\": 1000},
    {\"date\": \"2025-01-12\", \"amount\": -1100}]}' | iledger calc apr -")]
pub struct Args {
    /// JSON file; `-` is standard input
    file: PathBuf,
}

/// Decimals of a rate in percent.
const DECIMALS: u32 = 10;

/// Computes rates.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let cases = Cases::read(&args.file)?;
    cases.answer(options, &["method", "apr_pct"], compute, |answer| {
        let field = |name: &str| answer.iter().find(|(key, _)| *key == name).map(|(_, value)| value.plain());
        print_line(&field("apr_pct").unwrap_or_default())?;
        let (method, label) = (field("method").unwrap_or_default(), field("label").unwrap_or_default());
        messages::note(options, &format!("percent a year by {method}, {label}"));
        Ok(())
    })
}

fn compute(value: &Value) -> Result<Answer, CaseFailure> {
    let case = AprCase::deserialize_value(value).map_err(|error| CaseFailure::new("bad-case", error))?;
    let failed = |error: ledger_core::cost::CaseError| CaseFailure::new(error.code(), error);
    let (method, rate) = (case.method().map_err(failed)?, case.rate().map_err(failed)?);
    Ok(vec![
        ("method", Json::Text(method.code().to_owned())),
        ("label", Json::Text(method.label().to_owned())),
        ("apr_pct", Json::Decimal(percent(rate, DECIMALS).normalize())),
    ])
}
