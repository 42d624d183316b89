//! `statement inspect`: what is in a bank statement or bill, before anything is compared.

use crate::args::Options;
use crate::exit::Failure;
use crate::messages;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::money::Amount;
use statements::foot::{Footing, footing, moved};
use statements::model::{Statement, Status};
use statements::{Limits, Mapping, Refusal};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Look into bank statements, merchant bills and settlement reports
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger statement inspect statements/*.xml
  iledger statement inspect bill.zip --findings
  iledger statement inspect bank.csv --mapping bank.toml --format json")]
pub enum Subcommand {
    /// Say what each file holds, whether it adds up, and why a file is refused
    #[command(before_help = "Examples:
  iledger statement inspect statements/*.xml
  iledger statement inspect bill.zip --findings
  iledger statement inspect bank.csv --mapping bank.toml --format json")]
    Inspect(InspectArgs),
}

/// How files are read.
#[derive(Debug, Clone, clap::Args)]
pub struct Reading {
    /// How to read a CSV: a TOML file, see docs/RECONCILIATION.md
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,

    /// The encoding, such as gb18030 [default: told from the file]
    #[arg(long, value_name = "LABEL")]
    pub encoding: Option<String>,
}

/// Arguments of `statement inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// Files: camt.052/053/054, MT940/942, OFX, Alipay, WeChat Pay, Stripe, Adyen, CSV; ZIP and GZIP too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    reading: Reading,

    /// Print what is odd about each statement
    #[arg(long)]
    findings: bool,
}

/// The statements of a text with its name.
pub struct ReadFile {
    /// The file, and the entry if it is an archive.
    pub name: String,
    /// Its statements.
    pub statements: Result<Vec<Statement>, Refusal>,
    /// SHA-256 of its bytes, if there are any.
    pub sha256: Option<[u8; 32]>,
}

/// Reads files. A refusal is an answer for its file; the mapping itself must be right.
pub fn read_files(files: &[PathBuf], reading: &Reading) -> Result<Vec<ReadFile>, Failure> {
    let mapping = reading.mapping.as_deref().map(read_mapping).transpose()?;
    let encoding = reading.encoding.clone().or_else(|| mapping.as_ref().and_then(|mapping| mapping.encoding.clone()));
    let options = statements::Options { limits: Limits::default(), mapping };
    let mut read = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let sources = File::open(path)
            .map_err(|error| Refusal::whole(statements::Reason::Unreadable, format!("it cannot be read: {error}")))
            .and_then(|mut file| statements::load(&name, &mut file, encoding.as_deref(), &options.limits));
        match sources {
            Ok(sources) => read.extend(sources.into_iter().map(|source| ReadFile {
                statements: statements::read(&source, &options),
                sha256: Some(source.sha256),
                name: source.name,
            })),
            Err(refusal) => read.push(ReadFile { name, statements: Err(refusal), sha256: None }),
        }
    }
    Ok(read)
}

fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::rejected("bad-file", format!("{name}: it cannot be read: {error}")))?;
    Mapping::parse(&name, &text).map_err(|error| Failure::rejected("bad-mapping", error.to_string()))
}

/// A refusal with its place: `file:line: reason`.
pub fn placed(name: &str, refusal: &Refusal) -> String {
    match refusal.line {
        Some(line) => format!("{name}:{line}: {}", refusal.text),
        None => format!("{name}: {}", refusal.text),
    }
}

/// Runs the family.
pub fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    let Subcommand::Inspect(args) = subcommand;
    let files = read_files(&args.files, &args.reading)?;
    let mut sheet = statements_sheet();
    let mut findings = Sheet::new("findings", ["file", "line", "code", "text"].map(Column::text)).title("What is odd");
    let (mut refused, mut counts) = (0_u64, [0_u64; 3]);
    for file in &files {
        match &file.statements {
            Ok(statements) => {
                for statement in statements {
                    let footing = footing(statement);
                    let slot = match footing {
                        Footing::Foots => 0,
                        Footing::Differs(..) => 1,
                        Footing::Unknown => 2,
                    };
                    if let Some(count) = counts.get_mut(slot) {
                        *count = count.saturating_add(1);
                    }
                    sheet.row(row(&file.name, statement, footing));
                    for finding in &statement.findings {
                        let line = i64::try_from(finding.line).unwrap_or(i64::MAX);
                        findings.row([
                            file.name.as_str().into(),
                            line.into(),
                            finding.code.code().into(),
                            finding.text.as_str().into(),
                        ]);
                    }
                }
            }
            Err(refusal) => {
                refused = refused.saturating_add(1);
                sheet.row(refused_row(&file.name, refusal));
            }
        }
    }
    let [foot, differ, unknown] = counts;
    let document = Document::new()
        .field("texts", u64::try_from(files.len()).unwrap_or(u64::MAX))
        .field("refused", refused)
        .field("statements", counts.iter().sum::<u64>())
        .field("foot", foot)
        .field("do_not_foot", differ)
        .field("without_balances", unknown)
        .sheet(sheet);
    if args.findings { document.sheet(findings) } else { document }.print(options)?;
    for file in &files {
        if let Err(refusal) = &file.statements {
            messages::error(Some(refusal.reason.code()), &placed(&file.name, refusal));
        }
    }
    match (refused, differ) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::Found(format!("{differ} statements do not foot"))),
        _ => Err(Failure::rejected("unreadable-statement", format!("{refused} of {} texts are refused", files.len()))),
    }
}

fn statements_sheet() -> Sheet {
    let columns = [
        Column::text("file"),
        Column::number("line"),
        Column::text("format"),
        Column::text("account"),
        Column::text("from"),
        Column::text("to"),
        Column::number("entries"),
        Column::text("currency"),
        Column::number("credits"),
        Column::number("debits"),
        Column::number("fees"),
        Column::text("footing"),
        Column::number("difference"),
        Column::number("findings"),
        Column::text("refused"),
    ];
    Sheet::new("statements", columns)
}

fn row(name: &str, statement: &Statement, footing: Footing) -> Vec<Cell> {
    let of_currency = || {
        statement
            .entries
            .iter()
            .filter(|entry| Some(entry.currency) == statement.currency && entry.status == Status::Booked)
    };
    let money = |minor: i128| match (i64::try_from(minor), statement.currency) {
        (Ok(minor), Some(currency)) => Cell::Money(Amount::from_minor(minor), currency),
        _ => Cell::Nothing,
    };
    let credits = of_currency().map(moved).filter(|net| *net > 0).fold(0, i128::saturating_add);
    let debits = of_currency().map(moved).filter(|net| *net < 0).fold(0, i128::saturating_add);
    let fees =
        of_currency().map(|entry| i128::from(entry.fee.unwrap_or_default().minor())).fold(0, i128::saturating_add);
    let count = |number: usize| Cell::from(u64::try_from(number).unwrap_or(u64::MAX));
    vec![
        name.into(),
        statement.line.into(),
        statement.format.name().into(),
        statement.account.as_deref().into(),
        statement.from.into(),
        statement.to.into(),
        count(statement.entries.len()),
        statement.currency.map(|currency| currency.to_string()).into(),
        money(credits),
        money(debits),
        money(fees),
        footing.name().into(),
        match footing {
            Footing::Differs(by, currency) => Cell::Money(by, currency),
            _ => Cell::Nothing,
        },
        count(statement.findings.len()),
        Cell::Nothing,
    ]
}

fn refused_row(name: &str, refusal: &Refusal) -> Vec<Cell> {
    let mut cells = vec![Cell::from(name), refusal.line.into()];
    cells.extend((0..12).map(|_| Cell::Nothing));
    cells.push(format!("{}: {}", refusal.reason.code(), refusal.text).into());
    cells
}
