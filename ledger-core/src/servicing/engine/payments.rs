//! How a payment is spread over instalments and components.

use super::{Engine, Mapping};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::contract::{AllocationRule, Component, DueState, FutureInstalments, PaymentKind};
use crate::servicing::instalment::{Instalment, Split};

/// A payment on its way.
struct Spread<'r> {
    on: Date,
    left: Amount,
    split: Split,
    future: FutureInstalments,
    rule: &'r AllocationRule,
}

impl Engine {
    pub(super) fn pay(
        &mut self,
        fact: usize,
        on: Date,
        kind: PaymentKind,
        amount: Amount,
    ) -> Result<(), ServicingError> {
        if self.prepaying && self.contract.preclosure_until_due_date && self.recalculates() {
            self.bring_interest_to_settled_period(on)?;
        }
        if amount.is_zero() {
            return Ok(());
        }
        self.paying = fact;
        let (split, left) = self.spread(on, amount, kind)?;
        self.overpaid = if left.is_positive() { self.overpaid.plus(left)? } else { Amount::ZERO };
        self.record(fact, amount, split, left)
    }

    /// Interest until the due date of a period that is paid already is collected there.
    fn bring_interest_to_settled_period(&mut self, on: Date) -> Result<(), ServicingError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let Some(at) = model.periods().iter().position(|period| period.from <= on && on < period.due) else {
            return Ok(());
        };
        let Some(period) = model.periods().get(at) else { return Ok(()) };
        if period.is_settled()? {
            let open = model.outstanding_until(period.due, false)?;
            if open.interest.is_positive() {
                model.bring_back(at, open.interest);
            }
        }
        Ok(())
    }

    /// Spreads an amount by the rule of its kind; what is left is overpaid.
    pub(super) fn spread(
        &mut self,
        on: Date,
        amount: Amount,
        kind: PaymentKind,
    ) -> Result<(Split, Amount), ServicingError> {
        let contract = self.contract.clone();
        let rule = contract.allocation.rule(kind);
        self.spread_by(on, amount, rule)
    }

    fn spread_by(
        &mut self,
        on: Date,
        amount: Amount,
        rule: &AllocationRule,
    ) -> Result<(Split, Amount), ServicingError> {
        let mut spread = Spread { on, left: amount, split: Split::default(), future: rule.future, rule };
        self.payable = None;
        if self.contract.allocation.vertical {
            for (state, component) in &spread.rule.order {
                self.by_component(&mut spread, *state, *component)?;
            }
        } else {
            let mut states: Vec<DueState> = Vec::new();
            for (state, _) in &rule.order {
                if !states.contains(state) {
                    states.push(*state);
                }
            }
            for state in states {
                self.by_instalment(&mut spread, state)?;
            }
        }
        Ok((spread.split, spread.left))
    }

    /// What was overpaid pays what is owed now, by the order for every kind.
    pub(super) fn use_overpayment(&mut self, fact: usize, on: Date) -> Result<(), ServicingError> {
        if !self.overpaid.is_positive() {
            return Ok(());
        }
        let contract = self.contract.clone();
        let (_, left) = self.spread_by(on, self.overpaid, &contract.allocation.default)?;
        let used = self.overpaid.minus(left)?;
        self.overpaid = left;
        let balance = self.open_principal()?;
        if let Some(line) = self.lines.iter_mut().rfind(|line| line.fact == fact) {
            line.overpaid = line.overpaid.plus(used)?;
            line.balance = balance;
        }
        Ok(())
    }

    fn by_instalment(&mut self, spread: &mut Spread<'_>, state: DueState) -> Result<(), ServicingError> {
        if !spread.left.is_positive() {
            return Ok(());
        }
        self.skipped.clear();
        let components: Vec<Component> =
            spread.rule.order.iter().filter(|(of, _)| *of == state).map(|(_, component)| *component).collect();
        let rounds = self.instalments.len().saturating_mul(100);
        for _ in 0..rounds {
            let rows = self.chosen(spread, state, Instalment::is_unmet)?;
            for component in &components {
                self.pay_evenly(spread, state, *component, &rows)?;
            }
            if rows.is_empty() || !spread.left.is_positive() || self.instalments.iter().all(Instalment::is_met) {
                break;
            }
        }
        Ok(())
    }

    fn by_component(
        &mut self,
        spread: &mut Spread<'_>,
        state: DueState,
        component: Component,
    ) -> Result<(), ServicingError> {
        let rounds = self.instalments.len().saturating_mul(100);
        for _ in 0..rounds {
            if !spread.left.is_positive() {
                break;
            }
            let rows = self.chosen(spread, state, |row| row.open(component).is_ok_and(Amount::is_positive))?;
            let before = spread.left;
            self.pay_evenly(spread, state, component, &rows)?;
            if rows.is_empty() || spread.left == before {
                break;
            }
        }
        Ok(())
    }

    /// Which instalments are to be paid now.
    fn chosen(
        &self,
        spread: &Spread<'_>,
        state: DueState,
        open: impl Fn(&Instalment) -> bool,
    ) -> Result<Vec<usize>, Overflow> {
        let on = spread.on;
        let rows = || self.instalments.iter().enumerate();
        let first = |found: Option<(usize, &Instalment)>| found.map(|(at, _)| at).into_iter().collect::<Vec<_>>();
        Ok(match state {
            DueState::PastDue => first(rows().find(|(_, row)| open(row) && on > row.due)),
            DueState::Due => first(rows().find(|(_, row)| open(row) && on == row.due)),
            DueState::InAdvance => {
                let last =
                    || first(rows().rev().find(|(_, row)| on < row.due && (open(row) || self.may_take_more(row))));
                match spread.future {
                    FutureInstalments::Reamortise => {
                        rows().filter(|(_, row)| open(row) && on < row.due).map(|(at, _)| at).collect()
                    }
                    FutureInstalments::Next => first(rows().find(|(_, row)| open(row) && on < row.due)),
                    FutureInstalments::Last => last(),
                    FutureInstalments::NextThenLast => {
                        let current: Vec<usize> = rows()
                            .filter(|(_, row)| open(row) && on < row.due && on >= row.from)
                            .map(|(at, _)| at)
                            .collect();
                        if current.is_empty() { last() } else { current }
                    }
                }
            }
        })
    }

    /// An instalment of which nothing is due yet can take principal where interest follows payments.
    fn may_take_more(&self, row: &Instalment) -> bool {
        !self.contract.allocation.vertical
            && self.recalculates()
            && row.owes_nothing().unwrap_or(false)
            && !self.skipped.contains(&(row.from, row.due))
    }

    fn pay_evenly(
        &mut self,
        spread: &mut Spread<'_>,
        state: DueState,
        component: Component,
        rows: &[usize],
    ) -> Result<(), ServicingError> {
        let Some(last) = rows.last() else { return Ok(()) };
        let (mut part, mut rest) = self.even_parts(spread.left, rows.len())?;
        if part.plus(rest)?.is_negative() {
            let count = i64::try_from(rows.len()).map_err(|_| Overflow)?;
            part = Amount::from_minor(spread.left.minor().checked_div(count).ok_or(Overflow)?);
            rest = spread.left.minus(crate::servicing::rules::times(part, rows.len())?)?;
        }
        for at in rows {
            let dates = self.instalments.get(*at).map(|row| (row.from, row.due));
            let amount = if at == last { part.plus(rest)? } else { part };
            let paid = self.pay_instalment(*at, component, state, spread.on, amount.min(spread.left))?;
            spread.left = spread.left.minus(paid)?;
            spread.split.add(component, paid)?;
            if let Some((from, due)) = dates.filter(|_| paid.is_positive()) {
                self.mappings.push(Mapping { fact: self.paying, from, due, component, amount: paid });
            }
        }
        Ok(())
    }

    fn pay_instalment(
        &mut self,
        at: usize,
        component: Component,
        state: DueState,
        on: Date,
        amount: Amount,
    ) -> Result<Amount, ServicingError> {
        let by_model = self.recalculates();
        let until_due_date = self.until_due_date();
        let vertical = self.contract.allocation.vertical;
        let (Some(model), Some(row)) = (&mut self.model, self.instalments.get_mut(at)) else { return Ok(Amount::ZERO) };
        let (from, due) = (row.from, row.due);
        let outside = row.down_payment || model.maturity().is_some_and(|maturity| due > maturity);
        if !by_model || outside {
            if outside {
                self.skipped.push((from, due));
            }
            let paid = row.pay(component, on, amount)?;
            self.pay_charges(at, component, paid)?;
            return Ok(paid);
        }
        let mut day = on;
        if state == DueState::InAdvance {
            if until_due_date && from < on && on <= due {
                day = due;
            }
            let payable = match self.payable {
                Some((of, payable)) if of == (from, due, day) => payable,
                _ => model.due_amounts(from, due, day, vertical)?,
            };
            self.payable = Some(((from, due, day), payable));
            if payable.interest.is_zero() && payable.principal.is_zero() {
                self.skipped.push((from, due));
            }
            match component {
                Component::Interest => row.owed.interest = payable.interest,
                Component::Principal => row.owed.principal = payable.principal,
                Component::Fee | Component::Penalty => {}
            }
        }
        let paid = row.pay(component, on, amount)?;
        if matches!(component, Component::Principal | Component::Interest) {
            self.payable = None;
        }
        match component {
            Component::Principal => model.pay_principal(from, due, day, paid)?,
            Component::Interest => model.pay_interest(from, due, day, paid)?,
            Component::Fee | Component::Penalty => {
                self.pay_charges(at, component, paid)?;
                return Ok(paid);
            }
        }
        self.sync_by_due(on)?;
        Ok(paid)
    }
}
