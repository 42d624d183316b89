//! Lines and payments that share a reference.

use super::{Matcher, REVERSAL, Standing, numbers};
use crate::reconcile::rules::Rule;
use ledger_core::money::{Currency, Overflow};
use ledger_core::record::BreakKind;

impl Matcher<'_> {
    /// Lines whose own references are payments'.
    pub(super) fn by_reference(&mut self, rule: &Rule) -> Result<(), Overflow> {
        let mut hits: Vec<(u32, u32)> = Vec::new();
        for number in numbers(self.lines) {
            let Some(line) = self.line(number).filter(|_| !self.is_done(number)) else { continue };
            if let Some(head) = line.references.iter().find_map(|reference| self.index.reference(reference)) {
                hits.push((head, number));
            }
        }
        self.groups(rule, hits)
    }

    /// Settles the groups of lines that hit the same reference, in the order of the payments.
    pub(super) fn groups(&mut self, rule: &Rule, mut hits: Vec<(u32, u32)>) -> Result<(), Overflow> {
        hits.sort_unstable();
        for group in hits.chunk_by(|a, b| a.0 == b.0) {
            let Some((head, _)) = group.first() else { continue };
            let lines: Vec<u32> = group.iter().map(|(_, line)| *line).collect();
            self.group(rule, &lines, &self.index.same_reference(*head))?;
        }
        Ok(())
    }

    /// The sum of payments, if they all are in the currency.
    pub(super) fn sum(&self, payments: &[u32], currency: Currency) -> Result<Option<i128>, Overflow> {
        let mut sum: i128 = 0;
        for payment in payments.iter().filter_map(|number| self.payment(*number)) {
            if payment.currency != currency {
                return Ok(None);
            }
            sum = sum.checked_add(i128::from(payment.amount.minor())).ok_or(Overflow)?;
        }
        Ok(Some(sum))
    }

    fn line_sum(&self, lines: &[u32]) -> i128 {
        lines.iter().filter_map(|line| self.line(*line)).map(|line| i128::from(line.amount.minor())).sum()
    }

    fn group(&mut self, rule: &Rule, lines: &[u32], payments: &[u32]) -> Result<(), Overflow> {
        let Some(first) = payments.first().and_then(|number| self.payment(*number)) else { return Ok(()) };
        let incoming = first.amount.is_positive();
        let is_back = |line: &u32| self.line(*line).is_some_and(|one| one.amount.is_positive() != incoming);
        let (mut back, mut forth): (Vec<u32>, Vec<u32>) = lines.iter().copied().partition(is_back);
        self.cancel(&mut forth, &mut back, payments)?;
        let free: Vec<u32> = payments.iter().copied().filter(|payment| self.is_free(*payment)).collect();
        let currency = first.currency;
        match (free.as_slice(), forth.as_slice()) {
            (_, []) => {}
            ([], _) => return self.none_free(rule, payments, forth, back),
            ([payment], [line]) => self.pair(rule, *line, *payment)?,
            ([payment], several) => self.several_lines(rule, several, *payment)?,
            (several, [line]) => self.several_payments(rule, *line, several, currency)?,
            (several, forth) => self.many_to_many(rule, forth, several, currency)?,
        }
        self.taken_back(rule, &back, payments)
    }

    /// A line more than there are payments that the bank took back itself: both belong to each other and to no payment.
    fn cancel(&mut self, forth: &mut Vec<u32>, back: &mut Vec<u32>, payments: &[u32]) -> Result<(), Overflow> {
        let unseen = payments.iter().filter(|payment| self.standing(**payment) == Standing::Free).count();
        while forth.len() > unseen {
            let Some(wanted) =
                forth.last().and_then(|line| self.line(*line)).map(|one| one.amount.negated()).transpose()?
            else {
                return Ok(());
            };
            let opposite = back.iter().position(|line| self.line(*line).is_some_and(|one| one.amount == wanted));
            let (Some(at), Some(line)) = (opposite, forth.last().copied()) else { return Ok(()) };
            forth.pop();
            self.matched(REVERSAL, vec![line, back.remove(at)], Vec::new());
        }
        Ok(())
    }

    /// Lines for payments that are taken, or that the ledger took back.
    fn none_free(
        &mut self,
        rule: &Rule,
        payments: &[u32],
        forth: Vec<u32>,
        mut back: Vec<u32>,
    ) -> Result<(), Overflow> {
        for line in forth {
            let Some(one) = self.line(line) else { continue };
            let (amount, currency) = (one.amount, one.currency);
            let rest = payments.iter().find_map(|payment| self.earlier.rests.get(payment));
            if let Some((_, id)) = rest.filter(|(rest, _)| *rest == amount.minor()) {
                self.found.settled.push((id.clone(), line));
                self.finish(line);
                continue;
            }
            let negative = amount.negated()?;
            let reversed = payments.iter().copied().find(|number| {
                let same = self.payment(*number).is_some_and(|one| one.amount == amount && one.currency == currency);
                self.standing(*number) == Standing::Free && same
            });
            let opposite = back.iter().position(|line| self.line(*line).is_some_and(|one| one.amount == negative));
            match (reversed, opposite) {
                // paid and taken back on both sides
                (Some(payment), Some(at)) => {
                    let taken = back.remove(at);
                    self.matched(REVERSAL, vec![line, taken], vec![payment]);
                    self.stand(payment, Standing::TakenBack);
                }
                (Some(payment), None) => {
                    let text = "the bank has it, the ledger took it back".to_owned();
                    self.problem(BreakKind::MissingInLedger, Some(rule), vec![line], vec![payment], text);
                }
                (None, _) => {
                    let text = "another line has this reference already".to_owned();
                    self.problem(BreakKind::Duplicate, Some(rule), vec![line], payments.to_vec(), text);
                }
            }
        }
        self.taken_back(rule, &back, payments)
    }

    /// Several lines for one payment: its parts, or the same one again.
    fn several_lines(&mut self, rule: &Rule, lines: &[u32], payment: u32) -> Result<(), Overflow> {
        let Some(right) = self.payment(payment) else { return Ok(()) };
        let whole = i128::from(right.amount.minor());
        let same_currency =
            lines.iter().filter_map(|line| self.line(*line)).all(|line| line.currency == right.currency);
        if same_currency && self.line_sum(lines) == whole {
            self.matched(&rule.id, lines.to_vec(), vec![payment]);
            return Ok(());
        }
        let exact = lines.iter().copied().find(|line| {
            self.line(*line).is_some_and(|one| one.amount == right.amount && one.currency == right.currency)
        });
        match exact {
            Some(line) => {
                self.pair(rule, line, payment)?;
                for again in lines.iter().copied().filter(|other| *other != line) {
                    let text = "another line has this reference already".to_owned();
                    self.problem(BreakKind::Duplicate, Some(rule), vec![again], vec![payment], text);
                }
            }
            None if same_currency => {
                let text = format!("{} lines do not come to the payment", lines.len());
                self.problem(BreakKind::AmountDiffers, Some(rule), lines.to_vec(), vec![payment], text);
            }
            None => {
                let text = "lines in several currencies have this reference".to_owned();
                self.problem(BreakKind::WrongCurrency, Some(rule), lines.to_vec(), vec![payment], text);
            }
        }
        Ok(())
    }

    /// One line for several payments: their sum, or one of them while the others are recorded twice.
    fn several_payments(
        &mut self,
        rule: &Rule,
        line: u32,
        payments: &[u32],
        currency: Currency,
    ) -> Result<(), Overflow> {
        let Some(left) = self.line(line) else { return Ok(()) };
        let amount = i128::from(left.amount.minor());
        if left.currency == currency && self.sum(payments, currency)? == Some(amount) {
            self.matched(&rule.id, vec![line], payments.to_vec());
            return Ok(());
        }
        let same = |number: &u32| {
            self.payment(*number).is_some_and(|one| one.amount == left.amount && one.currency == left.currency)
        };
        let equal: Vec<u32> = payments.iter().copied().filter(same).collect();
        match equal.split_first() {
            Some((first, rest)) => {
                self.pair(rule, line, *first)?;
                if !rest.is_empty() {
                    let text = "the ledger has this reference and amount more than once".to_owned();
                    self.problem(BreakKind::Duplicate, Some(rule), Vec::new(), rest.to_vec(), text);
                }
            }
            None => {
                let text =
                    format!("{} payments have this reference, and neither one nor their sum fits", payments.len());
                self.problem(BreakKind::Ambiguous, Some(rule), vec![line], payments.to_vec(), text);
            }
        }
        Ok(())
    }

    /// As many lines as payments whose amounts are the same ones: paired in order. Anything else is ambiguous.
    fn many_to_many(
        &mut self,
        rule: &Rule,
        lines: &[u32],
        payments: &[u32],
        currency: Currency,
    ) -> Result<(), Overflow> {
        let mut left: Vec<(i64, u32)> =
            lines.iter().filter_map(|line| self.line(*line).map(|one| (one.amount.minor(), *line))).collect();
        let mut right: Vec<(i64, u32)> = payments
            .iter()
            .filter_map(|one| self.payment(*one).map(|payment| (payment.amount.minor(), *one)))
            .collect();
        left.sort_unstable();
        right.sort_unstable();
        let one_currency = self.sum(payments, currency)?.is_some()
            && lines.iter().filter_map(|line| self.line(*line)).all(|line| line.currency == currency);
        let same = left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| left.0 == right.0);
        if same && one_currency {
            for ((_, line), (_, payment)) in left.into_iter().zip(right) {
                self.pair(rule, line, payment)?;
            }
            return Ok(());
        }
        for line in lines {
            let text = format!("{} lines and {} payments have this reference", lines.len(), payments.len());
            self.problem(BreakKind::Ambiguous, Some(rule), vec![*line], payments.to_vec(), text);
        }
        Ok(())
    }

    /// Lines that take a payment back.
    fn taken_back(&mut self, rule: &Rule, back: &[u32], payments: &[u32]) -> Result<(), Overflow> {
        for line in back.iter().copied() {
            let Some(one) = self.line(line).filter(|_| !self.is_done(line)) else { continue };
            let wanted = one.amount.negated()?;
            // the second line of a payment comes back first
            let again = payments.iter().filter_map(|payment| self.earlier.duplicates.get(payment)).flatten();
            let again = again.filter(|(amount, id)| {
                *amount == wanted.minor() && !self.found.settled.iter().any(|(settled, _)| settled == id)
            });
            if let Some(id) = again.map(|(_, id)| id.clone()).next() {
                self.found.settled.push((id, line));
                self.finish(line);
                continue;
            }
            let of = |standing: fn(Standing) -> bool, exact: bool| {
                payments.iter().copied().find(|number| {
                    standing(self.standing(*number))
                        && self
                            .payment(*number)
                            .is_some_and(|p| p.currency == one.currency && (!exact || p.amount == wanted))
                })
            };
            let live: fn(Standing) -> bool = |standing| standing != Standing::TakenBack;
            match (of(live, true), of(live, false)) {
                (Some(payment), _) if self.payment(payment).is_some_and(|p| p.reversed_on.is_some()) => {
                    self.matched(REVERSAL, vec![line], vec![payment]);
                    self.stand(payment, Standing::TakenBack);
                }
                (Some(payment), _) => {
                    let text = "the bank took it back, the ledger did not".to_owned();
                    self.problem(BreakKind::ReversedAtBank, Some(rule), vec![line], vec![payment], text);
                    self.stand(payment, Standing::TakenBack);
                }
                (None, Some(payment)) => {
                    let text = "the bank took another amount back than was paid".to_owned();
                    self.problem(BreakKind::ReversedAtBank, Some(rule), vec![line], vec![payment], text);
                }
                (None, None) => {
                    let text = "the bank took it back more than once".to_owned();
                    self.problem(BreakKind::Duplicate, Some(rule), vec![line], payments.to_vec(), text);
                }
            }
        }
        Ok(())
    }
}
