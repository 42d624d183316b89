//! `arrears`: how the portfolio pays, at the end of any day.

mod ageing;
mod collections;
mod migration;
mod vintages;

use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::session::Session;
use ledger_core::calendar::{Date, DateError};
use projections::arrears::{Month, Portfolio};
use projections::engine::State;
use projections::overdue::{Buckets, Overdue};
use std::num::NonZeroUsize;
use std::path::Path;

/// Show how the portfolio pays: ageing, roll rates, vintages, worklists, forecasts
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger arrears ageing --as-of 2024-03-31
  iledger arrears roll-rates --through 2024-03 --months 6
  iledger arrears vintages --default-days 91 --format csv
  iledger arrears worklist --stage early
  iledger arrears forecast --known-at 2024-04-02T00:00:00Z")]
pub enum Subcommand {
    /// Active loans by how long they are past due
    #[command(before_help = "Examples:
  iledger arrears ageing
  iledger arrears ageing --as-of 2024-03-31 --buckets 1-29,30-59,60-89,90+
  iledger arrears ageing --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z
  iledger arrears ageing --bucket 31-60          (the loans behind a line)
  iledger arrears ageing --buckets my-buckets.toml --format json")]
    Ageing(ageing::Args),
    /// Where the loans of a bucket were a month later, month by month
    #[command(before_help = "Examples:
  iledger arrears roll-rates
  iledger arrears roll-rates --through 2024-03 --months 6
  iledger arrears roll-rates --buckets 1-30,31-60,61-90,91+ --format csv")]
    RollRates(migration::RollRatesArgs),
    /// The migration matrix of a month: from which bucket to which
    #[command(before_help = "Examples:
  iledger arrears migration --month 2024-03
  iledger arrears migration --month 2024-03 --weight loans
  iledger arrears migration --month 2024-03 --from 1-30 --to 31-60          (the loans behind a cell)
  iledger arrears migration --month 2024-03 --cells --format csv")]
    Migration(migration::MatrixArgs),
    /// Cumulative default by month of payout and months on book
    #[command(before_help = "Examples:
  iledger arrears vintages
  iledger arrears vintages --default-days 31 --weight loans
  iledger arrears vintages --vintage 2024-01          (the loans behind a line)
  iledger arrears vintages --default-days 91 --cells --format csv")]
    Vintages(vintages::VintagesArgs),
    /// Loans whose very first instalment was missed, by month of payout
    #[command(before_help = "Examples:
  iledger arrears first-payment-default
  iledger arrears first-payment-default --days 30 --as-of 2024-06-30")]
    FirstPaymentDefault(vintages::FirstPaymentArgs),
    /// Loans that give a signal: newly past due, repeated bounces, first payment missed
    #[command(before_help = "Examples:
  iledger arrears early-warning
  iledger arrears early-warning --signal repeated-bounce
  iledger arrears early-warning --rules my-strategy.toml --format csv")]
    EarlyWarning(collections::EarlyWarningArgs),
    /// Whom to contact, by stage, the most urgent first
    #[command(before_help = "Examples:
  iledger arrears worklist
  iledger arrears worklist --stage early --format csv
  iledger arrears worklist --rules my-strategy.toml --as-of 2024-03-31")]
    Worklist(collections::WorklistArgs),
    /// What the contracts say will come in, month by month
    #[command(before_help = "Examples:
  iledger arrears forecast
  iledger arrears forecast --as-of 2024-03-31 --format csv")]
    Forecast(AsOf),
    /// What of the demand of a month was paid, and when
    #[command(before_help = "Examples:
  iledger arrears efficiency
  iledger arrears efficiency --through 2024-03 --months 6 --format csv")]
    Efficiency(collections::EfficiencyArgs),
}

/// Which buckets.
#[derive(Debug, Clone, clap::Args)]
pub struct BucketChoice {
    /// Days past due, such as 1-30,31-60,61+, or a file (a path ending in .toml) [default: 30-day bands to 180]
    #[arg(long, value_name = "LIST|FILE")]
    buckets: Option<String>,
}

impl BucketChoice {
    /// The buckets.
    pub fn read(&self) -> Result<Buckets, Failure> {
        Ok(match &self.buckets {
            None => Buckets::builtin()?,
            Some(file) if is_file(file) => Buckets::parse(file, &text_of(file)?)?,
            Some(list) => Buckets::of_list(list)?,
        })
    }
}

/// The number of a bucket by its name.
pub fn number_of(name: &str, buckets: &Buckets) -> Result<usize, Failure> {
    let last = buckets.all().len();
    (0..=last).find(|number| *buckets.name(*number) == *name).ok_or_else(|| {
        let names: Vec<String> = (0..=last).map(|number| buckets.name(number).to_string()).collect();
        Failure::Usage(format!("there is no bucket `{name}`; there are {}", names.join(", ")))
    })
}

/// Which months.
#[derive(Debug, Clone, clap::Args)]
pub struct Months {
    /// The last month, such as 2024-03 [default: the last one that has begun (efficiency) or ended (all others)]
    #[arg(long, value_name = "MONTH")]
    through: Option<Month>,

    /// How many months
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=600))]
    months: u16,
}

impl Months {
    /// The first and the last month; the last one must have begun, or ended, by the day of the view.
    fn read(&self, default: Month, has_begun_or_ended: &str) -> Result<(Month, Month), Failure> {
        let last = self.through.unwrap_or(default);
        if last > default {
            let text =
                format!("{last} has not {has_begun_or_ended} by the day of the view; the last month is {default}");
            return Err(Failure::Usage(text));
        }
        let first = last.plus(1_i64.saturating_sub(i64::from(self.months))).map_err(out_of_range)?;
        Ok((first, last))
    }
}

fn is_file(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension == "toml")
}

/// The text of a data file that was named.
fn text_of(file: &str) -> Result<String, Failure> {
    let failed = |error| Failure::rejected("bad-file", format!("{file}: it cannot be read: {error}"));
    std::fs::read_to_string(file).map_err(failed)
}

fn out_of_range(error: DateError) -> Failure {
    Failure::rejected("bad-date", error.to_string())
}

/// The loans that a view looks at, and its day.
struct Looked {
    state: State<Overdue>,
    date: Date,
}

impl Looked {
    async fn at(as_of: &AsOf, options: &Options) -> Result<Self, Failure> {
        let session = Session::open(options).await?;
        let date = as_of.as_of.unwrap_or(session.today);
        Ok(Self { state: session.loans(as_of.known_at).await?, date })
    }

    fn portfolio(&self) -> Portfolio<'_> {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Portfolio::new(&self.state, threads)
    }
}

/// Shows a view.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Ageing(args) => ageing::run(args, options).await,
        Subcommand::RollRates(args) => migration::roll_rates(args, options).await,
        Subcommand::Migration(args) => migration::matrix(args, options).await,
        Subcommand::Vintages(args) => vintages::vintages(args, options).await,
        Subcommand::FirstPaymentDefault(args) => vintages::first_payments(args, options).await,
        Subcommand::EarlyWarning(args) => collections::early_warning(args, options).await,
        Subcommand::Worklist(args) => collections::worklist(args, options).await,
        Subcommand::Forecast(args) => collections::forecast(args, options).await,
        Subcommand::Efficiency(args) => collections::efficiency(args, options).await,
    }
}
