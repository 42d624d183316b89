//! `balance`: what is owed and what was received, by loan and in all.

use crate::args::{LoanId, Options, parse_status};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::{Session, not_found};
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::loan::Status;
use ledger_core::money::Currency;
use projections::balances::{self, AsOfBalances, BalanceFilter, BalanceRow, BalanceTotals, Balances, BalancesView};
use projections::engine::{KnownAt, State};
use std::collections::BTreeMap;

/// Show balances as recorded
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger balance
  iledger balance L-1 L-2
  iledger balance --status active --currency CNY
  iledger balance --totals
  iledger balance --totals --as-of 2024-03-31 --known-at 2024-04-02T00:00:00Z
  iledger balance --totals --format json   (also what was received, lost and recovered, by component)")]
pub struct Args {
    /// Only these loans
    loans: Vec<LoanId>,

    #[command(flatten)]
    filter: Filter,

    /// Only the totals
    #[arg(long)]
    totals: bool,

    #[command(flatten)]
    cut: Cut,
}

/// Which part of the log counts.
#[derive(Debug, Clone, clap::Args)]
pub struct Cut {
    /// At the end of this day [default: everything that is recorded, whatever its date]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// Only what was recorded by then, such as 2024-02-29T08:15:00Z
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Timestamp>,
}

/// Where the balances come from.
pub enum Source {
    /// Everything that is recorded, or was by an instant.
    Whole(State<Balances>),
    /// The end of a day.
    AsOf(AsOfBalances),
}

impl Source {
    /// The balances that a cut leaves.
    pub async fn of(cut: &Cut, session: &Session) -> Result<Self, Failure> {
        Ok(match (cut.as_of, cut.known_at) {
            (None, None) => Self::Whole(session.projections().await?.into_states().0),
            (None, Some(instant)) => Self::Whole(session.known_at(instant).await?),
            (Some(date), None) => Self::AsOf(session.balances_as_of(session.ledger.store(), date).await?),
            (Some(date), Some(instant)) => {
                let known = KnownAt::new(session.ledger.store(), instant);
                Self::AsOf(session.balances_as_of(&known, date).await?)
            }
        })
    }

    /// The view of them.
    pub fn view(&self, filter: &BalanceFilter) -> Result<BalancesView, Failure> {
        Ok(match self {
            Self::Whole(state) => balances::view(state, filter)?,
            Self::AsOf(folded) => folded.view(filter)?,
        })
    }
}

/// Which loans.
#[derive(Debug, Clone, clap::Args)]
pub struct Filter {
    /// Only loans of this status: pending, active, overpaid, settled, written-off, closed
    #[arg(long, value_parser = parse_status)]
    status: Option<Status>,

    /// Only loans in this currency
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
}

impl Filter {
    /// The filter of a view, for one loan or all.
    pub fn of(&self, loan: Option<&LoanId>) -> BalanceFilter {
        BalanceFilter { loan: loan.map(ToString::to_string), status: self.status, currency: self.currency }
    }
}

/// Shows balances.
pub async fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let session = Session::open(options).await?;
    let source = Source::of(&args.cut, &session).await?;
    let mut rows: Vec<BalanceRow> = Vec::new();
    let mut totals: BTreeMap<Currency, BalanceTotals> = BTreeMap::new();
    if args.loans.is_empty() {
        let view = source.view(&args.filter.of(None))?;
        (rows, totals) = (view.rows, view.totals);
    }
    for loan in &args.loans {
        // a loan that the filter leaves out is there all the same
        let all = BalanceFilter { loan: Some(loan.to_string()), ..BalanceFilter::default() };
        if source.view(&all)?.rows.is_empty() {
            return Err(not_found(loan));
        }
        for row in source.view(&args.filter.of(Some(loan)))?.rows {
            let total = totals.entry(row.currency).or_default();
            *total = total.plus(&row.amounts)?;
            rows.push(row);
        }
    }
    let mut document = Document::new();
    if args.cut.as_of.is_some() {
        document = document.field("as_of", args.cut.as_of);
    }
    document.sheet(if args.totals { totals_sheet(&totals)? } else { sheet(&rows, &totals)? }).print(options)
}

const AMOUNTS: [Column; 24] = [
    Column::number("disbursed"),
    Column::number("principal"),
    Column::number("interest"),
    Column::number("fee"),
    Column::number("penalty"),
    Column::number("outstanding"),
    Column::number("received"),
    Column::number("written_off"),
    Column::number("credit"),
    Column::detail("received_principal"),
    Column::detail("received_interest"),
    Column::detail("received_fee"),
    Column::detail("received_penalty"),
    Column::detail("waived"),
    Column::detail("written_off_principal"),
    Column::detail("written_off_interest"),
    Column::detail("written_off_fee"),
    Column::detail("written_off_penalty"),
    Column::detail("recovered"),
    Column::detail("recovered_principal"),
    Column::detail("recovered_interest"),
    Column::detail("recovered_fee"),
    Column::detail("recovered_penalty"),
    Column::detail("principal_lost"),
];

fn amounts(amounts: &BalanceTotals, currency: Currency) -> Result<Vec<Cell>, Failure> {
    let BalanceTotals { outstanding: open, received, written_off, recovered, .. } = amounts;
    let list = [
        amounts.disbursed,
        open.principal,
        open.interest,
        open.fee,
        open.penalty,
        open.total()?,
        received.total()?,
        written_off.total()?,
        amounts.credit,
        received.principal,
        received.interest,
        received.fee,
        received.penalty,
        amounts.waived.total()?,
        written_off.principal,
        written_off.interest,
        written_off.fee,
        written_off.penalty,
        recovered.total()?,
        recovered.principal,
        recovered.interest,
        recovered.fee,
        recovered.penalty,
        amounts.principal_lost,
    ];
    Ok(list.into_iter().map(|amount| Cell::Money(amount, currency)).collect())
}

fn sheet(rows: &[BalanceRow], totals: &BTreeMap<Currency, BalanceTotals>) -> Result<Sheet, Failure> {
    let columns = [Column::text("loan"), Column::text("status"), Column::text("currency")];
    let mut sheet = Sheet::new("loans", columns.into_iter().chain(AMOUNTS)).when_empty("no loans");
    for row in rows {
        let head = [Cell::from(&*row.loan), row.status.name().into(), row.currency.to_string().into()];
        sheet.row(head.into_iter().chain(amounts(&row.amounts, row.currency)?));
    }
    for (currency, total) in totals {
        let head = ["total".into(), format!("{} loans", total.loans).into(), currency.to_string().into()];
        sheet.total(head.into_iter().chain(amounts(total, *currency)?));
    }
    Ok(sheet)
}

fn totals_sheet(totals: &BTreeMap<Currency, BalanceTotals>) -> Result<Sheet, Failure> {
    let columns = [Column::text("currency"), Column::number("loans")];
    let mut sheet = Sheet::new("totals", columns.into_iter().chain(AMOUNTS)).when_empty("no loans");
    for (currency, total) in totals {
        let head = [Cell::from(currency.to_string()), total.loans.into()];
        sheet.row(head.into_iter().chain(amounts(total, *currency)?));
    }
    Ok(sheet)
}
