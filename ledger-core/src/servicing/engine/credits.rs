//! Chargebacks, refunds of what was overpaid, refunds of interest.

use super::Engine;
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::contract::{Component, PaymentKind};
use crate::servicing::fact::{Dated, Fact};
use crate::servicing::instalment::{Instalment, Split};
use crate::servicing::interest::Model;

impl Engine {
    pub(super) fn charge_back(
        &mut self,
        fact: usize,
        on: Date,
        of: usize,
        amount: Amount,
    ) -> Result<(), ServicingError> {
        let split = self.charged_back_split(fact, of, amount)?;
        self.record(fact, amount, split, Amount::ZERO)?;
        let maturity = self.model.as_ref().and_then(Model::maturity);
        if self.contract.interest.recalculated && maturity.is_some_and(|maturity| on <= maturity) {
            if let Some(model) = &mut self.model {
                if split.principal.is_positive() {
                    model.credit(on, split.principal, Amount::ZERO)?;
                }
                if split.interest.is_positive() {
                    model.credit(on, Amount::ZERO, split.interest)?;
                }
            }
            self.sync_by_due(on)?;
            let row = self.instalments.iter_mut().find(|row| {
                !row.down_payment && if maturity == Some(on) { row.due == on } else { row.from <= on && on < row.due }
            });
            if let Some(row) = row {
                for component in [Component::Fee, Component::Penalty] {
                    row.owed.add(component, split.get(component))?;
                    row.credited.add(component, split.get(component))?;
                }
                row.update_met(on)?;
            }
        } else {
            self.owe_again(on, split)?;
        }
        let balance = self.open_principal()?;
        if let Some(line) = self.lines.iter_mut().rfind(|line| line.fact == fact) {
            line.balance = balance;
        }
        self.use_overpayment(fact, on)
    }

    /// What a chargeback takes back: all principal, or by the order of the terms what the payment paid and earlier chargebacks
    /// left.
    fn charged_back_split(&self, fact: usize, of: usize, amount: Amount) -> Result<Split, Overflow> {
        let Some(order) = &self.contract.allocation.chargeback else {
            return Ok(Split { principal: amount, ..Split::default() });
        };
        let mut rest = self.line_of(of).map(|line| line.split).unwrap_or_default();
        for line in &self.lines {
            let same = matches!(self.facts.get(line.fact).map(|dated| &dated.fact), Some(Fact::ChargedBack { of: other, .. }) if *other == of);
            if same && line.fact != fact {
                for component in order {
                    rest.add(*component, line.split.get(*component).negated()?)?;
                }
            }
        }
        let (mut left, mut split) = (amount, Split::default());
        for component in order {
            let part = rest.get(*component).min(left).or_zero();
            split.add(*component, part)?;
            left = left.minus(part)?;
        }
        Ok(split)
    }

    /// Puts amounts on the next instalment, or on an additional one after the last.
    fn owe_again(&mut self, on: Date, split: Split) -> Result<usize, ServicingError> {
        self.sort();
        let by_model = self.contract.interest.recalculated;
        let next =
            self.instalments.iter().position(|row| !row.down_payment && (row.additional || !by_model && row.due > on));
        let last = self.instalments.iter().rposition(|row| !row.down_payment);
        let at = match (next, last) {
            (Some(at), _) => at,
            (None, Some(at)) if self.instalments.get(at).is_some_and(|row| row.due == on) => at,
            _ => {
                let from = self.instalments.last().map_or(on, |row| row.due);
                let mut row = Instalment::new(from, on);
                row.additional = true;
                self.instalments.push(row);
                self.instalments.len().saturating_sub(1)
            }
        };
        if let Some(row) = self.instalments.get_mut(at) {
            if row.additional {
                row.due = row.due.max(on);
            }
            for component in Component::ALL {
                row.owed.add(component, split.get(component))?;
                row.credited.add(component, split.get(component))?;
            }
            row.update_met(on)?;
        }
        Ok(at)
    }

    pub(super) fn refund_credit(&mut self, fact: usize, on: Date, amount: Amount) -> Result<(), ServicingError> {
        let principal = amount.minus(self.overpaid)?.or_zero();
        let repaid = amount.minus(principal)?;
        self.overpaid = self.overpaid.minus(repaid)?;
        let split = Split { principal, ..Split::default() };
        if principal.is_positive() {
            // the whole amount is owed; what was overpaid pays its part of it at once
            let within = self.model.as_ref().and_then(Model::maturity).filter(|maturity| on <= *maturity);
            if let Some(maturity) = within.filter(|_| self.contract.interest.recalculated) {
                if let Some(model) = &mut self.model {
                    model.credit(on, amount, Amount::ZERO)?;
                }
                self.sync_by_due(on)?;
                let row =
                    self.instalments.iter_mut().find(|row| row.is_regular() && (row.due > on || row.due == maturity));
                if let (Some(row), Some(model)) = (row, &mut self.model)
                    && repaid.is_positive()
                {
                    let (from, due) = (row.from, row.due);
                    row.pay(Component::Principal, on, repaid)?;
                    model.pay_principal(from, due, on, repaid)?;
                    self.sync_by_due(on)?;
                }
            } else {
                let at = self.owe_again(on, Split { principal: amount, ..Split::default() })?;
                if let Some(row) = self.instalments.get_mut(at) {
                    row.pay(Component::Principal, on, repaid)?;
                }
            }
        }
        self.record(fact, amount, split, repaid)
    }

    pub(super) fn refund_interest(&mut self, fact: usize, on: Date, of: usize) -> Result<(), ServicingError> {
        let vertical = self.contract.allocation.vertical;
        if self.charged_off && !self.contract.recalculates() {
            return Ok(());
        }
        let Some(model) = &self.model else { return Ok(()) };
        let before = model.interest_payable_on(on, vertical)?;
        let after = self.interest_had_less_been_lent(fact, of, on)?;
        let amount = before.minus(self.interest_refunded)?.minus(after)?.or_zero();
        self.interest_refunded = self.interest_refunded.plus(amount)?;
        if amount.is_zero() {
            return Ok(());
        }
        self.pay(fact, on, PaymentKind::InterestRefund, amount)
    }

    /// The interest of the loan if the goods that were returned had never been financed.
    fn interest_had_less_been_lent(&self, fact: usize, of: usize, on: Date) -> Result<Amount, ServicingError> {
        let order = super::order::in_order(&self.facts, self.contract.interest.recalculated);
        let done = order.iter().position(|at| *at == fact).unwrap_or(order.len());
        let mut known: Vec<Dated> = self.facts.to_vec();
        let mut refunded = Amount::ZERO;
        for (position, at) in order.iter().enumerate() {
            let Some(dated) = known.get_mut(*at) else { continue };
            let refunds = match &dated.fact {
                Fact::Paid { kind, amount } if self.contract.interest_refund_on.contains(kind) || *at == of => {
                    Some(*amount)
                }
                Fact::InterestRefunded { .. } => Some(Amount::ZERO),
                _ => None,
            };
            if position >= done {
                dated.reversed = true;
            } else if let Some(amount) = refunds {
                refunded = refunded.plus(amount)?;
                dated.reversed = true;
            }
        }
        for dated in known.iter_mut().filter(|dated| !dated.reversed) {
            if let Fact::Disbursed { amount } = &mut dated.fact {
                let part = refunded.min(*amount);
                *amount = amount.minus(part)?;
                refunded = refunded.minus(part)?;
            }
        }
        let dry = Engine::run(&self.contract, &known, on)?;
        let Some(model) = &dry.model else { return Ok(Amount::ZERO) };
        model.interest_payable_on(on, self.contract.allocation.vertical)
    }
}
