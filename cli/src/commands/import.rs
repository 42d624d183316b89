//! `import`: loans, repayments and whole books from files.

use crate::args::Options;
use crate::commands::product::Products;
use crate::exit::Failure;
use crate::import::agreement::{Agreement, percent};
use crate::import::mapping::Mapping;
use crate::import::report::{self, Reject};
use crate::import::run::{self, Tally};
use crate::import::table::{self, Table};
use crate::import::{loans, repayments, tape};
use crate::messages;
use crate::render::{Column, Document, Sheet};
use crate::session::Session;
use ledger_core::calendar::Date;
use std::path::{Path, PathBuf};

/// Rejected rows that people see at once; the file has them all.
const SHOWN: usize = 5;

/// Bring files of loans and payments into the ledger
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger import tape --mapping lendingclub-2007-2011 lc_2007_2011_money.csv.gz
  iledger import loans new-loans.csv --product annuity-12 --disburse
  iledger import repayments payments.csv")]
pub enum Subcommand {
    /// Open new loans, one row each
    #[command(before_help = "Examples:
  iledger import loans new-loans.csv
  iledger import loans new-loans.csv --product annuity-12 --disburse --dry-run
  iledger import loans export.csv.gz --mapping my-loans.toml")]
    Loans(LoansArgs),
    /// Record dated payments, one row each; the same file again adds nothing
    #[command(before_help = "Examples:
  iledger import repayments payments.csv
  iledger import repayments bank.csv --mapping my-bank.toml --dry-run")]
    Repayments(RepaymentsArgs),
    /// Take over a lender's existing book, one row a loan
    #[command(before_help = "Examples:
  iledger import tape --mapping lendingclub-2007-2011 lc_2007_2011_money.csv.gz
  iledger import tape --mapping my-book.toml --cut-off 2024-12-31 book.csv --dry-run")]
    Tape(TapeArgs),
}

/// What every import has.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The file: CSV with a header, plain or gzip-compressed
    file: PathBuf,
    /// Where to write the rows that fail, with line, field and reason [default: FILE.rejects.csv, here]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Check every row and record nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `import loans`.
#[derive(Debug, clap::Args)]
pub struct LoansArgs {
    #[command(flatten)]
    common: Common,
    /// Which column is which field (TOML) [default: columns of the fields' names]
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Product of rows that name none
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    #[command(flatten)]
    products: Products,
    /// Calendar file (TOML), if a product names one that is not built in
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// Pay each loan out on the day on which it is opened, unless its row has a date of its own
    #[arg(long)]
    disburse: bool,
}

/// Arguments of `import repayments`.
#[derive(Debug, clap::Args)]
pub struct RepaymentsArgs {
    #[command(flatten)]
    common: Common,
    /// Which column is which field (TOML) [default: columns of the fields' names]
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// Arguments of `import tape`.
#[derive(Debug, clap::Args)]
pub struct TapeArgs {
    #[command(flatten)]
    common: Common,
    /// Which column is which field (TOML file, or the name of a built-in mapping)
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Day that the tape describes [default: the mapping's]
    #[arg(long, value_name = "DATE")]
    cut_off: Option<Date>,
    #[command(flatten)]
    products: Products,
    /// Where to list instalments that differ from the terms [default: FILE.instalments.csv, here]
    #[arg(long, value_name = "FILE")]
    differences: Option<PathBuf>,
}

/// Imports.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Loans(args) => import_loans(args, options).await,
        Subcommand::Repayments(args) => import_repayments(args, options).await,
        Subcommand::Tape(args) => import_tape(args, options).await,
    }
}

/// The mapping that was given, or one by the names of the columns. A column of no known name is told, since it may be a
/// known one that is misspelt.
fn mapping(
    given: Option<&Path>,
    file: &Path,
    fields: &[&str],
    required: &[&str],
    options: &Options,
) -> Result<(Mapping, Table), Failure> {
    if let Some(given) = given {
        let mapping = Mapping::read(given, fields)?;
        let table = Table::open(file, &mapping)?;
        return Ok((mapping, table));
    }
    let mapping = table::by_name(file, fields, required)?;
    let table = Table::open(file, &mapping)?;
    let unused: Vec<&str> = table.unused(&mapping).take(8).collect();
    if !unused.is_empty() {
        let text = format!("columns that are not read: {}; known are {}", unused.join(", "), fields.join(", "));
        messages::warning(options, &text);
    }
    Ok((mapping, table))
}

async fn import_loans(args: &LoansArgs, options: &Options) -> Result<(), Failure> {
    let LoansArgs { common, mapping: given, .. } = args;
    let session = Session::open(options).await?;
    let (mapping, mut table) = mapping(given.as_deref(), &common.file, &loans::FIELDS, &loans::REQUIRED, options)?;
    loans::check(&mapping)?;
    if let Some(product) = &args.product {
        args.products.find(product)?;
    }
    let mut kind = loans::Loans::new(&mapping, args.products.read()?, args.product.clone(), session.config.currency);
    kind.disburse = args.disburse;
    kind.calendar.clone_from(&args.calendar);
    let tally = run::run(&mut kind, &mut table, &session, options, common.dry_run).await?;
    finish(Document::new(), common, &session, &tally, options).await
}

async fn import_repayments(args: &RepaymentsArgs, options: &Options) -> Result<(), Failure> {
    let RepaymentsArgs { common, mapping: given } = args;
    let session = Session::open(options).await?;
    let (mapping, mut table) =
        mapping(given.as_deref(), &common.file, &repayments::FIELDS, &repayments::REQUIRED, options)?;
    let mut kind = repayments::Repayments::new(&mapping)?;
    let tally = run::run(&mut kind, &mut table, &session, options, common.dry_run).await?;
    finish(Document::new(), common, &session, &tally, options).await
}

async fn import_tape(args: &TapeArgs, options: &Options) -> Result<(), Failure> {
    let common = &args.common;
    let session = Session::open(options).await?;
    let mapping = Mapping::read(&args.mapping, &tape::FIELDS)?;
    let Some(product) = &mapping.product else {
        return Err(Failure::rejected(
            "bad-mapping",
            "the mapping of a tape needs `product`: what terms are made from",
        ));
    };
    let mut kind = tape::Tape::new(&mapping, args.cut_off, args.products.find(product)?)?;
    let mut table = Table::open(&common.file, &mapping)?;
    let tally = run::run(&mut kind, &mut table, &session, options, common.dry_run).await?;
    let mut document = Document::new();
    if mapping.columns.contains_key("instalment") {
        let path = args.differences.clone().unwrap_or_else(|| report::beside(&common.file, "instalments"));
        report::write_differences(&path, &kind.agreement.differences)?;
        document = agreement(document, &kind.agreement, &path);
    }
    finish(document, common, &session, &tally, options).await
}

fn agreement(document: Document, agreement: &Agreement, path: &Path) -> Document {
    let (compared, agreeing) = agreement.totals();
    let columns = [
        Column::text("disbursed_in"),
        Column::number("compared"),
        Column::number("agree"),
        Column::number("differ"),
        Column::number("agree_percent"),
    ];
    let mut sheet = Sheet::new("instalments", columns).title("Instalments of the file and of the terms, to the cent:");
    let cells = |name: String, compared: u64, agreeing: u64| {
        let differing = compared.saturating_sub(agreeing);
        [name.into(), compared.into(), agreeing.into(), differing.into(), percent(agreeing, compared).into()]
    };
    for ((year, quarter), (compared, agreeing)) in &agreement.quarters {
        sheet.row(cells(format!("{year} Q{quarter}"), *compared, *agreeing));
    }
    sheet.total(cells("total".to_owned(), compared, agreeing));
    let listed = (!agreement.differences.is_empty()).then(|| path.display().to_string());
    document
        .field("instalments_compared", compared)
        .field("instalments_agree", agreeing)
        .field("instalments_differ", compared.saturating_sub(agreeing))
        .field("differences_in", listed)
        .sheet(sheet)
}

/// Writes the rejects, brings the views to the end of the log so that the next question finds them there, and says what was
/// done.
async fn finish(
    document: Document,
    common: &Common,
    session: &Session,
    tally: &Tally,
    options: &Options,
) -> Result<(), Failure> {
    let path = common.rejects.clone().unwrap_or_else(|| report::beside(&common.file, "rejects"));
    report::write_rejects(&path, &tally.rejects)?;
    let rejected = u64::try_from(tally.rejects.len()).unwrap_or(u64::MAX);
    if tally.events > 0 && !common.dry_run {
        session.projections().await?;
    }
    let document = document
        .field("rows", tally.rows)
        .field("recorded", tally.recorded)
        .field("already_recorded", tally.already)
        .field("rejected", rejected)
        .field("events", tally.events)
        .field("rejects_in", (rejected > 0).then(|| path.display().to_string()));
    let document = if common.dry_run { document.headline("dry run: nothing was recorded") } else { document };
    document.print(options)?;
    for Reject { line, error } in tally.rejects.iter().take(SHOWN) {
        let place = common.file.display();
        messages::note(options, &format!("{place}:{line}: `{}`: {} [{}]", error.field, error.reason, error.code));
    }
    if rejected == 0 {
        return Ok(());
    }
    let others = if common.dry_run { "the others are fit to be recorded" } else { "the others are recorded" };
    let text = format!("{rejected} of {} rows were rejected, {others}; see {}", tally.rows, path.display());
    Err(Failure::rejected("rows-rejected", text))
}
