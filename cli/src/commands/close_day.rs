//! `close-day`: the end of business days.

use crate::args::Options;
use crate::exit::Failure;
use crate::interrupt;
use crate::render::{Cell, Column, Document, Format, Sheet};
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::ledger::{ClosedDay, DayEnd};
use ledger_core::loan::Rejection;

/// End business days: assess late fees, close settled loans
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger close-day --through 2024-03-31")]
pub struct Args {
    /// The last day that has ended
    #[arg(long, value_name = "DATE")]
    through: Date,
}

/// Closes every day that is not closed yet. After Ctrl-C, running it again goes on where it stopped.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let (effective_on, booked_on) = (args.through, session.today);
    if effective_on > booked_on {
        return Err(Rejection::FutureDated { effective_on, booked_on }.into());
    }
    let meta = session.meta()?;
    let mut day_end = DayEnd::new();
    let days = interrupt::stoppable(async {
        let days = day_end.close(&session.ledger, args.through, &meta).await;
        days.map_err(Failure::from)
    })
    .await?;
    show(&days, options)
}

fn show(days: &[ClosedDay], options: &Options) -> Result<(), Failure> {
    let columns = [
        Column::text("day"),
        Column::number("active_loans"),
        Column::number("late_fees"),
        Column::number("loans_closed"),
    ];
    let mut sheet = Sheet::new("days", columns).when_empty("nothing happened on these days");
    let (mut fees, mut closed) = (0_u32, 0_u32);
    for day in days {
        (fees, closed) = (fees.saturating_add(day.late_fees), closed.saturating_add(day.closed));
        // people need the days on which something happened
        if options.format != Format::Table || day.late_fees > 0 || day.closed > 0 {
            sheet.row([day.day.into(), day.loans.into(), day.late_fees.into(), day.closed.into()]);
        }
    }
    sheet.total([Cell::from("total"), Cell::Nothing, fees.into(), closed.into()]);
    let headline = match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!("closed {} days, {} to {}", days.len(), first.day, last.day),
        _ => "nothing to close: these days are closed already, or nothing was paid out yet".to_owned(),
    };
    let document = Document::new().headline(headline);
    if days.is_empty() && options.format == Format::Table { document } else { document.sheet(sheet) }.print(options)
}
