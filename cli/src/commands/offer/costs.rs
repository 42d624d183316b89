//! Costs beside the terms, and who collects what.

use crate::args::parse_component;
use crate::exit::Failure;
use crate::session::parse_amount;
use ledger_core::cost::{Collectors, ExtraCost, LENDER, When};
use ledger_core::money::Currency;

/// Costs that the terms do not contain, and collectors.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CostArgs {
    /// A cost beside the terms: NAME:AMOUNT[:WHEN[:COLLECTOR]], WHEN = upfront (default), first, each, last
    #[arg(long = "cost", value_name = "COST")]
    costs: Vec<String>,
    /// Who collects a component of the terms: COMPONENT=NAME, such as fee=platform [default: lender]
    #[arg(long, value_name = "COLLECTOR")]
    collected_by: Vec<String>,
}

impl CostArgs {
    /// The costs, in a currency.
    pub fn extra(&self, currency: Currency) -> Result<Vec<ExtraCost>, Failure> {
        self.costs.iter().map(|text| parse_cost(text, currency)).collect()
    }

    /// The collectors.
    pub fn collectors(&self) -> Result<Collectors, Failure> {
        let mut collectors = Collectors::default();
        for text in &self.collected_by {
            let wrong = |why: &str| Failure::rejected("bad-collector", format!("--collected-by `{text}`: {why}"));
            let (component, name) = text.split_once('=').ok_or_else(|| wrong("write it as fee=platform"))?;
            let component = parse_component(component).map_err(|error| wrong(&error))?;
            if name.trim().is_empty() || !collectors.set(component, name.trim()) {
                return Err(wrong("name the collector of interest, fee or penalty"));
            }
        }
        Ok(collectors)
    }
}

/// Reads `NAME:AMOUNT[:WHEN[:COLLECTOR]]`.
pub fn parse_cost(text: &str, currency: Currency) -> Result<ExtraCost, Failure> {
    let wrong = |why: String| Failure::rejected("bad-cost", format!("cost `{text}`: {why}"));
    let mut parts = text.splitn(4, ':').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let amount = parts.next().unwrap_or_default();
    if name.is_empty() || amount.is_empty() {
        return Err(wrong(
            "write it as NAME:AMOUNT[:WHEN[:COLLECTOR]], such as guarantee:60.00:upfront:guarantor".into(),
        ));
    }
    let amount = parse_amount(amount, currency).map_err(|error| wrong(error.to_string()))?;
    if !amount.is_positive() {
        return Err(wrong("the amount must be more than nothing".into()));
    }
    let when = match parts.next().filter(|when| !when.is_empty()) {
        None => When::Upfront,
        Some(name) => When::ALL
            .into_iter()
            .find(|when| when.name() == name)
            .ok_or_else(|| wrong(format!("`{name}` is not one of {}", When::ALL.map(When::name).join(", "))))?,
    };
    let collector = parts.next().filter(|name| !name.is_empty()).unwrap_or(LENDER).to_owned();
    Ok(ExtraCost { name: name.to_owned(), amount, when, collector })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_whole_or_refused() {
        let cost = parse_cost("guarantee:60.00:each:a guarantor: Ltd", Currency::CNY).unwrap();
        assert_eq!((cost.amount.minor(), cost.when, cost.collector.as_str()), (6_000, When::Each, "a guarantor: Ltd"));
        let plain = parse_cost("review:5", Currency::CNY).unwrap();
        assert_eq!((plain.when, plain.collector.as_str()), (When::Upfront, LENDER));
        for bad in ["", "x", "x:", ":5", "x:five", "x:-5", "x:0", "x:0.001", "x:5:never"] {
            assert!(parse_cost(bad, Currency::CNY).is_err(), "{bad}");
        }
    }
}
