//! `close-period`: the end of an accounting period.

use crate::args::Options;
use crate::commands::books::{self, RulesArgs};
use crate::commands::classify;
use crate::evidence;
use crate::exit::Failure;
use crate::render::Document;
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::ledger::PeriodError;
use ledger_core::record::{PeriodClosed, Provisions};
use projections::general_ledger::{PostingRules, TrialBalance, closing_totals};
use projections::provisions::{ProvisionError, ProvisionRates};
use std::path::Path;

/// Close an accounting period: its books are fixed, and what comes later is posted on the first open day
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger close-period --through 2024-03-31
  iledger close-period --through 2024-03-31 --provisions cn-guideline-2002 --dry-run")]
pub struct Args {
    /// The period's last day
    #[arg(long, value_name = "DATE")]
    through: Date,

    /// Provide for losses by these rates: a built-in file, or a path ending in .toml
    #[arg(long, value_name = "RATES|FILE")]
    provisions: Option<String>,

    #[command(flatten)]
    rules: RulesArgs,

    /// Show what would be recorded and record nothing
    #[arg(long)]
    dry_run: bool,
}

impl From<PeriodError> for Failure {
    fn from(error: PeriodError) -> Self {
        match error {
            PeriodError::Ledger(error) => error.into(),
            other => Self::rejected(other.code(), other.to_string()),
        }
    }
}

impl From<ProvisionError> for Failure {
    fn from(error: ProvisionError) -> Self {
        Self::rejected("no-provisions", error.to_string())
    }
}

/// Closes a period; one that is closed already is shown as it was recorded.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let rules = args.rules.read()?;
    let rates = args.provisions.as_deref().map(rates).transpose()?;
    let session = Session::open(options).await?;
    let closings = session.ledger.closings().await?;
    if let Some(period) = closings.check(args.through)? {
        return show(period, "closed already; nothing was recorded", options);
    }
    if !args.dry_run {
        let meta = session.meta()?;
        session.ledger.publish(rules.published(), &meta).await?;
        if let Some(rates) = &rates {
            session.ledger.publish(rates.published(), &meta).await?;
        }
    }
    let provisions = match &rates {
        Some(rates) => Some(provide(&session, rates, args.through).await?),
        None => None,
    };
    let from = closings.periods.last().map(|last| last.through.tomorrow()).transpose();
    let from = from.map_err(|error| Failure::rejected("no-result", error.to_string()))?;
    let period = period(&session, &rules, from, args.through, provisions, options).await?;
    if args.dry_run {
        return show(&period, "would be closed; nothing was recorded", options);
    }
    session.ledger.close_period(&closings, period.clone(), &session.meta()?).await?;
    show(&period, "closed", options)
}

async fn period(
    session: &Session,
    rules: &PostingRules,
    from: Option<Date>,
    through: Date,
    provisions: Option<Provisions>,
    options: &Options,
) -> Result<PeriodClosed, Failure> {
    let tree = evidence::tree(session, options).await?;
    let (events, root) = (tree.size(), tree.root_at(tree.size()).await?.to_string());
    let digest = rules.published().digest;
    let mut period = PeriodClosed { from, through, events, root, rules: digest, accounts: Vec::new(), provisions };
    period.accounts = closing_totals(session.ledger.store(), rules, &period).await?;
    Ok(period)
}

/// The provisions for the classes of a day.
async fn provide(session: &Session, rates: &ProvisionRates, through: Date) -> Result<Provisions, Failure> {
    let rule = classify::rule(&rates.classification, through)?;
    let view = session.projections().await?.classify(through, &rule)?;
    Ok(rates.provide(&view)?)
}

/// Rates by the id of a built-in file, or from a file.
pub fn rates(wanted: &str) -> Result<ProvisionRates, Failure> {
    if Path::new(wanted).extension().is_some_and(|extension| extension == "toml") {
        let text = std::fs::read_to_string(wanted)
            .map_err(|error| Failure::rejected("bad-file", format!("{wanted}: it cannot be read: {error}")))?;
        return Ok(ProvisionRates::parse(wanted, &text)?);
    }
    let known = ProvisionRates::builtin()?;
    known.iter().find(|rates| rates.id == wanted).cloned().ok_or_else(|| {
        let ids: Vec<&str> = known.iter().map(|rates| rates.id.as_str()).collect();
        Failure::rejected("no-such-rates", format!("there are no rates `{wanted}`; there are {}", ids.join(", ")))
    })
}

fn show(period: &PeriodClosed, what: &str, options: &Options) -> Result<(), Failure> {
    let first = period.from.map_or_else(|| "the beginning".to_owned(), |from| from.to_string());
    let document = Document::new()
        .headline(format!("the books from {first} through {}: {what}", period.through))
        .field("through", period.through)
        .field("events", period.events)
        .field("root", period.root.as_str())
        .field("rules", period.rules.sha256.as_str())
        .sheet(books::trial_balance(&TrialBalance::of(&period.accounts))?);
    let document = match &period.provisions {
        Some(provisions) => document.sheet(books::provisions(provisions)),
        None => document,
    };
    document.print(options)
}
