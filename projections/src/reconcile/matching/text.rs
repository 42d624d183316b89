//! References inside free text.

use super::{Matcher, numbers};
use crate::reconcile::rules::Rule;
use ledger_core::money::Overflow;
use ledger_core::record::BreakKind;

/// Words of a text that may be references.
pub(in crate::reconcile) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':')))
        .map(|word| word.trim_matches(|c: char| matches!(c, '.' | '-' | '/' | ':')))
        .filter(|word| !word.is_empty())
}

impl Matcher<'_> {
    /// Lines whose text names one reference join its group; several references are one payment for many, or ambiguous.
    pub(super) fn by_text(&mut self, rule: &Rule) -> Result<(), Overflow> {
        let mut hits: Vec<(u32, u32)> = Vec::new();
        for number in numbers(self.lines) {
            let Some(line) = self.line(number).filter(|line| !self.is_done(number) && !line.text.is_empty()) else {
                continue;
            };
            let mut heads: Vec<u32> = words(&line.text).filter_map(|word| self.index.reference(word)).collect();
            heads.sort_unstable();
            heads.dedup();
            if heads.is_empty() {
                // a bank may have broken the reference over two lines: then the amount must fit as well
                heads = self.wrapped(&line.text);
                heads.retain(|head| {
                    self.payment(*head).is_some_and(|one| one.amount == line.amount && one.currency == line.currency)
                });
            }
            match heads.as_slice() {
                [] => {}
                [head] => hits.push((*head, number)),
                several => {
                    let payments: Vec<u32> = several
                        .iter()
                        .flat_map(|head| self.index.same_reference(*head))
                        .filter(|payment| self.is_free(*payment))
                        .collect();
                    let sum = self.sum(&payments, line.currency)?;
                    if payments.len() > 1 && sum == Some(i128::from(line.amount.minor())) {
                        self.matched(&rule.id, vec![number], payments);
                    } else if !payments.is_empty() {
                        let text = format!("the text names {} references", several.len());
                        self.problem(BreakKind::Ambiguous, Some(rule), vec![number], payments, text);
                    }
                }
            }
        }
        self.groups(rule, hits)
    }

    /// References that stand in a text if its white space is taken out, between two borders of words. The longest wins.
    fn wrapped(&self, text: &str) -> Vec<u32> {
        let mut compact = String::with_capacity(text.len());
        // borders[i]: a word begins or ends before the i-th byte of the compact text
        let mut borders: Vec<bool> = Vec::with_capacity(text.len());
        let mut before = ' ';
        for c in text.chars() {
            if !c.is_whitespace() {
                let border = !(before.is_alphanumeric() && c.is_alphanumeric());
                borders.extend((0..c.len_utf8()).map(|at| border && at == 0));
                compact.push(c);
            }
            before = c;
        }
        borders.push(true);
        let mut heads = Vec::new();
        let mut from: usize = 0;
        while from < compact.len() {
            let mut step = 1;
            if borders.get(from).copied().unwrap_or(false) {
                for length in &self.index.lengths {
                    let to = from.saturating_add(*length);
                    let ends = borders.get(to).copied().unwrap_or(false);
                    let Some(part) = compact.get(from..to).filter(|_| ends) else { continue };
                    if let Some(head) = self.index.reference(part) {
                        heads.push(head);
                        step = (*length).max(1);
                        break;
                    }
                }
            }
            from = from.saturating_add(step);
        }
        heads.sort_unstable();
        heads.dedup();
        heads
    }
}
