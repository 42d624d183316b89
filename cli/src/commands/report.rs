//! `report`: regulatory views, and period reports that stay as they are.

mod freeze;
mod sheets;

use crate::args::{AsOf, Options};
use crate::commands::{classify, close_period};
use crate::exit::Failure;
use crate::render::Document;
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::money::Overflow;
use projections::general_ledger::Knowledge;
use projections::regulatory::{EclTable, Exposure, PastDueBands, Portfolio, classes, exposures, ratios};
use std::path::PathBuf;

/// Report what supervisors ask for, and say which rule and which event put a loan where it is
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger report classes --rule in-sma-npa --as-of 2024-03-31
  iledger report provisions --rates cn-guideline-2002
  iledger report freeze --through 2024-03-31 --output 2024-03.json
  iledger report check 2024-03.json")]
pub enum Subcommand {
    /// List every loan with its class, the rule's reason, the days, the instalment and the event
    #[command(before_help = "Examples:
  iledger report classes
  iledger report classes --rule ifrs9 --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z")]
    Classes(ClassesArgs),
    /// Show the past-due bands of FINREP F 18
    #[command(before_help = "Examples:
  iledger report finrep-f18 --as-of 2024-03-31")]
    FinrepF18(AsOf),
    /// Show provisions by class, and their ratios to loans and to non-performing loans
    #[command(before_help = "Examples:
  iledger report provisions --rates cn-mof-2012 --as-of 2024-03-31")]
    Provisions(ProvisionsArgs),
    /// Show expected credit losses (IFRS 9) by a table of PD and LGD of your own
    #[command(before_help = "Examples:
  iledger report ecl --table pd-lgd.toml --as-of 2024-03-31")]
    Ecl(EclArgs),
    /// Write the report of a period: rows, totals, trial balance and what ties them, with size and root of the log
    #[command(before_help = "Examples:
  iledger report freeze --through 2024-03-31 --output 2024-03.json
  iledger report freeze --through 2024-03-31 --provisions cn-guideline-2002 > 2024-03.json")]
    Freeze(freeze::Args),
    /// Make a report again from the log and compare it byte by byte; exit 1 if it differs
    #[command(before_help = "Examples:
  iledger report check 2024-03.json")]
    Check(freeze::CheckArgs),
}

/// Arguments of `report classes`.
#[derive(Debug, clap::Args)]
pub struct ClassesArgs {
    /// A built-in rule, or a rule file (a path ending in .toml)
    #[arg(long, value_name = "RULE|FILE", default_value = "cn-five-tier")]
    rule: String,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `report provisions`.
#[derive(Debug, clap::Args)]
pub struct ProvisionsArgs {
    /// Built-in rates, or a file of rates (a path ending in .toml)
    #[arg(long, value_name = "RATES|FILE", default_value = "cn-guideline-2002")]
    rates: String,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `report ecl`.
#[derive(Debug, clap::Args)]
pub struct EclArgs {
    /// The table: for each class the horizon, a year's PD, and the LGD
    #[arg(long, value_name = "FILE")]
    table: PathBuf,

    #[command(flatten)]
    as_of: AsOf,
}

/// Reports.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Classes(args) => {
            let (date, exposures) = portfolio(&args.as_of, options).await?;
            let rule = classify::rule(&args.rule, date)?;
            let rows = classes(&exposures, date, &rule);
            head(date, &rule.id, &rule.sha256, &rule.source).sheet(sheets::classes(&rows)).print(options)
        }
        Subcommand::FinrepF18(as_of) => {
            let (date, exposures) = portfolio(as_of, options).await?;
            let bands = PastDueBands::finrep_f18()?;
            let rows = bands.apply(&exposures, date).map_err(no_result)?;
            head(date, &bands.id, &bands.sha256, &bands.source)
                .sheet(sheets::bands(&bands, &rows)?)
                .sheet(sheets::banded(&rows))
                .print(options)
        }
        Subcommand::Provisions(args) => {
            let rates = close_period::rates(&args.rates)?;
            let (date, exposures) = portfolio(&args.as_of, options).await?;
            let rule = classify::rule(&rates.classification, date)?;
            let rows = classes(&exposures, date, &rule);
            let totals = sheets::totals(&rows)?;
            let sums = totals.iter().map(|((currency, class), (_, principal))| (*currency, class, *principal));
            let provisions = rates.provide_for((&rule.id, &rule.sha256), sums)?;
            let ratios = ratios(&rows, &provisions.classes)?;
            head(date, &rates.id, &rates.sha256, &rates.source)
                .sheet(sheets::provisions(&rates, &provisions))
                .sheet(sheets::ratios(&ratios, rates.ratios.as_ref()))
                .print(options)
        }
        Subcommand::Ecl(args) => {
            let name = args.table.display().to_string();
            let text = std::fs::read_to_string(&args.table)
                .map_err(|error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}")))?;
            let table = EclTable::parse(&name, &text)?;
            let (date, exposures) = portfolio(&args.as_of, options).await?;
            let rule = classify::rule(&table.classification, date)?;
            let rows = classes(&exposures, date, &rule);
            if let Some(class) = table.missing(&rows) {
                let text = format!("{name}: there are loans in the class `{class}`, and no [[stage]] for it");
                return Err(Failure::rejected("no-stage", text));
            }
            let losses = table.apply(&rows, date)?;
            head(date, &table.id, &table.sha256, &table.source)
                .sheet(sheets::losses(&losses))
                .sheet(sheets::loss_totals(&losses)?)
                .print(options)
        }
        Subcommand::Freeze(args) => freeze::run(args, options).await,
        Subcommand::Check(args) => freeze::check(args, options).await,
    }
}

/// The loans at the end of a day, as they were known.
async fn portfolio(as_of: &AsOf, options: &Options) -> Result<(Date, Vec<Exposure>), Failure> {
    let session = Session::open(options).await?;
    let date = as_of.as_of.unwrap_or(session.today);
    let knowledge = Knowledge { known_at: as_of.known_at, events: None };
    let portfolio = Portfolio::read(session.ledger.store(), knowledge).await?;
    Ok((date, exposures(&portfolio, date)?))
}

fn head(date: Date, rule: &str, sha256: &str, source: &str) -> Document {
    Document::new().field("as_of", date).field("rule", rule).field("sha256", sha256).field("source", source)
}

fn no_result(error: impl std::fmt::Display) -> Failure {
    Failure::rejected("no-result", error.to_string())
}

/// One more loan.
fn count(number: u64) -> Result<u64, Failure> {
    number.checked_add(1).ok_or_else(|| no_result(Overflow))
}
