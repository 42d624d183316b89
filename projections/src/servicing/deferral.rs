//! Income that is earned over the term: buy-down fees and capitalised income, in equal parts by the day.

use super::income::Recognised;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Overflow};
use ledger_core::servicing::contract::{Component, Contract};
use ledger_core::servicing::engine::Engine;
use ledger_core::servicing::fact::{Dated, Fact};
use ledger_core::servicing::instalment::Split;
use rust_decimal::Decimal;

/// How much of the deferred income is income by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// What the days until this one earned, the day itself included.
    Day(Date),
    /// All of it.
    End,
}

/// Deferred income by name.
const NAMES: [&str; 2] = ["buy_down_fee_amortization", "capitalized_income_amortization"];

/// Recognises deferred income until a day, as lines dated `on`.
pub fn recognise(
    lines: &mut Vec<Recognised>,
    contract: &Contract,
    engine: &Engine,
    facts: &[Dated],
    on: Date,
    until: Until,
) -> Result<(), Overflow> {
    let Some(maturity) = engine.model.as_ref().and_then(|model| model.maturity()) else { return Ok(()) };
    let mut earned = [Split::default(), Split::default()];
    for dated in facts.iter().filter(|dated| !dated.reversed) {
        let (kind, component, amount) = match dated.fact {
            Fact::BuyDownFee { component, amount } => (0, component, amount),
            Fact::Capitalised { amount } => (1, Component::Interest, amount),
            _ => continue,
        };
        let part = match until {
            Until::End => amount,
            Until::Day(day) => part_by_days(contract, amount, dated.on, maturity, day)?,
        };
        if let Some(split) = earned.get_mut(kind) {
            split.add(component, part)?;
        }
    }
    for (name, earned) in NAMES.into_iter().zip(earned) {
        let mut more = earned;
        for line in lines.iter().filter(|line| line.name == name) {
            more.add(Component::Interest, line.split.interest.negated()?)?;
            more.add(Component::Fee, line.split.fee.negated()?)?;
        }
        if more.total()?.is_positive() {
            lines.push(Recognised { on, name, split: more });
        }
    }
    Ok(())
}

fn part_by_days(
    contract: &Contract,
    amount: Amount,
    from: Date,
    maturity: Date,
    day: Date,
) -> Result<Amount, Overflow> {
    let length = maturity.days_since(from);
    let days = day.days_since(from).checked_add(1).ok_or(Overflow)?;
    if days <= 0 {
        return Ok(Amount::ZERO);
    }
    if days >= length {
        return Ok(amount);
    }
    let part =
        amount.to_decimal().checked_mul(Decimal::from(days)).and_then(|sum| sum.checked_div(Decimal::from(length)));
    contract.interest.round(part.ok_or(Overflow)?)
}
