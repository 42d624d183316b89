//! `simulate`: a loan by hand.

use crate::args::Options;
use crate::commands::calc::cases::read_json;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Format, Sheet};
use crate::simulate;
use ledger_core::calendar::Date;
use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;

/// Run a loan by hand: terms and dated steps in, schedule and transactions out
///
/// The file holds one case, or an array of them: `terms` (principal, rate, instalments, day count, order of payment) and
/// `steps` (disburse, repay, late_fee, merchant_refund, re_age, …), each with its `date`. They run through a ledger in
/// memory that is dropped afterwards; no other ledger is opened or written.
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger simulate case.json
  iledger simulate case.json --as-of 2024-03-01 --format json
  jq '.cases[0]' cases.json | iledger simulate -")]
pub struct Args {
    /// JSON file; `-` is standard input
    file: PathBuf,
    /// The state on this day; what is recorded later does not count
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Ask in other ways too: audit replay, what was known after each checkpoint (after each step if there are none), the sum
    /// of all lines; a difference is an error
    #[arg(long)]
    check: bool,
}

async fn one(case: &Value, args: &Args) -> Result<Value, String> {
    let case = simulate::Case::parse(case)?;
    let answer = simulate::run(&case, args.as_of).await?;
    if args.check {
        simulate::check::check(&case).await?;
    }
    Ok(answer)
}

/// Runs cases.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let rejected = |text: String| Failure::rejected("bad-case", text);
    let (name, value) = read_json(&args.file).map_err(rejected)?;
    let print = |text: String| -> Result<(), Failure> { Ok(writeln!(std::io::stdout().lock(), "{text}")?) };
    match value {
        Value::Array(cases) => {
            let mut failed = 0_usize;
            let mut answers: Vec<Value> = Vec::with_capacity(cases.len());
            for case in &cases {
                answers.push(one(case, args).await.unwrap_or_else(|error| {
                    failed = failed.saturating_add(1);
                    serde_json::json!({"error": error})
                }));
            }
            print(Value::Array(answers).to_string())?;
            if failed > 0 {
                return Err(rejected(format!("{name}: {failed} of {} cases have no answer", cases.len())));
            }
            Ok(())
        }
        case => {
            let answer = one(&case, args).await.map_err(|error| rejected(format!("{name}: {error}")))?;
            match options.format {
                Format::Table | Format::Csv => Document::new()
                    .sheet(sheet("schedule", &answer))
                    .sheet(sheet("transactions", &answer))
                    .print(options),
                Format::Json | Format::Jsonl => print(answer.to_string()),
            }
        }
    }
}

/// The rows of a part of the answer.
fn sheet(name: &'static str, answer: &Value) -> Sheet {
    let rows = answer.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let keys: &[&'static str] = if name == "schedule" {
        &[
            "no",
            "from",
            "due",
            "principal",
            "interest",
            "fees",
            "penalties",
            "due_total",
            "paid",
            "outstanding",
            "balance",
            "paid_date",
        ]
    } else {
        &["date", "type", "amount", "principal", "interest", "fees", "penalties", "overpayment", "loan_balance"]
    };
    let mut sheet = Sheet::new(name, keys.iter().map(|key| Column::text(key)));
    for row in rows {
        sheet.row(keys.iter().map(|key| {
            Cell::from(match row.get(*key) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            })
        }));
    }
    sheet
}
