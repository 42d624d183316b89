//! What a command did to a loan.

use super::{Cell, Column, Document, Sheet};
use crate::args::LoanId;
use crate::exit::Failure;
use ledger_core::ledger::Answer;
use ledger_core::loan::{Effect, Line, LoanEvent, PlanChange};
use ledger_core::money::{Amount, Currency};
use ledger_core::schedule::Planned;
use ledger_core::terms::Component;
use std::collections::BTreeMap;

/// What a command did (or would do, in a dry run), event by event: the split by instalment and component, the plan, the
/// restatements.
pub fn answer(
    loan: &LoanId,
    currency: Currency,
    key: &str,
    dry_run: bool,
    answer: &Answer,
) -> Result<Document, Failure> {
    let document = Document::new().currency(currency);
    match answer {
        Answer::AlreadyApplied { first, last } => Ok(document
            .headline(format!("already applied: loan {loan}, nothing recorded"))
            .field("loan", loan.to_string())
            .field("already_applied", true)
            .field("version", *first)
            .field("last_version", *last)
            .field("key", key)),
        Answer::Executed { first, last, position, effective_on, events } => {
            let kinds: Vec<&str> = events.iter().map(|event| event.facts.kind()).collect();
            let money = events.iter().find_map(|event| event.facts.money());
            let mut document = document
                .headline(if dry_run { "dry run: nothing recorded" } else { "recorded" })
                .field("loan", loan.to_string())
                .field("event", kinds.join(", "))
                .field("amount", money.map(|(amount, currency)| Cell::Money(amount, currency)))
                .field("effective_on", *effective_on)
                .field("version", *first)
                .field("last_version", Some(*last).filter(|last| last != first))
                .field("position", *position)
                .field("key", key)
                .field("dry_run", Some(dry_run).filter(|dry_run| *dry_run));
            if let Some(sheet) = split(events, currency)? {
                document = document.sheet(sheet);
            }
            if let Some(sheet) = plan(events, currency)? {
                document = document.sheet(sheet);
            }
            if let Some(sheet) = restatements(events, currency)? {
                document = document.sheet(sheet);
            }
            Ok(document)
        }
    }
}

/// The word for an effect.
pub const fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Planned(_) => "plan changed",
        Effect::Charged(_) => "charged",
        Effect::Accrued(_) => "accrued",
        Effect::Paid(_) => "paid",
        Effect::Waived(_) => "waived",
        Effect::WrittenOff(_) => "written off",
        Effect::Recovered(_) => "recovered",
        Effect::Credited => "held as credit",
    }
}

/// Amounts by component and in all.
#[derive(Default)]
struct Sums {
    components: [Amount; 4],
    total: Amount,
}

impl Sums {
    fn add(&mut self, line: &Line) -> Result<(), Failure> {
        if let Some(component) = line.effect.component() {
            for (known, slot) in Component::ALL.iter().zip(&mut self.components) {
                if *known == component {
                    *slot = slot.plus(line.amount)?;
                }
            }
        }
        self.total = self.total.plus(line.amount)?;
        Ok(())
    }

    fn cells(&self, currency: Currency) -> Vec<Cell> {
        let amounts = self.components.iter().chain([&self.total]);
        amounts.map(|amount| Cell::Share(*amount, currency)).collect()
    }
}

const SPLIT: [Column; 7] = [
    Column::number("instalment"),
    Column::text("effect"),
    Column::number("principal"),
    Column::number("interest"),
    Column::number("fee"),
    Column::number("penalty"),
    Column::number("total"),
];

fn split(events: &[LoanEvent], currency: Currency) -> Result<Option<Sheet>, Failure> {
    let mut rows: BTreeMap<(u32, &str), Sums> = BTreeMap::new();
    for line in events.iter().flat_map(|event| &event.outcome.lines) {
        rows.entry((line.instalment, effect_name(line.effect))).or_default().add(line)?;
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut sheet = Sheet::new("lines", SPLIT).currency(currency);
    for ((instalment, effect), sums) in &rows {
        let place = Some(*instalment).filter(|number| *number > 0);
        sheet.row([Cell::from(place), (*effect).into()].into_iter().chain(sums.cells(currency)));
    }
    Ok(Some(sheet))
}

fn plan(events: &[LoanEvent], currency: Currency) -> Result<Option<Sheet>, Failure> {
    let changes: Vec<_> = events.iter().flat_map(|event| &event.outcome.plan).collect();
    if changes.is_empty() {
        return Ok(None);
    }
    if changes.iter().all(|change| change.new.planned == Planned::default()) {
        return Ok(Some(due_dates(&changes)));
    }
    let columns = [
        Column::number("instalment"),
        Column::text("due_on"),
        Column::number("principal"),
        Column::number("interest"),
        Column::number("fee"),
        Column::number("total"),
    ];
    let mut sheet = Sheet::new("plan", columns).currency(currency);
    let mut sums = [Amount::ZERO; 4];
    for change in changes {
        let planned = &change.new.planned;
        let amounts = [planned.principal, planned.interest, planned.fee, planned.total()?];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum = sum.plus(amount)?;
        }
        let place = [change.new.number.into(), change.new.due_on.into()];
        sheet.row(place.into_iter().chain(amounts.map(|amount| Cell::Money(amount, currency))));
    }
    sheet.total([Cell::Nothing, "total".into()].into_iter().chain(sums.map(|sum| Cell::Money(sum, currency))));
    Ok(Some(sheet))
}

/// The plan of a loan that is serviced by the day: its amounts are lines.
fn due_dates(changes: &[&PlanChange]) -> Sheet {
    let columns = [Column::number("instalment"), Column::text("from"), Column::text("due_on")];
    let mut sheet = Sheet::new("plan", columns);
    for change in changes {
        sheet.row([change.new.number.into(), change.new.from.into(), change.new.due_on.into()]);
    }
    sheet
}

fn restatements(events: &[LoanEvent], currency: Currency) -> Result<Option<Sheet>, Failure> {
    let mut rows: BTreeMap<_, Sums> = BTreeMap::new();
    for restated in events.iter().flat_map(|event| &event.outcome.restated) {
        let line = &restated.difference;
        let place = (restated.effective_on, restated.corrected, line.instalment, effect_name(line.effect));
        rows.entry(place).or_default().add(line)?;
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let columns = [Column::text("effective_on"), Column::number("corrected_version")].into_iter().chain(SPLIT);
    let mut sheet = Sheet::new("restated", columns).currency(currency).title("Later outcomes that change:");
    for ((effective_on, corrected, instalment, effect), sums) in &rows {
        let instalment = Some(*instalment).filter(|number| *number > 0);
        let place = [Cell::from(*effective_on), (*corrected).into(), instalment.into(), (*effect).into()];
        sheet.row(place.into_iter().chain(sums.cells(currency)));
    }
    Ok(Some(sheet))
}
