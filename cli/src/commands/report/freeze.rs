//! `report freeze` and `report check`.

use crate::args::Options;
use crate::commands::books::RulesArgs;
use crate::commands::{classify, close_period};
use crate::evidence;
use crate::exit::Failure;
use crate::messages;
use crate::session::Session;
use ledger_core::calendar::{Date, Timestamp};
use projections::general_ledger::PostingRules;
use projections::regulatory::{self, FreezeError, PeriodReport};
use serde::Deserialize;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Whose rules.
#[derive(Debug, clap::Args)]
struct Rules {
    /// The classification: a built-in rule, or a rule file (a path ending in .toml)
    #[arg(long, value_name = "RULE|FILE", default_value = "cn-five-tier")]
    rule: String,

    /// With provisions by these rates: built-in, or a file of rates (a path ending in .toml)
    #[arg(long, value_name = "RATES|FILE")]
    provisions: Option<String>,

    #[command(flatten)]
    posting: RulesArgs,
}

/// Arguments of `report freeze`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The period's last day
    #[arg(long, value_name = "DATE")]
    through: Date,

    /// Only what was recorded by then, such as 2024-04-02T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Timestamp>,

    /// Only the first N events of the log [default: all]
    #[arg(long, value_name = "N")]
    events: Option<u64>,

    #[command(flatten)]
    rules: Rules,

    /// Write to this file; one that is there already is left alone [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `report check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The report
    file: PathBuf,

    /// The classification's file, if it is none of the built-in rules
    #[arg(long, value_name = "FILE")]
    rule: Option<String>,

    /// The file of rates, if they are none of the built-in ones
    #[arg(long, value_name = "FILE")]
    provisions: Option<String>,

    #[command(flatten)]
    posting: RulesArgs,
}

/// What a report says of itself, as far as it must be made again.
#[derive(Debug, Deserialize)]
struct Frozen {
    report: String,
    through: Date,
    known_at: Option<Timestamp>,
    events: String,
    rule: Named,
    provisions: Option<Rates>,
}

#[derive(Debug, Deserialize)]
struct Rates {
    rates: Named,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

impl From<FreezeError> for Failure {
    fn from(error: FreezeError) -> Self {
        match error {
            FreezeError::Books(error) => error.into(),
            FreezeError::View(error) => error.into(),
            FreezeError::Provisions(error) => error.into(),
            other => Self::rejected("no-result", other.to_string()),
        }
    }
}

async fn make(
    session: &Session,
    through: Date,
    (known_at, events): (Option<Timestamp>, Option<u64>),
    (rule, provisions, posting): (&str, Option<&str>, &PostingRules),
    options: &Options,
) -> Result<PeriodReport, Failure> {
    let rule = classify::rule(rule, through)?;
    let rates = provisions.map(close_period::rates).transpose()?;
    let tree = evidence::tree(session, options).await?;
    let events = events.unwrap_or(tree.size());
    let root = tree.root_at(events).await?.to_string();
    let rules = (&rule, rates.as_ref(), posting);
    Ok(regulatory::freeze(session.ledger.store(), through, (known_at, events, root), rules).await?)
}

/// Writes a report.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let posting = args.rules.posting.read()?;
    let session = Session::open(options).await?;
    let rules = (args.rules.rule.as_str(), args.rules.provisions.as_deref(), &posting);
    let report = make(&session, args.through, (args.known_at, args.events), rules, options).await?;
    let bytes = report.to_bytes()?;
    match &args.output {
        None => io::stdout().lock().write_all(&bytes)?,
        Some(path) => {
            let name = path.display();
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let failed = |error: io::Error| Failure::Unavailable(format!("`{name}` cannot be written: {error}"));
            let (unfinished, mut file) = temporary(directory.unwrap_or(Path::new(".")), path)?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
            // a hard link fails if the name is taken: a frozen report is never written over
            let linked = std::fs::hard_link(&unfinished, path);
            let _ = std::fs::remove_file(&unfinished);
            linked.map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Failure::rejected(
                    "exists",
                    format!("`{name}` is there already: a frozen report is not written over"),
                ),
                _ => failed(error),
            })?;
            messages::note(
                options,
                &format!("wrote {} rows over {} events to {name}", report.row_count, report.events()),
            );
        }
    }
    if report.ties() {
        Ok(())
    } else {
        Err(Failure::Found("the loans do not tie to the trial balance: see `controls` in the report".to_owned()))
    }
}

/// The file in which a report is written until it is whole.
fn temporary(directory: &Path, path: &Path) -> Result<(PathBuf, std::fs::File), Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
    let file = std::fs::File::create(&temporary)
        .map_err(|error| Failure::Unavailable(format!("`{}` cannot be written: {error}", temporary.display())))?;
    Ok((temporary, file))
}

/// Makes a report again and compares.
pub async fn check(args: &CheckArgs, options: &Options) -> Result<(), Failure> {
    let name = args.file.display();
    let bad = |reason: String| Failure::rejected("bad-file", format!("{name}: {reason}"));
    let kept = std::fs::read(&args.file).map_err(|error| bad(format!("it cannot be read: {error}")))?;
    let frozen: Frozen = serde_json::from_slice(&kept).map_err(|error| bad(format!("it is no report: {error}")))?;
    if frozen.report != "iledger-period-report-1" {
        return Err(bad(format!("`{}` is no kind of report that this program makes", frozen.report)));
    }
    let events: u64 = frozen.events.parse().map_err(|_| bad("`events` is not a whole number".to_owned()))?;
    let posting = args.posting.read()?;
    let session = Session::open(options).await?;
    let rule = args.rule.as_deref().unwrap_or(&frozen.rule.id);
    let rates = frozen.provisions.as_ref().map(|provisions| provisions.rates.id.as_str());
    let rates = rates.map(|id| args.provisions.as_deref().unwrap_or(id));
    let rules = (rule, rates, &posting);
    let again = make(&session, frozen.through, (frozen.known_at, Some(events)), rules, options).await?.to_bytes()?;
    if again == kept {
        messages::note(options, &format!("{name} is what the log says"));
        return Ok(());
    }
    let at = again.iter().zip(&kept).take_while(|(one, other)| one == other).count();
    let part = |bytes: &[u8]| {
        let part = bytes.get(at.saturating_sub(20)..).unwrap_or_default();
        String::from_utf8_lossy(part.get(..60).unwrap_or(part)).into_owned()
    };
    let (now, then) = (part(&again), part(&kept));
    Err(Failure::Found(format!(
        "{name} differs from what the log says at byte {at}: `{then}` in the file, `{now}` now"
    )))
}
