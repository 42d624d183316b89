//! The disclosure of one plan: what is financed, what it costs, and by which rate a year.

use super::items::ItemStandard;
use super::{
    Collectors, ContingentItem, CostError, CostItem, CostMethod, DatedFlow, ExtraCost, ItemKind, When, annualised,
    contingent_items, time_flows,
};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Overflow, Rate};
use crate::schedule::PlanRow;
use crate::terms::{Amortisation, FeeMode, Terms};

/// What a disclosure is made of.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The terms.
    pub terms: &'a Terms,
    /// When the principal is paid out.
    pub disbursed_on: Date,
    /// The schedule that follows from them (see [`crate::schedule::generate`]).
    pub rows: &'a [PlanRow],
    /// Costs that the terms do not contain.
    pub extra: &'a [ExtraCost],
    /// Who collects what the terms contain.
    pub collectors: &'a Collectors,
}

/// One payment of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// The number of the instalment.
    pub number: u32,
    /// When it falls due.
    pub due_on: Date,
    /// Principal in it.
    pub principal: Amount,
    /// Interest in it.
    pub interest: Amount,
    /// Service fee in it.
    pub fee: Amount,
    /// Costs in it that the terms do not contain.
    pub other: Amount,
}

impl Payment {
    /// What is to pay.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total(&self) -> Result<Amount, Overflow> {
        Amount::sum([self.principal, self.interest, self.fee, self.other])
    }
}

/// A rate with its method, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The method.
    pub method: CostMethod,
    /// The annual rate.
    pub rate: Result<Rate, CostError>,
}

/// What a plan costs. Amounts are in [`Disclosure::currency`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The currency of every amount.
    pub currency: Currency,
    /// The principal of the contract.
    pub principal: Amount,
    /// Costs deducted from it or paid with it.
    pub prepaid: Amount,
    /// Instalments that fall due on the day of the disbursement.
    pub down_payment: Amount,
    /// What the borrower really has the use of: principal − prepaid costs − down payment (12 CFR 1026.18(b); Civil Code of
    /// China art. 670: interest deducted in advance is no principal).
    pub amount_financed: Amount,
    /// Total of payments − amount financed: every cost of normal performance (12 CFR 1026.18(d)).
    pub finance_charge: Amount,
    /// All payments after the day of the disbursement (12 CFR 1026.18(h)).
    pub total_of_payments: Amount,
    /// Every cost of normal performance.
    pub items: Vec<CostItem>,
    /// The payment schedule.
    pub payments: Vec<Payment>,
    /// What may come on top.
    pub contingent: Vec<ContingentItem>,
    /// The annualised cost of everything in `items`, by every method.
    pub measures: Vec<Measure>,
    disbursed_on: Date,
    extra: Vec<ExtraCost>,
}

/// Computes the disclosure of a plan. A rate that does not exist (an instalment plan without any later payment) is an error
/// in its [`Measure`], not of the disclosure.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn disclose(plan: &PlanInput<'_>) -> Result<Disclosure, Overflow> {
    let payments = payments(plan)?;
    let principal = Amount::sum(payments.iter().map(|payment| payment.principal))?;
    let prepaid = Amount::sum(of_time(plan.extra, When::Upfront).map(|cost| cost.amount))?;
    let (mut down_payment, mut total_of_payments) = (Amount::ZERO, Amount::ZERO);
    for payment in &payments {
        let at_once = payment.due_on <= plan.disbursed_on;
        let sum = if at_once { &mut down_payment } else { &mut total_of_payments };
        *sum = sum.plus(payment.total()?)?;
    }
    let amount_financed = principal.minus(prepaid)?.minus(down_payment)?;
    let mut disclosure = Disclosure {
        currency: plan.terms.currency,
        principal,
        prepaid,
        down_payment,
        amount_financed,
        finance_charge: total_of_payments.minus(amount_financed)?,
        total_of_payments,
        items: Vec::new(),
        payments,
        contingent: contingent_items(plan.terms, plan.collectors),
        measures: Vec::new(),
        disbursed_on: plan.disbursed_on,
        extra: plan.extra.to_vec(),
    };
    disclosure.measures = CostMethod::ALL.map(|method| disclosure.measure(method, &ItemKind::ALL)).into();
    disclosure.items = disclosure.cost_items(plan)?;
    Ok(disclosure)
}

fn of_time(extra: &[ExtraCost], when: When) -> impl Iterator<Item = &ExtraCost> {
    extra.iter().filter(move |cost| cost.when == when)
}

fn payments(plan: &PlanInput<'_>) -> Result<Vec<Payment>, Overflow> {
    let last = plan.rows.len().saturating_sub(1);
    let payment = |(at, row): (usize, &PlanRow)| {
        let mut other = Amount::ZERO;
        for cost in plan.extra {
            if falls_in(cost.when, at, last) {
                other = other.plus(cost.amount)?;
            }
        }
        let planned = row.planned;
        Ok(Payment {
            number: row.number,
            due_on: row.due_on,
            principal: planned.principal,
            interest: planned.interest,
            fee: planned.fee,
            other,
        })
    };
    plan.rows.iter().enumerate().map(payment).collect()
}

/// Whether a cost is collected with the instalment at this place.
const fn falls_in(when: When, at: usize, last: usize) -> bool {
    match when {
        When::Upfront => false,
        When::First => at == 0,
        When::Each => true,
        When::Last => at == last,
    }
}

impl Disclosure {
    /// The annualised cost of the kinds of items that count, by a method. The principal always counts.
    #[must_use]
    pub fn measure(&self, method: CostMethod, counted: &[ItemKind]) -> Measure {
        let counts = |kind| counted.contains(&kind);
        let extra: Vec<&ExtraCost> = self.extra.iter().filter(|_| counts(ItemKind::ExtraCost)).collect();
        let rate = self.rate(method, counts(ItemKind::Interest), counts(ItemKind::ServiceFee), &extra);
        Measure { method, rate }
    }

    fn rate(&self, method: CostMethod, interest: bool, fee: bool, extra: &[&ExtraCost]) -> Result<Rate, CostError> {
        let flow = |date, amount: Amount| DatedFlow { date, amount: amount.to_decimal() };
        let prepaid = extra.iter().filter(|cost| cost.when == When::Upfront).map(|cost| cost.amount);
        let advance = self.principal.minus(Amount::sum(prepaid)?)?;
        let mut flows = vec![flow(self.disbursed_on, advance)];
        let last = self.payments.len().saturating_sub(1);
        for (at, payment) in self.payments.iter().enumerate() {
            let mut sum = payment.principal;
            for (counts, amount) in [(interest, payment.interest), (fee, payment.fee)] {
                sum = if counts { sum.plus(amount)? } else { sum };
            }
            for cost in extra.iter().filter(|cost| falls_in(cost.when, at, last)) {
                sum = sum.plus(cost.amount)?;
            }
            flows.push(flow(payment.due_on, sum.negated()?));
        }
        annualised(method, &time_flows(method, &flows)?)
    }

    /// The rate of everything by a method.
    ///
    /// # Errors
    /// Why there is none.
    pub fn annualised(&self, method: CostMethod) -> Result<Rate, CostError> {
        let known = self.measures.iter().find(|measure| measure.method == method);
        known.map_or(Err(CostError::Empty), |measure| measure.rate.clone())
    }

    fn cost_items(&self, plan: &PlanInput<'_>) -> Result<Vec<CostItem>, Overflow> {
        let (terms, collectors) = (plan.terms, plan.collectors);
        let listed = matches!(terms.amortisation, Amortisation::Custom(_));
        let mut items = Vec::new();
        let all = |interest, fee, extra: &[&ExtraCost]| -> Vec<Measure> {
            let measure = |method| Measure { method, rate: self.rate(method, interest, fee, extra) };
            CostMethod::ALL.map(measure).into()
        };
        let interest = Amount::sum(self.payments.iter().map(|payment| payment.interest))?;
        if !interest.is_zero() {
            let rate = ItemStandard::AnnualRate(terms.annual_rate, terms.day_count);
            items.push(CostItem {
                kind: ItemKind::Interest,
                name: "interest".to_owned(),
                when: When::Each,
                standard: if listed { ItemStandard::Listed } else { rate },
                collector: collectors.interest.clone(),
                total: interest,
                annualised: all(true, false, &[]),
            });
        }
        let fee = Amount::sum(self.payments.iter().map(|payment| payment.fee))?;
        if !fee.is_zero() {
            let flat = terms.flat_fee.as_ref();
            let upfront = flat.is_some_and(|fee| fee.mode == FeeMode::Upfront);
            items.push(CostItem {
                kind: ItemKind::ServiceFee,
                name: "service fee".to_owned(),
                when: if upfront { When::First } else { When::Each },
                standard: match flat {
                    Some(fee) if !listed => ItemStandard::FlatFee(fee.rate_per_period, fee.mode),
                    _ => ItemStandard::Listed,
                },
                collector: collectors.fee.clone(),
                total: fee,
                annualised: all(false, true, &[]),
            });
        }
        let last = self.payments.len().saturating_sub(1);
        for cost in plan.extra {
            let times = (0..self.payments.len()).filter(|at| falls_in(cost.when, *at, last)).map(|_| cost.amount);
            let upfront = Some(cost.amount).filter(|_| cost.when == When::Upfront);
            items.push(CostItem {
                kind: ItemKind::ExtraCost,
                name: cost.name.clone(),
                when: cost.when,
                standard: ItemStandard::Fixed(cost.amount),
                collector: cost.collector.clone(),
                total: Amount::sum(times.chain(upfront))?,
                annualised: all(false, false, &[cost]),
            });
        }
        Ok(items)
    }
}
