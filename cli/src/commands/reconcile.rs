//! `reconcile`: what the bank says against what the ledger says.

use crate::args::Options;
use crate::commands::statement::Reading;
use crate::exit::Failure;
use crate::reconcile::{self, Opened, Posting, page, post, report};
use crate::render::{Column, Document, Sheet};
use crate::session::Session;
use ledger_core::record::ReconciliationEvent;
use projections::reconcile::{Input, Rules, decide};
use std::path::PathBuf;

/// Compare bank statements and channel bills with the ledger
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger reconcile run statements/2024-06-*.xml
  iledger reconcile run bill.zip --account alipay --rules alipay.toml --post --dry-run
  iledger reconcile explain 3f9a1c22d04b 'the payer sent it twice'
  iledger reconcile status --format json")]
pub enum Subcommand {
    /// Compare statements with the ledger: exit code 0 nothing open, 1 breaks, 4 unreadable input
    Run(RunArgs),
    /// Show the rules, or print the file of those that come with the program
    Rules(RulesArgs),
    /// Say why a break is there; it stays open
    Explain(SayArgs),
    /// Accept the difference of a break; it is closed
    Accept(SayArgs),
    /// Settle clear breaks with the command that each proposes
    Post(PostArgs),
    /// Show breaks and sums
    Status(StatusArgs),
}

/// Which reconciliation.
#[derive(Debug, Clone, clap::Args)]
pub struct Which {
    /// The account or channel. No personal data
    #[arg(long, default_value = "main", value_name = "NAME")]
    account: String,
}

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Statements: camt.052/053/054, MT940/942, OFX, Alipay, WeChat Pay, Stripe, Adyen, CSV; ZIP and GZIP too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Rules of matching [default: those that `reconcile rules --template` prints]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// Settle clear breaks: record missing repayments, reverse bounced ones
    #[arg(long)]
    post: bool,
    /// Show what would be found and record nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the report as an HTML page, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// The file [default: the rules that come with the program]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the rules that come with the program as a file to be changed
    #[arg(long, conflicts_with = "file")]
    template: bool,
}

/// Arguments of `explain` and `accept`.
#[derive(Debug, clap::Args)]
pub struct SayArgs {
    /// The break's id
    #[arg(value_name = "BREAK")]
    id: String,
    /// Why. No personal data
    text: String,
    #[command(flatten)]
    which: Which,
}

/// Arguments of `post`.
#[derive(Debug, clap::Args)]
pub struct PostArgs {
    /// Breaks [default: all that are clear]
    #[arg(value_name = "BREAK")]
    ids: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// Show the commands and record nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    #[command(flatten)]
    which: Which,
    /// The rules by which payments are in scope
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Closed breaks too
    #[arg(long)]
    all: bool,
    /// Write the report as an HTML page, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Runs the family.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Run(args) => compare(args, options).await,
        Subcommand::Rules(args) => show_rules(args, options),
        Subcommand::Explain(args) => say(args, options, false).await,
        Subcommand::Accept(args) => say(args, options, true).await,
        Subcommand::Post(args) => settle(args, options).await,
        Subcommand::Status(args) => status(args, options).await,
    }
}

async fn compare(args: &RunArgs, options: &Options) -> Result<(), Failure> {
    let rules = reconcile::rules(args.rules.as_deref())?;
    let statements = reconcile::statements(&args.files, &args.reading)?;
    let session = Session::open(options).await?;
    let mut opened = Opened::read(&session, &args.which.account).await?;
    let mut book = reconcile::book(&session).await?;
    let input = Input { account: &opened.account, statements: &statements, payments: &book.payments, rules: &rules };
    let outcome = decide(&input)?;
    if args.dry_run {
        opened.preview(&session, &outcome.events)?;
    } else {
        opened.append(&session, &outcome.events).await?;
    }
    let mut postings = Vec::new();
    if args.post {
        postings = post(&session, &mut opened, &[], args.dry_run).await?;
        if !args.dry_run && postings.iter().any(|posting| posting.accepted) {
            book = reconcile::book(&session).await?;
        }
    }
    let (document, ties) = report(&session, &opened.account, &book, &rules, false).await?;
    let mut document = document
        .field("account", args.which.account.as_str())
        .field("known_statements", outcome.known)
        .field("opened_now", outcome.opened.values().copied().fold(0, u64::saturating_add))
        .field("resolved_now", outcome.resolved)
        .field("matched_now", outcome.matched.values().copied().fold(0, u64::saturating_add))
        .field("dry_run", args.dry_run);
    if args.post {
        document = document.sheet(posted(&postings));
    }
    finish(&document, args.html.as_deref(), &opened, ties, options)
}

fn posted(postings: &[Posting]) -> Sheet {
    let columns = ["break", "command", "result"].map(Column::text);
    let mut sheet = Sheet::new("posted", columns).title("Commands").when_empty("No break is clear.");
    for posting in postings {
        sheet.row([posting.id.as_str().into(), posting.command.as_str().into(), posting.result.as_str().into()]);
    }
    sheet
}

fn finish(
    document: &Document,
    html: Option<&std::path::Path>,
    opened: &Opened,
    ties: bool,
    options: &Options,
) -> Result<(), Failure> {
    if let Some(path) = html {
        std::fs::write(path, page("Reconciliation", &document.object()))
            .map_err(|error| Failure::Unavailable(format!("`{}` cannot be written: {error}", path.display())))?;
    }
    document.print(options)?;
    let open = opened.account.open().len();
    match (open, ties) {
        (0, true) => Ok(()),
        (0, false) => Err(Failure::Found("sums do not tie".to_owned())),
        (open, _) => Err(Failure::Found(format!("{open} breaks are open"))),
    }
}

fn show_rules(args: &RulesArgs, options: &Options) -> Result<(), Failure> {
    if args.template {
        use std::io::Write as _;
        return Ok(std::io::stdout().lock().write_all(Rules::builtin_text().as_bytes())?);
    }
    let rules = reconcile::rules(args.file.as_deref())?;
    let columns = [Column::number("order"), Column::text("rule"), Column::text("kind"), Column::number("days")];
    let mut sheet = Sheet::new("rules", columns);
    for (order, rule) in (1_u64..).zip(&rules.rules) {
        let kind = format!("{:?}", rule.kind);
        sheet.row([order.into(), rule.id.as_str().into(), kind.into(), rule.days.into()]);
    }
    Document::new()
        .field("name", rules.name.as_str())
        .field("sha256", rules.sha256.as_str())
        .sheet(sheet)
        .print(options)
}

async fn say(args: &SayArgs, options: &Options, accept: bool) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let mut opened = Opened::read(&session, &args.which.account).await?;
    let Some(state) = opened.account.breaks.get(&args.id) else {
        let text = format!("there is no break `{}`: see `iledger reconcile status`", args.id);
        return Err(Failure::rejected("no-break", text));
    };
    if !state.status.is_open() {
        let text = format!("the break `{}` is {} already", args.id, state.status.name());
        return Err(Failure::rejected("break-closed", text));
    }
    let (id, text) = (args.id.clone(), args.text.clone());
    // the number of the step: the same words may be said twice
    let step = state.steps.len();
    let event = if accept {
        (format!("accept:{id}"), ReconciliationEvent::BreakAccepted { id, reason: text })
    } else {
        (format!("explain:{id}:{step}"), ReconciliationEvent::BreakExplained { id, text })
    };
    opened.append(&session, &[event]).await?;
    let mut sheet = reconcile::sheet_of_breaks();
    if let Some(state) = opened.account.breaks.get(&args.id) {
        sheet.row(reconcile::row_of_break(state, session.today));
    }
    Document::new().sheet(sheet).print(options)
}

async fn settle(args: &PostArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let mut opened = Opened::read(&session, &args.which.account).await?;
    let postings = post(&session, &mut opened, &args.ids, args.dry_run).await?;
    Document::new().field("dry_run", args.dry_run).sheet(posted(&postings)).print(options)?;
    match postings.iter().filter(|posting| !posting.accepted).count() {
        0 => Ok(()),
        rejected => Err(Failure::rejected("not-posted", format!("{rejected} commands are rejected; they stay open"))),
    }
}

async fn status(args: &StatusArgs, options: &Options) -> Result<(), Failure> {
    let rules = reconcile::rules(args.rules.as_deref())?;
    let session = Session::open(options).await?;
    let opened = Opened::read(&session, &args.which.account).await?;
    let book = reconcile::book(&session).await?;
    let (document, ties) = report(&session, &opened.account, &book, &rules, args.all).await?;
    finish(&document, args.html.as_deref(), &opened, ties, options)
}
