//! Which format a text has, and reading it.

use crate::bills::{alipay, wechat};
use crate::input::Source;
use crate::limits::Limits;
use crate::model::{FindingCode, Statement};
use crate::refusal::{Reason, Refusal};
use crate::settlement::{adyen, stripe};
use crate::table::{Mapping, mapped};
use crate::{camt, foot, mt940, ofx};

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What it may cost.
    pub limits: Limits,
    /// How to read a CSV that no other reader knows.
    pub mapping: Option<Mapping>,
}

/// Reads the statements of one text; the format is told by its content. A mapping is used for whatever is not recognised, and
/// for every CSV file if the mapping says so.
///
/// # Errors
/// A [`Refusal`] with the line and the reason. What does not add up is a finding in the statement instead.
pub fn read(source: &Source, options: &Options) -> Result<Vec<Statement>, Refusal> {
    let (text, limits) = (source.text.as_str(), &options.limits);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut end = text.len().min(8192);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let head = text.get(..end).unwrap_or_default();
    let mut statements = if camt::is_camt(head) {
        camt::read(text, limits)?
    } else if ofx::is_ofx(head) {
        ofx::read(text, limits)?
    } else if alipay::is_alipay(head) {
        alipay::read(text, limits)?
    } else if wechat::is_wechat(head) {
        wechat::read(text, limits)?
    } else if adyen::is_adyen(head) {
        adyen::read(text, limits)?
    } else if stripe::is_stripe(head) {
        stripe::read(text, limits)?
    } else if let Some(mapping) = &options.mapping {
        mapped::read(text, mapping, limits)?
    } else if mt940::is_mt940(text) {
        mt940::read(text, limits)?
    } else {
        let what = if head.trim_start().starts_with("<?xml") || head.trim_start().starts_with('<') {
            "it is XML, but neither camt.052, camt.053, camt.054 nor OFX"
        } else {
            "it has no known format: camt.052/053/054, MT940/942, OFX, Alipay, WeChat Pay, Stripe or Adyen; \
             a CSV needs a mapping"
        };
        return Err(Refusal::at(1, Reason::UnknownFormat, what));
    };
    for statement in &mut statements {
        foot::check(statement);
        if let Some(encoding) = source.guessed {
            let text = format!("it is not UTF-8 and names no encoding: read as {encoding}");
            statement.findings.insert(0, crate::model::Finding { code: FindingCode::EncodingGuessed, line: 1, text });
        }
    }
    Ok(statements)
}
