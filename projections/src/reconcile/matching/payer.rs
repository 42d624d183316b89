//! Amount and payer: one to one, one to many, many to one.

use super::subset::{self, Sums};
use super::{Matcher, numbers};
use crate::reconcile::rules::Rule;
use ledger_core::money::Overflow;
use ledger_core::record::BreakKind;
use std::collections::{BTreeMap, HashMap};

/// More candidates than these are not combined: the sums of many small numbers always fit somehow.
const MOST: usize = 12;

impl<'a> Matcher<'a> {
    /// Lines that no rule found and that name a payer, with the payer's loans.
    fn with_payer(&self) -> Vec<(u32, Vec<&'a str>)> {
        numbers(self.lines)
            .filter(|number| !self.is_done(*number))
            .filter_map(|number| {
                let line = self.line(number).filter(|line| !line.takes_back)?;
                let loans = self.index.loans_of(line);
                (!loans.is_empty()).then_some((number, loans))
            })
            .collect()
    }

    /// Free payments of loans that could belong to a line, whatever their amount.
    fn near(&self, line: u32, loans: &[&str], days: i64) -> Vec<u32> {
        let Some(left) = self.line(line) else { return Vec::new() };
        let mut found: Vec<u32> = loans
            .iter()
            .flat_map(|loan| self.index.of_loan(loan))
            .filter(|number| {
                self.is_free(*number)
                    && self.payment(*number).is_some_and(|right| {
                        right.currency == left.currency
                            && right.amount.is_positive() == left.amount.is_positive()
                            && left.on.days_since(right.on).abs() <= days
                    })
            })
            .collect();
        found.sort_unstable();
        found
    }

    /// The same amount from the same payer within days, if it is the only one on both sides.
    pub(super) fn by_payer(&mut self, rule: &Rule) -> Result<(), Overflow> {
        let mut claims: HashMap<u32, u32> = HashMap::new();
        let mut edges: Vec<(u32, Vec<u32>)> = Vec::new();
        for (line, loans) in self.with_payer() {
            let Some(left) = self.line(line) else { continue };
            let tolerance = rule.amount.minor(left.currency);
            let mut near = self.near(line, &loans, rule.days);
            near.retain(|number| {
                self.payment(*number)
                    .is_some_and(|right| right.amount.minus(left.amount).is_ok_and(|by| by.minor().abs() <= tolerance))
            });
            if !near.is_empty() {
                for number in &near {
                    let count = claims.entry(*number).or_default();
                    *count = count.saturating_add(1);
                }
                edges.push((line, near));
            }
        }
        for (line, near) in edges {
            match near.as_slice() {
                [only] if claims.get(only) == Some(&1) => self.pair(rule, line, *only)?,
                several => {
                    let text = format!("{} payments of this payer have this amount", several.len());
                    self.problem(BreakKind::Ambiguous, Some(rule), vec![line], several.to_vec(), text);
                }
            }
        }
        Ok(())
    }

    /// One line that is the sum of several payments of its payer, if one set of them alone fits.
    pub(super) fn one_to_many(&mut self, rule: &Rule) -> Result<(), Overflow> {
        for (line, loans) in self.with_payer() {
            let Some(left) = self.line(line) else { continue };
            let near = self.near(line, &loans, rule.days);
            if near.len() < 2 || near.len() > MOST {
                continue;
            }
            let amounts: Vec<i64> =
                near.iter().filter_map(|one| self.payment(*one)).map(|p| p.amount.minor()).collect();
            let chosen = |at: &[usize]| at.iter().filter_map(|at| near.get(*at).copied()).collect::<Vec<u32>>();
            match subset::of(&amounts, left.amount.minor()) {
                Sums::None => {}
                Sums::One(at) => self.matched(&rule.id, vec![line], chosen(&at)),
                Sums::Several => {
                    let text = "several sets of payments come to this amount".to_owned();
                    self.problem(BreakKind::Ambiguous, Some(rule), vec![line], near.clone(), text);
                }
            }
        }
        Ok(())
    }

    /// Several lines of a payer that come to one payment, if one set of them alone fits.
    pub(super) fn many_to_one(&mut self, rule: &Rule) -> Result<(), Overflow> {
        let mut by_payment: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (line, loans) in self.with_payer() {
            for payment in self.near(line, &loans, rule.days) {
                by_payment.entry(payment).or_default().push(line);
            }
        }
        for (payment, mut lines) in by_payment {
            lines.retain(|line| !self.is_done(*line));
            let Some(right) = self.payment(payment).filter(|_| self.is_free(payment)) else { continue };
            if lines.len() < 2 || lines.len() > MOST {
                continue;
            }
            let amounts: Vec<i64> = lines.iter().filter_map(|one| self.line(*one)).map(|l| l.amount.minor()).collect();
            match subset::of(&amounts, right.amount.minor()) {
                Sums::None => {}
                Sums::One(at) => {
                    let chosen = at.iter().filter_map(|at| lines.get(*at).copied()).collect();
                    self.matched(&rule.id, chosen, vec![payment]);
                }
                Sums::Several => {
                    let text = "several sets of lines come to this payment".to_owned();
                    self.problem(BreakKind::Ambiguous, Some(rule), lines, vec![payment], text);
                }
            }
        }
        Ok(())
    }
}
