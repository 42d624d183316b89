//! The file of caps.

use super::located::{rate, wrong};
use super::{Contingent, Counted, Limit, Mark, Policy, RateCap};
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::Date;
use ledger_core::cost::{CostMethod, ItemKind};
use ledger_core::money::Rate;
use serde::Deserialize;
use toml::Spanned;

const BUILTIN: &str = include_str!("../../data/rate-caps.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    cap: Vec<Spanned<WireCap>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCap {
    id: String,
    title: String,
    jurisdiction: String,
    lenders: Vec<String>,
    products: Vec<String>,
    effective_from: Date,
    effective_to: Option<Date>,
    term_months_up_to: Option<u32>,
    term_months_over: Option<u32>,
    limit: WireLimit,
    method: CostMethod,
    method_mark: Mark,
    decimals: Option<u32>,
    counts: Vec<Counted>,
    policy: Policy,
    mark: Mark,
    source: String,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLimit {
    annual: Option<String>,
    reference: Option<String>,
    times: Option<String>,
}

impl WireLimit {
    fn limit(&self) -> Result<Limit, String> {
        match (&self.annual, &self.reference, &self.times) {
            (Some(annual), None, None) => positive(rate(annual)?).map(Limit::Annual),
            (None, Some(reference), Some(times)) => {
                let factor = times.parse().map_err(|_| format!("`times` is `{times}`, not a number such as \"4\""))?;
                Ok(Limit::Reference { id: reference.clone(), times: positive(factor)? })
            }
            _ => Err("write { annual = \"24%\" } or { reference = \"cn-lpr-1y\", times = \"4\" }".to_owned()),
        }
    }
}

fn positive(rate: Rate) -> Result<Rate, String> {
    if rate > Rate::default() { Ok(rate) } else { Err(format!("{rate} is not more than nothing")) }
}

impl RateCap {
    /// The caps of a file's text.
    ///
    /// # Errors
    /// The text is no such file, or has a field that is not known or cannot be; the error names file, field and line.
    pub fn parse(file: &str, text: &str) -> Result<Vec<Self>, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let mut caps: Vec<Self> = Vec::with_capacity(wire.cap.len());
        for one in wire.cap {
            let (span, one) = (one.span(), one.into_inner());
            let at = |field: &str, reason: String| wrong(file, text, &span, &one.id, field, reason);
            let texts = [("id", &one.id), ("title", &one.title), ("jurisdiction", &one.jurisdiction)];
            for (field, value) in texts.into_iter().chain([("source", &one.source)]) {
                if value.trim().is_empty() {
                    return Err(at(field, "it is empty".to_owned()));
                }
            }
            for (field, list) in [("lenders", &one.lenders), ("products", &one.products)] {
                if list.is_empty() || list.iter().any(|name| name.trim().is_empty()) {
                    return Err(at(field, "names nobody: write \"any\" for all".to_owned()));
                }
            }
            if caps.iter().any(|known| known.id == one.id && known.effective_from == one.effective_from) {
                return Err(at("id", format!("stands twice from {} on", one.effective_from)));
            }
            if one.effective_to.is_some_and(|to| to < one.effective_from) {
                return Err(at("effective_to", format!("lies before `effective_from`, {}", one.effective_from)));
            }
            if matches!((one.term_months_over, one.term_months_up_to), (Some(over), Some(to)) if over >= to) {
                return Err(at("term_months_over", "leaves no term below `term_months_up_to`".to_owned()));
            }
            if !one.counts.iter().any(|counted| matches!(counted, Counted::Item(_))) {
                return Err(at("counts", "counts no cost of normal performance (interest, ...)".to_owned()));
            }
            if one.decimals.is_some_and(|decimals| decimals > 12) {
                return Err(at("decimals", "is more than 12: leave it out for an exact comparison".to_owned()));
            }
            let limit = one.limit.limit().map_err(|reason| at("limit", reason))?;
            caps.push(Self {
                counts: one.counts.iter().filter_map(|counted| counted.item()).collect(),
                contingent: one.counts.iter().filter_map(|counted| counted.contingent()).collect(),
                id: one.id,
                title: one.title,
                jurisdiction: one.jurisdiction,
                lenders: one.lenders,
                products: one.products,
                effective_from: one.effective_from,
                effective_to: one.effective_to,
                term_months_up_to: one.term_months_up_to,
                term_months_over: one.term_months_over,
                limit,
                method: one.method,
                method_mark: one.method_mark,
                decimals: one.decimals,
                policy: one.policy,
                mark: one.mark,
                source: one.source,
                note: one.note,
            });
        }
        Ok(caps)
    }

    /// The caps that the program comes with.
    ///
    /// # Errors
    /// Never for the file that is built in; a test reads it.
    pub fn builtin() -> Result<Vec<Self>, DataFileError> {
        Self::parse("rate-caps.toml", BUILTIN)
    }
}

impl Counted {
    const fn item(self) -> Option<ItemKind> {
        match self {
            Self::Item(kind) => Some(kind),
            Self::Contingent(_) => None,
        }
    }

    const fn contingent(self) -> Option<Contingent> {
        match self {
            Self::Item(_) => None,
            Self::Contingent(kind) => Some(kind),
        }
    }
}
