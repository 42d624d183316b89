//! The servicing engine: a pure fold of facts in the order of their days.

mod charges;
mod credits;
mod disbursements;
mod endings;
mod order;
mod payments;
mod restructurings;
mod sync;

use super::ServicingError;
use super::contract::{Component, Contract, PaymentKind};
use super::fact::{Dated, Fact};
use super::instalment::{Instalment, Split};
use super::interest::{DueAmounts, Model};
use crate::calendar::Date;
use crate::money::Amount;
use std::sync::Arc;

/// What a fact did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The fact.
    pub fact: usize,
    /// The whole amount.
    pub amount: Amount,
    /// By component.
    pub split: Split,
    /// Beyond what was owed.
    pub overpaid: Amount,
    /// Principal that is open after it.
    pub balance: Amount,
}

/// A charge as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The fact.
    pub fact: usize,
    /// Fee or penalty.
    pub component: Component,
    /// How much.
    pub amount: Amount,
    /// When it is due; with every instalment if nothing is said.
    pub due: Option<Date>,
    /// Paid.
    pub paid: Amount,
    /// Waived.
    pub waived: Amount,
}

/// A loan as it stands after some facts.
#[derive(Debug, Clone)]
pub struct Engine {
    contract: Arc<Contract>,
    facts: Vec<Dated>,
    /// The interest model; nothing before the first disbursement.
    pub model: Option<Model>,
    /// The instalments, by due date.
    pub instalments: Vec<Instalment>,
    /// What each fact did.
    pub lines: Vec<Line>,
    /// Charges.
    pub charges: Vec<Charge>,
    /// Paid too much.
    pub overpaid: Amount,
    /// Tranches paid out.
    pub disbursed: Vec<(Date, Amount)>,
    /// Income added to the principal.
    pub capitalised: Vec<(Date, Amount)>,
    charged_off: bool,
    written_off: bool,
    terminated: bool,
    re_amortised: bool,
    re_aged: bool,
    re_ageing: Option<(Date, u32)>,
    interest_refunded: Amount,
    prepaying: bool,
    skipped: Vec<(Date, Date)>,
    paying: usize,
    mappings: Vec<Mapping>,
    /// What was payable of an instalment (from, due) on a day, as long as the model did not change since.
    payable: Option<((Date, Date, Date), DueAmounts)>,
}

/// Which payment paid what of which instalment.
#[derive(Debug, Clone)]
struct Mapping {
    fact: usize,
    from: Date,
    due: Date,
    component: Component,
    amount: Amount,
}

impl Engine {
    /// The loan after all facts that are not reversed, overdue interest counted until a day.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn run(contract: &Contract, facts: &[Dated], until: Date) -> Result<Self, ServicingError> {
        Self::folded(Arc::new(contract.clone()), facts.to_vec(), |_, _| Ok(()))?.counted_until(until)
    }

    /// The loan after all facts that are not reversed; overdue interest is counted until the last of them. `observe` is shown
    /// the loan after each, in the order in which they count.
    ///
    /// # Errors
    /// Dates or amounts leave their range, or the observer fails.
    pub fn folded(
        contract: Arc<Contract>,
        facts: Vec<Dated>,
        observe: impl FnMut(usize, &Self) -> Result<(), ServicingError>,
    ) -> Result<Self, ServicingError> {
        let order = order::in_order(&facts, contract.interest.recalculated);
        Self::new(contract, facts).applied(&order, observe)
    }

    /// Whether [`Self::continued`] comes to the same as a fold from the start: these are the facts so far and some that count
    /// after all of them and change nothing before.
    #[must_use]
    pub fn can_continue(&self, contract: &Contract, facts: &[Dated]) -> bool {
        let known = self.facts.len();
        let recalculated = contract.interest.recalculated;
        let (Some(before), Some(after)) = (facts.get(..known), facts.get(known..)) else { return false };
        // a waiver counts from its charge on
        let looks_back = |dated: &Dated| matches!(dated.fact, Fact::ChargeWaived { .. });
        before == self.facts
            && *contract == *self.contract
            && !after.iter().any(looks_back)
            && order::in_order(facts, recalculated).starts_with(&order::in_order(before, recalculated))
    }

    /// The loan after more facts; `facts` holds those so far too.
    ///
    /// # Errors
    /// Dates or amounts leave their range, or the observer fails.
    pub fn continued(
        mut self,
        facts: Vec<Dated>,
        observe: impl FnMut(usize, &Self) -> Result<(), ServicingError>,
    ) -> Result<Self, ServicingError> {
        let recalculated = self.contract.interest.recalculated;
        let done = order::in_order(&self.facts, recalculated).len();
        let order = order::in_order(&facts, recalculated);
        self.facts = facts;
        self.applied(order.get(done..).unwrap_or_default(), observe)
    }

    fn applied(
        mut self,
        order: &[usize],
        mut observe: impl FnMut(usize, &Self) -> Result<(), ServicingError>,
    ) -> Result<Self, ServicingError> {
        for fact in order {
            let before = self.settled()?;
            self.apply(*fact)?;
            self.hold_what_is_left(*fact, before)?;
            observe(*fact, &self)?;
        }
        self.prepaying = false;
        Ok(self)
    }

    /// The loan with overdue interest counted until a day, its instalments in their order.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn counted_until(mut self, until: Date) -> Result<Self, ServicingError> {
        self.recalculate(until)?;
        self.sort();
        Ok(self)
    }

    /// The instalments by due date, overdue interest counted until a day. The loan itself goes on as it is.
    ///
    /// # Errors
    /// Dates or amounts leave their range.
    pub fn instalments_until(&self, until: Date) -> Result<Vec<Instalment>, ServicingError> {
        let mut view = Self::new(self.contract.clone(), Vec::new());
        view.instalments.clone_from(&self.instalments);
        if self.counts_overdue() {
            view.model.clone_from(&self.model);
            view.prepaying = self.prepaying;
        }
        (view.charged_off, view.written_off, view.terminated) = (self.charged_off, self.written_off, self.terminated);
        Ok(view.counted_until(until)?.instalments)
    }

    /// The facts that it has seen.
    #[must_use]
    pub fn facts(&self) -> &[Dated] {
        &self.facts
    }

    /// The instalments by due date, as they stand now.
    #[must_use]
    pub fn by_due_date(&self) -> Vec<&Instalment> {
        let mut rows: Vec<&Instalment> = self.instalments.iter().collect();
        rows.sort_by_key(|row| row.place());
        rows
    }

    fn new(contract: Arc<Contract>, facts: Vec<Dated>) -> Self {
        Self {
            contract,
            facts,
            model: None,
            instalments: Vec::new(),
            lines: Vec::new(),
            charges: Vec::new(),
            overpaid: Amount::ZERO,
            disbursed: Vec::new(),
            capitalised: Vec::new(),
            charged_off: false,
            written_off: false,
            terminated: false,
            re_amortised: false,
            re_aged: false,
            re_ageing: None,
            interest_refunded: Amount::ZERO,
            prepaying: false,
            skipped: Vec::new(),
            paying: 0,
            mappings: Vec::new(),
            payable: None,
        }
    }

    fn apply(&mut self, index: usize) -> Result<(), ServicingError> {
        let Some(dated) = self.facts.get(index).cloned() else { return Ok(()) };
        let on = dated.on;
        self.prepaying = match &dated.fact {
            Fact::Paid { amount, .. } => self.closes_the_loan(on, *amount)?,
            _ => false,
        };
        if !matches!(
            dated.fact,
            Fact::Charged { .. }
                | Fact::LateFee { .. }
                | Fact::RateChanged { .. }
                | Fact::Extended { .. }
                | Fact::InterestPaused { .. }
        ) {
            self.recalculate(on)?;
        }
        match &dated.fact {
            Fact::Disbursed { amount } => self.disburse(index, on, *amount)?,
            Fact::Capitalised { amount } => self.capitalise(index, on, *amount)?,
            Fact::Paid { kind, amount } => self.pay(index, on, *kind, *amount)?,
            Fact::InterestRefunded { of } => self.refund_interest(index, on, *of)?,
            Fact::Charged { component, amount, due } => self.charge(index, on, *component, *amount, *due)?,
            Fact::LateFee { instalment, fee } => self.assess_late_fee(index, on, *instalment, *fee)?,
            Fact::BuyDownFee { component, amount } => self.defer(index, *component, *amount)?,
            Fact::ChargedBack { of, amount } => self.charge_back(index, on, *of, *amount)?,
            Fact::CreditRefunded { amount } => self.refund_credit(index, on, *amount)?,
            Fact::ChargedOff => self.charge_off(index, on)?,
            Fact::WrittenOff => self.write_off(index, on)?,
            Fact::Terminated => self.terminate(index, on)?,
            Fact::ReAmortised { handling } => self.re_amortise(index, on, *handling)?,
            Fact::ReAged { start, every, instalments, handling } => {
                self.re_age(index, on, *start, *every, *instalments, *handling)?;
            }
            Fact::RateChanged { from, rate } => {
                if let Some(model) = &mut self.model {
                    model.change_rate(*from, *rate)?;
                }
                self.sync_open_from(*from)?;
            }
            Fact::Extended { from, instalments } => self.extend(*from, *instalments)?,
            Fact::DueDateChanged { due, new_due } => self.change_due_date(*due, *new_due)?,
            Fact::InterestPaused { first, last } => {
                if let Some(model) = &mut self.model {
                    model.pause_interest(*first, *last)?;
                }
                self.sync_open_from(*first)?;
            }
            // a waiver counts from its charge on: see `charges`
            Fact::ChargeWaived { .. } => {}
        }
        Ok(())
    }

    /// Everything that was paid on instalments, and what is held.
    fn settled(&self) -> Result<Amount, ServicingError> {
        let paid = self.instalments.iter().try_fold(Amount::ZERO, |sum, row| sum.plus(row.paid.total()?))?;
        Ok(paid.plus(self.overpaid)?)
    }

    /// Money that came in, or was paid before, and has no place on the instalments after a fact is held for the borrower: no
    /// cent is lost.
    fn hold_what_is_left(&mut self, fact: usize, before: Amount) -> Result<(), ServicingError> {
        let came_in = match self.facts.get(fact).map(|dated| &dated.fact) {
            // money goes out
            Some(Fact::CreditRefunded { .. }) => return Ok(()),
            Some(Fact::Paid { amount, .. }) => *amount,
            Some(Fact::InterestRefunded { .. }) => self.line_of(fact).map_or(Amount::ZERO, |line| line.amount),
            _ => Amount::ZERO,
        };
        let left = before.plus(came_in)?.minus(self.settled()?)?.or_zero();
        self.overpaid = self.overpaid.plus(left)?;
        Ok(())
    }

    /// Interest follows payments, at this point of the fold.
    fn recalculates(&self) -> bool {
        self.contract.recalculates() && !self.charged_off && !self.written_off && !self.terminated
    }

    /// A fee that becomes income over the term: it moves no instalment.
    fn defer(&mut self, fact: usize, component: Component, amount: Amount) -> Result<(), ServicingError> {
        let mut split = Split::default();
        split.add(component, amount)?;
        self.record(fact, amount, split, Amount::ZERO)
    }

    fn record(&mut self, fact: usize, amount: Amount, split: Split, overpaid: Amount) -> Result<(), ServicingError> {
        let balance = self.open_principal()?;
        self.lines.push(Line { fact, amount, split, overpaid, balance });
        Ok(())
    }

    /// It was written off.
    #[must_use]
    pub fn is_written_off(&self) -> bool {
        self.written_off
    }

    /// Principal that is open.
    ///
    /// # Errors
    /// Amounts leave their range.
    pub fn open_principal(&self) -> Result<Amount, ServicingError> {
        let mut open = Amount::ZERO;
        for instalment in &self.instalments {
            open = open.plus(instalment.open(Component::Principal)?)?;
        }
        Ok(open.or_zero())
    }

    fn sort(&mut self) {
        self.instalments.sort_by_key(Instalment::place);
        let mut previous = None;
        for instalment in &mut self.instalments {
            if let Some(previous) = previous
                && (instalment.additional && instalment.from != instalment.due || instalment.re_aged)
            {
                instalment.from = previous;
            }
            previous = Some(instalment.due);
        }
    }

    fn line_of(&self, fact: usize) -> Option<&Line> {
        self.lines.iter().find(|line| line.fact == fact)
    }

    /// The kind of a payment.
    fn kind_of(&self, fact: usize) -> Option<PaymentKind> {
        match self.facts.get(fact).map(|dated| &dated.fact) {
            Some(Fact::Paid { kind, .. }) => Some(*kind),
            _ => None,
        }
    }
}
