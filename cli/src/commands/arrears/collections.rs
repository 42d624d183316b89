//! `arrears worklist`, `early-warning`, `forecast` and `efficiency`.

use super::{Looked, Months, out_of_range, text_of};
use crate::args::{AsOf, Options};
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use ledger_core::loan::Components;
use ledger_core::money::Currency;
use ledger_core::terms::Component;
use projections::arrears::{self, Dealings, Falls, Month, Strategy};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which collection strategy.
#[derive(Debug, Clone, clap::Args)]
pub struct StrategyChoice {
    /// Stages, priorities and signals: a TOML file, see docs/RISK.md [default: the built-in example]
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
}

impl StrategyChoice {
    fn read(&self) -> Result<Strategy, Failure> {
        Ok(match &self.rules {
            Some(file) => Strategy::parse(file, &text_of(file)?)?,
            None => Strategy::builtin()?,
        })
    }
}

/// Arguments of `arrears worklist`.
#[derive(Debug, clap::Args)]
pub struct WorklistArgs {
    /// Only this stage
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,

    #[command(flatten)]
    strategy: StrategyChoice,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `arrears early-warning`.
#[derive(Debug, clap::Args)]
pub struct EarlyWarningArgs {
    /// Only this signal
    #[arg(long, value_name = "NAME")]
    signal: Option<String>,

    #[command(flatten)]
    strategy: StrategyChoice,

    #[command(flatten)]
    as_of: AsOf,
}

/// Arguments of `arrears efficiency`.
#[derive(Debug, clap::Args)]
pub struct EfficiencyArgs {
    #[command(flatten)]
    months: Months,

    #[command(flatten)]
    as_of: AsOf,
}

fn one_of(what: &str, wanted: Option<&String>, names: &[&Arc<str>]) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if !names.iter().any(|name| ***name == **wanted) => {
            let names: Vec<&str> = names.iter().map(|name| &***name).collect();
            Err(Failure::Usage(format!("there is no {what} `{wanted}`; there are {}", names.join(", "))))
        }
        _ => Ok(()),
    }
}

fn days(dealings: &Dealings) -> Cell {
    dealings.days_past_due.map_or_else(|| Cell::from("unknown"), Cell::from)
}

fn joined(names: &[Arc<str>]) -> Cell {
    names.join(", ").into()
}

pub async fn worklist(args: &WorklistArgs, options: &Options) -> Result<(), Failure> {
    let strategy = args.strategy.read()?;
    let stages = strategy.stages.iter().chain([&strategy.unknown]);
    one_of("stage", args.stage.as_ref(), &stages.map(|stage| &stage.name).collect::<Vec<_>>())?;
    let looked = Looked::at(&args.as_of, options).await?;
    let mut view = arrears::worklist(&looked.portfolio(), looked.date, &strategy)?;
    if let Some(wanted) = &args.stage {
        view.rows.retain(|row| *row.stage == **wanted);
        view.stages.retain(|line| *line.stage == **wanted);
    }
    let columns = [
        Column::text("loan"),
        Column::text("stage"),
        Column::text("action"),
        Column::number("points"),
        Column::text("because"),
        Column::number("days_past_due"),
        Column::text("currency"),
        Column::number("overdue"),
        Column::number("principal"),
        Column::number("bounces"),
        Column::text("last_paid_on"),
        Column::number("last_paid"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("nobody to contact");
    for row in &view.rows {
        let (dealings, currency) = (&row.dealings, row.dealings.currency);
        sheet.row([
            Cell::from(&*row.loan),
            Cell::from(&*row.stage),
            Cell::from(&*row.action),
            i64::from(row.points).into(),
            joined(&row.reasons),
            days(dealings),
            currency.to_string().into(),
            Cell::Money(dealings.overdue, currency),
            Cell::Money(row.principal, currency),
            dealings.bounces.into(),
            dealings.last_paid_on.into(),
            dealings.last_paid.map_or(Cell::Nothing, |amount| Cell::Money(amount, currency)),
        ]);
    }
    let columns = [
        Column::text("stage"),
        Column::text("action"),
        Column::text("currency"),
        Column::number("loans"),
        Column::number("overdue"),
        Column::number("principal"),
    ];
    let mut summary = Sheet::new("stages", columns).title("By stage:").when_empty("nobody to contact");
    for line in &view.stages {
        summary.row([
            Cell::from(&*line.stage),
            Cell::from(&*line.action),
            line.currency.to_string().into(),
            line.loans.into(),
            Cell::Money(line.overdue, line.currency),
            Cell::Money(line.principal, line.currency),
        ]);
    }
    Document::new()
        .field("as_of", view.date)
        .field("strategy", strategy.source.as_str())
        .sheet(sheet)
        .sheet(summary)
        .print(options)
}

pub async fn early_warning(args: &EarlyWarningArgs, options: &Options) -> Result<(), Failure> {
    let strategy = args.strategy.read()?;
    one_of("signal", args.signal.as_ref(), &strategy.signals.iter().map(|rule| &rule.name).collect::<Vec<_>>())?;
    let looked = Looked::at(&args.as_of, options).await?;
    let mut warnings = arrears::early_warnings(&looked.portfolio(), looked.date, &strategy)?;
    if let Some(wanted) = &args.signal {
        warnings.retain(|row| row.signals.iter().any(|signal| **signal == **wanted));
    }
    let columns = [
        Column::text("loan"),
        Column::text("signals"),
        Column::number("days_past_due"),
        Column::text("currency"),
        Column::number("overdue"),
        Column::number("principal"),
        Column::number("bounces"),
        Column::text("last_paid_on"),
    ];
    let mut sheet = Sheet::new("loans", columns).when_empty("no loan gives a signal");
    for row in &warnings {
        let (dealings, currency) = (&row.dealings, row.dealings.currency);
        sheet.row([
            Cell::from(&*row.loan),
            joined(&row.signals),
            days(dealings),
            currency.to_string().into(),
            Cell::Money(dealings.overdue, currency),
            Cell::Money(row.principal, currency),
            dealings.bounces.into(),
            dealings.last_paid_on.into(),
        ]);
    }
    Document::new().field("as_of", looked.date).field("strategy", strategy.source.as_str()).sheet(sheet).print(options)
}

pub async fn forecast(as_of: &AsOf, options: &Options) -> Result<(), Failure> {
    let looked = Looked::at(as_of, options).await?;
    let view = arrears::forecast(&looked.portfolio(), looked.date)?;
    let head = [Column::text("currency"), Column::text("month"), Column::number("instalments")];
    let columns = head.into_iter().chain(Component::ALL.map(|component| Column::number(component.name())));
    let columns = columns.chain([Column::number("total")]);
    let mut sheet = Sheet::new("months", columns).when_empty("nothing is outstanding");
    let mut totals: BTreeMap<Currency, (u64, Components)> = BTreeMap::new();
    for row in &view.rows {
        let month = match row.falls {
            Falls::PastDue => "past due".to_owned(),
            Falls::In(month) => month.to_string(),
        };
        let (instalments, due) = totals.entry(row.currency).or_default();
        *instalments = instalments.saturating_add(row.instalments);
        *due = due.plus(&row.due)?;
        sheet.row(due_cells(row.currency, &month, row.instalments, &row.due)?);
    }
    for (currency, (instalments, due)) in totals {
        sheet.total(due_cells(currency, "total", instalments, &due)?);
    }
    Document::new().field("as_of", view.date).sheet(sheet).print(options)
}

fn due_cells(currency: Currency, month: &str, instalments: u64, due: &Components) -> Result<Vec<Cell>, Failure> {
    let mut cells = vec![Cell::from(currency.to_string()), month.into(), instalments.into()];
    cells.extend(Component::ALL.map(|component| Cell::Money(due.get(component), currency)));
    cells.push(Cell::Money(due.total()?, currency));
    Ok(cells)
}

pub async fn efficiency(args: &EfficiencyArgs, options: &Options) -> Result<(), Failure> {
    let looked = Looked::at(&args.as_of, options).await?;
    let (first, last) = args.months.read(Month::of(looked.date).map_err(out_of_range)?, "begun")?;
    let rows = arrears::efficiency(&looked.portfolio(), first, last, looked.date)?;
    let columns = [
        Column::text("month"),
        Column::text("currency"),
        Column::number("due"),
        Column::number("paid_in_time"),
        Column::number("paid_in_month"),
        Column::number("paid"),
        Column::number("lost"),
        Column::number("open"),
        Column::detail("received_for_arrears"),
        Column::detail("received_for_month"),
        Column::detail("received_in_advance"),
        Column::number("in_time_pct"),
        Column::number("in_month_pct"),
        Column::number("to_date_pct"),
        Column::number("total_pct"),
    ];
    let mut sheet = Sheet::new("months", columns).when_empty("nothing fell due and nothing came in");
    for row in &rows {
        let one = row.collected;
        let amounts = [
            one.due,
            one.paid_in_time,
            one.paid_in_month,
            one.paid,
            one.lost,
            one.open,
            one.received_for_arrears,
            one.received_for_month,
            one.received_in_advance,
        ];
        let head = [Cell::from(row.month.to_string()), row.currency.to_string().into()];
        let rates = [row.in_time, row.in_month, row.to_date, row.total].map(Cell::from);
        sheet.row(head.into_iter().chain(amounts.map(|amount| Cell::Money(amount, row.currency))).chain(rates));
    }
    Document::new().field("as_of", looked.date).sheet(sheet).print(options)
}
