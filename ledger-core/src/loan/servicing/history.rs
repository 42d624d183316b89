//! Recorded facts as the servicing engine takes them.

use crate::calendar::Date;
use crate::loan::{Fact, Facts, LoanState, Operation};
use crate::money::Amount;
use crate::servicing::contract::{Contract, PaymentKind};
use crate::servicing::fact::{self, ChargeAmount, Dated};
use crate::servicing::{self, contract};
use crate::stream::Version;
use crate::terms::Component;

/// The facts of a loan for the engine, and the events that they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The facts, in the order of their versions.
    pub facts: Vec<Dated>,
    /// Of each, its event; none for a tranche that is only planned.
    pub versions: Vec<Option<Version>>,
    /// Nothing is lent: the facts are the plan.
    pub planned: bool,
}

impl History {
    /// The facts that a filter keeps.
    pub fn of(state: &LoanState, contract: &Contract, keep: impl Fn(&Fact) -> bool) -> Self {
        Self::of_facts(state, &state.facts, contract, keep).or_planned(state, contract)
    }

    /// As [`Self::of`], without a plan where nothing is lent.
    pub fn of_facts(state: &LoanState, facts: &[Fact], contract: &Contract, keep: impl Fn(&Fact) -> bool) -> Self {
        let mut history = Self::default();
        for fact in facts.iter().filter(|fact| keep(fact)) {
            history.add(state, fact, contract);
        }
        history
    }

    /// Something is lent.
    pub fn lends(&self) -> bool {
        self.facts.iter().any(|dated| !dated.reversed && matches!(dated.fact, fact::Fact::Disbursed { .. }))
    }

    /// The last day of a fact that counts.
    pub fn last_day(&self) -> Option<Date> {
        self.facts.iter().filter(|dated| !dated.reversed).map(|dated| dated.on).max()
    }

    fn push(&mut self, of: &Fact, on: Date, fact: fact::Fact) {
        self.facts.push(Dated { on, booked: of.booked_on, fact, reversed: of.reversed_by.is_some() });
        self.versions.push(Some(of.version));
    }

    fn index(&self, version: Version) -> usize {
        self.versions.iter().position(|of| *of == Some(version)).unwrap_or(usize::MAX)
    }

    fn add(&mut self, state: &LoanState, of: &Fact, contract: &Contract) {
        use fact::Fact as Engine;
        let on = of.effective_on;
        let paid = |kind: PaymentKind, amount: Amount| Engine::Paid { kind, amount };
        match &of.facts {
            Facts::Disbursed { amount, .. } => self.push(of, on, Engine::Disbursed { amount: *amount }),
            Facts::RepaymentReceived { amount, .. } => self.push(of, on, paid(PaymentKind::Repayment, *amount)),
            Facts::RecoveryReceived { amount, .. } => self.push(of, on, paid(PaymentKind::Recovery, *amount)),
            Facts::FeeCharged { amount, .. } => self.push(
                of,
                on,
                Engine::Charged {
                    component: contract::Component::Fee,
                    amount: ChargeAmount::Flat(*amount),
                    due: Some(on),
                },
            ),
            Facts::WrittenOff { .. } => self.push(of, on, Engine::WrittenOff),
            Facts::LateFeeAssessed { instalment } => {
                let fee = super::late_fees::fee_of(state, of.version);
                self.push(of, on, Engine::LateFee { instalment: *instalment, fee });
            }
            Facts::Operation(operation) => self.operation(of, on, operation, contract),
            Facts::Originated { .. }
            | Facts::Converted(_)
            | Facts::RepaymentReversed { .. }
            | Facts::Waived { .. }
            | Facts::Closed { .. }
            | Facts::Restated { .. } => {}
        }
    }

    fn operation(&mut self, of: &Fact, on: Date, operation: &Operation, contract: &Contract) {
        use fact::Fact as Engine;
        match operation {
            Operation::Credited { kind, amount, .. } => {
                self.push(of, on, Engine::Paid { kind: *kind, amount: *amount });
            }
            Operation::InterestRefunded { of: refund } => {
                let refund = self.index(*refund);
                self.push(of, on, Engine::InterestRefunded { of: refund });
            }
            Operation::ChargeLevied { component, amount, due_on, .. } => {
                let component = component_of(*component);
                self.push(of, on, Engine::Charged { component, amount: *amount, due: *due_on });
            }
            Operation::ChargeWaived { of: charge, .. } => {
                let charge = self.index(*charge);
                let due = match self.facts.get(charge).map(|dated| &dated.fact) {
                    Some(Engine::Charged { due, .. }) => *due,
                    _ => None,
                };
                self.push(of, due.map_or(on, |due| on.min(due)), Engine::ChargeWaived { of: charge });
            }
            Operation::ChargedBack { of: payment, amount, .. } => {
                let payment = self.index(*payment);
                self.push(of, on, Engine::ChargedBack { of: payment, amount: *amount });
            }
            Operation::CreditRefunded { amount, .. } => self.push(of, on, Engine::CreditRefunded { amount: *amount }),
            Operation::ChargedOff { .. } => self.push(of, on, Engine::ChargedOff),
            Operation::Terminated { .. } => self.push(of, on, Engine::Terminated),
            Operation::ReAmortised { handling, .. } => {
                self.push(of, on, Engine::ReAmortised { handling: *handling });
            }
            Operation::ReAged { start, every, instalments, handling, .. } => {
                let fact =
                    Engine::ReAged { start: *start, every: *every, instalments: *instalments, handling: *handling };
                self.push(of, on.min(*start), fact);
            }
            Operation::Rescheduled { from, extra_instalments, annual_rate, new_due_on, .. } => {
                if let Some(instalments) = *extra_instalments {
                    self.push(of, on, Engine::Extended { from: *from, instalments });
                }
                if let Some(rate) = *annual_rate {
                    self.push(of, on, Engine::RateChanged { from: *from, rate });
                }
                if let Some(new_due) = *new_due_on {
                    self.push(of, on, Engine::DueDateChanged { due: *from, new_due });
                }
            }
            Operation::InterestPaused { first, last, .. } => {
                self.push(of, on, Engine::InterestPaused { first: *first, last: *last });
            }
            Operation::IncomeCapitalised { amount, .. } => {
                self.push(of, on, Engine::Capitalised { amount: *amount });
            }
            Operation::BuyDownFeeReceived { amount, .. } => {
                let component = contract.buy_down_income;
                self.push(of, on, Engine::BuyDownFee { component, amount: *amount });
            }
            Operation::DelinquencyPaused { .. }
            | Operation::DelinquencyResumed { .. }
            | Operation::TrancheExpected { .. }
            | Operation::Transferred { .. }
            | Operation::Reversed { .. }
            | Operation::DisbursementsUndone { .. } => {}
        }
    }

    /// Where nothing is lent, what is planned: the tranches that were undone, else those that the terms expect, else the
    /// principal on the day of the contract.
    fn or_planned(mut self, state: &LoanState, contract: &Contract) -> Self {
        if self.lends() {
            return self;
        }
        self.planned = true;
        let undone: Vec<(Date, Amount)> = self
            .facts
            .iter()
            .filter_map(|dated| match dated.fact {
                fact::Fact::Disbursed { amount } => Some((dated.on, amount)),
                _ => None,
            })
            .collect();
        let none_undone = undone.is_empty();
        for dated in &mut self.facts {
            if !none_undone || !matches!(dated.fact, fact::Fact::Charged { .. }) {
                dated.reversed = true;
            }
        }
        let expected = || contract.expected.iter().map(|tranche| (tranche.on, tranche.amount)).collect::<Vec<_>>();
        let mut tranches = if none_undone { expected() } else { undone };
        if tranches.is_empty()
            && let (Some(on), Some(terms)) = (state.originated_on, &state.terms)
        {
            tranches.push((on, terms.principal));
        }
        for (on, amount) in tranches {
            self.facts.push(Dated { on, booked: on, fact: fact::Fact::Disbursed { amount }, reversed: false });
            self.versions.push(None);
        }
        self
    }
}

/// A component of the terms as one of servicing.
pub fn component_of(component: Component) -> contract::Component {
    match component {
        Component::Principal => contract::Component::Principal,
        Component::Interest => contract::Component::Interest,
        Component::Fee => contract::Component::Fee,
        Component::Penalty => contract::Component::Penalty,
    }
}

/// Amounts of servicing by component as those of a loan.
pub fn components_of(split: &servicing::instalment::Split) -> crate::loan::Components {
    crate::loan::Components {
        principal: split.principal,
        interest: split.interest,
        fee: split.fee,
        penalty: split.penalty,
    }
}
