//! Whether the terms of servicing can be meant, and say the same as the terms around them.

use super::servicing::{decimals, rule};
use super::validate::{MAX_INSTALMENTS, TermsError, within};
use super::{Adjustment, Amortisation, Direction, Residue, Terms};
use crate::money::Rate;
use crate::servicing::contract::{Allocation, AllocationRule, Component, Contract, PaymentKind};
use crate::servicing::rules::InterestRules;
use rust_decimal::Decimal;

type Checked = Result<(), TermsError>;

/// Twelve pairs of past due, due, in advance with penalty, fee, interest, principal.
const PAIRS: usize = 12;

impl Terms {
    /// Checks the terms of servicing, if there are any.
    pub(super) fn validate_servicing(&self) -> Checked {
        let Some(contract) = self.servicing.as_deref() else { return Ok(()) };
        self.only_what_servicing_computes()?;
        self.says_the_same(contract)?;
        interest(&contract.interest)?;
        self.plan(contract)?;
        allocation(&contract.allocation)?;
        if let Some(down) = &contract.down_payment
            && (down.share <= Rate::default() || down.share.ratio() >= Decimal::ONE)
        {
            return wrong("servicing.down_payment", "has a share that is not between 0 and 1 (25% is 0.25)");
        }
        let refunds = [PaymentKind::MerchantRefund, PaymentKind::PayoutRefund];
        if contract.interest_refund_on.iter().any(|kind| !refunds.contains(kind)) {
            return wrong("servicing.interest_refund_on", "takes merchant-refund and payout-refund alone");
        }
        if !matches!(contract.buy_down_income, Component::Interest | Component::Fee) {
            return wrong("servicing.buy_down_income", "is interest or fee");
        }
        Ok(())
    }

    /// What the engine of servicing does not compute must not stand in the terms.
    fn only_what_servicing_computes(&self) -> Checked {
        match &self.amortisation {
            Amortisation::Annuity | Amortisation::EqualPrincipal => {}
            Amortisation::InterestOnly { .. } | Amortisation::Custom(_) => {
                return wrong("amortisation", "is annuity or equal-principal for a loan with `servicing`");
            }
        }
        if self.flat_fee.is_some() {
            return wrong("flat_fee", "is not for a loan with `servicing`: levy a fee with every instalment");
        }
        if self.penalty.is_some() {
            return wrong(
                "penalty",
                "is not for a loan with `servicing`: use servicing.interest_on_overdue, or a charge",
            );
        }
        if self.calendar.is_some() || self.adjustment != Adjustment::Unadjusted {
            return wrong("calendar", "is not for a loan with `servicing`: its due dates are not moved");
        }
        if self.frequency.end_of_month {
            return wrong("frequency", "takes no `end of month` for a loan with `servicing`: leave it out");
        }
        if self.residue == Residue::First {
            return wrong(
                "residue",
                "is last for a loan with `servicing`: the last open instalment takes what is left",
            );
        }
        if self.instalment_rounding != self.rounding {
            return wrong("instalment_rounding", "is that of `rounding` for a loan with `servicing`: leave it out");
        }
        Ok(())
    }

    /// What stands in the terms and in the contract is the same.
    fn says_the_same(&self, contract: &Contract) -> Checked {
        let rules = &contract.interest;
        let vertical = self.allocation.direction == Direction::Vertical;
        let order = rule(&self.allocation, contract.allocation.default.future);
        let equal_principal = matches!(self.amortisation, Amortisation::EqualPrincipal);
        let first_due = contract.due_dates.as_ref().and_then(|dates| dates.first().copied());
        for (field, same) in [
            ("servicing.interest.annual_rate", rules.annual_rate == self.annual_rate),
            ("servicing.interest.frequency", rules.frequency == self.frequency),
            ("servicing.interest.instalments", rules.instalments == self.instalments),
            ("servicing.interest.rounding", rules.rounding == self.rounding),
            ("servicing.interest.significant_digits", rules.significant_digits == self.significant_digits),
            ("servicing.interest.decimals", rules.decimals == decimals(self)),
            ("servicing.interest.equal_principal", rules.equal_principal == equal_principal),
            ("servicing.allocation.vertical", contract.allocation.vertical == vertical),
            ("servicing.allocation.default", contract.allocation.default == order),
            ("servicing.due_dates", self.first_due_on.is_none() || self.first_due_on == first_due),
        ] {
            if !same {
                return wrong(field, "differs from the field of the terms that it repeats: both say the same");
            }
        }
        Ok(())
    }

    /// Tranches and dates.
    fn plan(&self, contract: &Contract) -> Checked {
        let expected = &contract.expected;
        if expected.iter().any(|tranche| !tranche.amount.is_positive()) {
            return wrong("servicing.expected", "has a tranche of nothing: give each an amount");
        }
        if !expected.is_sorted_by_key(|tranche| tranche.on) {
            return wrong("servicing.expected", "does not list tranches by their days: order them");
        }
        if let Some(length) = contract.fixed_length {
            within("servicing.fixed_length", length, 1, MAX_INSTALMENTS.saturating_mul(31))?;
        }
        let Some(dates) = &contract.due_dates else { return Ok(()) };
        if u32::try_from(dates.len()) != Ok(self.instalments) {
            return wrong("servicing.due_dates", "lists another number of dates than there are instalments");
        }
        if !dates.is_sorted_by(|before, after| before < after) {
            return wrong("servicing.due_dates", "does not rise: order them, one for each instalment");
        }
        Ok(())
    }
}

fn interest(rules: &InterestRules) -> Checked {
    if !rules.unit.is_positive() {
        return wrong("servicing.amount_multiple", "is not more than nothing: leave it out, or give a multiple");
    }
    if rules.instalment_multiple.is_some_and(|multiple| !multiple.is_positive()) {
        return wrong("servicing.instalment_multiple", "is not more than nothing: leave it out, or give a multiple");
    }
    let grace = rules.grace;
    within("servicing.grace.interest", grace.interest, 0, rules.instalments.saturating_sub(1))?;
    within("servicing.grace.principal", grace.principal, 0, rules.instalments.saturating_sub(1))?;
    within("servicing.grace.interest_free", grace.interest_free, 0, rules.instalments)
}

fn allocation(allocation: &Allocation) -> Checked {
    for (at, (kind, of_kind)) in allocation.by_kind.iter().enumerate() {
        if allocation.by_kind.iter().take(at).any(|(before, _)| before == kind) {
            return wrong("servicing.payments", "has two orders for one kind of payment: keep one");
        }
        whole(of_kind)?;
    }
    whole(&allocation.default)?;
    let Some(order) = &allocation.chargeback else { return Ok(()) };
    let twice = order.iter().enumerate().any(|(at, one)| order.iter().take(at).any(|before| before == one));
    if twice || order.len() != Component::ALL.len() {
        return wrong("servicing.chargeback_order", "lists principal, interest, fee and penalty once each");
    }
    Ok(())
}

/// An order names every pair once.
fn whole(rule: &AllocationRule) -> Checked {
    let twice = rule.order.iter().enumerate().any(|(at, one)| rule.order.iter().take(at).any(|before| before == one));
    if twice || rule.order.len() != PAIRS {
        return wrong("servicing.payments", "has an order that does not list each of the twelve pairs once");
    }
    Ok(())
}

fn wrong(field: &'static str, problem: &str) -> Checked {
    Err(TermsError::new(field, problem))
}
