//! `rebuild` and `project status`: the projections themselves.

use crate::args::Options;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::store::EventReader as _;

/// Build all projections again from the log
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger rebuild")]
pub struct RebuildArgs {}

/// Look after the projections
#[derive(Debug, clap::Subcommand)]
#[command(before_help = "Examples:
  iledger project status")]
pub enum Subcommand {
    /// Show how far each projection has read the log
    #[command(before_help = "Examples:
  iledger project status
  iledger project status --format json")]
    Status,
}

/// Shows the projections.
pub async fn run(subcommand: &Subcommand, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    match subcommand {
        Subcommand::Status => {
            let head = session.ledger.store().head().await?;
            let columns = [
                Column::text("projection"),
                Column::number("version"),
                Column::number("position"),
                Column::number("loans"),
                Column::number("bytes"),
                Column::text("up_to_date"),
            ];
            let mut sheet = Sheet::new("projections", columns);
            for one in session.stored_projections()?.status()? {
                sheet.row([
                    Cell::from(one.name),
                    one.version.into(),
                    one.position.into(),
                    one.rows.into(),
                    one.bytes.into(),
                    (one.position == head).into(),
                ]);
            }
            Document::new().field("log_position", head).sheet(sheet).print(options)
        }
    }
}

/// Builds the projections again.
pub async fn rebuild(_args: &RebuildArgs, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let report = session.stored_projections()?.rebuild(session.ledger.store()).await?;
    let columns =
        [Column::text("projection"), Column::number("version"), Column::number("position"), Column::number("events")];
    let mut sheet = Sheet::new("projections", columns);
    for one in &report.projections {
        sheet.row([Cell::from(one.name), one.version.into(), one.to.into(), one.events.into()]);
    }
    Document::new().headline("built again from the log").sheet(sheet).print(options)?;
    match report.stopped().next().and_then(|one| one.stopped.as_ref()) {
        Some(stop) => Err(Failure::Damaged(format!("a projection stopped: {stop}"))),
        None => Ok(()),
    }
}
